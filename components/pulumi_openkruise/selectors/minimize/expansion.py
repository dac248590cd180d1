"""Enough primes where all of them are too many: grown around nodes, and around parts of one another."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from .cubes import Frame, Steps, hole
from .label_domain import LabelSpace

Label = tuple[LabelSpace, int, int]
"""The values of a label, where its field begins in a box, and the field."""

_MOST_GROWN = 50_000


class Growth:
    """Primes, made one by one from smaller boxes outside the forbidden ones."""

    def __init__(self, labels: Sequence[Label], frame: Frame, forbidden: Sequence[int]) -> None:
        """Take the labels, how they lie in a box, and the boxes that must stay out."""
        self._labels, self._frame, self._forbidden = labels, frame, forbidden
        # A box outside of all is kept from growing on a label only by what restricts the label.
        self._limits = [
            (space, offset, field, [box for box in forbidden if field & ~box])
            for space, offset, field in labels
        ]
        self.size = 0
        """What the primes that were found first take together."""
        self.oversize = False
        """Whether the primes that are needed were too large together to go on: they do not cover all then."""

    def enough(self, size: Callable[[int], int], limit: int) -> list[int]:
        """Return primes that cover the complement, each grown around nodes that those before leave out.

        Walks the complement part by part (disjoint sharp), and stops when the size of all exceeds the limit.
        """
        found: list[int] = []
        unlimited = Steps(1 << 60)
        stack = [(self._frame.full, list(self._forbidden))]
        while stack:
            part, near = stack.pop()
            if near:
                first, *rest = near
                missing, inside = part & ~first, part
                for field in self._frame.fields:
                    outside = missing & field
                    if outside:
                        side = (inside & ~field) | outside
                        stack.append((side, self._frame.touching(side, rest)))
                        inside &= ~outside
                continue
            while (gap := hole(part, found, self._frame, unlimited)) is not None:
                grown = self._grow(gap)
                if grown is None:  # an inexpressible rest, which the caller names
                    break
                found.append(grown)
                self.size += size(grown)
                if self.size > limit:
                    self.oversize = True
                    return found
        return found

    def neighbours(self, primes: Sequence[int]) -> list[int]:
        """Return the primes and others next to them, of the first primes if there are too many.

        Of each prime and each label one value is kept, and what is left is grown on all other labels first.
        """
        found = dict.fromkeys(primes)
        for box, first in islice(self._parts(primes), _MOST_GROWN):
            grown = self._grow(box, first)
            if grown is not None:
                found[grown] = None
        return list(found)

    def _parts(self, primes: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield each prime with one value of a label in the place of several, and the next label."""
        for prime in primes:
            for place, (_space, _offset, field) in enumerate(self._labels):
                values = prime & field
                if values & (values - 1):
                    while values:
                        value = values & -values
                        values ^= value
                        yield (prime & ~field) | value, place + 1

    def _grow(self, box: int, first: int = 0) -> int | None:
        """Return a maximal box that has nodes of ``box``; None when one term cannot state any of them.

        The labels grow one after the other, from place ``first`` on and then those before it.
        """
        for space, offset, field in self._labels:
            atoms = (box & field) >> offset
            # A term that holds one unnamed non-integer holds all unnamed values.
            if space.ranges and atoms & space.other:
                atoms = atoms & ~space.other or space.unnamed
                box = (box & ~field) | (atoms << offset)
        if self._frame.touching(box, self._forbidden):
            return None
        for space, offset, field, limiting in (*self._limits[first:], *self._limits[:first]):
            blocked = 0
            for forbidden in self._frame.touching(box | field, limiting):
                blocked |= forbidden & field
            inside = (box & field) >> offset
            pieces = space.pieces((field & ~blocked) >> offset)
            best = max(pieces, key=lambda piece: ((piece & inside).bit_count(), piece.bit_count()))
            box = (box & ~field) | (best << offset)
        return box
