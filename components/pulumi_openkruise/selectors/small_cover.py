"""A small cover where there is no budget for the smallest one: espresso's loop over primes.

Boxes are reduced to what only they cover; then primes that hold several of the reduced boxes take their
place, and what has become superfluous goes. Repeated while it helps (Brayton, Hachtel, McMullen and
Sangiovanni-Vincentelli 1984, "Logic Minimization Algorithms for VLSI Synthesis"; here with the primes at
hand). Everything is in a fixed order: the same primes give the same cover.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .boxes import Frame, OutOfSteps, Steps, hole, span_outside
from .dual import Shrunk

_STEPS = 400_000


@dataclass(frozen=True)
class Shape:
    """What the search has to know about the labels."""

    frame: Frame
    """Where they lie in a box."""
    primes: Sequence[int]
    """The boxes that are to be covered."""
    shrink: Callable[..., Shrunk]
    """``shrink(prime, needed, count_values=...)``: the cheapest statable box between the two, its prices."""

    @cached_property
    def members(self) -> list[list[tuple[int, int]]]:
        """For each label the groups of values that no prime tells apart, each with the primes that hold it.

        Absent comes first, unnamed values last; a set of primes is an integer whose bit i stands for prime i.
        """
        grouped = []
        for field in self.frame.fields:
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
            grouped.append(groups)
        return grouped

    @cached_property
    def classes(self) -> list[list[int]]:
        """For each label the groups of values that no prime tells apart."""
        return [[group for group, _places in groups] for groups in self.members]


def small_cover(shape: Shape) -> tuple[int, ...]:
    """Choose primes that cover the union of all and of which none is superfluous, shrunk to cheaper boxes."""
    kept = _irredundant(sorted(shape.primes, key=lambda prime: (-prime.bit_count(), prime)), shape)
    steps = Steps(_STEPS)
    try:
        while True:
            fewer = _irredundant(_expanded(_reduced(kept, shape, steps), shape.primes), shape)
            if len(fewer) >= len(kept):
                break
            kept = fewer
    except OutOfSteps:
        pass
    return tightened(kept, shape)


def tightened(boxes: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Shrink each box to what the others leave uncovered, one after the other."""
    steps = Steps(100_000)
    tight = list(boxes)
    for place, box in enumerate(boxes):
        others = tight[:place] + tight[place + 1 :]
        try:
            needed = span_outside(box, others, shape.classes, shape.frame, steps)
        except OutOfSteps:
            break
        tight[place] = shape.shrink(box, needed, count_values=True)[0]
    return tuple(tight)


def _irredundant(boxes: Sequence[int], shape: Shape) -> list[int]:
    """Leave out boxes that those before them cover, then those that all the others do."""
    unlimited = Steps(1 << 60)
    kept: list[int] = []
    for box in boxes:
        if hole(box, kept, shape.frame, unlimited) is not None:
            kept.append(box)
    for box in reversed(kept.copy()):
        rest = [other for other in kept if other != box]
        if hole(box, rest, shape.frame, unlimited) is None:
            kept = rest
    return kept


def _reduced(boxes: Sequence[int], shape: Shape, steps: Steps) -> list[int]:
    """Reduce each box to the span of what the others, reduced before it or not, leave uncovered."""
    reduced = list(boxes)
    for place, box in enumerate(boxes):
        others = reduced[:place] + reduced[place + 1 :]
        reduced[place] = span_outside(box, others, shape.classes, shape.frame, steps)
    return [box for box in reduced if box]


def _expanded(boxes: Sequence[int], primes: Sequence[int]) -> list[int]:
    """Choose primes that hold all boxes, each time the one that holds the most of those that are left."""
    holds = {prime: sum([1 << at for at, box in enumerate(boxes) if not box & ~prime]) for prime in primes}
    left = (1 << len(boxes)) - 1
    chosen = []
    while left:
        best = max(primes, key=lambda prime: ((holds[prime] & left).bit_count(), prime.bit_count(), prime))
        chosen.append(best)
        left &= ~holds[best]
    return chosen
