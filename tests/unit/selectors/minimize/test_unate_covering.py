"""The fewest primes that cover all rows, and each reduction on the way, against all choices."""

import random
from collections.abc import Sequence
from itertools import combinations

import pytest
from pulumi_openkruise.selectors.minimize.budget import Budget, BudgetExceeded
from pulumi_openkruise.selectors.minimize.unate_covering import (
    count_independent,
    drop_dominated,
    find_fewest_columns,
    find_slots,
    list_places,
    reduce_rows,
    select_minimal_rows,
)

PLENTY = 10**6


def _make_rows(seed: int) -> list[int]:
    """Make up to fourteen sets of up to nine primes, smallest first."""
    rng = random.Random(seed)
    primes = rng.randint(1, 9)
    most = rng.randint(1, min(4, primes))
    rows = [
        sum(1 << place for place in rng.sample(range(primes), rng.randint(1, most)))
        for _row in range(rng.randint(1, 14))
    ]
    return sorted(rows, key=lambda row: (row.bit_count(), row))


def _list_covers(rows: Sequence[int]) -> list[int]:
    """List all smallest sets of primes that have one of each row."""
    places = range(max(rows, default=0).bit_length())
    for size in range(len(places) + 1):
        sets = [sum(1 << place for place in chosen) for chosen in combinations(places, size)]
        covers = [chosen for chosen in sets if all(row & chosen for row in rows)]
        if covers:
            return covers
    raise AssertionError(rows)


def _count_fewest(rows: Sequence[int]) -> int:
    return _list_covers(rows)[0].bit_count()


SEEDS = range(80)


@pytest.mark.parametrize("places", [[], [0], [3], [0, 1, 63, 64, 200], list(range(70))])
def test_the_places_of_a_set_are_listed_in_order(places: list[int]) -> None:
    assert list_places(sum(1 << place for place in places)) == places


@pytest.mark.parametrize("seed", SEEDS)
def test_minimal_rows_contain_no_other(seed: int) -> None:
    rows = _make_rows(seed)
    minimal = {row for row in rows if not any(other != row and not other & ~row for other in rows)}
    selected = list(select_minimal_rows(rows, Budget(PLENTY)))
    assert selected == sorted(minimal, key=lambda row: (row.bit_count(), row))


def test_every_sixty_fourth_minimal_row_makes_the_next_ones_dearer() -> None:
    rows = [1 << place for place in range(130)]
    assert len(list(select_minimal_rows(rows, Budget(64 + 2 * 2)))) == 130
    with pytest.raises(BudgetExceeded):
        list(select_minimal_rows(rows, Budget(64 + 2 * 2 - 1)))


@pytest.mark.parametrize("seed", SEEDS)
def test_independent_rows_bound_every_cover_from_below(seed: int) -> None:
    rows = _make_rows(seed)
    assert 1 <= count_independent(rows) <= _count_fewest(rows)
    assert count_independent([0b11, 0b110, 0b1100, 0b110000]) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_without_dominated_primes_a_cover_is_as_small(seed: int) -> None:
    rows = _make_rows(seed)
    dominated: dict[int, int] = {}
    left = drop_dominated(rows, Budget(PLENTY), dominated)
    assert len(left) == len(rows)
    assert _count_fewest(left) == _count_fewest(rows)
    covered = {1 << place: {at for at, row in enumerate(rows) if row >> place & 1} for place in range(9)}
    for bit, by in dominated.items():
        assert covered[bit] <= covered[by]
        assert by not in dominated
    kept = [bit for bit in covered if covered[bit] and bit not in dominated]
    assert not any(one != other and covered[one] <= covered[other] for one in kept for other in kept)
    assert left == [row & sum(kept) for row in rows]
    assert drop_dominated(rows, Budget(PLENTY)) == left


def test_of_primes_that_cover_the_same_the_first_is_kept() -> None:
    dominated: dict[int, int] = {}
    assert drop_dominated([0b110, 0b1110], Budget(PLENTY), dominated) == [0b10, 0b10]
    assert dominated == {0b100: 0b10, 0b1000: 0b10}


def test_each_prime_takes_a_step_to_drop_and_more_where_it_covers_many_rows() -> None:
    rows = [0b1 | 1 << place for place in range(1, 33)]
    steps = 1 + 32 // 16 + 32
    assert drop_dominated(rows, Budget(steps)) == [1] * 32
    with pytest.raises(BudgetExceeded):
        drop_dominated(rows, Budget(steps - 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_reduced_rows_and_forced_primes_cover_with_as_few(seed: int) -> None:
    rows = _make_rows(seed)
    forced: list[int] = []
    rest = reduce_rows(rows, forced, Budget(PLENTY))
    assert len(forced) + (_count_fewest(rest) if rest else 0) == _count_fewest(rows)
    assert all(row.bit_count() > 1 for row in rest)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_cover_has_fewer_columns(seed: int) -> None:
    rows = _make_rows(seed)
    found = find_fewest_columns(rows, Budget(PLENTY))
    assert found == sorted(set(found))
    mask = sum(1 << place for place in found)
    assert all(row & mask for row in rows)
    assert len(found) == _count_fewest(rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_smallest_cover_takes_as_many_of_each_slot(seed: int) -> None:
    rows = _make_rows(seed)
    slots = find_slots(rows, Budget(PLENTY))
    assert sum(count for _mask, count in slots) == _count_fewest(rows)
    for number, (mask, _count) in enumerate(slots):
        assert not any(mask & other for other, _more in slots[:number])
    for cover in _list_covers(rows):
        assert [(cover & mask).bit_count() for mask, _count in slots] == [count for _mask, count in slots]
        assert not cover & ~sum(mask for mask, _count in slots)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_too_few_steps_nothing_is_claimed(seed: int) -> None:
    rows = _make_rows(seed)
    budget = Budget(PLENTY)
    fewest = find_fewest_columns(rows, budget)
    needed = PLENTY - budget.left
    assert find_fewest_columns(rows, Budget(needed)) == fewest
    with pytest.raises(BudgetExceeded):
        find_fewest_columns(rows, Budget(needed - 1))
