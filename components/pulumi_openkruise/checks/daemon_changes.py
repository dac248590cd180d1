"""Which nodes an update gives the daemon, and which lose it: the DaemonSet in the cluster against a stack."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.snapshot import Snapshot
from .expected import Expected, expect_daemon_set, match_nodes


@dataclass(frozen=True)
class DaemonChange:
    """Nodes of one kind that would gain, or lose, the daemon."""

    change: Literal["gain", "lose"]
    kind: str
    """Name of the kind in the catalogue; where it has none, the verdict: real, virtual or unsure."""
    nodes: Sequence[str]
    """Their names, in the order of the cluster."""

    def __str__(self) -> str:
        """Return the change as a line."""
        verb = self.change if len(self.nodes) > 1 else f"{self.change}s"
        return f"{pluralize(len(self.nodes), f'{self.kind} node')} {verb} the daemon: {shorten(self.nodes)}"


def compare_daemons(snapshot: Snapshot, expected: Expected) -> list[DaemonChange] | Unavailable:
    """Return which nodes would gain or lose the daemon if the stack were applied, by kind of node.

    Where no DaemonSet is installed, no node has the daemon yet. Unavailable where it could not be read.
    """
    live = snapshot.daemon_set
    if isinstance(live, Unavailable):
        return live
    nodes = snapshot.nodes
    before = [False] * len(nodes)
    if live is not None:
        before = [one.admitted for one in match_nodes(expect_daemon_set(live, expected.namespace), nodes)]
    changes: dict[tuple[Literal["gain", "lose"], str], list[str]] = defaultdict(list)
    for node, had, match in zip(nodes, before, match_nodes(expected, nodes), strict=True):
        if had != match.admitted:
            kind = node.classification.kind or node.classification.verdict
            changes["gain" if match.admitted else "lose", kind].append(node.name)
    return [DaemonChange(change, kind, names) for (change, kind), names in sorted(changes.items())]


def describe_changes(changes: Sequence[DaemonChange] | Unavailable) -> list[str]:
    """Return changes as lines; one that says so where there is none, or where it is not known."""
    if isinstance(changes, Unavailable):
        return [f"nodes not compared, because {changes.reason}"]
    return [*map(str, changes)] or ["no node gains or loses a daemon"]
