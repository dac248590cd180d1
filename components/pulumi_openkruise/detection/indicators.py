"""The catalogue turned round: from what is seen on a node to the kinds that it is a sign of."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..catalogue import KINDS, NodeKind
from ..selectors import parse
from .classification import Strength

DECLARED = "openkruise.io/virtual-node"
"""The label by which people say what a node is: ``true`` or ``false``."""


class Sign(NamedTuple):
    """What one label, taint or pattern says."""

    kinds: tuple[str, ...]
    """Names of the kinds that it is a sign of."""
    strength: Strength
    virtual: bool
    selector: str = ""
    """The selector that a label matches, where a preset has it."""


def label_signs(key: str, value: str) -> Iterator[Sign]:
    """Yield what a label says: of kinds that have this value, and of those that have any."""
    for wanted in (value, None):
        sign = _LABELS.get((key, wanted))
        if sign is not None:
            yield sign


def taint_sign(key: str, value: str) -> Sign | None:
    """Return what a taint says; the generic taint of virtual kubelets says something with any value."""
    return _TAINTS.get((key, value)) or _TAINTS.get((key, None))


def annotation_sign(key: str) -> Sign | None:
    """Return what the presence of an annotation says."""
    return _ANNOTATIONS.get(key)


class Patterns:
    """The patterns of all kinds for one field, tried together."""

    def __init__(self, field: str) -> None:
        self._patterns: list[tuple[re.Pattern[str], Sign]] = []
        by_pattern: dict[str, list[NodeKind]] = {}
        for kind in KINDS.values():
            pattern = getattr(kind.signs, field)
            if pattern:
                by_pattern.setdefault(pattern, []).append(kind)
        for pattern, kinds in by_pattern.items():
            strength: Strength = "weak" if field == "name" else "decisive" if len(kinds) == 1 else "strong"
            self._patterns.append((re.compile(pattern), _sign(kinds, strength)))
        self._any = re.compile("|".join(f"(?:{pattern})" for pattern in by_pattern) or r"(?!)")

    def number(self, text: str) -> int:
        """Return the number of the first pattern that matches, -1 if none does."""
        if self._any.match(text) is None:
            return -1
        return next(at for at, (pattern, _sign) in enumerate(self._patterns) if pattern.match(text))

    def sign(self, number: int) -> Sign:
        """Return what the pattern of this number says."""
        return self._patterns[number][1]


def _sign(kinds: Iterable[NodeKind], strength: Strength, selector: str = "") -> Sign:
    found = list(kinds)
    return Sign(tuple(kind.name for kind in found), strength, found[0].virtual, selector)


def _own_domain(key: str) -> bool:
    """Tell whether a key belongs to whoever makes the kind, so that nobody else has a use for it."""
    prefix, slash, _name = key.rpartition("/")
    shared = ("kubernetes.io", "k8s.io")
    return bool(slash) and prefix not in shared and not prefix.endswith(tuple(f".{name}" for name in shared))


def _labels() -> dict[tuple[str, str | None], Sign]:
    kinds: dict[tuple[str, str | None], list[NodeKind]] = {}
    for kind in KINDS.values():
        for selector in kind.selectors:
            (requirement,) = parse(selector).requirements
            values: tuple[str | None, ...] = requirement.values or (None,)
            for value in values:
                kinds.setdefault((requirement.key, value), []).append(kind)
    signs: dict[tuple[str, str | None], Sign] = {}
    for (key, value), found in kinds.items():
        selector = key if value is None else f"{key}={value}"
        listed = selector if any(kind.is_preset for kind in found) else ""
        signs[key, value] = _sign(found, "decisive" if _own_domain(key) else "strong", listed)
    return signs


def _taints() -> dict[tuple[str, str | None], Sign]:
    kinds: dict[tuple[str, str | None], list[NodeKind]] = {}
    for kind in KINDS.values():
        for taint in kind.taints:
            name, _equals, wanted = taint.rpartition(":")[0].partition("=")
            having = kinds.setdefault((name, wanted or None), [])
            if kind not in having:
                having.append(kind)
    signs: dict[tuple[str, str | None], Sign] = {}
    for (key, value), found in kinds.items():
        generic = key.startswith("virtual-kubelet.io/")
        signs[key, value] = _sign(found, "decisive" if _own_domain(key) and not generic else "strong")
    return signs


_LABELS = _labels()
_TAINTS = _taints()
_ANNOTATIONS = {key: _sign([kind], "decisive") for kind in KINDS.values() for key in kind.signs.annotations}

LABEL_KEYS = frozenset(
    {*(key for key, _value in _LABELS), DECLARED, "kubernetes.io/os", "kubernetes.io/arch"}
)
"""Labels that count."""
TAINT_KEYS = frozenset(key for key, _value in _TAINTS)
"""Taints that count."""
ANNOTATION_KEYS = frozenset(_ANNOTATIONS)
"""Annotations that count."""
