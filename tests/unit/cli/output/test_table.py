"""Rows as blocks: where a terminal is too narrow, cells start below each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.cli.output.table import as_block

WORDS = st.text("abc", min_size=1, max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_cells_begin_two_columns_after_the_longest_name(cells: list[tuple[str, str]]) -> None:
    longest = max(len(name) for name, _cell in cells)
    lines = as_block(cells, 80).splitlines()
    assert lines == [f"{name.ljust(longest + 2)}{cell}" for name, cell in cells]


@given(st.lists(WORDS, min_size=2, max_size=12))
def test_a_cell_that_goes_on_stays_in_its_column(words: list[str]) -> None:
    for cell in ("\n".join(words), " ".join(words)):
        first, *rest = as_block([("name", cell)], 30).splitlines()
        assert first.startswith(f"name  {words[0]}")
        assert all(line[:6] == " " * 6 and line[6] != " " for line in rest)
        assert " ".join([first, *rest]).split()[1:] == words
        assert all(len(line) <= 30 for line in [first, *rest])


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_cell_is_left_out_and_sets_no_width(empty: str) -> None:
    assert as_block([("a", "x"), ("a long name", empty)], 80) == "a  x"
    assert as_block([("a", empty)], 80) == ""
