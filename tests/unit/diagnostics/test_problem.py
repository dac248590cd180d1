"""Problems as data: their order, what they look like in one message, and the values shown in them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.diagnostics.problem import ConfigError, Problem, find_nearest, show


def test_a_message_has_every_problem_by_key_then_by_position() -> None:
    places = ["k:b", "k:a[10]", "k:a[9]", "k:a[0]", "k:a"]
    problems = [Problem("code", place, "reason", remedy="remedy") for place in places]
    error = ConfigError(problems, source="config of stack dev")
    assert [problem.place for problem in error.problems] == ["k:a", "k:a[0]", "k:a[9]", "k:a[10]", "k:b"]
    assert str(error).startswith(
        "config of stack dev: 5 problems\n\nk:a: reason\n  remedy\n\nk:a[0]: reason\n"
    )


def test_a_single_problem_is_not_in_the_plural() -> None:
    assert (
        str(ConfigError([Problem("code", "k:a", "reason")], source="here"))
        == "here: 1 problem\n\nk:a: reason"
    )


def test_a_problem_cannot_act_on_the_terminal() -> None:
    problem = Problem("code", "k:\x1b[31m", "reason", ("detail\r",))
    assert str(problem) == "k:?[31m: reason\ndetail?"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("virtualNodePreset", "virtualNodePresets"),
        ("VIRTUALNODEPRESETS", "virtualNodePresets"),
        ("timeOut", "timeout"),
        ("nothing like it", None),
    ],
)
def test_nearest(name: str, found: str | None) -> None:
    assert find_nearest(name, ["timeout", "virtualNodePresets"]) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ("a" * 58, '"' + "a" * 58 + '"'),
        ("a" * 59, '"' + "a" * 56 + "..."),
        ("a b", '"a b"'),
        ("", '""'),
        ('{"a": 1}', '{"a": 1}'),
        ({"a": None}, '{"a": null}'),
        ([1, "x"], '[1, "x"]'),
        ({1, 2}, "{1, 2}"),
        ("\x1b[2J", '"?[2J"'),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"a": one}])
def test_a_number_that_python_does_not_write_is_shown_shortened(wrap: Callable[[int], object]) -> None:
    """By default it refuses more than 4,300 digits."""
    assert len(show(wrap(10**5000))) <= 60


@given(st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.integers()))
def test_what_is_shown_fits_a_line(value: object) -> None:
    text = show(value)
    assert len(text) <= 60
    assert text.isprintable()
