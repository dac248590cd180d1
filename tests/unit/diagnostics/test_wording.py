"""Small pieces of messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.diagnostics.wording import count_rest, pluralize, replace_unprintable, shorten


@given(st.text())
def test_printable_keeps_the_length_and_what_was_printable(text: str) -> None:
    safe = replace_unprintable(text)
    assert safe.isprintable()
    assert len(safe) == len(text)
    assert all(
        new == old or (new == "?" and not old.isprintable()) for new, old in zip(safe, text, strict=True)
    )


@pytest.mark.parametrize(
    ("count", "many", "text"),
    [
        (0, "", "0 nodes"),
        (1, "", "1 node"),
        (2, "", "2 nodes"),
        (1200, "", "1,200 nodes"),
        (2, "oxen", "2 oxen"),
    ],
)
def test_counted(count: int, many: str, text: str) -> None:
    assert pluralize(count, "node", many) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c"], "a, b and 1 more")],
)
def test_listed(names: list[str], text: str) -> None:
    assert shorten(names, most=2) == text


def test_and_more_is_empty_where_nothing_is_left_out() -> None:
    assert count_rest([1, 2], 2) == ""
    assert count_rest(range(1003), 2) == "and 1,001 more"
