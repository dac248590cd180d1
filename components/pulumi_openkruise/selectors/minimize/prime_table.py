"""The prime table of a minimum cover: the primes, and which of them hold which nodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .budget import Budget, BudgetExceeded
from .cube_layout import CubeLayout
from .dual_ascent import Reduced

_MOST_BYTES, _ROW_BYTES = 80_000_000, 150
"""Memory that a set of rows may take, about, and what a row takes beside its primes and its supercube."""


class Rows:
    """The rows of a prime table: the sets of primes that hold the same nodes.

    A prime is essential if it alone holds some node. Every cover takes it, so only the rows without an
    essential prime are listed. There may be a million: each list is made from the rows before the last label.
    """

    def __init__(self, beginnings: Mapping[int, int], groups: Sequence[tuple[int, int]], most: int) -> None:
        """Take rows before the last label, each with its supercube, and the groups of values of this label.

        Each group comes with the primes that hold it. ``most`` says how many rows are listed at once.
        """
        self._beginnings = beginnings
        self._insides = [inside for _group, inside in groups]
        self._most = most
        self.is_cut = False
        """Whether some list left out larger rows."""
        self.count = len(beginnings) * len(groups)
        """How many rows are looked at to list them."""
        self.essential_mask = 0
        """The essential primes."""
        alone: dict[int, int] = {}
        for row, supercube in beginnings.items():
            for group, inside in groups:
                rest = row & inside
                if not rest & (rest - 1) and rest:
                    alone[rest] = alone.get(rest, 0) | supercube | group
                    self.essential_mask |= rest
        self.essential = {rest.bit_length() - 1: supercube for rest, supercube in alone.items()}
        """For each essential prime, by its place, the supercube of the nodes that it alone holds."""

    def __iter__(self) -> Iterator[int]:
        """Yield the rows without an essential prime, some of them several times."""
        for row in self._beginnings:
            yield from self._list_uncovered(row, self.essential_mask)

    def list_smallest(self, chosen: int) -> list[int]:
        """List rows that no chosen prime covers, the smallest first: all of them, or as many as may be."""
        found: dict[int, None] = {}
        limit = 0
        for row in self._beginnings:
            uncovered = self._list_uncovered(row, chosen)
            if limit:
                uncovered = [rest for rest in uncovered if rest.bit_count() < limit]
            found.update(dict.fromkeys(uncovered))
            if len(found) > self._most:
                found = dict.fromkeys(sorted(found, key=int.bit_count)[: self._most // 2])
                limit = next(reversed(found)).bit_count()
                self.is_cut = True
        return sorted(found, key=int.bit_count)

    def _list_uncovered(self, row: int, chosen: int) -> list[int]:
        """List what is left of a row for each group of values, where no chosen prime is left."""
        taken = row & chosen
        return [rest for inside in self._insides if not taken & inside and (rest := row & inside)]


@dataclass(frozen=True, eq=False, repr=False)
class PrimeTable:
    """Primes, where their labels lie, and how to reduce and price a prime.

    The columns are the primes. A row is a set of primes (bit i stands for prime i) that hold the same nodes.
    """

    layout: CubeLayout
    """Where the labels lie in a prime."""
    primes: Sequence[int]
    """The cubes whose union must be covered."""
    reduce: Callable[..., Reduced]
    """``reduce(prime, needed, count_values=...)``: the cheapest cube of literals between them, and prices."""

    _listed: list[tuple[int, Rows]] = field(default_factory=list, init=False)
    """The rows, once they are listed, and the steps that this took."""

    @cached_property
    def labels(self) -> list[list[tuple[int, int]]]:
        """For each label the groups of values that no prime tells apart, each with the primes that hold it.

        Absent comes first, unnamed values last.
        """
        labels = []
        for own in self.layout.fields:
            holders: dict[int, int] = {}
            for place, prime in enumerate(self.primes):
                part = prime & own
                holders[part] = holders.get(part, 0) | 1 << place
            groups = [(own, 0)]
            for part, places in holders.items():
                split = []
                for group, inside in groups:
                    if group & part:
                        split.append((group & part, inside | places))
                    if group & ~part:
                        split.append((group & ~part, inside))
                groups = split
            if len(groups) > 1:
                groups.sort(key=lambda one: (one[0].bit_length(), one[0]))
            labels.append(groups)
        return labels

    @cached_property
    def classes(self) -> list[list[int]]:
        """For each label the groups of values that no prime tells apart."""
        return [[group for group, _places in groups] for groups in self.labels]

    def list_rows(self, budget: Budget) -> Rows:
        """Return the rows, with the supercubes of the nodes in essential primes.

        Goes label by label through all values, and treats nodes that lie in the same primes so far as one.
        Where they are listed again they take the same steps, but no time. Raises BudgetExceeded, also where
        the rows would take too much memory.
        """
        if self._listed:
            ((steps, known),) = self._listed
            budget.spend(steps)
            return known
        before = budget.left
        # Labels with few values first: they tell the fewest nodes apart.
        telling = sorted([groups for groups in self.labels if len(groups) > 1], key=len)
        whole = sum([groups[0][0] for groups in self.labels if len(groups) == 1])
        width = (len(self.primes) + self.layout.full.bit_length()) // 7
        most = _MOST_BYTES // (_ROW_BYTES + width)
        rows = {(1 << len(self.primes)) - 1: whole}
        for groups in telling[:-1]:
            budget.spend(len(rows) * len(groups) // 4)
            following: dict[int, int] = {}
            for row, supercube in rows.items():
                for group, inside in groups:
                    rest = row & inside
                    if rest in following:
                        following[rest] |= supercube | group
                    else:
                        following[rest] = supercube | group
                if len(following) > most:
                    raise BudgetExceeded
            following.pop(0, None)
            rows = following
        last = telling[-1] if telling else [(0, (1 << len(self.primes)) - 1)]
        budget.spend(len(rows) * len(last) // 4)
        listed = Rows(rows, last, most)
        self._listed.append((before - budget.left, listed))
        return listed
