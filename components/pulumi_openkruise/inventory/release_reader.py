"""Reads a Helm release's records and who owns OpenKruise's CRDs: without content, in two small requests."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ..cluster import Cluster, NotFoundError
from .definitions import DEFINITIONS
from .helm_records import SECRET_TYPE
from .release import ReleaseId, ReleaseState, describe_installer, find_release_owner, read_revision

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
"""What to accept for an object's metadata alone."""

_CLONE_SETS = f"{DEFINITIONS}/clonesets.apps.kruise.io"


def read_release(cluster: Cluster, release: ReleaseId) -> ReleaseState:
    """Return a release's revisions, and which release owns OpenKruise's CRDs; raises ClusterError."""
    revisions = sorted(read_revision(record) for record in list_records(cluster, release, metadata_only=True))
    definition = read_metadata(cluster, _CLONE_SETS)
    if definition is None:
        return ReleaseState(release, tuple(revisions))
    owner = find_release_owner({"metadata": definition})
    installer = describe_installer({"metadata": definition}) if owner is None else ""
    return ReleaseState(release, tuple(revisions), owner, installer)


def list_records(
    cluster: Cluster, release: ReleaseId, *, metadata_only: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the Secrets in which Helm keeps a release's revisions; raises ClusterError.

    Their type is checked too: a Secret that only carries Helm's labels is not a record, and would hide those
    that are.
    """
    yield from cluster.list(
        f"/api/v1/namespaces/{quote(release.namespace, safe='')}/secrets",
        metadata_only=metadata_only,
        labelSelector=f"owner=helm,name={release.name}",
        fieldSelector=f"type={SECRET_TYPE}",
    )


def record_path(release: ReleaseId, revision: int) -> str:
    """Return where the API server has the record of one revision."""
    namespace, name = (quote(part, safe="") for part in release)
    return f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.{name}.v{revision}"


def has_config_map_records(cluster: Cluster, release: ReleaseId) -> bool:
    """Whether Helm keeps a release's records in ConfigMaps (``HELM_DRIVER``); raises ClusterError."""
    path = f"/api/v1/namespaces/{quote(release.namespace, safe='')}/configmaps"
    return any(
        True for _ in cluster.list(path, metadata_only=True, labelSelector=f"owner=helm,name={release.name}")
    )


def namespace_exists(cluster: Cluster, name: str) -> bool:
    """Tell whether there is a namespace of this name; raises ClusterError."""
    return read_metadata(cluster, f"/api/v1/namespaces/{quote(name, safe='')}") is not None


def read_metadata(cluster: Cluster, path: str) -> Mapping[str, Any] | None:
    """Return what an object says about itself; None where it is not there. Raises ClusterError."""
    try:
        found = cluster.request("GET", path, accept=METADATA).get("metadata")
    except NotFoundError:
        return None
    return found if isinstance(found, Mapping) else {}
