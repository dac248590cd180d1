"""The minimum cover of small unions of cubes, against all covers that there are, and step by step."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import pytest
from pulumi_openkruise.selectors.minimize.budget import Budget, BudgetExceeded
from pulumi_openkruise.selectors.minimize.cube_layout import CubeLayout
from pulumi_openkruise.selectors.minimize.dual_ascent import REQUIREMENT, Reduced
from pulumi_openkruise.selectors.minimize.minimum_cover import Cover, _choose_fewest, find_minimum_cover
from pulumi_openkruise.selectors.minimize.prime_table import PrimeTable, Rows
from pulumi_openkruise.selectors.minimize.reduction import Reduction

Price = tuple[int, int, int]
"""Terms, requirements, values."""
PLENTY = 10**6


class Union:
    """Nodes of two or three labels, each of them absent, named or other, and the cubes inside the union."""

    def __init__(self, seed: int, cubes: int = 3) -> None:
        rng = random.Random(seed)
        self.widths = [rng.choice([2, 3, 4]) for _label in range(rng.choice([2, 3]))]
        self.offsets = [sum(self.widths[:at]) + at for at in range(len(self.widths))]
        self.fields = [
            (1 << width) - 1 << offset for width, offset in zip(self.widths, self.offsets, strict=True)
        ]
        self.points = [sum(point) for point in product(*map(self._bits, self.fields))]
        self.literals = [self._list_literals(width) for width in self.widths]
        every = self._list_cubes()
        forbidden = [rng.choice(list(every)) for _cube in range(cubes)]
        self.allowed = {point for point in self.points if all(point & ~cube for cube in forbidden)}
        self.inside = {cube: price for cube, price in every.items() if self.hold(cube) <= self.allowed}
        self.primes = sorted(
            cube
            for cube in self.inside
            if not any(cube != other and not cube & ~other for other in self.inside)
        )
        self.table = PrimeTable(CubeLayout(self.fields), self.primes, self.reduce)

    @staticmethod
    def _bits(field: int) -> list[int]:
        return [1 << at for at in range(field.bit_length()) if field >> at & 1]

    def hold(self, cube: int) -> set[int]:
        return {point for point in self.points if not point & ~cube}

    @staticmethod
    def _list_literals(width: int) -> dict[int, tuple[int, int]]:
        """Return what requirements can say of a label, with their numbers and those of their values.

        The first bit is absent, the last one is every value without a name.
        """
        full, other = (1 << width) - 1, 1 << width - 1
        literals = {full: (0, 0), 1: (1, 0)}
        for some in range(1, full):
            without = (full & ~some & ~1).bit_count()
            if some & other:
                literals[some] = (1 if some & 1 or not without else 2, without)
            elif not some & 1:
                literals[some] = (1, some.bit_count())
        return literals

    def _list_cubes(self) -> dict[int, Price]:
        return {
            sum(literal << offset for (literal, _price), offset in zip(chosen, self.offsets, strict=True)): (
                1,
                sum(price[0] for _literal, price in chosen),
                sum(price[1] for _literal, price in chosen),
            )
            for chosen in product(*(literals.items() for literals in self.literals))
        }

    def reduce(self, prime: int, needed: int, *, count_values: bool) -> Reduced:
        cube, costs = 0, []
        for literals, offset, field in zip(self.literals, self.offsets, self.fields, strict=True):
            own, least = (prime & field) >> offset, (needed & field) >> offset
            if own << offset == field:
                cube |= field
                continue
            price, _size, literal = min(
                (
                    requirements * REQUIREMENT + values * count_values,
                    -literal.bit_count(),
                    literal,
                )
                for literal, (requirements, values) in literals.items()
                if not least & ~literal and not literal & ~own
            )
            cube |= literal << offset
            costs.append(price)
        return cube, sum(costs), tuple(costs)

    def price(self, cubes: Sequence[int]) -> Price:
        terms, requirements, values = zip(*(self.inside[cube] for cube in cubes), strict=True)
        return sum(terms), sum(requirements), sum(values)

    def find_least(self) -> Price:
        """Return the least price of all covers."""
        held = {cube: frozenset(self.hold(cube)) for cube in self.inside}
        useful = [
            cube
            for cube, points in held.items()
            if not any(
                points < more and self.inside[other] <= self.inside[cube] for other, more in held.items()
            )
        ]

        @cache
        def cover(left: frozenset[int]) -> Price:
            if not left:
                return 0, 0, 0
            by_point = {point: [cube for cube in useful if point in held[cube]] for point in left}
            ways = min(by_point.values(), key=len)
            return min(
                (one[0] + rest[0], one[1] + rest[1], one[2] + rest[2])
                for cube in ways
                for one, rest in [(self.inside[cube], cover(left - held[cube]))]
            )

        return cover(frozenset(self.allowed))

    def has_fooling_set(self, size: int) -> bool:
        """Check whether there are so many nodes, no two of which lie in one prime."""
        near = {
            point: set().union(*(self.hold(prime) for prime in self.primes if not point & ~prime))
            for point in self.allowed
        }

        def extend(left: frozenset[int], missing: int) -> bool:
            return not missing or any(
                extend(frozenset(other for other in left if other > point) - near[point], missing - 1)
                for point in left
            )

        return extend(frozenset(self.allowed), size)


def _cover(union: Union, steps: int = PLENTY, effort: int = PLENTY) -> Cover:
    return find_minimum_cover(union.table, steps, Budget(effort))


def _spend(union: Union, steps: int = PLENTY) -> int:
    effort = Budget(PLENTY)
    find_minimum_cover(union.table, steps, effort)
    return PLENTY - effort.left


def _find_least_steps(union: Union, proven: int) -> int:
    """Return with how many steps so much is proven for the first time."""
    low, high = -1, PLENTY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _cover(union, middle).proven >= proven else (middle, high)
    return high


UNIONS = [union for seed in range(100) for union in [Union(seed, 1 + seed % 7)] if union.allowed]
PAIRS = [union for union in UNIONS if len(union.primes) == 2]
LARGER = [union for union in UNIONS if len(union.primes) > 2]
HARDEST, WITHOUT_FOOLING_SET = Union(44, 4), Union(93, 5)


@pytest.mark.parametrize("union", UNIONS)
def test_with_enough_steps_no_cover_is_cheaper(union: Union) -> None:
    cover = _cover(union)
    assert cover.proven == 3
    assert set().union(*map(union.hold, cover.cubes)) == union.allowed
    assert union.price(cover.cubes) == union.find_least()


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 45, 60, 80, 100, 250, 300, 400, 900])
def test_what_is_proven_holds_wherever_the_steps_end(steps: int) -> None:
    for union in [*LARGER, *PAIRS[:5]]:
        cover = _cover(union, steps)
        assert set().union(*map(union.hold, cover.cubes)) == union.allowed
        assert union.price(cover.cubes)[: cover.proven] == union.find_least()[: cover.proven]
        if cover.fooling:
            assert union.has_fooling_set(len(cover.cubes))


@pytest.mark.parametrize("effort", [0, 5, 20, 60, 200, 1000])
def test_with_little_effort_it_is_exact_all_the_same(effort: int) -> None:
    for union in UNIONS:
        cover = _cover(union, effort=effort)
        assert set().union(*map(union.hold, cover.cubes)) == union.allowed
        assert union.price(cover.cubes)[: cover.proven] == union.find_least()[: cover.proven]


@pytest.mark.parametrize("union", [HARDEST, WITHOUT_FOOLING_SET])
def test_more_steps_prove_terms_then_requirements_then_values(union: Union) -> None:
    first = [_find_least_steps(union, proven) for proven in (1, 2, 3)]
    assert first == sorted(first)
    assert first[1] < first[2]
    for steps in (0, *(step + more for step in first for more in (-1, 0))):
        assert _cover(union, steps).proven == sum(steps >= step for step in first)


@pytest.mark.parametrize("union", [HARDEST, WITHOUT_FOOLING_SET])
def test_no_cube_of_an_unproven_cover_can_be_reduced_alone(union: Union) -> None:
    for steps in range(0, 360, 12):
        cubes = _cover(union, steps).cubes
        for place, cube in enumerate(cubes):
            others = set().union(*map(union.hold, (*cubes[:place], *cubes[place + 1 :])))
            needed = _unite(union.hold(cube) - others)
            assert union.reduce(cube, needed, count_values=True)[0] == cube


def _unite(points: set[int]) -> int:
    united = 0
    for point in points:
        united |= point
    return united


@pytest.mark.parametrize("union", [union for union in UNIONS if len(union.primes) == 1])
def test_one_prime_needs_no_steps(union: Union) -> None:
    assert _cover(union, 0, 0) == Cover(tuple(union.primes), 3, True)


@pytest.mark.parametrize("union", PAIRS)
def test_terms_and_requirements_of_two_primes_need_no_steps(union: Union) -> None:
    cover = _cover(union, 0, 0)
    assert len(cover.cubes) == 2
    assert cover.proven >= 2  # without integers no requirement can become superfluous
    assert cover.fooling


def test_without_steps_two_primes_are_reduced_one_after_the_other() -> None:
    """Check "any integer but one in the middle", which takes two terms: ``Lt, NotIn`` and ``Gt``."""
    low, middle, high = 1, 2, 4

    def reduce(prime: int, needed: int, *, count_values: bool) -> Reduced:
        cube = needed if needed in (low, middle, high) else prime
        price = cube.bit_count() * REQUIREMENT + (middle & cube) * count_values
        return cube, price, (price,)

    table = PrimeTable(CubeLayout([low | middle | high]), [low | middle, middle | high], reduce)
    assert find_minimum_cover(table, 0, Budget(0)) == Cover((low, middle | high), 1, True)
    assert find_minimum_cover(table, PLENTY, Budget(PLENTY)).proven == 3


@pytest.mark.parametrize("union", LARGER)
def test_a_node_in_one_prime_only_for_each_cube_is_a_fooling_set(union: Union) -> None:
    holders = [[prime for prime in union.primes if not point & ~prime] for point in union.allowed]
    essential = {primes[0] for primes in holders if len(primes) == 1}
    cover = _cover(union)
    assert len(essential) <= len(cover.cubes)
    assert cover.fooling or len(essential) < len(cover.cubes)


@pytest.mark.parametrize("union", [HARDEST, WITHOUT_FOOLING_SET, *PAIRS, *LARGER])
def test_a_reduction_may_take_four_times_the_steps(union: Union) -> None:
    choice = _find_least_steps(union, 1)
    reduction = _spend(union) - choice
    assert _find_least_steps(union, 3) == max(choice, -(-reduction // 4))


@pytest.mark.parametrize(("union", "fooling"), [(HARDEST, True), (WITHOUT_FOOLING_SET, False)])
def test_a_fooling_set_is_claimed_only_of_a_proven_number_of_terms(union: Union, fooling: bool) -> None:
    first = [_find_least_steps(union, proven) for proven in (1, 2, 3)]
    assert not _cover(union, first[0] - 1).fooling
    assert [_cover(union, steps).fooling for steps in first] == [fooling] * 3


def test_no_more_rows_are_held_than_there_are_steps_for() -> None:
    """Each takes a step, so more of them cannot be covered; there may be a million."""

    class Counted(Rows):
        looked_at = 0

        def __iter__(self) -> Iterator[int]:
            for row in super().__iter__():
                self.looked_at += 1
                yield row

    rows = Counted({0b11 << place: 0 for place in range(500)}, [(0, -1)], PLENTY)
    with pytest.raises(BudgetExceeded):
        _choose_fewest(rows, Budget(100))
    assert rows.looked_at == 101
    assert _choose_fewest(rows, Budget(PLENTY)) == (list(range(1, 500, 2)), True)


def test_what_a_failed_reduction_took_beyond_its_steps_is_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts only where nothing is proven by it: the values are not, the requirements may be."""
    excess = 1_000
    whole, run = Reduction.run, []

    def run_and_exceed(reduction: Reduction) -> tuple[int, ...]:
        run.append(reduction)
        reduction._budget.excess += excess
        if len(run) == 1:
            raise BudgetExceeded
        return whole(reduction)

    proven = _spend(HARDEST)
    monkeypatch.setattr(Reduction, "run", run_and_exceed)
    effort = Budget(PLENTY)
    assert find_minimum_cover(HARDEST.table, PLENTY, effort).proven == 2
    spent = PLENTY - effort.left
    assert excess < spent < excess + 2 * proven
    del run[:]
    run.append(Reduction.__new__(Reduction))
    assert _spend(HARDEST) == proven
