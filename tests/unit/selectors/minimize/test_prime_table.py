"""The rows of a prime table, against all nodes that there are, and how many are held at once."""

import random
from itertools import product

import pytest
from pulumi_openkruise.selectors.minimize import prime_table as module
from pulumi_openkruise.selectors.minimize.budget import Budget, BudgetExceeded
from pulumi_openkruise.selectors.minimize.cube_layout import CubeLayout
from pulumi_openkruise.selectors.minimize.dual_ascent import Reduced
from pulumi_openkruise.selectors.minimize.prime_table import PrimeTable, Rows

PLENTY = 10**6


def _refuse_to_reduce(prime: int, needed: int, *, count_values: bool) -> Reduced:
    raise AssertionError((prime, needed, count_values))


class Table:
    """Random cubes over a few labels, and for each node the cubes that hold it."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        widths = [rng.randint(1, 4) for _label in range(rng.randint(1, 4))]
        fields, offset = [], 0
        for width in widths:
            fields.append((1 << width) - 1 << offset)
            offset += width + 1
        single = [[1 << at for at in range(field.bit_length()) if field >> at & 1] for field in fields]
        cubes = set()
        for _cube in range(rng.randint(1, 9)):
            # A label of one value has no smaller set, and so some labels tell nothing apart.
            cubes.add(sum(sum(rng.sample(values, rng.randint(1, len(values)))) for values in single))
        self.cubes = sorted(cubes)
        self.table = PrimeTable(CubeLayout(fields), self.cubes, _refuse_to_reduce)
        self.held: dict[int, int] = {}
        """For each row the supercube of its nodes."""
        for node in map(sum, product(*single)):
            row = sum(1 << place for place, cube in enumerate(self.cubes) if not node & ~cube)
            if row:
                self.held[row] = self.held.get(row, 0) | node
        self.essential = {
            row.bit_length() - 1: cube for row, cube in self.held.items() if row.bit_count() == 1
        }
        mask = sum(1 << place for place in self.essential)
        self.others = {row for row in self.held if not row & mask}


TABLES = [Table(seed) for seed in range(60)]


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_are_the_sets_of_cubes_that_hold_a_node(table: Table) -> None:
    rows = table.table.list_rows(Budget(PLENTY))
    assert rows.essential == table.essential
    assert rows.essential_mask == sum(1 << place for place in table.essential)
    assert set(rows) == table.others


@pytest.mark.parametrize("table", TABLES)
def test_the_smallest_rows_come_first_and_none_that_is_covered(table: Table) -> None:
    rows = table.table.list_rows(Budget(PLENTY))
    for chosen in (0, rows.essential_mask, 1, 1 << len(table.cubes) - 1):
        found = rows.list_smallest(chosen)
        assert [row.bit_count() for row in found] == sorted(row.bit_count() for row in found)
        assert len(found) == len(set(found))
        assert set(found) == {row for row in table.held if not row & chosen}
        assert not rows.is_cut


@pytest.mark.parametrize("most", [2, 5, 11, 40])
def test_of_more_rows_than_may_be_listed_the_smallest_are(most: int) -> None:
    rng = random.Random(most)
    sets = [sum(1 << place for place in rng.sample(range(30), rng.randint(1, 9))) for _row in range(300)]
    rows = Rows(dict.fromkeys(sets, 0), [(0, -1)], most)
    found = rows.list_smallest(0)
    assert rows.is_cut
    assert most // 2 <= len(found) <= most
    smallest = sorted(row.bit_count() for row in set(sets))
    assert [row.bit_count() for row in found] == smallest[: len(found)]


def test_rows_count_what_is_looked_at() -> None:
    assert Rows({0b11: 0, 0b101: 0, 0b110: 0}, [(1, 0b11), (2, 0b111)], 9).count == 6


def test_each_label_takes_steps_for_all_rows_before_it() -> None:
    """Three labels of two values each that all of eight cubes tell apart: 1, 2 and 4 rows, times 2, by 4."""
    fields = [0b11, 0b11000, 0b11000000]
    cubes = [sum(choice) for choice in product(*([field & -field, field & field - 1] for field in fields))]
    table = PrimeTable(CubeLayout(fields), cubes, _refuse_to_reduce)
    assert len(table.list_rows(Budget(3)).essential) == 8
    with pytest.raises(BudgetExceeded):
        table.list_rows(Budget(2))


def test_rows_that_would_take_too_much_memory_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = next(Table(seed) for seed in range(60) if len(TABLES[seed].others) > 4)
    monkeypatch.setattr(module, "_MOST_BYTES", 0)
    with pytest.raises(BudgetExceeded):
        table.table.list_rows(Budget(PLENTY))


def test_rows_that_are_listed_again_take_the_same_steps() -> None:
    table = Table(3).table
    first, again = Budget(PLENTY), Budget(PLENTY)
    rows = table.list_rows(first)
    assert table.list_rows(again) is rows
    assert 0 < PLENTY - first.left == PLENTY - again.left
    with pytest.raises(BudgetExceeded):
        table.list_rows(Budget(PLENTY - first.left - 1))
    with pytest.raises(BudgetExceeded):
        Table(3).table.list_rows(Budget(PLENTY - first.left - 1))
