"""A look at the cluster, in two small requests: the release's records without content, and one CRD."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ..cluster.errors import NotFoundError
from .release import Definition, ReleaseId, Revision, Seen, revision

_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CLONE_SETS = f"{_CRDS}/clonesets.apps.kruise.io"
_OWN = frozenset({"NodeImage", "NodePodProbe"})
"""Kinds whose objects the manager makes, one a node."""
GROUPS = ("apps.kruise.io", "policy.kruise.io")
"""API groups of OpenKruise's CRDs."""


class Reader(Protocol):
    """What is needed of ``cluster.Cluster``."""

    def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, accept: str = ""
    ) -> dict[str, Any]:
        """Send one request; raises ClusterError, NotFoundError among them."""


def look(cluster: Reader, release: ReleaseId) -> Seen:
    """Ask the cluster what is there of a release, and whose OpenKruise's CRDs are; raises ClusterError."""
    records = cluster.request(
        "GET",
        f"/api/v1/namespaces/{release.namespace}/secrets",
        query={"labelSelector": f"owner=helm,name={release.name}"},
        accept=_METADATA_LIST,
    )
    try:
        crd = cluster.request("GET", _CLONE_SETS, accept=_METADATA)
    except NotFoundError:
        crd = {}
    return Seen(release, _revisions(records.get("items") or ()), _owner(crd.get("metadata") or {}))


def has_namespace(cluster: Reader, name: str) -> bool:
    """Tell whether there is a namespace of this name; raises ClusterError."""
    try:
        cluster.request("GET", f"/api/v1/namespaces/{name}", accept=_METADATA)
    except NotFoundError:
        return False
    return True


def definitions(cluster: Reader) -> list[Definition]:
    """Return OpenKruise's CRDs; raises ClusterError."""
    found = []
    for crd in cluster.request("GET", _CRDS, accept="application/json").get("items") or ():
        if crd["spec"]["group"] in GROUPS:
            metadata = crd["metadata"]
            found.append(
                Definition(
                    name=metadata["name"],
                    stored=tuple((crd.get("status") or {}).get("storedVersions") or ()),
                    kept=(metadata.get("annotations") or {}).get("helm.sh/resource-policy") == "keep",
                )
            )
    return sorted(found, key=lambda definition: definition.name)


def custom_resources(cluster: Reader) -> dict[str, int]:
    """Count custom resources of OpenKruise by kind, without those it makes for itself; raises ClusterError.

    Each kind is asked in the version that its CRD stores: one that is not served would be no answer.
    """
    counts = {}
    for crd in cluster.request("GET", _CRDS, accept="application/json").get("items") or ():
        spec = crd["spec"]
        if spec["group"] not in GROUPS or spec["names"]["kind"] in _OWN:
            continue
        version = next(one["name"] for one in spec["versions"] if one["storage"])
        path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
        found = cluster.request("GET", path, query={"limit": "500"}, accept=_METADATA_LIST)
        more = (found.get("metadata") or {}).get("remainingItemCount") or 0
        count = len(found.get("items") or ()) + int(more)
        if count:
            counts[str(spec["names"]["kind"])] = count
    return counts


def _revisions(items: Iterable[Mapping[str, Any]]) -> tuple[Revision, ...]:
    found = [revision(item["metadata"]) for item in items]
    return tuple(sorted(found, key=lambda one: one.number))


def _owner(metadata: Mapping[str, Any]) -> ReleaseId | None:
    """Return the release that Helm wrote on an object that it made."""
    annotations = metadata.get("annotations") or {}
    name, namespace = (annotations.get(f"meta.helm.sh/release-{part}") for part in ("name", "namespace"))
    return ReleaseId(str(namespace), str(name)) if name and namespace else None
