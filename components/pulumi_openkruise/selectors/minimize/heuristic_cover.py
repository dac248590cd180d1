"""A small cover where the steps do not suffice for the minimum one: local search over the prime table.

Where the rows are too many to list, espresso's loop over the primes: cubes are reduced to what only they
cover; then primes that hold several reduced cubes take their place, and superfluous ones are removed.
Repeated while it helps and the effort allows (Brayton, Hachtel, McMullen and Sangiovanni-Vincentelli 1984,
"Logic Minimization Algorithms for VLSI Synthesis"; here the primes are known). Everything is in a fixed
order: the same primes give the same cover.
"""

from collections.abc import Sequence
from contextlib import suppress

from .budget import Budget, BudgetExceeded
from .cubes import find_uncovered, find_uncovered_supercube
from .local_search import choose_few_columns
from .prime_table import PrimeTable

_MOST, _ROW_STEPS, _LOOP_STEPS = 1_000_000, 350_000, 400_000
"""Steps for a small cover as a whole, for its rows, and for espresso's loop."""
_LEAST, _REDUCE_STEPS = 20_000, 100_000
"""Steps that reducing a cover may take in any case, and where there is more effort left."""
_WIDE = 2_048
"""From so many primes on a set of them is an integer so long that working with it takes longer."""


def find_small_cover(table: PrimeTable, enough: Sequence[int], effort: Budget) -> tuple[int, ...]:
    """Choose few primes that cover the union of all, and reduce them to cheaper cubes.

    ``enough`` are primes that cover it: the answer where the effort suffices for no smaller one.
    """
    with effort.lend(_MOST) as lent:
        cubes = _choose_cubes(table, enough, lent)
    return reduce_cubes(min(cubes, enough, key=len), table, effort)


def _choose_cubes(table: PrimeTable, enough: Sequence[int], effort: Budget) -> Sequence[int]:
    """Choose few primes; those that are enough where the effort suffices for no choice."""
    dearer = 1 + len(table.primes) // _WIDE  # a step on long integers takes longer
    budget = Budget(max(0, min(_ROW_STEPS, effort.left // dearer)))
    rows = None
    with suppress(BudgetExceeded):
        rows = table.list_rows(budget)
    try:
        effort.spend((_ROW_STEPS - max(0, budget.left)) // 4 * dearer)
        if rows is None:
            return _run_espresso(table, effort)
        return [table.primes[place] for place in choose_few_columns(rows, effort)]
    except BudgetExceeded:
        return enough


def _run_espresso(table: PrimeTable, effort: Budget) -> list[int]:
    """Choose primes that cover the union of all and of which none is superfluous.

    Raises BudgetExceeded where the effort does not suffice for a first choice.
    """
    largest_first = sorted(table.primes, key=lambda prime: (-prime.bit_count(), prime))
    kept = _make_irredundant(largest_first, table, effort)
    with effort.lend(_LOOP_STEPS) as budget, suppress(BudgetExceeded):
        while True:
            fewer = _make_irredundant(_expand(_reduce(kept, table, budget), table.primes), table, budget)
            if len(fewer) >= len(kept):
                break
            kept = fewer
    return kept


def reduce_cubes(cubes: Sequence[int], table: PrimeTable, effort: Budget) -> tuple[int, ...]:
    """Reduce each cube to the cheapest one around the nodes that the others leave uncovered, in order."""
    reduced = list(cubes)
    with effort.lend(_REDUCE_STEPS, _LEAST) as budget, suppress(BudgetExceeded):
        for place, cube in enumerate(cubes):
            others = reduced[:place] + reduced[place + 1 :]
            needed = find_uncovered_supercube(cube, others, table.classes, table.layout, budget)
            reduced[place] = table.reduce(cube, needed, count_values=True)[0]
    return tuple(reduced)


def _make_irredundant(cubes: Sequence[int], table: PrimeTable, budget: Budget) -> list[int]:
    """Leave out cubes that the ones before them cover, then those that all others cover.

    The latter as far as the budget allows. Raises BudgetExceeded where it does not suffice for the former.
    """
    kept: list[int] = []
    for cube in cubes:
        budget.spend(len(kept) // 16)
        if find_uncovered(cube, kept, table.layout, budget) is not None:
            kept.append(cube)
    with suppress(BudgetExceeded):
        for cube in reversed(kept.copy()):
            budget.spend(len(kept) // 8)
            rest = [other for other in kept if other != cube]
            if find_uncovered(cube, rest, table.layout, budget) is None:
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
