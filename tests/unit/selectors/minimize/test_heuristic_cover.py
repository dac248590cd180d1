"""Covers where there is no budget for the smallest one."""

import random
from collections.abc import Iterable
from functools import reduce
from itertools import combinations, product
from operator import xor

import pytest
from pulumi_openkruise.selectors import solve
from pulumi_openkruise.selectors.minimize import heuristic_cover as module
from pulumi_openkruise.selectors.minimize.budget import Budget
from pulumi_openkruise.selectors.minimize.local_search import _Search, choose_few_columns
from pulumi_openkruise.selectors.minimize.prime_table import Rows
from pulumi_openkruise.selectors.minimize.unate_covering import find_fewest_columns


def _choose(rows: Iterable[int], steps: int = 10**7, most: int = 10**7) -> list[int]:
    return choose_few_columns(Rows(dict.fromkeys(rows, 0), [(0, -1)], most), Budget(steps))


def _rows(seed: int) -> list[int]:
    rng = random.Random(seed)
    primes = rng.randint(1, 40)
    most = rng.randint(1, 6)
    return [
        sum(1 << place for place in rng.sample(range(primes), rng.randint(1, min(most, primes))))
        for _ in range(rng.randint(1, 120))
    ]


@pytest.mark.parametrize("seed", range(60))
def test_local_search_hits_all_rows(seed: int) -> None:
    rows = _rows(seed)
    found = _choose(rows)
    assert found == sorted(set(found))
    assert all(row & sum(1 << place for place in found) for row in rows)
    assert len(found) >= len(find_fewest_columns(rows, Budget(10**7)))
    assert found == _choose(rows)


@pytest.mark.parametrize("steps", [0, 20, 60, 150, 400])
@pytest.mark.parametrize("seed", range(12))
def test_local_search_hits_all_rows_wherever_the_effort_ends(seed: int, steps: int) -> None:
    rows = _rows(seed)
    found = _choose(rows, steps)
    assert all(row & sum(1 << place for place in found) for row in rows)


@pytest.mark.parametrize("most", [2, 8, 30])
@pytest.mark.parametrize("seed", range(12))
def test_local_search_hits_all_rows_however_few_are_listed_at_once(seed: int, most: int) -> None:
    rows = _rows(seed)
    for steps in (0, 400, 10**6):
        found = _choose(rows, steps, most)
        assert all(row & sum(1 << place for place in found) for row in rows)


def test_once_the_effort_is_used_up_each_row_takes_its_first_prime_the_smallest_row_first() -> None:
    assert _choose([0b111, 0b110, 0b11000], 0) == [1, 3]
    assert _choose([0b0001, 0b0110, 0b1011, 0b11000000], 0) == [0, 1, 6]


@pytest.mark.parametrize(("most", "times"), [(2, 6), (10**6, 1)])
def test_each_look_at_the_rows_is_charged(most: int, times: int) -> None:
    """Where not all fit at once all that are looked at count, and else those that there are."""
    rows = dict.fromkeys([0b1 | 1 << place for place in range(1, 1601)], 0)
    spent = []
    for groups in ([(0, -1)], [(0, -1)] * 6):
        effort = Budget(10**6)
        assert choose_few_columns(Rows(rows, groups, most), effort) == [0]
        spent.append(10**6 - effort.left)
    assert spent[0] >= 1600 // 16
    assert spent[1] - spent[0] == (times - 1) * 1600 // 16


@pytest.mark.parametrize("seed", range(12))
def test_the_search_keeps_account_of_what_each_prime_is_worth(seed: int) -> None:
    """After every move the sums that are kept up to date are those that a count from the beginning gives."""
    rows = [row for row in _rows(seed) if row.bit_count() > 1] or [0b11]
    search = _Search(rows)

    def check() -> None:
        chosen = set(search._chosen)
        for row, primes in enumerate(search._columns):
            covering = chosen.intersection(primes)
            assert search._times[row] == len(covering)
            assert (row in search._uncovered) is not bool(covering)
            assert search._covering[row] == reduce(xor, covering, 0)
        for prime, own in enumerate(search._rows):
            only = [row for row in own if not chosen.difference({prime}).intersection(search._columns[row])]
            assert search._worth[prime] == sum(search._weight[row] for row in only)

    check()
    for _move in range(60):
        if search._uncovered:
            search._add()
        else:
            search._remove()
        check()


# The largest sets of points of AG(n, 3) without a line have 4, 9 and 20 points; the others hit every line.
@pytest.mark.parametrize(("dimensions", "fewest"), [(2, 9 - 4), (3, 27 - 9), (4, 81 - 20)])
def test_local_search_finds_the_fewest_points_that_hit_every_line(dimensions: int, fewest: int) -> None:
    points = list(product(range(3), repeat=dimensions))
    bit = {point: 1 << place for place, point in enumerate(points)}
    lines = {
        bit[one] | bit[other] | bit[tuple((-a - b) % 3 for a, b in zip(one, other, strict=True))]
        for one, other in combinations(points, 2)
    }
    assert len(_choose(sorted(lines))) == fewest


def _linked(seed: int) -> list[str]:
    rng = random.Random(seed)
    return [
        ",".join(f"k{place}={rng.choice('abc')}" for place in sorted(rng.sample(range(6), 2)))
        for _ in range(8)
    ]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("budget", [0, 30, 300])
def test_out_of_budget_the_terms_are_as_few(seed: int, budget: int) -> None:
    best, found = solve(_linked(seed)), solve(_linked(seed), budget=budget)
    assert best.minimal
    assert best.affinity is not None
    assert found.affinity is not None
    assert len(found.affinity["nodeSelectorTerms"]) == len(best.affinity["nodeSelectorTerms"])


@pytest.mark.parametrize("seed", range(20))
def test_where_the_kinds_of_nodes_are_too_many_another_way_covers_them(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    best = solve(_linked(seed))
    monkeypatch.setattr(module, "_ROW_STEPS", 0)
    found = solve(_linked(seed), budget=0)
    assert best.affinity is not None
    assert found.affinity is not None
    terms, fewest = len(found.affinity["nodeSelectorTerms"]), len(best.affinity["nodeSelectorTerms"])
    assert fewest <= terms <= 1.5 * fewest
    # Exact all the same: joined with the best one it says the same.
    joined = solve(_linked(seed), required=found.affinity)
    assert joined.affinity == best.affinity
