"""The smallest exact cover: fewest terms, then fewest requirements, then fewest values, with proof.

Some answer with the fewest terms consists of primes (maximal boxes), so the terms are a set cover over
primes: the rows are the sets of primes that some node lies in. What is left is to shrink primes to cheaper
boxes where others cover the rest. Only primes enter, in a fixed order, so the result depends on the set of
nodes and not on how the selectors spell it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from .cubes import Frame, OutOfSteps, Steps
from .heuristic_cover import small_cover, tightened
from .unate_covering import hitting_set, independent, places_of
from .prime_table import Shape
from .reduction import Shrinking


@dataclass(frozen=True)
class Cover:
    """A list of boxes whose union is exactly the union of the primes."""

    boxes: tuple[int, ...]
    proven: int
    """What is proven minimal: 0 nothing, 1 the terms, 2 also the requirements, 3 also the values."""
    fooling: bool
    """Whether there are as many nodes as boxes no two of which fit into one prime."""


def smallest_cover(shape: Shape, budget: int) -> Cover:
    """Return the smallest cover of the union of the primes that the budget allows to find.

    Out of budget the result is still exact, and says what is proven of it.
    """
    primes = shape.primes
    if len(primes) == 1:
        return Cover(tuple(primes), 3, True)
    if len(primes) == 2:
        chosen, fooling, spans = [0, 1], True, _two_apart(primes, shape.frame)
    else:
        steps = Steps(budget)
        try:
            rows = shape.rows(steps)
            chosen, fooling = _fewest(rows, steps)
        except OutOfSteps:
            return Cover(small_cover(shape), 0, False)
        spans = {row.bit_length() - 1: span for row, span in rows.items() if row.bit_count() == 1}
    if len(spans) == len(primes) and all(spans[place] == prime for place, prime in enumerate(primes)):
        return Cover(tuple(primes), 3, True)
    best: Sequence[int] = [primes[place] for place in chosen]
    for count_values, proven in ((True, 3), (False, 2)):
        search = Shrinking(shape, spans, partial(shape.shrink, count_values=count_values), Steps(budget))
        try:
            best = search.run()
        except OutOfSteps:
            continue
        if proven == 3:
            return Cover(tuple(best), 3, fooling)
        return Cover(tightened(best, shape), 2, fooling)
    return Cover(tightened(best, shape), 1, fooling)


def _two_apart(primes: Sequence[int], frame: Frame) -> dict[int, int]:
    """Return for each of two primes the box around the nodes that the other one does not hold.

    Where that leaves out values of a label that the prime does not restrict, the prime itself: no term is
    cheaper for it.
    """
    spans = {}
    for place, (own, other) in enumerate((primes, primes[::-1])):
        missing = own & ~other
        beyond = [field for field in frame.fields if missing & field]
        first = beyond[0]
        spans[place] = own if len(beyond) > 1 or own & first == first else (own & ~first) | missing
    return spans


def _fewest(rows: dict[int, int], steps: Steps) -> tuple[list[int], bool]:
    """Choose the fewest primes that hit every row; say whether a fooling set proves their number."""
    essential = 0
    for row in rows:
        if row.bit_count() == 1:
            essential |= row
    rest = [row for row in rows if not row & essential]
    forced = places_of(essential)
    if not rest:
        return forced, True
    chosen = hitting_set(rest, steps)
    return sorted(forced + chosen), independent(rest) == len(chosen)
