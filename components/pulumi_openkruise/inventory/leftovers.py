"""Which objects of a release's manifest still exist, and which have lost Helm's mark of ownership."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..cluster import Cluster
from .definitions import DEFINITIONS, GROUPS
from .json_access import mapping, name_of
from .manifest import read_manifest
from .object_names import is_name, is_namespace
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
"""The path of each kind that OpenKruise's chart has."""
DAEMON_CONFIG = "kruise-daemon-config"
"""The second namespace that the chart makes."""
CERTIFICATES = ("Secret", "kruise-webhook-certs")
"""Kind and name of the object that loses its mark, for a release without a manifest."""
_HOOK_NEEDS = "clonesets.apps.kruise.io"


class ManifestObject(NamedTuple):
    """An object that a manifest names."""

    kind: str
    name: str
    path: str
    """Its path on the API server."""

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} {self.name}"


def find_leftovers(
    cluster: Cluster, manifest: str, release: ReleaseId, namespaces: Iterable[str]
) -> Leftovers:
    """Return how much is left of a release: of the objects of its manifest, and of OpenKruise's CRDs.

    ``namespaces`` are those in which the chart has objects; objects that name none are in the first. An
    object that is being deleted still exists. Raises ClusterError, or ValueError for a manifest that was not
    understood.
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
    """Return the existing objects that name no Helm release as their owner; raises ClusterError.

    Helm created them with its mark, and does not adopt them without it. OpenKruise's manager drops the mark
    from the Secret of its certificates.
    """
    found = []
    for thing in objects:
        metadata = read_metadata(cluster, thing.path)
        marks = mapping(metadata, "annotations")
        if metadata is not None and not any(key.startswith("meta.helm.sh/") for key in marks):
            found.append(thing)
    return found


def list_objects(manifest: str, namespaces: Iterable[str]) -> list[ManifestObject]:
    """Return the objects of a manifest, each with its path; ``namespaces`` as for ``find_leftovers``.

    Raises ValueError for a manifest that was not understood, or that names what the chart never has: another
    kind, another namespace, or a name that is not a DNS-1123 name and could lead to another path.
    """
    allowed = list(dict.fromkeys(namespaces))
    found = []
    try:
        keys = read_manifest(manifest)
    except ValueError as error:
        raise ValueError(f"the release's manifest cannot be read: {error}") from None
    for _version, kind, namespace, name in keys:
        if kind not in _PATHS:
            raise ValueError("the release's manifest has a kind that the chart does not have")
        found.append(read_manifest_object(kind, name, namespace or allowed[0], allowed))
    return found


def read_manifest_object(kind: str, name: str, namespace: str, allowed: Iterable[str]) -> ManifestObject:
    """Return an object by kind and name; raises ValueError for an invalid name or a foreign namespace."""
    template = _PATHS[kind]
    if not is_name(name):
        raise ValueError(f"the release's manifest has a {kind} whose name is not valid in Kubernetes")
    if "{namespace}" in template and not (is_namespace(namespace) and namespace in allowed):
        raise ValueError(f"the release's manifest has a {kind} in a namespace that is not the chart's")
    return ManifestObject(kind, name, f"{template.format(namespace=f'namespaces/{namespace}')}/{name}")


def _list_owned_definitions(cluster: Cluster, release: ReleaseId) -> Iterator[tuple[ManifestObject, bool]]:
    """Yield OpenKruise's CRDs that name a release as their owner, and whether each is being deleted."""
    for crd in cluster.list(DEFINITIONS, metadata_only=True):
        name = name_of(crd)
        if name.partition(".")[2] in GROUPS and find_release_owner(crd) == release:
            thing = ManifestObject("CustomResourceDefinition", name, f"{DEFINITIONS}/{name}")
            yield thing, bool(mapping(crd, "metadata").get("deletionTimestamp"))


def find_install_namespace(values: Mapping[str, object]) -> str:
    """Return the namespace that a release's values install into; empty where they leave it to the chart."""
    namespace = mapping(values, "installation").get("namespace")
    return namespace if isinstance(namespace, str) else ""
