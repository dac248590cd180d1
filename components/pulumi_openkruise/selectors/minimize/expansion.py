"""Enough primes where all primes are too many: cubes expanded around nodes (the EXPAND step of espresso)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from .budget import Budget, BudgetExceeded
from .cube_layout import CubeLayout
from .cubes import find_uncovered
from .label_domain import LabelDomain

Label = tuple[LabelDomain, int, int]
"""The domain of a label, where its field begins in a cube, and the field."""

_EXPAND, _EXPAND_LABEL = 8, 4
"""Steps that the expansion of a cube counts for, and more for each label."""


class Expansion:
    """Primes, made one by one by expanding smaller cubes outside the forbidden ones."""

    def __init__(self, labels: Sequence[Label], layout: CubeLayout, forbidden: Sequence[int]) -> None:
        """Take the labels, how they lie in a cube, and the cubes that must stay out."""
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
        """Whether the steps did not suffice: then the primes do not cover everything either."""

    def find_enough(self, measure: Callable[[int], int], limit: int, budget: Budget) -> list[int]:
        """Return primes that cover the complement, each expanded around nodes that those before leave out.

        Walks the complement part by part (disjoint sharp), and stops when the sizes, as ``measure`` returns
        them, sum up to more than the limit, or when the budget is used up.
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
                missing, inside = part & ~first, part
                for field in self._layout.fields:
                    outside = missing & field
                    if outside:
                        budget.spend(1 + len(rest) // 16)
                        side = (inside & ~field) | outside
                        stack.append((side, self._layout.select_intersecting(side, rest)))
                        inside &= ~outside
                continue
            while True:
                budget.spend(1 + len(found) // 16)
                uncovered = find_uncovered(part, found, self._layout, budget)
                if uncovered is None:
                    break
                budget.spend(self._expand_steps)
                prime = self._expand(uncovered)
                if prime is None:  # an inexpressible rest, which the caller reports
                    break
                found.append(prime)
                self.size += measure(prime)
                if self.size > limit:
                    self.exceeds_limit = True
                    return

    def find_neighbours(self, primes: Sequence[int], budget: Budget) -> list[int]:
        """Return the primes and others next to them, of as many primes as the budget allows.

        Of each prime and each label one value is kept, and the rest is expanded on all other labels first.
        """
        found = dict.fromkeys(primes)
        for cube, first in islice(self._split(primes), budget.left // self._expand_steps):
            budget.spend(self._expand_steps)
            prime = self._expand(cube, first)
            if prime is not None:
                found[prime] = None
        return list(found)

    def _split(self, primes: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield each prime with one value of a label instead of several, and the place of the next label."""
        for prime in primes:
            for place, (_domain, _offset, field) in enumerate(self._labels):
                values = prime & field
                if values & (values - 1):
                    while values:
                        value = values & -values
                        values ^= value
                        yield (prime & ~field) | value, place + 1

    def _expand(self, cube: int, first: int = 0) -> int | None:
        """Return a maximal cube that has nodes of ``cube``; None when one term cannot state any of them.

        Expands on one label after the other, from place ``first`` on and then on those before it.
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
