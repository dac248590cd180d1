"""Which kinds an API server serves, by discovery: what it has enabled counts, not its version."""

from urllib.parse import quote

from ..cluster import Cluster, NotFoundError
from .json_access import items, text


def read_served_kinds(cluster: Cluster, api_version: str) -> frozenset[str]:
    """Return the kinds of a group's version (``apps/v1``), empty for an unknown one; raises ClusterError."""
    try:
        found = cluster.get(f"/apis/{quote(api_version)}")
    except NotFoundError:
        return frozenset()
    return frozenset(text(resource, "kind") for resource in items(found, "resources"))
