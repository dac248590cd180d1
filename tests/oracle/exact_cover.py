"""The smallest node selector for a small problem, by exhaustive terms and a MaxSAT solver.

Independent of the package under test: which node a requirement admits is the oracle's word, candidate terms
are all products of what requirements can state about each key, and the choice among them is RC2's (PySAT).
"""

from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise, product
from typing import Any

from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

from .label_space import MAX_INTEGER, Key, Rows, Value, allowed, both, integer
from .oracle_client import Oracle

Cost = tuple[int, int]
"""Requirements, values."""


def atoms(space: Key) -> list[Value]:
    """Return one value for everything that the selectors, and exact answers to them, can tell apart."""
    if not space.ordered:
        return [None, *sorted(space.named), space.other()]
    numbers = {space.padded(low) for low, _high in ranges(space)}
    return [None, *sorted(space.named), space.other(), *sorted(numbers)]


def ranges(space: Key) -> list[tuple[int, int]]:
    cuts = {0, MAX_INTEGER + 1} | {int(o) for o in space.operands} | {int(o) + 1 for o in space.operands}
    starts = sorted(cut for cut in cuts if cut <= MAX_INTEGER + 1)
    return [(low, high - 1) for low, high in pairwise(starts)]


def statements(space: Key) -> dict[frozenset[int], Cost]:
    """Return everything that requirements on one key can state, as sets of atoms, each at its lowest cost."""
    values = atoms(space)
    everything = frozenset(range(len(values)))
    present = everything - {0}
    named = {values.index(value): value for value in space.named}
    some = [frozenset(chosen) for n in range(len(named) + 1) for chosen in combinations(named, n)]
    found: dict[frozenset[int], Cost] = {}

    def offer(states: frozenset[int], cost: Cost) -> None:
        if states and (states not in found or cost < found[states]):
            found[states] = cost

    offer(everything, (0, 0))
    offer(frozenset({0}), (1, 0))
    bases = [(everything, 0, 0), (present, 1, 0)]
    if space.ordered:
        lows = [-1, *(low - 1 for low, _ in ranges(space) if low)]
        highs = [MAX_INTEGER + 1, *(high + 1 for _, high in ranges(space) if high < MAX_INTEGER)]
        for low in lows:
            for high in highs:
                if (low, high) == (-1, MAX_INTEGER + 1):
                    # "an integer, any" has no form of its own: `Gt` would lose 0, `Lt` the largest one
                    continue
                inside = frozenset(
                    i for i, v in enumerate(values) if (n := integer(v)) is not None and low < n < high
                )
                bounds = (low >= 0) + (high <= MAX_INTEGER)
                bases.append((inside, bounds, bounds))
    for base, requirements, count in bases:
        for taken in some:
            offer(base - taken, (requirements + bool(taken), count + len(taken)))
    for taken in some:
        if taken:
            offer(taken, (1, len(taken)))
    return found


def name_statements(names: list[str]) -> dict[frozenset[int], Cost]:
    """Return the same for the node's name; the last name stands for all that are not named.

    One requirement of `matchFields` takes exactly one name, so `NotIn` is repeated and `In` is not.
    """
    everything = frozenset(range(len(names)))
    named = range(len(names) - 1)
    found = {frozenset({place}): (1, 1) for place in named}
    for count in range(len(named) + 1):
        for taken in combinations(named, count):
            found.setdefault(everything - frozenset(taken), (count, count))
    return found


def smallest(
    oracle: Oracle,
    selectors: list[str],
    keys: Mapping[str, Key],
    required: Mapping[str, Any] | None = None,
) -> tuple[int, int, int] | None:
    """Return the fewest terms, then requirements, then values of any exact answer; None if there is none.

    Not for problems where every node is allowed: a term without requirements is not a term.
    """
    names = sorted(keys)
    answer = Rows(oracle, selectors, {key: atoms(keys[key]) for key in names}, required)
    rows = [*(answer.keys[key] for key in names), answer.name]
    said = [*(statements(keys[key]) for key in names), name_statements(answer.names)]
    points = list(product(*(range(len(column)) for column in rows)))

    def wanted_at(point: tuple[int, ...]) -> bool:
        left = answer.start
        for row, at in zip(rows, point, strict=True):
            left = both(left, row[at])
        return allowed(left)

    place = {point: n for n, point in enumerate(points)}
    wanted = sum(1 << n for point, n in place.items() if wanted_at(point))
    # A term as a set of points: the product of what it states about each key.
    sets: list[list[tuple[int, Cost]]] = []
    for depth, column in enumerate(said):
        sets.append([
            (sum(1 << n for point, n in place.items() if point[depth] in states), cost)
            for states, cost in column.items()
        ])  # fmt: skip
    terms: dict[int, Cost] = {(1 << len(points)) - 1: (0, 0)}
    for one in sets:
        grown: dict[int, Cost] = {}
        for covered, cost in terms.items():
            for more, extra in one:
                shared, sum_ = covered & more, (cost[0] + extra[0], cost[1] + extra[1])
                if shared and (shared not in grown or sum_ < grown[shared]):
                    grown[shared] = sum_
        terms = grown
    exact = {covered: cost for covered, cost in terms.items() if covered & ~wanted == 0}
    # A term that covers no more and costs no less than another is never needed.
    order = sorted(exact, key=lambda covered: (exact[covered], -covered.bit_count()))
    useful: list[int] = []
    for covered in order:
        if not any(covered & ~other == 0 for other in useful):
            useful.append(covered)
    return solve_cover(wanted, [(covered, exact[covered]) for covered in useful])


def solve_cover(wanted: int, terms: list[tuple[int, Cost]]) -> tuple[int, int, int] | None:
    """Choose terms that cover all points at the lowest cost, in lexicographic order of its three parts."""
    bits = [n for n in range(wanted.bit_length()) if wanted >> n & 1]
    columns = {tuple(i for i, (covered, _) in enumerate(terms) if covered >> n & 1) for n in bits}
    if () in columns:
        return None
    if not columns:
        return (0, 0, 0)
    values = 1 + sum_of_best(terms, bits)
    requirements = values * (1 + sum(cost[0] for _, cost in terms))
    formula = WCNF()
    for column in columns:
        if not any(set(other) < set(column) for other in columns):
            formula.append([i + 1 for i in column])
    for i, (_, cost) in enumerate(terms):
        formula.append([-(i + 1)], weight=requirements + cost[0] * values + cost[1])
    with RC2(formula) as solver:
        model = solver.compute()
        chosen = [terms[n - 1][1] for n in model if n > 0]
    return len(chosen), sum(cost[0] for cost in chosen), sum(cost[1] for cost in chosen)


def sum_of_best(terms: Iterable[tuple[int, Cost]], bits: list[int]) -> int:
    """Return more values than any answer without superfluous terms has."""
    return len(bits) * max(cost[1] for _, cost in terms)
