"""The domain of one label: its values, cut into the atoms that a list of selectors can tell apart.

A label is absent, or has one of the values that the input names, or another one. Where ``>`` or ``<``
compares the label, "another one" is cut into non-integers and the integer ranges between the thresholds. A
set of values is an integer whose bit i stands for atom i, so that intersection is ``&`` and inclusion is
``a & ~b == 0``. A literal is a set of values that one node selector term can state. A node's name
(``matchFields``) is treated as a label that is never absent.
"""

from collections.abc import Iterable, Sequence

from ..requirement import Requirement
from ..syntax import MAX_INTEGER, parse_integer


class LabelDomain:
    """The atoms of one label: absent, the named values in order, the other non-integers, integer ranges."""

    def __init__(self, key: str, requirements: Iterable[Requirement], *, is_field: bool = False) -> None:
        """Cut the values of ``key`` by all requirements of the input on it.

        With ``is_field`` the key is a node field: never absent, and one term can name one value of it only.
        """
        self.key = key
        self.is_field = is_field
        values: set[str] = set()
        bounds: list[int] = []
        for _key, operator, listed in requirements:
            if operator == "Gt" or operator == "Lt":
                bounds.append(int(listed[0]) + (operator == "Gt"))
            else:
                values.update(listed)
        self.values = sorted(values)
        count = len(self.values)
        self._bit = {value: 2 << place for place, value in enumerate(self.values)}
        self.absent = 0 if is_field else 1
        self.other = 2 << count
        self.named = self.other - 2
        self.ranges: list[tuple[int, int]] = []
        self._number: dict[str, int] = {}
        self._first_range = count + 2
        if bounds:
            self._number = {v: number for v in self.values if (number := parse_integer(v)) is not None}
            starts = [0, *sorted({bound for bound in bounds if 0 < bound <= MAX_INTEGER})]
            ends = [start - 1 for start in starts[1:]] + [MAX_INTEGER]
            self.ranges = list(zip(starts, ends, strict=True))
        self.width = self._first_range + len(self.ranges)
        self.unnamed = (1 << self.width) - self.other
        self.full = self.absent | self.named | self.unnamed
        self._written: dict[int, tuple[Requirement, ...]] = {}

    def encode(self, requirement: Requirement) -> int:
        """Return the set of values that satisfy a requirement on this label."""
        _key, operator, values = requirement
        if operator == "In" or operator == "NotIn":
            listed = 0
            for value in values:
                listed |= self._bit[value]
            return listed if operator == "In" else self.full & ~listed
        if operator == "Exists":
            return self.full & ~1
        if operator == "DoesNotExist":
            return self.absent
        threshold = int(values[0])
        if operator == "Gt":
            return self.encode_integers(threshold + 1, MAX_INTEGER)
        return self.encode_integers(0, threshold - 1)

    def list_literals(self, allowed: int) -> list[int]:
        """Return the largest literals inside ``allowed``: sets of values that one term can state.

        These are ``In F``, ``NotIn F``, ``Exists`` with ``NotIn F``, ``DoesNotExist``, and integer ranges
        without some named integers. They cover ``allowed`` except, with ranges, for unnamed non-integers.
        """
        if not self.unnamed & ~allowed:
            return [allowed]
        named = allowed & self.named
        if self.is_field:
            return [self._bit[value] for value in self.values if self._bit[value] & named]
        literals = [self.encode_integers(low, high) & allowed for low, high in self._find_runs(allowed)]
        if named and all(named & ~literal for literal in literals):
            literals.append(named)
        if allowed & self.absent:
            literals.append(self.absent)
        return literals

    def lower(self, literal: int, needed: int, *, count_values: bool) -> int:
        """Return the cheapest literal between ``needed`` and ``literal``; among equals the largest.

        The price is the number of requirements and, with ``count_values``, then the number of values.
        """
        best = literal
        rank: tuple[int, int, int] | None = None
        for atoms in self._list_cheaper(literal, needed) if literal != needed else ():
            rank = rank or self._rank(literal, count_values)
            own = self._rank(atoms, count_values)
            if own < rank:
                best, rank = atoms, own
        return best

    def _rank(self, atoms: int, count_values: bool) -> tuple[int, int, int]:
        requirements, values = self.price(atoms)
        return requirements, values if count_values else 0, -atoms.bit_count()

    def sample_value(self, atoms: int) -> str | None:
        """Return one value of the label among ``atoms``; None for absent.

        Prefers absent, then a value that the input does not name, then a named value.
        """
        if atoms & self.absent:
            return None
        if atoms & self.other:
            return next(value for value in _count_non_integers() if value not in self._bit)
        for place, (low, _high) in enumerate(self.ranges):
            if atoms >> (self._first_range + place) & 1:
                return next(value for value in _spell(low) if value not in self._bit)
        return next(value for value in self.values if atoms & self._bit[value])

    def price(self, atoms: int) -> tuple[int, int]:
        """Return how many requirements state a literal, and how many values these list."""
        if atoms == self.full:
            return 0, 0
        if self.ranges:
            written = self.to_requirements(atoms)
            return len(written), sum([len(requirement.values) for requirement in written])
        if atoms & self.other:
            without = (self.named & ~atoms).bit_count()
            if self.is_field:
                return without, without
            return (1 if atoms & 1 or not without else 2), without
        return 1, (atoms & self.named).bit_count()

    def to_requirements(self, atoms: int) -> tuple[Requirement, ...]:
        """Write a literal as the fewest requirements that state it, sorted by operator."""
        known = self._written.get(atoms)
        if known is None:
            known = self._written[atoms] = self._write(atoms)
        return known

    def _write(self, atoms: int) -> tuple[Requirement, ...]:
        key = self.key
        if atoms == self.full:
            return ()
        if atoms == self.absent:
            return (Requirement(key, "DoesNotExist"),)
        if atoms & self.other:
            without = self._select_values(self.named & ~atoms)
            if self.is_field:
                return tuple(Requirement(key, "NotIn", (value,)) for value in without)
            if atoms & self.absent:
                return (Requirement(key, "NotIn", without),)
            exists = Requirement(key, "Exists")
            return (exists, Requirement(key, "NotIn", without)) if without else (exists,)
        runs = self._find_runs(atoms) if self.ranges else ()
        if not runs:
            return (Requirement(key, "In", self._select_values(atoms)),)
        low, high = runs[0]
        written: list[Requirement] = []
        if low > 0:
            written.append(Requirement(key, "Gt", (str(low - 1),)))
        if high < MAX_INTEGER:
            written.append(Requirement(key, "Lt", (str(high + 1),)))
        without = self._select_values(self.encode_integers(low, high) & self.named & ~atoms)
        if without:
            written.append(Requirement(key, "NotIn", without))
        return tuple(written)

    def _list_cheaper(self, literal: int, needed: int) -> list[int]:
        """List the literals between ``needed`` and ``literal`` that can be cheaper than ``literal``."""
        found = []
        if needed and not needed & ~self.named and not (self.is_field and needed & (needed - 1)):
            found.append(needed)
        if needed and needed == self.absent:
            found.append(needed)
        for start, (low, _end) in enumerate(self.ranges):
            for _start, high in self.ranges[start:]:
                if low == 0 and high == MAX_INTEGER:
                    continue
                integers = self.encode_integers(low, high)
                within = integers & literal
                if not integers & ~self.named & ~literal and not needed & ~within:
                    found.append(within)
        return found

    def encode_integers(self, low: int, high: int) -> int:
        """Return the atoms of the integers from low to high, which must be ends of ranges."""
        atoms = 0
        for place, (start, end) in enumerate(self.ranges):
            if low <= start and end <= high:
                atoms |= 1 << (self._first_range + place)
        for value, number in self._number.items():
            if low <= number <= high:
                atoms |= self._bit[value]
        return atoms

    def _find_runs(self, atoms: int) -> list[tuple[int, int]]:
        """List the longest runs of adjacent integer ranges in ``atoms``, by their first and last integer."""
        runs: list[tuple[int, int]] = []
        for place, (low, high) in enumerate(self.ranges):
            if not atoms >> (self._first_range + place) & 1:
                continue
            if runs and runs[-1][1] == low - 1:
                runs[-1] = (runs[-1][0], high)
            else:
                runs.append((low, high))
        if runs == [(0, MAX_INTEGER)]:
            # `Gt` and `Lt` take a number from 0 on, so no single term says "any integer"; two terms do.
            if len(self.ranges) == 1:
                return []
            return [(0, self.ranges[-2][1]), (self.ranges[1][0], MAX_INTEGER)]
        return runs

    def _select_values(self, atoms: int) -> tuple[str, ...]:
        return tuple([value for value, bit in self._bit.items() if bit & atoms])


def sample_name(domains: Sequence[LabelDomain], offsets: Sequence[int], cube: int) -> str:
    """Return the name of one node in a cube over labels and fields; empty where any name will do."""
    for domain, offset in zip(domains, offsets, strict=True):
        atoms = cube >> offset & domain.full
        if domain.is_field and atoms != domain.full:
            return domain.sample_value(atoms) or ""
    return ""


def _count_non_integers() -> Iterable[str]:
    """Yield values that are not integers, without end."""
    yield "other"
    number = 1
    while True:
        number += 1
        yield f"other-{number}"


def _spell(number: int) -> Iterable[str]:
    """Yield the ways to write an integer as a label value: with ever more leading zeros."""
    digits = str(number)
    for width in range(len(digits), 64):
        yield digits.zfill(width)
