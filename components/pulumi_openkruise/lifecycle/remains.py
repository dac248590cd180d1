"""How much of a release's last manifest is still in the cluster."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..cluster.errors import NotFoundError
from .look import Reader
from .recovery import Found

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_PATHS = {
    "ClusterRole": (f"{_RBAC}/clusterroles", False),
    "ClusterRoleBinding": (f"{_RBAC}/clusterrolebindings", False),
    "CustomResourceDefinition": ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", False),
    "DaemonSet": ("/apis/apps/v1/{namespace}/daemonsets", True),
    "Deployment": ("/apis/apps/v1/{namespace}/deployments", True),
    "MutatingWebhookConfiguration": (f"{_ADMISSION}/mutatingwebhookconfigurations", False),
    "Namespace": ("/api/v1/namespaces", False),
    "Role": (f"{_RBAC}/{{namespace}}/roles", True),
    "RoleBinding": (f"{_RBAC}/{{namespace}}/rolebindings", True),
    "Secret": ("/api/v1/{namespace}/secrets", True),
    "Service": ("/api/v1/{namespace}/services", True),
    "ServiceAccount": ("/api/v1/{namespace}/serviceaccounts", True),
    "ValidatingWebhookConfiguration": (f"{_ADMISSION}/validatingwebhookconfigurations", False),
}
"""Where the kinds that OpenKruise's chart holds are found, and whether they are in a namespace."""
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_HOOK_NEEDS = "clonesets.apps.kruise.io"


def remains(cluster: Reader, manifest: str, namespace: str) -> tuple[Found, bool]:
    """Return how much is left of a manifest, and whether a CRD that the pre-delete hook needs is.

    ``namespace`` is that of objects that name none. Raises ClusterError, or ValueError for a manifest that
    is none.
    """
    there, gone, hook_can_pass = 0, 0, True
    for kind, name, where in _objects(manifest, namespace):
        if _exists(cluster, kind, name, where):
            there += 1
        else:
            gone += 1
            hook_can_pass = hook_can_pass and name != _HOOK_NEEDS
    if not there:
        return "none", hook_can_pass
    return ("some" if gone else "all"), hook_can_pass


def _objects(manifest: str, namespace: str) -> Iterable[tuple[str, str, str]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        documents = list(YAML(typ="safe").load_all(manifest))
    except YAMLError as error:
        raise ValueError(f"the manifest cannot be read: {error}") from None
    for document in documents:
        metadata = document.get("metadata") if isinstance(document, Mapping) else None
        if metadata and document.get("kind") in _PATHS:
            yield document["kind"], str(metadata["name"]), str(metadata.get("namespace") or namespace)


def _exists(cluster: Reader, kind: str, name: str, namespace: str) -> bool:
    path, namespaced = _PATHS[kind]
    if namespaced:
        path = path.format(namespace=f"namespaces/{namespace}")
    try:
        found: Any = cluster.request("GET", f"{path}/{name}", accept=_METADATA)
    except NotFoundError:
        return False
    return not found["metadata"].get("deletionTimestamp")
