"""Covers where there is no budget for the smallest one."""

import random
from itertools import combinations, product

import pytest
from pulumi_openkruise.selectors import solve
from pulumi_openkruise.selectors.minimize import heuristic_cover as module
from pulumi_openkruise.selectors.minimize.budget import Budget
from pulumi_openkruise.selectors.minimize.local_search import choose_few_columns
from pulumi_openkruise.selectors.minimize.unate_covering import find_fewest_columns


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
    found = choose_few_columns(rows, Budget(10**7))
    assert found == sorted(set(found))
    assert all(row & sum(1 << place for place in found) for row in rows)
    assert len(found) >= len(find_fewest_columns(rows, Budget(10**7)))
    assert found == choose_few_columns(rows, Budget(10**7))


@pytest.mark.parametrize("steps", [0, 20, 60, 150, 400])
@pytest.mark.parametrize("seed", range(12))
def test_local_search_hits_all_rows_wherever_the_effort_ends(seed: int, steps: int) -> None:
    rows = _rows(seed)
    found = choose_few_columns(rows, Budget(steps))
    assert all(row & sum(1 << place for place in found) for row in rows)


# The largest sets of points of AG(n, 3) without a line have 4, 9 and 20 points; the others hit every line.
@pytest.mark.parametrize(("dimensions", "fewest"), [(2, 9 - 4), (3, 27 - 9), (4, 81 - 20)])
def test_local_search_finds_the_fewest_points_that_hit_every_line(dimensions: int, fewest: int) -> None:
    points = list(product(range(3), repeat=dimensions))
    bit = {point: 1 << place for place, point in enumerate(points)}
    lines = {
        bit[one] | bit[other] | bit[tuple((-a - b) % 3 for a, b in zip(one, other, strict=True))]
        for one, other in combinations(points, 2)
    }
    assert len(choose_few_columns(sorted(lines), Budget(10**7))) == fewest


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
