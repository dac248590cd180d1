"""The domain of one label: its values, cut into the atoms that a list of selectors can tell apart.

A label is absent, or has one of the values that the input names, or another one. Where ``>`` or ``<``
compares the label, "another one" is cut into non-integers and the integer ranges between the thresholds. A
set of values is an integer whose bit i stands for atom i, so that intersection is ``&`` and inclusion is
``a & ~b == 0``. A literal is a set of values that one node selector term can state. A node's name
(``matchFields``) is treated as a label that is never absent.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from ..requirement import Requirement
from ..syntax import MAX_INTEGER, parse_integer

_NARROW = 2_000_000
"""Up to so many values times bits a set of values is joined from integers, beyond from bytes."""

_STRIDE, _MOST_STEPS = 64, 1_024
"""From so many integers on a set of them is made of known ones, of which there are at most about so many."""


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
        # Places, not bits: a bit of each of 200,000 values would take gigabytes.
        self._place = {value: place for place, value in enumerate(self.values, 1)}
        self.absent = 0 if is_field else 1
        self.other = 2 << count
        self.named = self.other - 2
        self.ranges: list[tuple[int, int]] = []
        self._numbers: list[tuple[int, int]] = []
        """The integers among the values where integers are compared, each with its place, in order."""
        self._joined = [0]
        """The sets of the first of them, in steps, so that a set of many need not be joined from each."""
        self._first_range = count + 2
        if bounds:
            self._numbers = sorted(
                (number, place)
                for value, place in self._place.items()
                if (number := parse_integer(value)) is not None
            )
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
            listed = self._join([self._place[value] for value in values])
            return listed if operator == "In" else self.full & ~listed
        if operator == "Exists":
            return self.full & ~1
        if operator == "DoesNotExist":
            return self.absent
        threshold = int(values[0])
        if operator == "Gt":
            return self.encode_integers(threshold + 1, MAX_INTEGER)
        return self.encode_integers(0, threshold - 1)

    def find_atom(self, value: str) -> int:
        """Return the place of the atom that holds a value, named or not."""
        named = self._place.get(value)
        if named is not None:
            return named
        number = parse_integer(value) if self.ranges else None
        return self._first_range - 1 if number is None else self._first_range + self._find_range(number)

    def name_value(self, value: str) -> "LabelDomain":
        """Return the domain of the same label with one more named value."""
        bounds = [Requirement(self.key, "Gt", (str(low - 1),)) for low, _high in self.ranges]
        named = Requirement(self.key, "In", (*self.values, value))
        return LabelDomain(self.key, [named, *bounds], is_field=self.is_field)

    def list_literals(self, allowed: int) -> list[int]:
        """Return the largest literals inside ``allowed``: sets of values that one term can state.

        These are ``In F``, ``NotIn F``, ``Exists`` with ``NotIn F``, ``DoesNotExist``, and integer ranges
        without some named integers. They cover ``allowed`` except, with ranges, for unnamed non-integers.
        """
        if not self.unnamed & ~allowed:
            return [allowed]
        named = allowed & self.named
        if self.is_field:
            return [1 << place for place in list_bits(named)]
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
            return next(value for value in _count_non_integers() if value not in self._place)
        for place, (low, _high) in enumerate(self.ranges):
            if atoms >> (self._first_range + place) & 1:
                return next(value for value in _spell(low) if value not in self._place)
        return self.values[((atoms & -atoms).bit_length() - 2)]

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
        for start, end in self._list_spans(literal, needed) if self.ranges else ():
            low, high = self.ranges[start][0], self.ranges[end][1]
            within = self.encode_integers(low, high) & literal
            if (low > 0 or high < MAX_INTEGER) and not needed & ~within:
                found.append(within)
        return found

    def _list_spans(self, literal: int, needed: int) -> list[tuple[int, int]]:
        """List the spans of ranges in ``literal`` around ``needed`` of which the cheapest is one, in order.

        The wider a span is, the more named integers it may have to leave out, on each side by itself. So of
        the spans with an end on the same side of all integers only two can be the cheapest: the widest, and
        the widest that leaves out none there.
        """
        first, last = self._find_span(needed)
        inside = literal >> self._first_range
        if last < first or (inside >> first) + 1 & (1 << (last - first + 1)) - 1:
            return []
        apart = ~inside
        left = (apart & ((1 << first) - 1)).bit_length()
        right = min(last + ((above := apart >> (last + 1)) & -above).bit_length(), len(self.ranges) - 1)
        written = literal.to_bytes(self.width // 8 + 1, "little")
        out = [number for number, place in self._numbers if not written[place >> 3] >> (place & 7) & 1]
        at = bisect_left(out, self.ranges[first][0])
        free = self._find_range(out[at - 1]) + 1 if at else 0
        starts = {left, max(left, free), max(left, min(1, first)), max(left, free, min(1, first))}
        at = bisect_right(out, self.ranges[last][1])
        free = self._find_range(out[at]) - 1 if at < len(out) else right
        before = max(last, len(self.ranges) - 2)
        ends = {right, min(right, free), min(right, before), min(right, free, before)}
        return [(start, end) for start in sorted(starts) for end in sorted(ends)]

    def _find_span(self, needed: int) -> tuple[int, int]:
        """Return the first and the last range with an integer of ``needed``; (0, -1) without any."""
        ranges = needed >> self._first_range
        places = [(ranges & -ranges).bit_length() - 1, ranges.bit_length() - 1] if ranges else []
        written = needed.to_bytes(self.width // 8 + 1, "little")
        numbers = [number for number, place in self._numbers if written[place >> 3] >> (place & 7) & 1]
        places += [self._find_range(number) for number in numbers]
        return (min(places), max(places)) if places else (0, -1)

    def _find_range(self, number: int) -> int:
        """Return the place of the range that holds an integer."""
        return bisect_right(self.ranges, (number, MAX_INTEGER)) - 1

    def encode_integers(self, low: int, high: int) -> int:
        """Return the atoms of the integers from low to high, which must be ends of ranges."""
        first = bisect_left(self.ranges, (low, -1))
        last = bisect_right(self.ranges, (high, MAX_INTEGER))
        atoms = ((1 << (last - first)) - 1) << (self._first_range + first) if last > first else 0
        start = bisect_left(self._numbers, (low, -1))
        end = bisect_right(self._numbers, (high, self.width))
        if end - start < _STRIDE:
            return atoms | self._join([place for _number, place in self._numbers[start:end]])
        return atoms | (self._join_first(end) & ~self._join_first(start))

    def _join_first(self, count: int) -> int:
        """Return the set of the first so many integers among the values."""
        step = max(_STRIDE, len(self._numbers) // _MOST_STEPS)
        while len(self._joined) <= count // step:
            done = len(self._joined) * step
            places = [place for _number, place in self._numbers[done - step : done]]
            self._joined.append(self._joined[-1] | self._join(places))
        done = count - count % step
        return self._joined[count // step] | self._join(
            [place for _number, place in self._numbers[done:count]]
        )

    def _join(self, places: Sequence[int]) -> int:
        """Return the set of the atoms at these places."""
        atoms = 0
        if len(places) * self.width < _NARROW:
            for place in places:
                atoms |= 1 << place
            return atoms
        joined = bytearray(self.width // 8 + 1)
        for place in places:
            joined[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(joined, "little")

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
        return tuple([self.values[place - 1] for place in list_bits(atoms & self.named)])


def list_bits(atoms: int) -> Iterator[int]:
    """Yield the places of the bits that are set, in order."""
    written = bin(atoms)[:1:-1]
    place = written.find("1")
    while place >= 0:
        yield place
        place = written.find("1", place + 1)


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
