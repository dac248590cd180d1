"""A small cover where the steps do not suffice for the minimum one: local search over the prime table.

Where the rows are too many to list, espresso's loop over the primes: cubes are reduced to what only they
cover; then primes that hold several reduced cubes take their place, and superfluous ones are removed.
Repeated while it helps (Brayton, Hachtel, McMullen and Sangiovanni-Vincentelli 1984, "Logic Minimization
Algorithms for VLSI Synthesis"; here the primes are known). Everything is in a fixed order: the same primes
give the same cover.
"""

from collections.abc import Sequence

from .budget import Budget, BudgetExceeded
from .cubes import find_uncovered, find_uncovered_supercube
from .local_search import choose_few_columns
from .prime_table import PrimeTable

_ROW_STEPS, _LOOP_STEPS = 350_000, 400_000


def find_small_cover(table: PrimeTable) -> tuple[int, ...]:
    """Choose few primes that cover the union of all, and reduce them to cheaper cubes."""
    try:
        rows = table.list_rows(Budget(_ROW_STEPS))
    except BudgetExceeded:
        return reduce_cubes(_run_espresso(table), table)
    return reduce_cubes([table.primes[place] for place in choose_few_columns(rows)], table)


def _run_espresso(table: PrimeTable) -> list[int]:
    """Choose primes that cover the union of all and of which none is superfluous."""
    kept = _make_irredundant(sorted(table.primes, key=lambda prime: (-prime.bit_count(), prime)), table)
    budget = Budget(_LOOP_STEPS)
    try:
        while True:
            fewer = _make_irredundant(_expand(_reduce(kept, table, budget), table.primes), table)
            if len(fewer) >= len(kept):
                break
            kept = fewer
    except BudgetExceeded:
        pass
    return kept


def reduce_cubes(cubes: Sequence[int], table: PrimeTable) -> tuple[int, ...]:
    """Reduce each cube to the cheapest one around the nodes that the others leave uncovered, in order."""
    budget = Budget(100_000)
    reduced = list(cubes)
    for place, cube in enumerate(cubes):
        others = reduced[:place] + reduced[place + 1 :]
        try:
            needed = find_uncovered_supercube(cube, others, table.classes, table.layout, budget)
        except BudgetExceeded:
            break
        reduced[place] = table.reduce(cube, needed, count_values=True)[0]
    return tuple(reduced)


def _make_irredundant(cubes: Sequence[int], table: PrimeTable) -> list[int]:
    """Leave out cubes that the ones before them cover, then those that all others cover."""
    unlimited = Budget(1 << 60)
    kept: list[int] = []
    for cube in cubes:
        if find_uncovered(cube, kept, table.layout, unlimited) is not None:
            kept.append(cube)
    for cube in reversed(kept.copy()):
        rest = [other for other in kept if other != cube]
        if find_uncovered(cube, rest, table.layout, unlimited) is None:
            kept = rest
    return kept


def _reduce(cubes: Sequence[int], table: PrimeTable, budget: Budget) -> list[int]:
    """Reduce each cube to the supercube of what the others, reduced before it or not, leave uncovered."""
    reduced = list(cubes)
    for place, cube in enumerate(cubes):
        others = reduced[:place] + reduced[place + 1 :]
        reduced[place] = find_uncovered_supercube(cube, others, table.classes, table.layout, budget)
    return [cube for cube in reduced if cube]


def _expand(cubes: Sequence[int], primes: Sequence[int]) -> list[int]:
    """Choose primes that hold all cubes, each time the prime that holds the most of the remaining cubes."""
    holds = {prime: sum([1 << at for at, cube in enumerate(cubes) if not cube & ~prime]) for prime in primes}
    left = (1 << len(cubes)) - 1
    chosen = []
    while left:
        best = max(primes, key=lambda prime: ((holds[prime] & left).bit_count(), prime.bit_count(), prime))
        chosen.append(best)
        left &= ~holds[best]
    return chosen
