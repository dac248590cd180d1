"""What of a release's manifest is in the cluster, and what of that has lost Helm's mark of ownership."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..cluster import Cluster
from .definitions import DEFINITIONS, GROUPS
from .json_access import mapping, name_of
from .manifest import read_manifest
from .release import Leftovers, ReleaseId, find_release_owner
from .release_reader import read_metadata

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_PATHS = {
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "CustomResourceDefinition": DEFINITIONS,
    "DaemonSet": "/apis/apps/v1/{namespace}/daemonsets",
    "Deployment": "/apis/apps/v1/{namespace}/deployments",
    "Job": "/apis/batch/v1/{namespace}/jobs",
    "MutatingWebhookConfiguration": f"{_ADMISSION}/mutatingwebhookconfigurations",
    "Namespace": "/api/v1/namespaces",
    "PodDisruptionBudget": "/apis/policy/v1/{namespace}/poddisruptionbudgets",
    "Role": f"{_RBAC}/{{namespace}}/roles",
    "RoleBinding": f"{_RBAC}/{{namespace}}/rolebindings",
    "Secret": "/api/v1/{namespace}/secrets",
    "Service": "/api/v1/{namespace}/services",
    "ServiceAccount": "/api/v1/{namespace}/serviceaccounts",
    "ValidatingWebhookConfiguration": f"{_ADMISSION}/validatingwebhookconfigurations",
}
"""Where the kinds that OpenKruise's chart holds are found."""
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""A DNS-1123 subdomain, as every name in the chart is one."""
DAEMON_CONFIG = "kruise-daemon-config"
"""The one namespace that the chart makes beside its own."""
CERTIFICATES = ("Secret", "kruise-webhook-certs")
"""Kind and name of what loses its mark, for where there is no manifest."""
_HOOK_NEEDS = "clonesets.apps.kruise.io"


class ManifestObject(NamedTuple):
    """An object that a manifest names."""

    kind: str
    name: str
    path: str
    """Where the API server has it."""

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} {self.name}"


def find_leftovers(
    cluster: Cluster, manifest: str, release: ReleaseId, namespaces: Iterable[str]
) -> Leftovers:
    """Return how much is left of a release: of the objects of its manifest, and of OpenKruise's CRDs.

    ``namespaces`` are those that the chart has objects in, the first one of objects that name none. What is
    being deleted is not gone. Raises ClusterError, or ValueError for a manifest that was not understood.
    """
    there: list[ManifestObject] = []
    terminating: list[ManifestObject] = []
    gone: list[ManifestObject] = []
    objects = list_objects(manifest, namespaces)
    if not objects:
        raise ValueError("the release's manifest names no object")
    for thing in objects:
        metadata = read_metadata(cluster, thing.path)
        if metadata is None:
            gone.append(thing)
        else:
            (terminating if metadata.get("deletionTimestamp") else there).append(thing)
    known = {thing.path for thing in objects}
    for thing, deleting in _list_owned_definitions(cluster, release):
        if thing.path not in known:
            (terminating if deleting else there).append(thing)
    hook_can_pass = all(thing.name != _HOOK_NEEDS for thing in (*gone, *terminating))
    names = tuple(str(thing) for thing in terminating)
    if there:
        return Leftovers("some" if gone or terminating else "all", hook_can_pass, names)
    return Leftovers("terminating" if terminating else "none", hook_can_pass, names)


def find_unowned(cluster: Cluster, objects: Iterable[ManifestObject]) -> list[ManifestObject]:
    """Return the objects that are there and name no Helm release as their owner; raises ClusterError.

    Helm made them with its mark, and would not take them over without it; OpenKruise's manager drops it from
    the Secret of its certificates.
    """
    found = []
    for thing in objects:
        metadata = read_metadata(cluster, thing.path)
        marks = mapping(metadata, "annotations")
        if metadata is not None and not any(key.startswith("meta.helm.sh/") for key in marks):
            found.append(thing)
    return found


def list_objects(manifest: str, namespaces: Iterable[str]) -> list[ManifestObject]:
    """Return what a manifest names, each with its path; ``namespaces`` as for ``find_leftovers``.

    Raises ValueError for one that was not understood, or that names what the chart never holds: another kind,
    another namespace, a name that is no DNS-1123 name and would lead to another path.
    """
    allowed = list(dict.fromkeys(namespaces))
    found = []
    try:
        keys = read_manifest(manifest)
    except ValueError as error:
        raise ValueError(f"the release's manifest cannot be read: {error}") from None
    for _version, kind, namespace, name in keys:
        if kind not in _PATHS:
            raise ValueError("the release's manifest holds a kind that the chart has not")
        found.append(read_manifest_object(kind, name, namespace or allowed[0], allowed))
    return found


def read_manifest_object(kind: str, name: str, namespace: str, allowed: Iterable[str]) -> ManifestObject:
    """Return an object by kind and name; raises ValueError for a name or namespace that the chart has not."""
    template = _PATHS[kind]
    if not _NAME.fullmatch(name):
        raise ValueError(f"the release's manifest names a {kind} by what is no name in Kubernetes")
    if "{namespace}" in template and namespace not in allowed:
        raise ValueError(f"the release's manifest holds a {kind} in a namespace that is not the chart's")
    return ManifestObject(kind, name, f"{template.format(namespace=f'namespaces/{namespace}')}/{name}")


def _list_owned_definitions(cluster: Cluster, release: ReleaseId) -> Iterator[tuple[ManifestObject, bool]]:
    """Yield OpenKruise's CRDs that name a release as their owner, and whether each is being deleted."""
    for crd in cluster.list(DEFINITIONS, metadata_only=True):
        name = name_of(crd)
        if name.partition(".")[2] in GROUPS and find_release_owner(crd) == release:
            thing = ManifestObject("CustomResourceDefinition", name, f"{DEFINITIONS}/{name}")
            yield thing, bool(mapping(crd, "metadata").get("deletionTimestamp"))


def is_name(text: str) -> bool:
    """Whether a string is a DNS-1123 name, and so leads to one path of the API server alone."""
    return bool(_NAME.fullmatch(text))


def find_install_namespace(values: Mapping[str, object]) -> str:
    """Return the namespace that a release's values install into; empty where they leave it to the chart."""
    namespace = mapping(values, "installation").get("namespace")
    return namespace if isinstance(namespace, str) else ""
