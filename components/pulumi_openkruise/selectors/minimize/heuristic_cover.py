"""A small cover where there is no budget for the smallest one: by local search over the kinds of nodes.

Where these are too many to be listed, by espresso's loop over primes: boxes are reduced to what only they
cover; then primes that hold several of the reduced boxes take their place, and what has become superfluous
goes. Repeated while it helps (Brayton, Hachtel, McMullen and Sangiovanni-Vincentelli 1984, "Logic
Minimization Algorithms for VLSI Synthesis"; here with the primes at hand). Everything is in a fixed order:
the same primes give the same cover.
"""

from collections.abc import Sequence

from .cubes import OutOfSteps, Steps, hole, span_outside
from .local_search import few_primes
from .prime_table import Shape

_ROW_STEPS, _LOOP_STEPS = 350_000, 400_000


def small_cover(shape: Shape) -> tuple[int, ...]:
    """Choose few primes that cover the union of all, and shrink them to cheaper boxes.

    Where there are too many kinds of nodes to list them, espresso's loop chooses.
    """
    try:
        rows = shape.rows(Steps(_ROW_STEPS))
    except OutOfSteps:
        return tightened(_espresso(shape), shape)
    return tightened([shape.primes[place] for place in few_primes(rows)], shape)


def _espresso(shape: Shape) -> list[int]:
    """Choose primes that cover the union of all and of which none is superfluous."""
    kept = _irredundant(sorted(shape.primes, key=lambda prime: (-prime.bit_count(), prime)), shape)
    steps = Steps(_LOOP_STEPS)
    try:
        while True:
            fewer = _irredundant(_expanded(_reduced(kept, shape, steps), shape.primes), shape)
            if len(fewer) >= len(kept):
                break
            kept = fewer
    except OutOfSteps:
        pass
    return kept


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
