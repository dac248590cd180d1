"""The minimum cover: the fewest terms, then the fewest requirements, then the fewest values, with proof.

Some answer with the fewest terms consists of primes (maximal cubes), so choosing the terms is a unate
covering problem over the primes: its rows are the sets of primes that hold some node. What is left is to
reduce primes to cheaper cubes where other primes cover the rest. Only primes enter, in a fixed order, so the
result depends on the set of nodes and not on how the selectors spell it.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from .budget import Budget, BudgetExceeded
from .cube_layout import CubeLayout
from .heuristic_cover import find_small_cover, reduce_cubes
from .prime_table import PrimeTable, Rows
from .reduction import Reduction
from .unate_covering import count_independent, find_fewest_columns

_REDUCTION = 4
"""How many times the steps a reduction may take. Of lists that need more than one time, six in ten are then
proven; the others take half a second longer."""


class Cover(NamedTuple):
    """Cubes whose union is exactly the union of the primes."""

    cubes: tuple[int, ...]
    proven: int
    """What is proven minimal: 0 nothing, 1 the terms, 2 also the requirements, 3 also the values."""
    fooling: bool
    """Whether there is a fooling set: as many nodes as cubes, no two of which fit into one prime."""


def find_minimum_cover(table: PrimeTable, steps: int, effort: Budget) -> Cover:
    """Return the smallest cover of the union of the primes that is found in a number of steps.

    Where the steps do not suffice the result is exact all the same, and says what is proven of it; ``effort``
    bounds all the work, also on improving it then.
    """
    primes = table.primes
    if len(primes) == 1:
        return Cover(tuple(primes), 3, True)
    if len(primes) == 2:
        chosen, fooling, essential = [0, 1], True, _find_essential_parts(primes, table.layout)
    else:
        try:
            with effort.lend(steps) as budget:
                rows = table.list_rows(budget)
                chosen, fooling = _choose_fewest(rows, budget)
        except BudgetExceeded:
            return Cover(find_small_cover(table, primes, effort), 0, False)
        essential = rows.essential
    if len(essential) == len(primes) and all(essential[at] == prime for at, prime in enumerate(primes)):
        return Cover(tuple(primes), 3, True)
    best: Sequence[int] = [primes[place] for place in chosen]
    for count_values, proven in ((True, 3), (False, 2)):
        reduce = partial(table.reduce, count_values=count_values)
        try:
            with effort.lend(_REDUCTION * steps) as budget:
                best = Reduction(table, essential, reduce, budget).run()
        except BudgetExceeded:
            effort.left -= budget.excess
            continue
        if proven == 3:
            return Cover(tuple(best), 3, fooling)
        return Cover(reduce_cubes(best, table, effort), 2, fooling)
    return Cover(reduce_cubes(best, table, effort), 1, fooling)


def _find_essential_parts(primes: Sequence[int], layout: CubeLayout) -> dict[int, int]:
    """Return for each of two primes the supercube of the nodes that the other one does not hold.

    Where that leaves out values of a label that the prime does not restrict, the prime itself: no cheaper
    term has these nodes.
    """
    essential = {}
    for place, (own, other) in enumerate((primes, primes[::-1])):
        missing = own & ~other
        beyond = [field for field in layout.fields if missing & field]
        first = beyond[0]
        essential[place] = own if len(beyond) > 1 or own & first == first else (own & ~first) | missing
    return essential


def _choose_fewest(rows: Rows, budget: Budget) -> tuple[list[int], bool]:
    """Choose the fewest primes that cover every row, and say whether a fooling set proves their number.

    Raises BudgetExceeded.
    """
    rest: set[int] = set()
    for row in rows:
        rest.add(row)
        if len(rest) > budget.left:  # each takes a step, so raise before they take memory
            budget.spend(len(rest))
    forced = sorted(rows.essential)
    if not rest:
        return forced, True
    others = sorted(rest)
    chosen = find_fewest_columns(others, budget)
    return sorted(forced + chosen), count_independent(others) == len(chosen)
