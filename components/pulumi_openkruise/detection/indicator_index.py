"""The catalogue's indicators by what is seen on a node, for lookups that cost little on 100,000 nodes."""

import re
from collections.abc import Iterator

from ..catalogue.indicators import (
    DECLARED,
    DENIALS,
    INDICATORS,
    TYPE_KEY,
    VIRTUAL_KEY,
    VIRTUAL_VALUE,
    Indicator,
    Place,
)

_BY_KEY: dict[tuple[str, str, str | None], Indicator] = {
    (one.place, one.key, one.value): one for one in INDICATORS
}


def find_label_indicators(key: str, value: str) -> Iterator[Indicator]:
    """Yield what a label indicates: kinds that have this value, then kinds that have any value."""
    for wanted in (value, None):
        indicator = _BY_KEY.get(("label", key, wanted))
        if indicator is not None:
            yield indicator


def find_taint_indicator(key: str, value: str) -> Indicator | None:
    """Return what a taint indicates: kinds that have this value, else kinds that have any value."""
    return _BY_KEY.get(("taint", key, value)) or _BY_KEY.get(("taint", key, None))


def find_annotation_indicator(key: str) -> Indicator | None:
    """Return what the presence of an annotation indicates, whatever its value."""
    return _BY_KEY.get(("annotation", key, None))


class PatternIndex:
    """The patterns of all kinds for one field, tried together."""

    def __init__(self, place: Place) -> None:
        self._indicators = [one for one in INDICATORS if one.place == place]
        self._patterns = [re.compile(one.pattern) for one in self._indicators]
        self._any = re.compile("|".join(f"(?:{one.pattern})" for one in self._indicators))

    def find(self, string: str) -> int:
        """Return the position of the first pattern that matches, -1 if none does."""
        if self._any.match(string) is None:
            return -1
        return next(at for at, pattern in enumerate(self._patterns) if pattern.match(string))

    def __getitem__(self, position: int) -> Indicator:
        """Return the indicator at a position that ``find`` returned."""
        return self._indicators[position]


RUNTIME_PATTERNS, ARCHITECTURE_PATTERNS = PatternIndex("runtime"), PatternIndex("architecture")
STATUS_PATTERNS = (
    (PatternIndex("kubelet-version"), "kubelet_version"),
    (RUNTIME_PATTERNS, "runtime"),
    (PatternIndex("os-image"), "os_image"),
    (ARCHITECTURE_PATTERNS, "architecture"),
)
"""The patterns for each field of ``NodeFeatures`` that comes from a node's status, with the field's name."""


_VIRTUAL_KEY, _TYPE_KEY = re.compile(VIRTUAL_KEY), re.compile(TYPE_KEY)
_VIRTUAL_VALUE = re.compile(VIRTUAL_VALUE)
_REMEMBERED = 1 << 14


class _KeyRoles(dict[str, int]):
    """What a label's value has to be read for, by the label's key; remembers what it was asked."""

    NOTHING, KNOWN, NAMED, TYPED = range(4)

    def __missing__(self, key: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        if key in LABEL_KEYS:
            role = self.KNOWN
        elif _VIRTUAL_KEY.match(key):
            role = self.NAMED
        else:
            role = self.TYPED if _TYPE_KEY.match(key) else self.NOTHING
        self[key] = role
        return role


KEY_ROLES = _KeyRoles()
"""By key, 0 for the many labels that a classification does not depend on."""


def depends_on(key: str, value: str) -> bool:
    """Tell whether a classification depends on a label whose key has a role."""
    return KEY_ROLES[key] == _KeyRoles.KNOWN or names_virtual_node(key, value)


def names_virtual_node(key: str, value: str) -> bool:
    """Tell whether a label's or taint's name says that the node is virtual, of a maker that is unknown."""
    if key == DECLARED:
        return False
    if _VIRTUAL_KEY.match(key):
        return value.lower() not in DENIALS
    return bool(_TYPE_KEY.match(key) and _VIRTUAL_VALUE.match(value))


LABEL_KEYS = frozenset(
    {*(one.key for one in INDICATORS if one.place == "label"), DECLARED, "kubernetes.io/os"}
    | {"kubernetes.io/arch"}
)
"""Labels that the classification depends on."""
TAINT_KEYS = frozenset(one.key for one in INDICATORS if one.place == "taint")
"""Taints that it depends on."""
ANNOTATION_KEYS = frozenset(one.key for one in INDICATORS if one.place == "annotation")
"""Annotations that it depends on."""
