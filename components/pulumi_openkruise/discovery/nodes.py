"""Classified nodes, and groups of nodes that differ in nothing that matters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from ..catalogue.runtimes import Version
from ..config.node_affinity import leaves_out
from ..detection import Classification, classify, find_pool
from ..detection.runtimes import RuntimeMismatch, find_mismatch
from ..policy.prediction import PolicyAction, predict_action
from ..policy.rule import NodeLabelRule
from ..selectors import NodeMatcher
from ..selectors.placement import Placement

DEFAULT_RULE = NodeLabelRule()
"""The admission policy's rule with the default of every key."""


@dataclass(frozen=True, slots=True)
class ClassifiedNode:
    """A node's name, its labels, and its classification."""

    name: str
    labels: Mapping[str, str]
    classification: Classification
    pool: str
    mismatch: RuntimeMismatch | None = None
    """For a real node whose container runtime kruise-daemon cannot talk to: why."""
    policy: PolicyAction = "ignore"
    """What the admission policy for virtual nodes would do with it."""

    @property
    def is_target(self) -> bool:
        """Whether it must be excluded: it is virtual, or no image of the daemon exists for it."""
        return bool(self.classification.no_daemon)


def classify_node(
    node: Mapping[str, Any],
    rule: NodeLabelRule = DEFAULT_RULE,
    *,
    kruise: Version | None = None,
    has_daemon: bool = True,
) -> ClassifiedNode:
    """Classify a Node object; labels that are not strings are left out, as no affinity can name them.

    ``rule`` is that of the admission policy for virtual nodes, whether a stack has the policy or not.
    ``kruise`` is the version of OpenKruise that the stack installs; None if no stack is known.
    ``has_daemon`` says whether the stack has a daemon, which talks to the node's container runtime.
    """
    metadata = node.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    labels = metadata.get("labels")
    plain = {
        key: value
        for key, value in (labels.items() if isinstance(labels, Mapping) else ())
        if isinstance(key, str) and isinstance(value, str)
    }
    classification = classify(node)
    mismatch = _find_mismatch(node, kruise) if has_daemon and classification.runs_daemon else None
    return ClassifiedNode(
        name=str(metadata.get("name", "")),
        labels=plain,
        classification=classification,
        pool=find_pool(node),
        mismatch=mismatch,
        policy=predict_action(node, plain, rule),
    )


def _find_mismatch(node: Mapping[str, Any], kruise: Version | None) -> RuntimeMismatch | None:
    status = node.get("status")
    info = status.get("nodeInfo") if isinstance(status, Mapping) else None
    reported = (info.get(key) for key in ("containerRuntimeVersion", "kubeletVersion")) if info else ("", "")
    runtime, kubelet = (value if isinstance(value, str) else "" for value in reported)
    return _known_mismatch(runtime, kubelet, kruise)


_known_mismatch = lru_cache(maxsize=1 << 10)(find_mismatch)


class ExcludedBy(NamedTuple):
    """What keeps the daemon off a node already."""

    selectors: int
    """Bit i is set when selector i matches the node."""
    left_out: bool
    """Whether the stack's values keep the daemon off it, whatever the selectors say."""

    def __bool__(self) -> bool:
        """Tell whether anything keeps the daemon off."""
        return bool(self.selectors) or self.left_out


def find_exclusions(nodes: Iterable[ClassifiedNode], existing: Placement) -> Iterator[ExcludedBy]:
    """Yield for each node what keeps the daemon off it already."""
    matcher, left_out = NodeMatcher(existing.selectors), leaves_out(existing.required, existing.labels)
    for node in nodes:
        yield ExcludedBy(matcher.match(node.labels).selectors, left_out(node.labels, node.name))


@dataclass
class Group:
    """Nodes of one pool with the same classification and evidence, all excluded or all not."""

    classification: Classification
    pool: str
    excluded_by: tuple[int, ...]
    """Positions in the list of selectors of those that match these nodes."""
    left_out: bool
    """Whether the stack's values keep the daemon off these, whatever the selectors say."""
    mismatch: RuntimeMismatch | None = None
    """Why the daemon cannot talk to their container runtime, where it would run."""
    policy: PolicyAction = "ignore"
    """What the admission policy for virtual nodes would do with these."""
    names: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether these nodes need an action or an answer."""
        classification = self.classification
        if classification.verdict == "unsure":
            return True
        if classification.no_daemon:
            return not (self.excluded_by or self.left_out)
        return self.is_lost or self.is_unusable

    @property
    def is_unusable(self) -> bool:
        """Whether these are real nodes that get a daemon which cannot talk to their container runtime."""
        return self.mismatch is not None and not (self.excluded_by or self.left_out)

    @property
    def is_lost(self) -> bool:
        """Whether these are real nodes that have no daemon because of the selectors."""
        return self.classification.runs_daemon and bool(self.excluded_by) and not self.left_out


def group_nodes(nodes: Sequence[ClassifiedNode], existing: Placement) -> list[Group]:
    """Group nodes; virtual ones first, then unsure, then real, each with the largest groups first."""
    groups: dict[tuple[int, str, ExcludedBy, RuntimeMismatch | None, PolicyAction], Group] = {}
    for node, by in zip(nodes, find_exclusions(nodes, existing), strict=True):
        # Equal classifications are one object, unless the detector's cache has dropped the first; the loop
        # below merges those.
        key = (id(node.classification), node.pool, by, node.mismatch, node.policy)
        group = groups.get(key)
        if group is None:
            mask = by.selectors
            places = tuple(place for place in range(mask.bit_length()) if mask >> place & 1)
            group = groups[key] = Group(
                node.classification, node.pool, places, by.left_out, node.mismatch, node.policy
            )
        group.names.append(node.name)
    merged: dict[tuple[Any, ...], Group] = {}
    for group in groups.values():
        placed = (group.excluded_by, group.left_out, group.mismatch, group.policy)
        first = merged.setdefault((group.classification, group.pool, *placed), group)
        if first is not group:
            first.names += group.names
    order = ("virtual", "unsure", "real")
    for group in merged.values():
        group.names.sort()
    return sorted(
        merged.values(),
        key=lambda group: (order.index(group.classification.verdict), -len(group.names), group.names),
    )
