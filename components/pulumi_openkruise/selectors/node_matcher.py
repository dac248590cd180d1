"""Which selectors match a node, and whether an affinity admits it, for many nodes at once.

A compiled form of ``Selector.matches`` and ``affinity_matches``: for each label that matters a table from its
values to the selectors and terms that the value leaves possible. A node is a lookup for each such label.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, getitem
from typing import Any, NamedTuple

from .exclusion import read_selectors
from .node_selector import affinity_matches, read
from .requirement import Requirement, Selector
from .syntax import parse_integer

_REMEMBERED = 1 << 16
"""How many combinations of values are kept; nodes of a cluster share few, unless a label names the node."""


class Match(NamedTuple):
    """What is true of one node."""

    selectors: int
    """Bit i is set when selector i, in the order given, matches the node."""
    admitted: bool
    """Whether the affinity admits the node."""

    def indexes(self) -> tuple[int, ...]:
        """List the positions of the selectors that match."""
        return tuple(place for place in range(self.selectors.bit_length()) if self.selectors >> place & 1)


class NodeMatcher:
    """Selectors and a required node affinity, compiled for many nodes."""

    def __init__(
        self,
        selectors: Iterable[str | Mapping[str, Any]],
        affinity: Mapping[str, Any] | None = None,
    ) -> None:
        """Compile label selectors (strings or LabelSelector mappings) and ``{"nodeSelectorTerms": [...]}``.

        ``affinity`` None means that every node is admitted. As upstream, an empty or invalid term admits
        nothing. Raises SelectorError that lists the problems of all selectors.
        """
        self.selectors: tuple[Selector, ...] = tuple(read_selectors(selectors))
        entries: list[Sequence[Requirement]] = [selector.requirements for selector in self.selectors]
        self._fields: list[tuple[int, dict[str, Any]]] = []
        for term in () if affinity is None else affinity.get("nodeSelectorTerms") or ():
            requirements, fields = _label_requirements(term), _keep_fields(term)
            if requirements is not None and affinity_matches(fields, {}):
                if fields is not None:
                    self._fields.append((1 << len(entries), fields))
                entries.append(requirements)
        self._admits_all = affinity is None
        self._count = len(self.selectors)
        self._all = (1 << len(entries)) - 1
        by_key: dict[str, dict[int, list[Requirement]]] = {}
        for place, requirements in enumerate(entries):
            for requirement in requirements:
                by_key.setdefault(requirement.key, {}).setdefault(place, []).append(requirement)
        self._keys = tuple(sorted(by_key))
        self._tables = [_Table(by_key[key], self._all) for key in self._keys]
        self._known: dict[tuple[str | None, ...], int] = {}

    def match(self, labels: Mapping[str, str], name: str = "") -> Match:
        """Return what is true of a node with these labels.

        ``name`` is the node's, for terms with ``matchFields``, which a node without a name ignores.
        """
        return self._match(self._entries(tuple(map(labels.get, self._keys))), name)

    def match_all(self, nodes: Iterable[Mapping[str, str]], names: Iterable[str] = ()) -> list[Match]:
        """Return what is true of each node; ``names`` may be shorter than ``nodes``."""
        keys, known, entries = self._keys, self._known, self._entries
        if not self._fields:
            results: dict[int, Match] = {}
            found: list[Match] = []
            for labels in nodes:
                values = tuple(map(labels.get, keys))
                mask = known.get(values)
                if mask is None:
                    mask = entries(values)
                match = results.get(mask)
                if match is None:
                    match = results[mask] = self._match(mask, "")
                found.append(match)
            return found
        named = iter(names)
        return [self.match(labels, next(named, "")) for labels in nodes]

    def _entries(self, values: tuple[str | None, ...]) -> int:
        """Return the selectors and terms whose requirements on labels hold, by the values of the labels."""
        mask = self._known.get(values)
        if mask is None:
            mask = reduce(and_, map(getitem, self._tables, values), self._all)
            if len(self._known) < _REMEMBERED:
                self._known[values] = mask
        return mask

    def _match(self, mask: int, name: str) -> Match:
        if name:
            for bit, fields in self._fields:
                if mask & bit and not affinity_matches(fields, {}, name):
                    mask &= ~bit
        return Match(mask & ((1 << self._count) - 1), self._admits_all or bool(mask >> self._count))


class _Table(dict[str | None, int]):
    """For each value of one label (None: absent) the entries that it satisfies or does not concern."""

    def __init__(self, entries: Mapping[int, Sequence[Requirement]], everything: int) -> None:
        bounds: set[int] = set()
        named: set[str] = set()
        for requirements in entries.values():
            for requirement in requirements:
                if requirement.operator == "Gt":
                    bounds.add(int(requirement.values[0]) + 1)
                elif requirement.operator == "Lt":
                    bounds.add(int(requirement.values[0]))
                else:
                    named.update(requirement.values)
        unconcerned = everything & ~sum(1 << place for place in entries)

        def satisfied(value: str | None) -> int:
            mask = unconcerned
            for place, requirements in entries.items():
                labels = {} if value is None else {requirements[0].key: value}
                if all(requirement.matches(labels) for requirement in requirements):
                    mask |= 1 << place
            return mask

        super().__init__((value, satisfied(value)) for value in (None, *named))
        self._bounds = sorted(bounds)
        self._other = satisfied(next(text for n in range(len(named) + 1) if (text := f"o{n}") not in named))
        # An integer that is not named: all that counts is between which bounds it lies.
        self._ranges: list[int] = []
        for low in (0, *self._bounds):
            spelling = (text for width in range(64) if (text := str(low).zfill(width)) not in named)
            self._ranges.append(satisfied(next(spelling, "0")))

    def __missing__(self, value: str | None) -> int:
        if not self._bounds or value is None or (number := parse_integer(value)) is None:
            return self._other
        return self._ranges[bisect_right(self._bounds, number)]


def _label_requirements(term: Mapping[str, Any]) -> Sequence[Requirement] | None:
    """Return the requirements of a term on labels, or None when the term matches no node."""
    expressions = term.get("matchExpressions") or []
    if not expressions:
        return () if term.get("matchFields") else None
    terms, problems = read({"nodeSelectorTerms": [{"matchExpressions": expressions}]})
    return None if problems else terms[0][0]


def _keep_fields(term: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a node selector with only what a term requires of the node's name, None where it is nothing."""
    fields = term.get("matchFields")
    return {"nodeSelectorTerms": [{"matchFields": fields}]} if fields else None
