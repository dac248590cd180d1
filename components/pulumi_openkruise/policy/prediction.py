"""What the policy's expression answers for a node, worked out here: the rule of ``signals``, without CEL.

Checks use it to say which nodes the policy should have labelled, and discovery to count what it would label.
A test compares the two on the whole corpus by the API server's own CEL.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from ..catalogue.indicators import DECLARED, SHAPES, Indicator, Strength
from ..detection.features import PROVIDER_IDS, NodeFeatures, read_features
from ..detection.indicator_index import (
    STATUS_PATTERNS,
    find_annotation_indicator,
    find_label_indicators,
    find_taint_indicator,
)
from .rule import NodeLabelRule
from .signals import NOT_BY_DEFAULT, SURE_ON_MACHINES

PolicyAction: TypeAlias = Literal["label", "declared", "ignore"]
"""It labels a node that it takes for virtual, keeps a label that declares one, and ignores the others."""


def predict_signals(node: Any, asked_for: Collection[str] = ()) -> bool:
    """Return whether the catalogue's signals call a Node object virtual.

    ``asked_for`` are kinds by name that count although they do not by default, as for ``write_signals``.

    Declarations on the node and selectors of the config are not among the signals.
    """
    return predict_by_features(read_features(node), asked_for)


def predict_by_features(node: NodeFeatures, asked_for: Collection[str] = ()) -> bool:
    """Return the same for what has been read of a Node object already."""
    return _predict(node, frozenset(NOT_BY_DEFAULT.difference(asked_for)))


def predict_action(node: Any, labels: Mapping[str, str], rule: NodeLabelRule) -> PolicyAction:
    """Return what a policy with this rule would do about a Node object.

    ``labels`` are the node's labels, without those that are not strings.
    """
    if DECLARED in labels:
        return "declared"
    if any(one.matches(labels) for one in rule.selectors) or predict_signals(node, rule.presets):
        return "label"
    return "ignore"


@lru_cache(maxsize=1 << 14)
def _predict(node: NodeFeatures, left_out: frozenset[str]) -> bool:
    counted = [one for one in _find_indicators(node) if one.virtual and not left_out.issuperset(one.kinds)]
    if any(one.strength == "decisive" and one.place in SURE_ON_MACHINES for one in counted):
        return True
    strong = _count_groups(counted, "strong") + _has_shape(node)
    if strong > 1:
        return True
    if node.is_machine:
        return False
    return any(one.strength == "decisive" for one in counted) or (
        node.has_info and not node.runtime and strong > 0
    )


def _find_indicators(node: NodeFeatures) -> Iterator[Indicator]:
    for key, value in node.labels:
        yield from find_label_indicators(key, value)
    for key, value in node.taints:
        taint = find_taint_indicator(key, value)
        if taint is not None:
            yield taint
    for key in node.annotations:
        annotation = find_annotation_indicator(key)
        if annotation is not None:
            yield annotation
    if node.provider_id >= 0:
        yield PROVIDER_IDS[node.provider_id]
    for index, name in STATUS_PATTERNS:
        position = index.find(getattr(node, name))
        if position >= 0:
            yield index[position]


def _count_groups(indicators: Collection[Indicator], strength: Strength) -> int:
    """Count as the expression does: each label's key once, all taints once, and each other place once."""
    return len(
        {
            (one.place, one.key if one.place == "label" else "")
            for one in indicators
            if one.strength == strength
        }
    )


def _has_shape(node: NodeFeatures) -> bool:
    shape = next(shape for shape in SHAPES if not shape.ready)
    filled = all(getattr(node, name) for name in shape.filled)
    return node.has_info and filled and not any(getattr(node, name) for name in shape.empty)
