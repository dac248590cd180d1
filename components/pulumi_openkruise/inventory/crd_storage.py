"""Reads how OpenKruise's custom resources are stored: by CRD the versions, and the objects' headers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..cluster import Cluster, NotFoundError
from .definitions import DEFINITIONS, list_definitions
from .json_access import items, mapping, name_of, number, strings, text
from .release_reader import METADATA

_ATTEMPTS = 5
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class CrdStorage(NamedTuple):
    """One CRD: the API versions of its objects, and how many there are."""

    name: str
    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
    """All versions in the CRD's order."""
    served: tuple[str, ...]
    written: str
    """The version in which the API server writes objects."""
    stored: tuple[str, ...]
    """The versions in which objects may be stored (``status.storedVersions``)."""
    objects: int
    has_status: bool
    """Whether the status of its objects is written apart."""
    generation: int
    """Another one means that the CRD has been changed since."""
    resource_version: str

    def collection(self, version: str) -> str:
        """Return the path of all its objects."""
        return f"/apis/{self.group}/{version}/{self.plural}"

    def path(self, version: str, header: "Header") -> str:
        """Return the path of one object."""
        inside = f"namespaces/{header.namespace}/" if header.namespace else ""
        return f"/apis/{self.group}/{version}/{inside}{self.plural}/{header.name}"


class Header(NamedTuple):
    """What identifies an object, and the version of it that was read."""

    namespace: str
    name: str
    resource_version: str

    def __str__(self) -> str:
        """Write it as kubectl does."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def read_storage(cluster: Cluster) -> list[CrdStorage]:
    """Read every CRD of OpenKruise, in alphabetical order; raises ClusterError."""
    return [_read_storage(cluster, crd) for crd in list_definitions(cluster)]


def read_crd(cluster: Cluster, name: str) -> CrdStorage:
    """Read one CRD and count its objects; raises ClusterError."""
    return _read_storage(cluster, cluster.get(f"{DEFINITIONS}/{name}"))


def _read_storage(cluster: Cluster, crd: Mapping[str, Any]) -> CrdStorage:
    versions = items(crd, "spec", "versions")
    written = next((one for one in versions if one.get("storage") is True), {})
    found = CrdStorage(
        name=name_of(crd),
        group=text(crd, "spec", "group"),
        plural=text(crd, "spec", "names", "plural"),
        kind=text(crd, "spec", "names", "kind"),
        versions=tuple(text(one, "name") for one in versions),
        served=tuple(text(one, "name") for one in versions if one.get("served") is True),
        written=text(written, "name"),
        stored=tuple(strings(crd, "status", "storedVersions")),
        objects=0,
        has_status="status" in mapping(written, "subresources"),
        generation=number(crd, "metadata", "generation"),
        resource_version=text(crd, "metadata", "resourceVersion"),
    )
    return found._replace(objects=_count(cluster, found))


def read_header(cluster: Cluster, path: str) -> Header:
    """Read an object's header; raises ClusterError."""
    return _read_header(cluster.request("GET", path, accept=METADATA))


def list_headers(cluster: Cluster, crd: CrdStorage, version: str) -> Iterator[Header]:
    """List the headers of all objects, page by page; raises ClusterError, also between two of them."""
    return map(_read_header, cluster.list(crd.collection(version), metadata_only=True))


def list_pairs(
    cluster: Cluster, crd: CrdStorage, version: str, other: str
) -> Iterator[tuple[Header, Mapping[str, Any], Mapping[str, Any]]]:
    """List every object as two versions show it; raises ClusterError.

    Both lists are read page by page side by side, since both come in the order of namespace and name. An
    object that changes in between, or that only one list has, is read again by itself; one that is deleted
    in between is left out.
    """
    if version == other:
        for one in cluster.list(crd.collection(version)):
            yield _read_header(one), one, one
        return
    partners = cluster.list(crd.collection(other))
    partner = next(partners, None)
    for one in cluster.list(crd.collection(version)):
        header = _read_header(one)
        while partner is not None and str(_read_header(partner)) < str(header):
            partner = next(partners, None)
        if partner is not None and _read_header(partner) == header:
            yield header, one, partner
            continue
        try:
            yield _read_pair(cluster, crd.path(version, header), crd.path(other, header))
        except NotFoundError:
            continue


def _read_pair(
    cluster: Cluster, path: str, other: str
) -> tuple[Header, Mapping[str, Any], Mapping[str, Any]]:
    """Read an object in two versions, again while it changes between the two requests."""
    for _attempt in range(_ATTEMPTS):
        one, partner = cluster.get(path), cluster.get(other)
        if _read_header(one) == _read_header(partner):
            break
    return _read_header(one), one, partner


def _count(cluster: Cluster, crd: CrdStorage) -> int:
    if not crd.served:
        return 0
    version = crd.written if crd.written in crd.served else crd.served[0]
    found = cluster.request("GET", crd.collection(version), query={"limit": "1"}, accept=_METADATA_LIST)
    return len(items(found, "items")) + number(found, "metadata", "remainingItemCount")


def _read_header(item: Any) -> Header:
    metadata = mapping(item, "metadata")
    return Header(text(metadata, "namespace"), text(metadata, "name"), text(metadata, "resourceVersion"))
