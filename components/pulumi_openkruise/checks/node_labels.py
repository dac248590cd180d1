"""Whether the admission policy that labels virtual nodes has done so (``policy.manifests``)."""

from collections.abc import Iterator, Sequence

from ..detection import DECLARED, Classification
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.json_access import name_of, seconds_between
from ..inventory.snapshot import NodeFacts, Snapshot
from .finding import Code, Finding, make, refer_to_nodes
from .node_states import NodeState

MISSED = Code(
    "policy-missed-node",
    "warning",
    "a virtual node that the admission policy for virtual nodes should have labelled and has not",
    "kruise-daemon's pod may have been sent there before a selector knew the node",
    "the policy labels a node when it registers and at its next status patch: if the label stays away, see "
    "whether the policy has a binding, and label the node openkruise.io/virtual-node=true",
)
CODES = (MISSED,)

_SURE = frozenset({"label", "annotation", "provider-id", "runtime"})
"""Where one decisive indicator is enough for the policy, too (``policy.signals``)."""
_GRACE_SECONDS = 600
"""How long a node may take until its next status patch: a kubelet's are five minutes apart at most."""


def check_policy(snapshot: Snapshot, states: Sequence[NodeState]) -> Iterator[Finding]:
    """Yield nodes that the policy has missed; whether it is there must have been read."""
    if snapshot.node_label_policy is None or isinstance(snapshot.node_label_policy, Unavailable):
        return
    missed = [
        one.node
        for one in states
        if DECLARED not in one.node.labels
        and _is_sure(one.node.classification)
        and _is_old(one.node, snapshot.taken)
    ]
    if missed:
        names = sorted(node.name for node in missed)
        evidence = [
            f"no label {DECLARED} on {shorten(names)}",
            f"MutatingAdmissionPolicy {name_of(snapshot.node_label_policy)} is there",
        ]
        what = f"{pluralize(len(names), 'virtual node')} without the label that the policy sets"
        yield make(MISSED, what, evidence, refer_to_nodes(names))


def _is_sure(classification: Classification) -> bool:
    """Tell whether the policy's expression holds for a node, too: it sees less than the detector."""
    seen = [piece for piece in classification.evidence if piece.points_to == "virtual"]
    decisive = any(piece.strength == "decisive" and piece.signal in _SURE for piece in seen)
    return classification.verdict == "virtual" and decisive


def _is_old(node: NodeFacts, taken: str) -> bool:
    age = seconds_between(node.created, taken)
    return age is not None and age > _GRACE_SECONDS
