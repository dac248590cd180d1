"""Each node's state: what it is, what the selectors say of it, and whether its daemon runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..config.node_affinity import leaves_out
from ..inventory.json_access import (
    at,
    condition,
    items,
    mapping,
    name_of,
    number,
    seconds_between,
    text,
)
from ..inventory.snapshot import NodeFacts, Snapshot, Unread
from .expected import Expected, matches

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
    "excluded": "no place for a daemon, excluded",
    "left-out": "real, left out by the values of the stack",
    "lost": "real, excluded: it loses its daemon",
    "exposed": "no place for a daemon, not excluded",
    "unsure": "nobody can tell what it is",
}
"""Every state in words."""

STARTING_SECONDS = 180
"""How old a pod may be that has only not come up yet: its image has to be pulled, and a rolling update
restarts a tenth of all daemons at a time."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node, judged and compared."""

    node: NodeFacts
    state: State
    admitted: bool
    """Whether the daemon may run there."""
    hits: tuple[int, ...]
    """Positions of the selectors that match it."""
    reason: str = ""
    """Why its daemon does not run, where it should."""


def node_states(snapshot: Snapshot, expected: Expected) -> list[NodeState]:
    """Return the state of each node, in the order in which they came."""
    # Where nothing is installed, no node lacks a daemon.
    pods = snapshot.pods
    daemons = None if isinstance(pods, Unread) or snapshot.daemon_set is None else daemons_by_node(pods)
    known: dict[int, tuple[int, ...]] = {}
    left_out = leaves_out(expected.required, expected.node_selector)
    states = []
    for node, match in zip(snapshot.nodes, matches(expected, snapshot.nodes), strict=True):
        hits = known.get(match.selectors)
        if hits is None:
            hits = known[match.selectors] = match.indexes()
        state, reason = _state(node, match.admitted, daemons)
        if state == "lost" and expected.selectors and (not hits or left_out(node.labels, node.name)):
            state = "left-out"
        if state == "waiting" and is_starting((daemons or {}).get(node.name), snapshot.taken):
            state = "starting"
        if state in ("lost", "left-out") and not expected.has_daemon:
            state = "daemonless"
        states.append(NodeState(node, state, match.admitted, hits, reason))
    return states


def _state(
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
    reason = why_not_ready(daemons.get(node.name))
    if not reason:
        return "running", ""
    return ("waiting" if node.ready else "not-ready"), reason


def is_daemon(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is one of the daemon's DaemonSet."""
    return _owner(pod) == "DaemonSet" and text(pod, "metadata", "labels", "control-plane") in ("", "daemon")


def is_manager(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is one of the manager's Deployment."""
    labels = mapping(pod, "metadata", "labels")
    return _owner(pod) == "ReplicaSet" and labels.get("control-plane") == "controller-manager"


def _owner(pod: Mapping[str, Any]) -> str:
    owners = items(pod, "metadata", "ownerReferences")
    return text(owners[0], "kind") if owners else ""


def daemons_by_node(pods: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the daemon's pods by the node that each is for: the ready one of two, none that is leaving."""
    found: dict[str, Mapping[str, Any]] = {}
    for pod in pods:
        node = target(pod)
        if not node or not is_daemon(pod) or at(pod, "metadata", "deletionTimestamp"):
            continue
        if node not in found or why_not_ready(found[node]):
            found[node] = pod
    return found


def target(pod: Mapping[str, Any]) -> str:
    """Return the node that a pod is bound to, or the one that the DaemonSet controller made it for."""
    bound = text(pod, "spec", "nodeName")
    if bound:
        return bound
    required = mapping(
        pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    for term in items(required, "nodeSelectorTerms"):
        for field in items(term, "matchFields"):
            values = field.get("values")
            if field.get("key") == "metadata.name" and isinstance(values, list) and values:
                return str(values[0])
    return ""


def why_not_ready(pod: Mapping[str, Any] | None) -> str:
    """Say why there is no ready daemon, by the pod's own words where it has some; empty if it is ready."""
    if pod is None:
        return "no pod was made for it"
    if condition(pod, "Ready").get("status") == "True":
        return ""
    for status in items(pod, "status", "containerStatuses"):
        waiting, last = mapping(status, "state", "waiting"), mapping(status, "lastState", "terminated")
        if waiting.get("reason"):
            ended = f", exit code {last['exitCode']}" if isinstance(last.get("exitCode"), int) else ""
            return f"{waiting['reason']}{ended}"
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('reason') or 'no reason given'}"
    return f"{text(pod, 'status', 'phase') or 'of no phase'}, not ready"


def is_starting(pod: Mapping[str, Any] | None, now: str) -> bool:
    """Whether a young pod is on its way: its kubelet works on it, and nothing has failed yet."""
    statuses = items(pod, "status", "containerStatuses")
    age = seconds_between(text(pod, "metadata", "creationTimestamp"), now)
    return bool(statuses) and age is not None and age < STARTING_SECONDS and all(map(_comes_up, statuses))


def _comes_up(status: Mapping[str, Any]) -> bool:
    ended = mapping(status, "state", "terminated") or number(status, "restartCount")
    return not ended and text(status, "state", "waiting", "reason") in (
        "",
        "ContainerCreating",
        "PodInitializing",
    )


def pod_named(pod: Mapping[str, Any]) -> str:
    """Name a pod as findings do."""
    return f"Pod {text(pod, 'metadata', 'namespace')}/{name_of(pod)}"
