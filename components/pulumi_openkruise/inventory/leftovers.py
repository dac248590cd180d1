"""What of a release's manifest is in the cluster, and what of that has lost Helm's mark of ownership."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..cluster.errors import NotFoundError
from .release import Found, ReleaseId
from .release_reader import Reader

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_PATHS = {
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "DaemonSet": "/apis/apps/v1/{namespace}/daemonsets",
    "Deployment": "/apis/apps/v1/{namespace}/deployments",
    "MutatingWebhookConfiguration": f"{_ADMISSION}/mutatingwebhookconfigurations",
    "Namespace": "/api/v1/namespaces",
    "Role": f"{_RBAC}/{{namespace}}/roles",
    "RoleBinding": f"{_RBAC}/{{namespace}}/rolebindings",
    "Secret": "/api/v1/{namespace}/secrets",
    "Service": "/api/v1/{namespace}/services",
    "ServiceAccount": "/api/v1/{namespace}/serviceaccounts",
    "ValidatingWebhookConfiguration": f"{_ADMISSION}/validatingwebhookconfigurations",
}
"""Where the kinds that OpenKruise's chart holds are found."""
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_HELM = "meta.helm.sh/"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_HEAD = re.compile(r"^(?:kind|metadata):.*\n?(?:^(?:[ \t#].*)?\n?)*", re.MULTILINE)
"""A top-level key with what is indented below it."""
CERTIFICATES = "kind: Secret\nmetadata:\n  name: kruise-webhook-certs\n"
"""What of a manifest names the Secret that loses its mark, for where there is no manifest."""
_HOOK_NEEDS = "clonesets.apps.kruise.io"


@dataclass(frozen=True)
class Thing:
    """An object that a manifest names."""

    kind: str
    name: str
    path: str

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} {self.name}"


def unmarked(cluster: Reader, manifest: str, namespace: str) -> list[Thing]:
    """Return the objects of a manifest that are there and say of no Helm release that they belong to it.

    Helm has made them with its mark, and would not take them over without; OpenKruise's manager drops it
    from the Secret of its certificates. Raises as ``remains``.
    """
    found = []
    for thing in _objects(manifest, namespace):
        metadata = _metadata(cluster, thing)
        if metadata is not None and not any(
            key.startswith(_HELM) for key in metadata.get("annotations") or {}
        ):
            found.append(thing)
    return found


def mark(release: ReleaseId) -> dict[str, Any]:
    """Return the merge patch that says of an object that it belongs to a release."""
    annotations = {f"{_HELM}release-name": release.name, f"{_HELM}release-namespace": release.namespace}
    return {"metadata": {"labels": {_MANAGED_BY: "Helm"}, "annotations": annotations}}


def remains(cluster: Reader, manifest: str, namespace: str) -> tuple[Found, bool]:
    """Return how much is left of a manifest, and whether a CRD that the pre-delete hook needs is.

    ``namespace`` is that of objects that name none. Raises ClusterError, or ValueError for a manifest that
    is none.
    """
    there, gone, hook_can_pass = 0, 0, True
    for thing in _objects(manifest, namespace):
        found = _metadata(cluster, thing)
        if found is not None and not found.get("deletionTimestamp"):
            there += 1
        else:
            gone += 1
            hook_can_pass = hook_can_pass and thing.name != _HOOK_NEEDS
    if not there:
        return "none", hook_can_pass
    return ("some" if gone else "all"), hook_can_pass


def _objects(manifest: str, namespace: str) -> Iterable[Thing]:
    """Yield what a manifest names, reading only each document's head: CRDs are long, and YAML is slow."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="safe", pure=True)
    for document in re.split(r"^---.*$", manifest, flags=re.MULTILINE):
        head = "".join(match[0] for match in _HEAD.finditer(document))
        try:
            found = yaml.load(head)
        except YAMLError as error:
            raise ValueError(f"the release's manifest cannot be read: {error}") from None
        metadata = found.get("metadata") if isinstance(found, Mapping) else None
        if isinstance(metadata, Mapping) and found.get("kind") in _PATHS:
            name, where = str(metadata["name"]), str(metadata.get("namespace") or namespace)
            path = _PATHS[found["kind"]].format(namespace=f"namespaces/{where}")
            yield Thing(found["kind"], name, f"{path}/{name}")


def _metadata(cluster: Reader, thing: Thing) -> dict[str, Any] | None:
    """Return what an object says about itself; None for one that is not there."""
    try:
        found: dict[str, Any] = cluster.request("GET", thing.path, accept=_METADATA)["metadata"]
    except NotFoundError:
        return None
    return found
