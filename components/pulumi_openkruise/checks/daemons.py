"""OpenKruise's pods, and its objects for each node, against the nodes where they should be."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.json_access import at, items, name_of, number, text
from ..inventory.location import is_installed_here
from ..inventory.pods import find_target, is_daemon, is_manager, name_pod
from ..inventory.snapshot import Object, Snapshot
from .expected import Expected
from .finding import BLOCKED, Code, Finding, ObjectReference, Severity, make, refer_to_nodes
from .node_states import NodeState, list_names

DAEMON_ON_EXCLUDED = Code(
    "daemon-on-excluded-node",
    "error",
    "a daemon's pod on a node that the selectors exclude",
    "it never becomes ready there, and delays Helm's wait and the DaemonSet's rolling update",
    "`pulumi up`; if that changes nothing, the DaemonSet was changed by hand: use check --live",
)
MANAGER_ON_EXCLUDED = Code(
    "manager-on-excluded-node",
    "critical",
    "a manager's pod on a node that the selectors exclude",
    f"the manager serves fail-closed webhooks: while none runs, they refuse {BLOCKED}",
    "set excludeManager to true (the default) and `pulumi up`, or taint the node",
)
NO_DAEMON = Code(
    "real-node-without-daemon",
    "error",
    "a ready real node without a ready daemon",
    "OpenKruise's image pulls, in-place updates, container restarts and probes do not work there",
    "see `kubectl describe pod` and `kubectl logs --previous` of the pod",
)
NODE_IMAGES = Code(
    "node-image-of-excluded-node",
    "info",
    "NodeImage objects of excluded nodes; a warning where they list images to pull",
    "OpenKruise's controllers recognise virtual nodes by the label type=virtual-kubelet alone: image-pull "
    "jobs wait ten minutes for each of these nodes",
    "give ImagePullJobs a selector that leaves these nodes out; or, where their provider allows it, label "
    "them type=virtual-kubelet and delete their NodeImages while OpenKruise's manager is scaled to zero, as "
    "it recreates them otherwise",
)
NODE_POD_PROBES = Code(
    "node-pod-probe-of-excluded-node",
    "info",
    "NodePodProbe objects of excluded nodes; a warning where they list pods to probe",
    "probes of a PodProbeMarker on these nodes get no result",
    "let no PodProbeMarker select pods there; or, where their provider allows it, label the nodes "
    "type=virtual-kubelet and delete their NodePodProbes",
)
NODE_IMAGE_MISSING = Code(
    "node-image-missing",
    "warning",
    "a ready real node without a NodeImage object",
    "image-pull jobs skip it",
    "see the manager's log; the node may carry the label type=virtual-kubelet by mistake",
)
RESTARTS = Code(
    "daemon-restarts",
    "warning",
    "a daemon that keeps restarting",
    "each restart loses the work in progress",
    "see `kubectl logs --previous` of the pod",
)
CODES = (
    DAEMON_ON_EXCLUDED,
    MANAGER_ON_EXCLUDED,
    NO_DAEMON,
    RESTARTS,
    NODE_IMAGES,
    NODE_POD_PROBES,
    NODE_IMAGE_MISSING,
)

_MANY_RESTARTS = 5


def check_pods(snapshot: Snapshot, states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
    """Yield what the pods of OpenKruise's namespace show; they must have been read."""
    assert not isinstance(snapshot.pods, Unavailable)
    if not is_installed_here(snapshot):  # other operators give their pods the same labels
        return
    by_name = {one.node.name: one for one in states}
    placed = [
        (pod, one)
        for pod in snapshot.pods
        if not at(pod, "metadata", "deletionTimestamp") and (one := by_name.get(find_target(pod))) is not None
    ]
    daemons = [pod for pod, one in placed if is_daemon(pod) and not one.admitted]
    yield from _find_misplaced(DAEMON_ON_EXCLUDED, "daemon pod", daemons)
    # A stack without an affinity for the manager lets it run everywhere.
    if expected.manager is not None or not expected.is_stack:
        managers = [pod for pod, one in placed if is_manager(pod) and one.state in ("excluded", "exposed")]
        yield from _find_misplaced(MANAGER_ON_EXCLUDED, "manager pod", managers)
    waiting: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        if one.state == "waiting":
            waiting[one.reason].append(one)
    if waiting:
        members = [one for group in waiting.values() for one in group]
        evidence = [f"{reason}: {shorten(list_names(group))}" for reason, group in waiting.items()]
        what = f"{pluralize(len(members), 'ready real node')} without a ready daemon"
        yield make(NO_DAEMON, what, evidence, refer_to_nodes(list_names(members)))
    restarted = [
        (pod, count)
        for pod in snapshot.pods
        if is_daemon(pod)
        and (
            count := max(
                [number(c, "restartCount") for c in items(pod, "status", "containerStatuses")] or [0]
            )
        )
        >= _MANY_RESTARTS
    ]
    if restarted:
        evidence = [
            f"{name_pod(pod)} on {find_target(pod)}: {count} restarts" for pod, count in restarted[:5]
        ]
        what = f"{pluralize(len(restarted), 'daemon pod')} restarted {_MANY_RESTARTS} times or more"
        yield make(RESTARTS, what, evidence, [_make_reference(pod) for pod, _count in restarted])


def _find_misplaced(code: Code, what: str, pods: Sequence[Object]) -> Iterator[Finding]:
    if pods:
        evidence = [f"{name_pod(pod)} on {find_target(pod)}" for pod in pods[:5]]
        found = f"{pluralize(len(pods), what)} on nodes where it cannot run"
        yield make(code, found, evidence, map(_make_reference, pods))


def check_node_images(snapshot: Snapshot, states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield NodeImages of nodes that cannot have a daemon, and real nodes without one."""
    assert not isinstance(snapshot.node_images, Unavailable)
    images = snapshot.node_images
    yield from _find_foreign(NODE_IMAGES, "NodeImage", images, "image to be pulled", states)
    # The controller waits half a minute for a new node, and a node that is not ready is left for later.
    missing = [
        one
        for one in states
        if one.node.classification.runs_daemon
        and one.node.ready
        and one.node.created < _subtract_minute(snapshot.taken)
        and one.node.name not in images
    ]
    if images and missing:
        evidence = [f"{len(images):,} NodeImages, none for {shorten(list_names(missing))}"]
        what = f"{pluralize(len(missing), 'ready real node')} without a NodeImage"
        yield make(NODE_IMAGE_MISSING, what, evidence, refer_to_nodes(list_names(missing)))


def check_node_pod_probes(snapshot: Snapshot, states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield NodePodProbes of nodes that cannot have a daemon."""
    assert not isinstance(snapshot.node_pod_probes, Unavailable)
    yield from _find_foreign(
        NODE_POD_PROBES, "NodePodProbe", snapshot.node_pod_probes, "pod to be probed", states
    )


def _find_foreign(
    code: Code, kind: str, tasks: Mapping[str, int], task: str, states: Sequence[NodeState]
) -> Iterator[Finding]:
    wrong = [one for one in states if one.state in ("excluded", "exposed") and one.node.name in tasks]
    if wrong:
        labelled = [one for one in wrong if one.node.labels.get("type") == "virtual-kubelet"]
        evidence = [f"{kind} {shorten(list_names(wrong))}"]
        if labelled:
            evidence.append(
                f"created before these were labelled type=virtual-kubelet: {shorten(list_names(labelled))}"
            )
        waiting = {one.node.name: tasks[one.node.name] for one in wrong if tasks[one.node.name]}
        if waiting:
            first, *others = task.partition(" ")
            total = pluralize(sum(waiting.values()), task, f"{first}s{''.join(others)}")
            evidence.append(f"{total} on {shorten(sorted(waiting))}")
        what = f"{pluralize(len(wrong), f'{kind} object')} of nodes without a daemon"
        severity: Severity = "warning" if waiting else code.severity
        yield make(
            code,
            what,
            evidence,
            [ObjectReference(f"{kind}.apps.kruise.io", one.node.name) for one in wrong],
            severity=severity,
        )


def _subtract_minute(taken: str) -> str:
    """Return the time a minute before a snapshot was taken.

    An empty string, which sorts before any time, if that is unreadable.
    """
    from datetime import datetime, timedelta

    try:
        moment = datetime.strptime(taken, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return ""
    return (moment - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _make_reference(pod: Object) -> ObjectReference:
    return ObjectReference("Pod", name_of(pod), text(pod, "metadata", "namespace"))
