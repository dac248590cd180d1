"""Enough primes for a cover, where there are too many to list: cubes are expanded (EXPAND of espresso)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from .budget import Budget, BudgetExceeded
from .cube_layout import CubeLayout
from .cubes import find_uncovered
from .label_domain import LabelDomain

Label = tuple[LabelDomain, int, int]
"""The domain of a label, the bit at which its field begins in a cube, and the mask of the field."""

_EXPAND, _EXPAND_LABEL = 8, 4
"""Steps of the budget that the expansion of a cube takes, and the further steps for each label."""


class Expansion:
    """Primes, found one by one by expanding smaller cubes that lie outside the forbidden ones."""

    def __init__(self, labels: Sequence[Label], layout: CubeLayout, forbidden: Sequence[int]) -> None:
        """Take the labels, the layout of cubes, and the cubes that no prime may intersect."""
        self._labels, self._layout, self._forbidden = labels, layout, forbidden
        self._expand_steps = _EXPAND + _EXPAND_LABEL * len(labels)
        # Only a forbidden cube that restricts a label can stop a cube outside of it from expanding on that
        # label.
        self._limits = [
            (domain, offset, field, [cube for cube in forbidden if field & ~cube])
            for domain, offset, field in labels
        ]
        self.size = 0
        """The sum of the sizes of the primes that ``find_enough`` found."""
        self.exceeds_limit = False
        """Whether that sum exceeded the limit: then the primes do not cover everything."""
        self.exceeds_steps = False
        """Whether the budget was used up: then the primes do not cover everything either."""

    def find_enough(self, measure: Callable[[int], int], limit: int, budget: Budget) -> list[int]:
        """Return primes that cover the complement, each expanded from nodes that earlier ones left out.

        Walks the complement part by part (disjoint sharp). Stops when the sum of the sizes that ``measure``
        returns exceeds the limit, or when the budget is used up.
        """
        found: list[int] = []
        try:
            self._walk(found, measure, limit, budget)
        except BudgetExceeded:
            self.exceeds_steps = True
        return found

    def _walk(self, found: list[int], measure: Callable[[int], int], limit: int, budget: Budget) -> None:
        """Add primes to ``found`` until they cover the complement; raises BudgetExceeded."""
        stack = [(self._layout.full, list(self._forbidden))]
        while stack:
            part, near = stack.pop()
            if near:
                first, *rest = near
                for side in self._layout.subtract(part, first):
                    budget.spend(1 + len(rest) // 16)
                    stack.append((side, self._layout.select_intersecting(side, rest)))
                continue
            while True:
                budget.spend(1 + len(found) // 16)
                uncovered = find_uncovered(part, found, self._layout, budget)
                if uncovered is None:
                    break
                budget.spend(self._expand_steps)
                prime = self._expand(uncovered)
                if prime is None:  # the rest is inexpressible; the caller reports it
                    break
                found.append(prime)
                self.size += measure(prime)
                if self.size > limit:
                    self.exceeds_limit = True
                    return

    def find_neighbours(self, primes: Sequence[int], budget: Budget) -> list[int]:
        """Return the primes and their neighbours, for as many of them as the budget allows.

        A neighbour comes from restricting a prime to one value of one label, and expanding the result on all
        other labels first.
        """
        found = dict.fromkeys(primes)
        for cube, first in islice(self._split(primes), budget.left // self._expand_steps):
            budget.spend(self._expand_steps)
            prime = self._expand(cube, first)
            if prime is not None:
                found[prime] = None
        return list(found)

    def _split(self, primes: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield each prime cut down to one of its values of a label, and the place of the next label."""
        for prime in primes:
            for place, (_domain, _offset, field) in enumerate(self._labels):
                values = prime & field
                if values & (values - 1):
                    while values:
                        value = values & -values
                        values ^= value
                        yield (prime & ~field) | value, place + 1

    def _expand(self, cube: int, first: int = 0) -> int | None:
        """Return a prime that has nodes of ``cube``; None if no term can state any of them.

        Expands on one label after the other, from place ``first`` on, and then on the labels before it.
        """
        for domain, offset, field in self._labels:
            atoms = (cube & field) >> offset
            # A term that holds one unnamed non-integer holds all unnamed values.
            if domain.ranges and atoms & domain.other:
                atoms = atoms & ~domain.other or domain.unnamed
                cube = (cube & ~field) | (atoms << offset)
        if self._layout.select_intersecting(cube, self._forbidden):
            return None
        for domain, offset, field, limiting in (*self._limits[first:], *self._limits[:first]):
            blocked = 0
            for forbidden in self._layout.select_intersecting(cube | field, limiting):
                blocked |= forbidden & field
            inside = (cube & field) >> offset
            literals = domain.list_literals((field & ~blocked) >> offset)
            best = max(literals, key=lambda literal: ((literal & inside).bit_count(), literal.bit_count()))
            cube = (cube & ~field) | (best << offset)
        return cube
