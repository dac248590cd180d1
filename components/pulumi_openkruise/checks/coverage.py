"""Nodes against selectors, and pods against both: daemons where none can run, real nodes without one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set

from ..detection import Classification
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import count_rest, pluralize, shorten
from ..inventory.json_access import at, items, name_of, number, text
from ..inventory.location import is_installed_here
from ..inventory.pods import is_daemon, is_manager, pod_named, target
from ..inventory.snapshot import NodeFacts, Object, Snapshot
from ..selectors import parse
from ..selectors.errors import describe_labels
from .expected import Expected
from .finding import Code, Finding, ObjectReference, Severity, make, refer_to_nodes
from .node_states import NodeState

REAL_EXCLUDED = Code(
    "real-node-excluded",
    "critical",
    "a real node that an exclusion hits",
    "it loses its daemon: OpenKruise's image pulls, in-place updates, container restarts and probes stop "
    "there, without an error anywhere",
    "narrow the selector (`pulumi-openkruise affinity --explain` shows what it covers), or, if the node "
    "really is virtual, label it openkruise.io/virtual-node=true",
)
VIRTUAL_ADMITTED = Code(
    "virtual-node-admitted",
    "error",
    "a virtual node that no selector covers",
    "a daemon pod is created for it and never runs: Helm's wait for the DaemonSet may fail, and with it the "
    "next `pulumi up`",
    "add what `pulumi-openkruise discover` proposes to the stack's config",
)
UNSURE = Code(
    "unsure-node",
    "warning",
    "a node whose Node object does not show whether it is real or virtual",
    "whether the selectors are right about it is unknown",
    "find out as the evidence says, and label it openkruise.io/virtual-node=true or =false",
)
NOTHING_MATCHED = Code(
    "selector-matches-nothing",
    "warning",
    "a selector, or a preset, that matches no node",
    "harmless while its pool is empty; if its label is misspelt, the nodes that it is meant for get daemons",
    "compare it with `kubectl get nodes --show-labels`, and remove it if its nodes are gone for good",
)
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
    "the manager serves fail-closed webhooks: where it does not run, no pod in the cluster can be changed",
    "set excludeManager to true (the default) and `pulumi up`, or taint the node",
)
NO_DAEMON = Code(
    "real-node-without-daemon",
    "error",
    "a ready real node without a ready daemon",
    "OpenKruise's image pulls, in-place updates, container restarts and probes do not work there",
    "see `kubectl describe pod` and `kubectl logs --previous` of the pod",
)
UNTAINTED = Code(
    "untainted-virtual-node",
    "info",
    "a virtual node, or one with Windows, without a taint or a cordon; a warning with --before-destroy",
    "the chart's pre-delete Job takes no scheduling settings: scheduled there it stays Pending, and `pulumi "
    "destroy` fails after its timeout",
    "before a destroy: `kubectl cordon` these nodes; for good: taint them",
)
NODE_IMAGES = Code(
    "node-image-of-excluded-node",
    "info",
    "NodeImage objects of excluded nodes; a warning where they list images to pull",
    "OpenKruise's controllers recognise virtual nodes by the label type=virtual-kubelet alone: image-pull "
    "jobs wait ten minutes for each of these nodes",
    "give ImagePullJobs a selector that leaves these nodes out; or, where their provider allows it, label "
    "them type=virtual-kubelet and delete their NodeImages",
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
DECLARED_VIRTUAL = Code(
    "declared-virtual-looks-real",
    "info",
    "a node that is labelled openkruise.io/virtual-node=true and looks real but for that",
    "it has no daemon: right for copies of real nodes, wrong for a machine that got the label by mistake",
    "if it is real: kubectl label node <name> openkruise.io/virtual-node-",
)
DECLARED_REAL = Code(
    "declared-real-looks-virtual",
    "info",
    "a node that is labelled openkruise.io/virtual-node=false and looks virtual but for that",
    "a daemon pod is created for it: it runs only if the label is right",
    "if it is virtual: kubectl label node <name> openkruise.io/virtual-node=true --overwrite",
)
CODES = (
    REAL_EXCLUDED,
    VIRTUAL_ADMITTED,
    UNSURE,
    DECLARED_VIRTUAL,
    DECLARED_REAL,
    NOTHING_MATCHED,
    DAEMON_ON_EXCLUDED,
    MANAGER_ON_EXCLUDED,
    NO_DAEMON,
    RESTARTS,
    UNTAINTED,
    NODE_IMAGES,
    NODE_POD_PROBES,
    NODE_IMAGE_MISSING,
)

_MANY_RESTARTS = 5
_MOST_LABELS = 8
"""Labels of a node that its evidence shows, if fewer do not decide."""


def check_nodes(
    states: Sequence[NodeState], expected: Expected, *, destroy: bool = False
) -> Iterator[Finding]:
    """Yield what nodes and selectors alone show. ``destroy`` says that one is planned."""
    yield from _find_lost_nodes(states, expected)
    exposed = [one for one in states if one.state == "exposed"]
    if exposed:
        what = f"{pluralize(len(exposed), 'node')} where no daemon can run, covered by no selector"
        yield make(VIRTUAL_ADMITTED, what, _kinds(exposed), refer_to_nodes(_names(exposed)))
    unsure = [one for one in states if one.state == "unsure"]
    if unsure:
        groups = defaultdict(list)
        for one in unsure:
            groups[one.node.classification.settle, one.admitted].append(one)
        evidence = [
            f"{'admitted' if admitted else 'excluded'}: {shorten(_names(members))}; {settle or 'no evidence'}"
            for (settle, admitted), members in groups.items()
        ]
        yield make(
            UNSURE,
            f"{pluralize(len(unsure), 'node')} that may be real or virtual",
            evidence,
            refer_to_nodes(_names(unsure)),
        )
    yield from _declared_otherwise(states)
    if expected.has_daemon:
        yield from _without_nodes(states, expected)
    bare = [
        one
        for one in states
        if one.node.classification.verdict != "unsure"
        and not one.node.classification.runs_daemon
        and not one.node.guarded
    ]
    if bare:
        what = f"{pluralize(len(bare), 'node')} where the chart's pre-delete Job could be scheduled, and hang"
        severity: Severity = "warning" if destroy else UNTAINTED.severity
        yield make(UNTAINTED, what, _kinds(bare), refer_to_nodes(_names(bare)), severity=severity)


def _declared_otherwise(states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield nodes of which people declare the opposite of what everything else on them shows."""
    for code, declared, looks in (
        (DECLARED_VIRTUAL, "virtual", "real"),
        (DECLARED_REAL, "real", "virtual"),
    ):
        found = [
            one
            for one in states
            if one.node.classification.verdict == declared and one.node.undeclared.verdict == looks
        ]
        if found:
            first = found[0].node
            why = _explain_verdict(first.undeclared)
            evidence = [f"{shorten(_names(found))}; for example {first.name}: {why}"]
            what = f"{pluralize(len(found), 'node')} declared {declared}, and {looks} by everything else"
            yield make(code, what, evidence, refer_to_nodes(_names(found)))


def _find_lost_nodes(states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
    """Yield real nodes that are excluded, one finding for each set of selectors that excludes some."""
    groups: dict[tuple[int, ...], list[NodeState]] = defaultdict(list)
    for one in states:
        if one.state == "lost":
            groups[one.hits].append(one)
    for hits, members in groups.items():
        by = [f"{expected.selectors[hit]} ({expected.origins[hit]})" for hit in hits]
        cause = shorten(by) if by else f"the affinity of {expected.source}"
        first = members[0].node
        why, labels = _explain_verdict(first.classification), _labels(first, _deciding(hits, expected))
        evidence = [f"excluded by {cause}", f"for example {first.name}: {why}, {labels}"]
        yield make(
            REAL_EXCLUDED,
            f"{pluralize(len(members), 'real node')} excluded",
            evidence,
            refer_to_nodes(_names(members)),
        )


def _without_nodes(states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
    """Yield selectors that match no node: a preset only as a whole, a base exclusion never."""
    if not states:
        return
    hit = set().union(*(one.hits for one in states))
    by_origin: dict[str, list[int]] = defaultdict(list)
    for place, origin in enumerate(expected.origins):
        by_origin[origin if origin.startswith("preset ") else f"{origin} {place}"].append(place)
    idle = []
    for places in by_origin.values():
        origin = expected.origins[places[0]]
        if origin != "base exclusion" and not hit.intersection(places):
            idle.append(f"{origin}: {shorten(str(expected.selectors[place]) for place in places)}")
    if idle:
        what = f"{pluralize(len(idle), 'selector matches', 'selectors match')} no node"
        yield make(NOTHING_MATCHED, what, idle)


def check_pods(snapshot: Snapshot, states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
    """Yield what the pods of OpenKruise's namespace show; they must have been read."""
    assert not isinstance(snapshot.pods, Unavailable)
    if not is_installed_here(snapshot):  # other operators give their pods the same labels
        return
    by_name = {one.node.name: one for one in states}
    placed = [
        (pod, one)
        for pod in snapshot.pods
        if not at(pod, "metadata", "deletionTimestamp") and (one := by_name.get(target(pod))) is not None
    ]
    daemons = [pod for pod, one in placed if is_daemon(pod) and not one.admitted]
    yield from _misplaced(DAEMON_ON_EXCLUDED, "daemon pod", daemons)
    # A stack without an affinity for the manager lets it run everywhere.
    if expected.manager is not None or not expected.is_stack:
        managers = [pod for pod, one in placed if is_manager(pod) and one.state in ("excluded", "exposed")]
        yield from _misplaced(MANAGER_ON_EXCLUDED, "manager pod", managers)
    waiting: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        if one.state == "waiting":
            waiting[one.reason].append(one)
    if waiting:
        members = [one for group in waiting.values() for one in group]
        evidence = [f"{reason}: {shorten(_names(group))}" for reason, group in waiting.items()]
        what = f"{pluralize(len(members), 'ready real node')} without a ready daemon"
        yield make(NO_DAEMON, what, evidence, refer_to_nodes(_names(members)))
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
        evidence = [f"{pod_named(pod)} on {target(pod)}: {count} restarts" for pod, count in restarted[:5]]
        what = f"{pluralize(len(restarted), 'daemon pod')} restarted {_MANY_RESTARTS} times or more"
        yield make(RESTARTS, what, evidence, [_reference(pod) for pod, _count in restarted])


def _misplaced(code: Code, what: str, pods: Sequence[Object]) -> Iterator[Finding]:
    if pods:
        evidence = [f"{pod_named(pod)} on {target(pod)}" for pod in pods[:5]]
        found = f"{pluralize(len(pods), what)} on nodes where it cannot run"
        yield make(code, found, evidence, map(_reference, pods))


def check_node_images(snapshot: Snapshot, states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield NodeImages of nodes that cannot have a daemon, and real nodes without one."""
    assert not isinstance(snapshot.node_images, Unavailable)
    images = snapshot.node_images
    yield from _foreign(NODE_IMAGES, "NodeImage", images, "image to be pulled", states)
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
        evidence = [f"{len(images):,} NodeImages, none for {shorten(_names(missing))}"]
        what = f"{pluralize(len(missing), 'ready real node')} without a NodeImage"
        yield make(NODE_IMAGE_MISSING, what, evidence, refer_to_nodes(_names(missing)))


def check_node_pod_probes(snapshot: Snapshot, states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield NodePodProbes of nodes that cannot have a daemon."""
    assert not isinstance(snapshot.node_pod_probes, Unavailable)
    yield from _foreign(NODE_POD_PROBES, "NodePodProbe", snapshot.node_pod_probes, "pod to be probed", states)


def _foreign(
    code: Code, kind: str, tasks: Mapping[str, int], task: str, states: Sequence[NodeState]
) -> Iterator[Finding]:
    wrong = [one for one in states if one.state in ("excluded", "exposed") and one.node.name in tasks]
    if wrong:
        labelled = [one for one in wrong if one.node.labels.get("type") == "virtual-kubelet"]
        evidence = [f"{kind} {shorten(_names(wrong))}"]
        if labelled:
            evidence.append(
                f"created before these were labelled type=virtual-kubelet: {shorten(_names(labelled))}"
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


def _reference(pod: Object) -> ObjectReference:
    return ObjectReference("Pod", name_of(pod), text(pod, "metadata", "namespace"))


def _names(states: Sequence[NodeState]) -> list[str]:
    return sorted(one.node.name for one in states)


def _kinds(states: Sequence[NodeState]) -> list[str]:
    """Describe each kind of node on a line: its nodes, and by which evidence they are of that kind."""
    groups: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        groups[one.node.classification.kind or "kind unknown"].append(one)
    return [
        f"{kind}: {shorten(_names(members))} ({_explain_verdict(members[0].node.classification)})"
        for kind, members in sorted(groups.items())
    ]


def _deciding(hits: Sequence[int], expected: Expected) -> set[str]:
    """Return the keys that decide about a node: those of the selectors that match it, else the affinity's."""
    if hits:
        return {one.key for hit in hits for one in parse(str(expected.selectors[hit])).requirements}
    terms = items(expected.daemon, "nodeSelectorTerms")
    return {text(one, "key") for term in terms for one in items(term, "matchExpressions")}


def _labels(node: NodeFacts, deciding: Set[str]) -> str:
    """Describe a node's labels: those that decide, and others up to ``_MOST_LABELS``."""
    keys = sorted(node.labels, key=lambda key: (key not in deciding, key))
    shown = max(_MOST_LABELS, len(deciding & node.labels.keys()))
    return describe_labels({key: node.labels[key] for key in keys[:shown]}) + (
        f" {count_rest(keys, shown)}" if len(keys) > shown else ""
    )


def _explain_verdict(classification: Classification) -> str:
    """Return the evidence for a classification in words, two pieces at most."""
    seen = [one.description for one in classification.evidence if one.points_to == classification.verdict]
    if classification.verdict == "real" and classification.no_daemon:
        return classification.no_daemon
    return shorten(seen[:2]) or "no evidence of a virtual node"
