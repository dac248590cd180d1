"""The admission policy that labels virtual nodes (``policy.manifests``), and the labels on nodes."""

from collections.abc import Iterator, Sequence

from ..detection import DECLARED
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.json_access import name_of, seconds_between
from ..inventory.snapshot import NodeFacts, Snapshot
from ..policy.rule import NodeLabelRule
from ..policy.signals import NOT_BY_DEFAULT
from .expected import Expected
from .finding import Code, Finding, make, refer_to_nodes
from .node_states import NodeState

MISSED = Code(
    "policy-missed-node",
    "warning",
    "a virtual node that the admission policy for virtual nodes should have labelled and has not",
    "kruise-daemon's pod may have been sent there before a selector knew the node",
    "the policy labels a node when it registers and at its next status patch: if it does not appear, check "
    "that the policy has a binding, and label the node openkruise.io/virtual-node=true",
)
UNFOUNDED = Code(
    "policy-label-unfounded",
    "info",
    "a node labelled openkruise.io/virtual-node=true that the admission policy would not label today",
    "no daemon runs there; the label was set by hand, or the node has changed since",
    "if the node is real, remove the label: kubectl label node <name> openkruise.io/virtual-node-, and "
    "type- where it says virtual-kubelet",
)
LEFT = Code(
    "policy-labels-left",
    "info",
    "labels that an admission policy has set, in a cluster that has no such policy now",
    "the nodes stay excluded until the labels are removed",
    "to remove them: kubectl label nodes -l openkruise.io/virtual-node=true openkruise.io/virtual-node-, and "
    "type- for nodes on which the policy has set type=virtual-kubelet too",
)
CODES = (MISSED, UNFOUNDED, LEFT)

_GRACE_SECONDS = 600
"""Age from which a node must have the label: a kubelet patches its status at least every five minutes."""


def check_policy(snapshot: Snapshot, states: Sequence[NodeState], expected: Expected) -> Iterator[Finding]:
    """Yield what the policy has missed, and labels that do not follow from it.

    Whether the policy is there must have been read; what it does is what the stack says, else the default.
    """
    policy, rule = snapshot.node_label_policy, expected.label_rule or NodeLabelRule()
    if isinstance(policy, Unavailable):
        return
    nodes = [one.node for one in states]
    labelled = [node for node in nodes if node.labels.get(DECLARED) == "true"]
    if policy is None:
        left = [node for node in labelled if node.unowned_label]
        if left and expected.label_rule is None:
            yield _make(
                LEFT,
                left,
                "labelled openkruise.io/virtual-node=true without a policy",
                _describe_labels(left),
            )
        return
    there = f"MutatingAdmissionPolicy {name_of(policy)} is there"
    missed = [
        node
        for node in nodes
        if DECLARED not in node.labels and _looks_virtual(node, rule) and _is_old(node, snapshot.taken)
    ]
    if missed:
        evidence = [f"no label {DECLARED} on {shorten(_list_names(missed))}", there]
        yield _make(MISSED, missed, "without the label that the policy sets", evidence)
    # Nodes that look real, and those that have opted out, have findings of their own in ``coverage``.
    unfounded = [
        node for node in labelled if not _looks_virtual(node, rule) and node.undeclared.verdict != "real"
    ]
    if unfounded:
        yield _make(
            UNFOUNDED, unfounded, "with a label that the policy would not set", _describe_labels(unfounded)
        )


def _make(code: Code, nodes: Sequence[NodeFacts], what: str, evidence: Sequence[str]) -> Finding:
    noun = "virtual node" if code is MISSED else "node"
    return make(code, f"{pluralize(len(nodes), noun)} {what}", evidence, refer_to_nodes(_list_names(nodes)))


def _list_names(nodes: Sequence[NodeFacts]) -> list[str]:
    return sorted(node.name for node in nodes)


def _describe_labels(nodes: Sequence[NodeFacts]) -> list[str]:
    """Return a line for each combination of the two labels that the policy can set."""
    groups: dict[str, list[NodeFacts]] = {}
    for node in nodes:
        found = [f"{key}={node.labels[key]}" for key in (DECLARED, "type") if key in node.labels]
        groups.setdefault(", ".join(found), []).append(node)
    return [f"{labels} on {shorten(_list_names(group))}" for labels, group in sorted(groups.items())]


def _looks_virtual(node: NodeFacts, rule: NodeLabelRule) -> bool:
    """Tell whether the policy's expression is true for a node, apart from labels that the policy has set."""
    by_default, where_named = node.policy_signals
    signals = where_named if NOT_BY_DEFAULT.intersection(rule.presets) else by_default
    return signals or any(selector.matches(node.labels) for selector in rule.selectors)


def _is_old(node: NodeFacts, taken: str) -> bool:
    age = seconds_between(node.created, taken)
    return age is not None and age > _GRACE_SECONDS
