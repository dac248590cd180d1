"""How many daemons the cluster wants, and how many are ready.

The DaemonSet is read beside the engine. A resource that the engine reads has to exist: once a person has
deleted it, every preview would fail, that of the ``reapply`` that restores it included.
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
    """Return how many daemons there should be, and how many are ready; None where the cluster does not say.

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
    """Return both numbers of a DaemonSet; zero while its controller has not counted."""
    status = daemon_set.get("status") or {}
    return int(status.get("desiredNumberScheduled") or 0), int(status.get("numberReady") or 0)
