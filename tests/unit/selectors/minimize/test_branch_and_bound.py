"""The search for the cheapest cover and its bounds, against all ways to cover a few nodes."""

import random
from collections.abc import Iterator
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors.minimize.branch_and_bound import BranchAndBound
from pulumi_openkruise.selectors.minimize.budget import Budget
from pulumi_openkruise.selectors.minimize.dual_ascent import Reduced, price_alone
from pulumi_openkruise.selectors.minimize.unate_covering import find_fewest_columns, find_slots

rows_of_primes = st.lists(st.integers(1, 2**7 - 1), min_size=1, max_size=8)


def _smallest_hitting_sets(rows: list[int]) -> list[int]:
    for size in range(8):
        found = [sum(some) for some in combinations([1 << place for place in range(7)], size)]
        if hitting := [some for some in found if all(row & some for row in rows)]:
            return hitting
    raise AssertionError


@settings(max_examples=1000, deadline=None)
@given(rows_of_primes)
def test_every_smallest_hitting_set_takes_its_share_of_each_slot_and_nothing_else(rows: list[int]) -> None:
    smallest = _smallest_hitting_sets(rows)
    found = find_slots(rows, Budget(10**6))
    assert sum(count for _mask, count in found) == smallest[0].bit_count()
    assert len(find_fewest_columns(rows, Budget(10**6))) == smallest[0].bit_count()
    for some in smallest:
        assert [(some & mask).bit_count() for mask, _count in found] == [count for _mask, count in found]
        assert not some & ~sum(mask for mask, _count in found)


class Problem:
    """A few nodes, each a bit, and primes of two labels, dearer the more they contain."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.nodes = [1 << at for at in range(rng.randint(1, 6))]
        count = rng.randint(1, 5)
        self.primes = [sum(node for node in self.nodes if rng.random() < 0.5) for _ in range(count)]
        for node in self.nodes:
            if not any(prime & node for prime in self.primes):
                self.primes[rng.randrange(count)] |= node
        self.first = [
            (rng.randint(0, 4), {n: rng.choice([0, 0, 1, 2, 7]) for n in self.nodes}, rng.choice([2, 6, 20]))
            for _ in range(2 * count)
        ]
        self.candidates = {
            node: [place for place, prime in enumerate(self.primes) if prime & node] for node in self.nodes
        }
        self.needs: dict[int, int] = {}
        if rng.random() < 0.4:
            place = rng.randrange(count)
            self.needs = {place: next((n for n in self.nodes if n & self.primes[place]), 0)}
        self.open = [node for node in self.nodes if all(node & ~cube for cube in self.needs.values())]

    def reduce(self, place: int, needed: int) -> Reduced:
        costs = []
        for label in (2 * place, 2 * place + 1):
            least, of_node, most = self.first[label]
            costs.append(min(max(least, most), least + sum(of_node[n] for n in self.nodes if n & needed)))
        cube = needed | sum(
            node
            for node in self.nodes
            if node & self.primes[place]
            and all(
                costs[at] == max(self.first[2 * place + at][0], self.first[2 * place + at][2])
                for at in (0, 1)
            )
        )
        return cube, sum(costs), tuple(costs)

    def ways(self) -> Iterator[tuple[tuple[int, int], dict[int, int]]]:
        """Yield all ways to cover the nodes: terms and price, and what each prime has to contain."""
        for places in product(*(self.candidates[node] for node in self.open)):
            needs = dict(self.needs)
            for node, place in zip(self.open, places, strict=True):
                needs[place] = needs.get(place, 0) | node
            yield (len(needs), self.price(needs)), needs

    def price(self, needs: dict[int, int]) -> int:
        return sum(self.reduce(place, needed)[1] for place, needed in needs.items())

    def search(self) -> BranchAndBound:
        chosen = sum(1 << place for place in self.needs)
        rows = [sum(1 << place for place in self.candidates[node]) for node in self.open]
        groups = find_slots([row for row in rows if not row & chosen], Budget(10**6))
        candidates = {node: price_alone(self.candidates[node], node, self.reduce, 2) for node in self.open}
        return BranchAndBound(self.reduce, candidates, groups, 2, Budget(10**6))


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 2**32))
def test_finds_the_cheapest_of_all_ways_with_the_fewest_terms(seed: int) -> None:
    problem = Problem(seed)
    search = problem.search()
    start = search.start(problem.needs)
    best = search.find_optimum(start, search.compute_bound(start))
    terms, price = min(cost for cost, _needs in problem.ways())
    assert (len(best.needs), best.price) == (terms, price)
    assert best.price == problem.price(best.needs)
    cubes = [problem.reduce(place, needed)[0] for place, needed in best.needs.items()]
    assert all(any(not node & ~cube for cube in cubes) for node in problem.open)


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3))
def test_what_is_dropped_belongs_to_no_way_that_is_cheap_enough(seed: int, more: int) -> None:
    problem = Problem(seed)
    search = problem.search()
    ways = list(problem.ways())
    terms, price = min(cost for cost, _needs in ways)
    reduced = search.propagate(search.start(problem.needs), price + more)
    assert reduced is not None
    assert reduced.price <= price + more
    for (count, own), needs in ways:
        if count > terms or own > price + more:
            continue
        for node, left in reduced.candidates.items():
            place = next(at for at, needed in needs.items() if node & needed)
            assert place in [one[1] for one in left]


@pytest.mark.parametrize(("primes", "excess"), [(30, 0), (36, 0), (42, 1), (72, 6)])
def test_many_candidates_of_a_node_are_more_work_than_is_spent(primes: int, excess: int) -> None:
    """Six steps are spent on one node, and each looks at six candidates."""

    def reduce(place: int, needed: int) -> Reduced:
        return needed, 1, (1,)

    budget = Budget(100)
    candidates = {1: price_alone(range(primes), 1, reduce, 1)}
    search = BranchAndBound(reduce, candidates, [((1 << primes) - 1, 1)], 1, budget)
    assert search.propagate(search.start({}), 5) is not None
    assert (100 - budget.left, budget.excess) == (6, excess)
