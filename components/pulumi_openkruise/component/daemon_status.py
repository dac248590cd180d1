"""What the cluster says of the daemons: how many there should be, and how many are ready.

The DaemonSet is asked for beside the engine, as the guard asks. A resource that the engine reads has to be
there: once somebody has deleted it, every preview fails, that of the ``reapply`` that restores it included.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pulumi

Counts = tuple[int, int]
Ask = Callable[[Callable[[Any], Counts]], Awaitable[Counts | str]]
"""Asks the component's cluster something; a text is the reason why there is no answer."""


def daemons(
    ask: Ask, namespace: str, release_status: pulumi.Output[Any]
) -> tuple[pulumi.Output[Any], pulumi.Output[Any]]:
    """Return how many daemons there should be, and how many are ready; None where that cannot be told.

    Nothing is asked before ``release_status`` is known: in the first preview, and in that of a change, both
    are unknown.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/kruise-daemon"

    async def counted(_status: Any) -> Counts | None:
        found = await ask(lambda cluster: counts(cluster.get(path)))
        return None if isinstance(found, str) else found

    both: pulumi.Output[Counts | None] = release_status.apply(counted)
    return (
        both.apply(lambda found: found[0] if found else None),
        both.apply(lambda found: found[1] if found else None),
    )


def counts(daemon_set: Mapping[str, Any]) -> Counts:
    """Return both numbers of a DaemonSet; zero while its controller has not counted."""
    status = daemon_set.get("status") or {}
    return int(status.get("desiredNumberScheduled") or 0), int(status.get("numberReady") or 0)
