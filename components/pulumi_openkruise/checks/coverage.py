"""Nodes against selectors: real nodes that are excluded, virtual nodes that are not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from ..detection import Classification
from ..diagnostics.wording import count_rest, pluralize, shorten
from ..inventory.json_access import items, text
from ..inventory.snapshot import NodeFacts
from ..selectors import parse
from ..selectors.errors import describe_labels
from .expected import Expected
from .finding import Code, Finding, Severity, make, refer_to_nodes
from .node_states import NodeState, list_names

REAL_EXCLUDED = Code(
    "real-node-excluded",
    "critical",
    "a real node that a selector excludes",
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
UNTAINTED = Code(
    "untainted-virtual-node",
    "info",
    "a virtual node, or one with Windows, without a taint or a cordon; a warning with --before-destroy",
    "the chart's pre-delete Job takes no scheduling settings: scheduled there it stays Pending, and `pulumi "
    "destroy` fails after its timeout",
    "before a destroy: `kubectl cordon` these nodes; for good: taint them",
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
    UNTAINTED,
)
_MOST_LABELS = 8

"""Labels of a node that its evidence shows, if fewer do not decide."""


def check_nodes(states: Sequence[NodeState], expected: Expected, *, destroy: bool) -> Iterator[Finding]:
    """Yield what nodes and selectors alone show. ``destroy`` says that one is planned."""
    yield from _find_lost_nodes(states, expected)
    exposed = [one for one in states if one.state == "exposed"]
    if exposed:
        what = f"{pluralize(len(exposed), 'node')} where no daemon can run, covered by no selector"
        yield make(VIRTUAL_ADMITTED, what, _describe_kinds(exposed), refer_to_nodes(list_names(exposed)))
    unsure = [one for one in states if one.state == "unsure"]
    if unsure:
        groups = defaultdict(list)
        for one in unsure:
            groups[one.node.classification.settle, one.admitted].append(one)
        evidence = [
            f"{'admitted' if admitted else 'excluded'}: {shorten(list_names(group))}; {how or 'no evidence'}"
            for (how, admitted), group in groups.items()
        ]
        yield make(
            UNSURE,
            f"{pluralize(len(unsure), 'node')} that may be real or virtual",
            evidence,
            refer_to_nodes(list_names(unsure)),
        )
    yield from _find_declared_otherwise(states)
    if expected.has_daemon:
        yield from _find_without_nodes(states, expected)
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
        yield make(
            UNTAINTED, what, _describe_kinds(bare), refer_to_nodes(list_names(bare)), severity=severity
        )


def _find_declared_otherwise(states: Sequence[NodeState]) -> Iterator[Finding]:
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
            evidence = [f"{shorten(list_names(found))}; for example {first.name}: {why}"]
            what = f"{pluralize(len(found), 'node')} declared {declared}, and {looks} by everything else"
            yield make(code, what, evidence, refer_to_nodes(list_names(found)))


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
        why, labels = (
            _explain_verdict(first.classification),
            _describe_labels(first, _find_deciding(hits, expected)),
        )
        evidence = [f"excluded by {cause}", f"for example {first.name}: {why}, {labels}"]
        yield make(
            REAL_EXCLUDED,
            f"{pluralize(len(members), 'real node')} excluded",
            evidence,
            refer_to_nodes(list_names(members)),
            identity=sorted(str(expected.selectors[hit]) for hit in hits),
        )


def _find_without_nodes(states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
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
            # A comma between selectors would mean "and".
            selectors = shorten((str(expected.selectors[place]) for place in places), separator=" or ")
            idle.append(f"{origin}: {selectors}")
    if idle:
        what = f"{pluralize(len(idle), 'selector matches', 'selectors match')} no node"
        yield make(NOTHING_MATCHED, what, idle)


def _describe_kinds(states: Sequence[NodeState]) -> list[str]:
    """Describe each kind of node on a line: its nodes, and by which evidence they are of that kind."""
    groups: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        groups[one.node.classification.kind or "kind unknown"].append(one)
    return [
        f"{kind}: {shorten(list_names(members))} ({_explain_verdict(members[0].node.classification)})"
        for kind, members in sorted(groups.items())
    ]


def _find_deciding(hits: Sequence[int], expected: Expected) -> set[str]:
    """Return the keys that decide about a node: those of the selectors that match it, else the affinity's."""
    if hits:
        return {one.key for hit in hits for one in parse(str(expected.selectors[hit])).requirements}
    terms = items(expected.daemon, "nodeSelectorTerms")
    return {text(one, "key") for term in terms for one in items(term, "matchExpressions")}


def _describe_labels(node: NodeFacts, deciding: Set[str]) -> str:
    """Describe a node's labels: those that decide, and others up to ``_MOST_LABELS``."""
    keys = sorted(node.labels, key=lambda key: (key not in deciding, key))
    shown = max(_MOST_LABELS, len(deciding & node.labels.keys()))
    rest = count_rest(keys, shown)
    listed = describe_labels({key: node.labels[key] for key in keys[:shown]})
    return f"{listed} {rest}" if rest else listed


def _explain_verdict(classification: Classification) -> str:
    """Return the evidence for a classification in words, two pieces at most."""
    seen = [one.description for one in classification.evidence if one.points_to == classification.verdict]
    if classification.verdict == "real" and classification.no_daemon:
        return classification.no_daemon
    return shorten(seen[:2]) or "no evidence of a virtual node"
