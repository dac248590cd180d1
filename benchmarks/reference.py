"""A straightforward exact reference: primes by product and absorption, fewest terms by integer programming.

What one would write with a solver at hand. It shares the parser with the package and nothing else, knows
labels without integer comparison only, and minimises the number of terms and nothing after it. Like the
package it takes strings and returns a node selector.
"""

from collections.abc import Sequence
from typing import Any

import highspy
from pulumi_openkruise.selectors import Selector, parse


class Reference:
    """Each label is a field of bits in an integer: absent, every value that is named, any other value."""

    def __init__(self, selectors: Sequence[str]) -> None:
        parsed = [parse(text) for text in selectors]
        values: dict[str, set[str]] = {}
        for selector in parsed:
            for requirement in selector.requirements:
                values.setdefault(requirement.key, set()).update(requirement.values)
        self._bit: dict[tuple[str, str], int] = {}
        self._absent: dict[str, int] = {}
        self._field: dict[str, int] = {}
        self._other: dict[str, int] = {}
        self._values = {key: sorted(found) for key, found in values.items()}
        offset = 0
        for key in sorted(values):
            self._absent[key] = 1 << offset
            for place, value in enumerate(self._values[key]):
                self._bit[key, value] = 2 << offset + place
            width = len(values[key]) + 2
            self._field[key] = ((1 << width) - 1) << offset
            self._other[key] = 1 << offset + width - 1
            offset += width
        self._fields = list(self._field.values())
        self._full = (1 << offset) - 1
        self._excluded = [box for selector in parsed if (box := self._box(selector))]

    def affinity(self) -> dict[str, Any]:
        """Return an exact node selector of the fewest terms; raises ValueError when no node is left."""
        return {"nodeSelectorTerms": [self._term(box) for box in self._cover()]}

    def _cover(self) -> list[int]:
        primes = self._primes()
        if not primes:
            raise ValueError("no node is left")
        fixed = [
            prime for prime in primes if self._outside(prime, [p for p in primes if p != prime]) is not None
        ]
        rows: list[list[int]] = []
        chosen: list[int] = []
        # Nodes are asked for as they turn out to be uncovered: all of them would be too many rows.
        while gaps := self._gaps(primes, fixed + chosen):
            rows += [[place for place, prime in enumerate(primes) if not node & ~prime] for node in gaps]
            chosen = [primes[place] for place in _fewest(len(primes), rows)]
        return fixed + chosen

    def _term(self, box: int) -> dict[str, Any]:
        requirements: list[dict[str, Any]] = []
        for key, field in self._field.items():
            inside, absent = box & field, self._absent[key]
            named = [value for value in self._values[key] if self._bit[key, value] & inside]
            if inside == field:
                continue
            if inside == absent:
                requirements.append({"key": key, "operator": "DoesNotExist"})
            elif not inside & self._other[key]:
                requirements.append({"key": key, "operator": "In", "values": named})
            else:
                if not inside & absent:
                    requirements.append({"key": key, "operator": "Exists"})
                if len(named) < len(self._values[key]):
                    left_out = [value for value in self._values[key] if value not in named]
                    requirements.append({"key": key, "operator": "NotIn", "values": left_out})
        return {"matchExpressions": requirements}

    def _box(self, selector: Selector) -> int:
        box = self._full
        for requirement in selector.requirements:
            field = self._field[requirement.key]
            listed = sum(self._bit[requirement.key, value] for value in requirement.values)
            allowed = {
                "In": listed,
                "NotIn": field & ~listed,
                "Exists": field & ~self._absent[requirement.key],
                "DoesNotExist": self._absent[requirement.key],
            }[requirement.operator]
            box &= allowed | ~field
        return 0 if self._is_empty(box) else box

    def _is_empty(self, box: int) -> bool:
        return not all(box & field for field in self._fields)

    def _primes(self) -> list[int]:
        """Multiply out the complements one after the other, and absorb after each."""
        primes = [self._full]
        for excluded in self._excluded:
            product = set()
            for prime in primes:
                if self._is_empty(prime & excluded):
                    product.add(prime)
                    continue
                for key, field in self._field.items():
                    left = prime & field & ~excluded
                    for piece in self._pieces(key, left) if field & ~excluded else ():
                        product.add((prime & ~field) | piece)
            primes = []
            for box in sorted(product, key=lambda box: -box.bit_count()):
                if all(box & ~other for other in primes):
                    primes.append(box)
        return primes

    def _pieces(self, key: str, atoms: int) -> list[int]:
        """Split what no single term can say: absent together with some named values."""
        absent, other = self._absent[key], self._other[key]
        if atoms & absent and atoms & ~absent and not atoms & other:
            return [absent, atoms & ~absent]
        return [atoms] if atoms else []

    def _outside(self, box: int, covers: Sequence[int]) -> int | None:
        """Return a box inside ``box`` that no cover touches, by disjoint sharp; None when they fill it."""
        near = [cover for cover in covers if not self._is_empty(box & cover)]
        if not near:
            return box
        first = max(near, key=lambda cover: (box & cover).bit_count())
        inside = box
        for field in self._fields:
            left = inside & field & ~first
            if left:
                found = self._outside((inside & ~field) | left, near)
                if found is not None:
                    return found
                inside &= ~left
        return None

    def _gaps(self, primes: Sequence[int], boxes: Sequence[int]) -> set[int]:
        """Return one uncovered node from each prime that the boxes do not cover."""
        gaps = set()
        for prime in primes:
            found = self._outside(prime, boxes)
            if found is not None:
                gaps.add(sum((found & field) & -(found & field) for field in self._fields))
        return gaps


def _fewest(columns: int, rows: Sequence[Sequence[int]]) -> list[int]:
    """Choose the fewest columns such that every row has one of them."""
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    for _ in range(columns):
        solver.addVar(0, 1)
    for column in range(columns):
        solver.changeColCost(column, 1)
        solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
    for row in rows:
        solver.addRow(1, highspy.kHighsInf, len(row), list(row), [1.0] * len(row))
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the solver stopped: {solver.modelStatusToString(status)}")
    return [place for place, value in enumerate(solver.getSolution().col_value) if value > 0.5]
