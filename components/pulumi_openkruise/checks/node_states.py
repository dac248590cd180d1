"""Each node's state: what it is, whether the selectors exclude it, and whether its daemon runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..config.node_affinity import leaves_out
from ..diagnostics.unavailable import Unavailable
from ..inventory.pods import explain_not_ready, group_daemons_by_node, is_starting
from ..inventory.snapshot import NodeFacts, Snapshot
from .expected import Expected, match_nodes

State = Literal[
    "running",
    "starting",
    "admitted",
    "waiting",
    "not-ready",
    "daemonless",
    "excluded",
    "left-out",
    "lost",
    "exposed",
    "unsure",
]
STATES: dict[State, str] = {
    "running": "real, its daemon runs",
    "starting": "real, its daemon is starting",
    "admitted": "real, the daemon may run there",
    "waiting": "real, its daemon does not run",
    "not-ready": "real, not ready itself",
    "daemonless": "real, and the stack has no daemons",
    "excluded": "no daemon can run there, excluded",
    "left-out": "real, left out by the stack's values",
    "lost": "real, excluded: it loses its daemon",
    "exposed": "no daemon can run there, not excluded",
    "unsure": "unsure whether real or virtual",
}
"""Every state in words."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node, classified and compared with the selectors."""

    node: NodeFacts
    state: State
    admitted: bool
    """Whether the daemon may run there."""
    hits: tuple[int, ...]
    """Positions of the selectors that match it."""
    reason: str = ""
    """Why its daemon does not run, where it should; else empty."""


def classify_nodes(snapshot: Snapshot, expected: Expected) -> list[NodeState]:
    """Return the state of each node, in the order in which they came."""
    # Where nothing is installed, no node lacks a daemon.
    pods = snapshot.pods
    daemons = (
        None if isinstance(pods, Unavailable) or snapshot.daemon_set is None else group_daemons_by_node(pods)
    )
    known: dict[int, tuple[int, ...]] = {}
    left_out = leaves_out(expected.required, expected.node_selector)
    states = []
    for node, match in zip(snapshot.nodes, match_nodes(expected, snapshot.nodes), strict=True):
        hits = known.get(match.selectors)
        if hits is None:
            hits = known[match.selectors] = match.indexes()
        state, reason = _find_state(node, match.admitted, daemons)
        if state == "lost" and expected.selectors and (not hits or left_out(node.labels, node.name)):
            state = "left-out"
        if state == "waiting" and is_starting((daemons or {}).get(node.name), snapshot.taken):
            state = "starting"
        if state in ("lost", "left-out") and not expected.has_daemon:
            state = "daemonless"
        states.append(NodeState(node, state, match.admitted, hits, reason))
    return states


def _find_state(
    node: NodeFacts, admitted: bool, daemons: Mapping[str, Mapping[str, Any]] | None
) -> tuple[State, str]:
    classification = node.classification
    if classification.verdict == "unsure":
        return "unsure", ""
    if not classification.runs_daemon:
        return ("exposed" if admitted else "excluded"), ""
    if not admitted:
        return "lost", ""
    if daemons is None:
        return "admitted", ""
    reason = explain_not_ready(daemons.get(node.name))
    if not reason:
        return "running", ""
    return ("waiting" if node.ready else "not-ready"), reason


def list_names(states: Sequence[NodeState]) -> list[str]:
    """Return the sorted names of the nodes."""
    return sorted(one.node.name for one in states)
