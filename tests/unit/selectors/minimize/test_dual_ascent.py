"""The bound of the dual ascent and what exceeds it, against all ways to pay."""

import random
from itertools import product

import pytest
from pulumi_openkruise.selectors.minimize.dual_ascent import Candidates, DualAscent, Reduced, price_alone

LABELS = 3


def _make_candidates(seed: int) -> dict[int, Candidates]:
    """Make up to five nodes with one to four candidates each, of up to four primes with three labels each."""
    rng = random.Random(seed)
    made: dict[int, Candidates] = {}
    for node in range(rng.randint(1, 5)):
        own: Candidates = []
        for place in rng.sample(range(4), rng.randint(1, 4)):
            labels = sorted(rng.sample(range(LABELS), rng.randint(0, LABELS)))
            parts = [(place * LABELS + label, rng.randint(1, 9)) for label in labels]
            own.append((sum(cost for _label, cost in parts), place, parts))
        made[1 << node] = sorted(own)
    return made


def _price(chosen: tuple[tuple[int, int, list[tuple[int, int]]], ...]) -> int:
    """Return what candidates cost together: each label of a prime as much as the dearest of them."""
    dearest: dict[int, int] = {}
    for _price, _place, parts in chosen:
        for label, cost in parts:
            dearest[label] = max(cost, dearest.get(label, 0))
    return sum(dearest.values())


SEEDS = range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_way_to_cover_costs_less_than_the_bound(seed: int) -> None:
    candidates = _make_candidates(seed)
    bound = DualAscent(4 * LABELS).compute_bound(candidates, 7)
    assert 7 <= bound <= 7 + min(map(_price, product(*candidates.values())))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_candidate_is_kept_if_some_way_with_it_is_cheap_enough(seed: int) -> None:
    candidates = _make_candidates(seed)
    ascent = DualAscent(4 * LABELS)
    bound = ascent.compute_bound(candidates, 0)
    ways = list(product(*candidates.values()))
    for spare in range(12):
        for at, own in enumerate(candidates.values()):
            kept = ascent.keep_affordable(own, spare)
            assert kept == [one for one in own if one in kept]
            cheap = [way[at] for way in ways if _price(way) <= bound + spare]
            assert all(one in kept for one in cheap)


def test_what_is_paid_counts_for_other_nodes_up_to_what_they_cost() -> None:
    ascent = DualAscent(4)
    first: Candidates = [(5, 0, [(0, 2), (1, 3)])]
    both: Candidates = [(4, 0, [(0, 1), (1, 3)]), (6, 1, [(2, 6)])]
    assert ascent.compute_bound({1: first, 2: both}, 10) == 15
    assert [ascent.keep_affordable(both, spare) for spare in (0, 5, 6)] == [both[:1], both[:1], both]
    dearer: Candidates = [(9, 0, [(0, 2), (1, 7)]), (9, 1, [(2, 9)])]
    # The node pays four more for a label, and as much for the other prime.
    assert ascent.compute_bound({1: first, 2: dearer}, 0) == 9
    assert [ascent.keep_affordable(dearer, spare) for spare in (0, 4, 5)] == [dearer[:1], dearer[:1], dearer]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_ascent_that_is_used_again_pays_from_the_beginning(seed: int) -> None:
    again = DualAscent(4 * LABELS)
    again.compute_bound(_make_candidates(seed + 1), 0)
    candidates = _make_candidates(seed)
    once = DualAscent(4 * LABELS)
    assert again.compute_bound(candidates, 3) == once.compute_bound(candidates, 3)
    for own in candidates.values():
        for spare in range(9):
            assert again.keep_affordable(own, spare) == once.keep_affordable(own, spare)


def test_a_candidate_is_priced_by_the_labels_that_cost_something() -> None:
    def reduce(place: int, node: int) -> Reduced:
        return node, 9 - place, (4, 0, 5 - place)

    assert price_alone([0, 2], 1, reduce, LABELS) == [(7, 2, [(6, 4), (8, 3)]), (9, 0, [(0, 4), (2, 5)])]


@pytest.mark.parametrize("seed", SEEDS)
def test_above_the_allowed_price_the_bound_is_only_known_to_be_above(seed: int) -> None:
    candidates = _make_candidates(seed)
    bound = DualAscent(4 * LABELS).compute_bound(candidates, 0)
    for allowed in range(bound + 3):
        found = DualAscent(4 * LABELS).compute_bound(candidates, 0, allowed)
        assert found == bound if bound <= allowed else allowed < found <= bound


def test_once_the_bound_is_above_the_allowed_price_nothing_more_is_paid() -> None:
    ascent = DualAscent(2)
    first: Candidates = [(5, 0, [(0, 5)])]
    second: Candidates = [(7, 1, [(1, 7)])]
    assert ascent.compute_bound({1: first, 2: second}, 0, 6) == 7
    assert ascent.keep_affordable(first, 0) == []
    assert ascent.compute_bound({1: first, 2: second}, 0, 11) == 12
    assert ascent.keep_affordable(second, 0) == second
