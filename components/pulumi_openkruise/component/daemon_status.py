"""How many daemons the cluster wants, and how many are ready.

The module reads the DaemonSet itself, not as a resource of the engine: such a resource must exist. If a
person has deleted the DaemonSet, every preview would fail, even that of the ``reapply`` that restores it.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..diagnostics.unavailable import Unavailable
from .cluster_view import ClusterView

Counts = tuple[int, int]


def read_daemon_counts(
    view: ClusterView, namespace: str, release_status: pulumi.Output[Any]
) -> tuple[pulumi.Output[Any], pulumi.Output[Any]]:
    """Return how many daemons there should be, and how many are ready; None if that cannot be read.

    Nothing is read before ``release_status`` is known: in the first preview, and in that of a change, both
    are unknown.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/kruise-daemon"

    async def read(_status: Any) -> Counts | None:
        found = await view.ask(lambda cluster: find_counts(cluster.get(path)))
        return None if isinstance(found, Unavailable) else found

    both: pulumi.Output[Counts | None] = release_status.apply(read)
    return (
        both.apply(lambda found: found[0] if found else None),
        both.apply(lambda found: found[1] if found else None),
    )


def find_counts(daemon_set: Mapping[str, Any]) -> Counts:
    """Return both numbers of a DaemonSet; zero until its controller has counted."""
    status = daemon_set.get("status") or {}
    return int(status.get("desiredNumberScheduled") or 0), int(status.get("numberReady") or 0)
