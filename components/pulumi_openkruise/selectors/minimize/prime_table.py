"""The prime table of a minimum cover: the primes, and which of them hold which nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .budget import Budget
from .cube_layout import CubeLayout
from .dual_ascent import Reduced


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

    @cached_property
    def labels(self) -> list[list[tuple[int, int]]]:
        """For each label the groups of values that no prime tells apart, each with the primes that hold it.

        Absent comes first, unnamed values last.
        """
        labels = []
        for field in self.layout.fields:
            holders: dict[int, int] = {}
            for place, prime in enumerate(self.primes):
                part = prime & field
                holders[part] = holders.get(part, 0) | 1 << place
            groups = [(field, 0)]
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

    def list_rows(self, budget: Budget) -> dict[int, int]:
        """Return every row, a set of primes that hold some node, with the supercube of all such nodes.

        Goes label by label through all values, and treats nodes that lie in the same primes so far as one.
        Raises BudgetExceeded.
        """
        rows = {(1 << len(self.primes)) - 1: 0}
        # Labels with few values first: they tell the fewest nodes apart.
        for groups in sorted(self.labels, key=len):
            if len(groups) == 1:
                rows = {row: supercube | groups[0][0] for row, supercube in rows.items()}
                continue
            budget.spend(len(rows) * len(groups) // 4)
            following: dict[int, int] = {}
            for row, supercube in rows.items():
                for group, inside in groups:
                    rest = row & inside
                    if rest:
                        following[rest] = following.get(rest, 0) | supercube | group
            rows = following
        return rows
