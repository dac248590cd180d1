"""The kind of value that each field takes, and what is said of any other."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_openkruise.config.fields import EXPECTED, FIELDS, NUMBERS, Arguments, Undecoded, read_fields
from pulumi_openkruise.diagnostics.problem import Problem, show

GOOD: dict[str, Any] = {
    "string": "x",
    "boolean": False,
    "number": 7,
    "list of strings": ["a", "b"],
    "gates": {"A": True},
    "mapping": {"a": 1},
}
"""A value of each kind."""


def read(**raw: Any) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    given, problems = read_fields(raw, lambda name: f"my {name}")
    return given, [(problem.code, problem.place, problem.reason) for problem in problems]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("kind", GOOD)
def test_a_field_takes_values_of_its_kind_alone(name: str, kind: str) -> None:
    value, own = GOOD[kind], FIELDS[name]
    given, problems = read(**{name: value})
    if own == kind or {own, kind} == {"gates", "mapping"}:  # what is in a mapping is checked later
        expected = list(enumerate(value)) if kind == "list of strings" else value
        assert (given, problems) == ({name: expected}, [])
    else:
        ((code, place, reason),) = problems
        assert (given, code, place) == ({}, "wrong-type", f"my {name}")
        assert reason.startswith(f"expected {EXPECTED[own]}, found ")


@pytest.mark.parametrize(("name", "largest"), [("timeout", 86_400), ("expected_nodes", 100_000)])
def test_a_number_is_whole_and_from_one_to_the_largest(name: str, largest: int) -> None:
    for value in (1, largest, 1.0, float(largest)):
        given, problems = read(**{name: value})
        assert (given, problems) == ({name: int(value)}, [])
        assert type(given[name]) is int
    for value in (0, -1, 0.5, 1.5, largest + 1, -largest, math.nan, math.inf, -math.inf):
        ((code, place, reason),) = read(**{name: value})[1]
        assert (code, place) == ("out-of-range", f"my {name}")
        assert reason.startswith(f"expected {NUMBERS[name][0]} from 1 to {largest}, found ")
    assert read(**{name: True}) == ({}, [("wrong-type", f"my {name}", "expected a number, found true")])


NO_A = {"key": "a", "operator": "DoesNotExist"}
PLAIN = "give a plain value: it has to be known in preview; of all arguments only values may hold Outputs"


class FakeOutput:
    """What has the name of one of Pulumi's outputs."""


@pytest.mark.parametrize(
    ("item", "found", "remedy"),
    [
        (
            None,
            "null",
            'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"',
        ),
        (5, "5", "put it in quotes: YAML reads true, on, 5 and the like as something other than a string"),
        (["a"], '["a"]', "write one entry a line, without a list inside the list"),
        (("a",), "('a',)", "write one entry a line, without a list inside the list"),
        ({"a": "b"}, '{"a": "b"}', 'write "a=b"'),
        ({"matchLabels": {"a": "b"}}, '{"matchLabels": {"a": "b"}}', 'write "a=b"'),
        ({"matchExpressions": [NO_A]}, show({"matchExpressions": [NO_A]}), 'write "!a"'),
        ({"a": 1}, '{"a": 1}', "YAML reads `key: value` as a mapping; write key=value"),
        (
            FakeOutput(),
            "an Output",
            PLAIN,
        ),
    ],
)
@pytest.mark.parametrize("list_type", [list, tuple])
def test_an_item_that_is_no_string_is_left_out_and_moves_no_other(
    item: Any, found: str, remedy: str, list_type: type
) -> None:
    given, problems = read_fields({"virtual_node_selectors": list_type(["a", item, "b"])}, lambda name: name)
    assert given == {"virtual_node_selectors": [(0, "a"), (2, "b")]}
    assert problems == [
        Problem("wrong-type", "virtual_node_selectors[1]", f"expected a string, found {found}", (), remedy)
    ]


def test_an_output_is_no_plain_value() -> None:
    given, problems = read_fields({"timeout": FakeOutput(), "image_pull_secrets": "a"}, lambda name: name)
    assert given == {}
    assert [(problem.reason, problem.remedy) for problem in problems] == [
        (
            "expected a number, found an Output",
            PLAIN,
        ),
        ('expected a list of strings, found "a"', "write a list with one entry for each of them"),
    ]


def test_no_problem_hides_another_field() -> None:
    """What was not decoded is reported within a list, too, and what is unknown beside all others."""
    lost = Problem("wrong-type", "there", "was not decoded")
    raw: Any = {
        "chart": Undecoded(lost),
        "colour": "blue",
        7: "seven",
        "virtual_node_selectors": [*Undecoded(lost), "a"],
        "protect": True,
    }
    given, problems = read_fields(raw, lambda name: name)
    assert given == {"virtual_node_selectors": [(1, "a")], "protect": True}
    assert [(problem.code, problem.place) for problem in problems] == [
        ("wrong-type", "there"),
        ("unknown-key", "colour"),
        ("unknown-key", "7"),
        ("wrong-type", "there"),
    ]


def test_arguments_are_a_mapping_that_knows_its_author() -> None:
    def field_name(name: str) -> str:
        return name.upper()

    found = Arguments({"chart": "x"}, field_name=field_name, source="the stack")
    assert found == {"chart": "x"}
    assert (found.field_name("chart"), found.source, found.secrets) == ("CHART", "the stack", {})


def test_what_was_not_decoded_is_a_part_of_any_list_it_is_joined_to() -> None:
    one = Undecoded(Problem("wrong-type", "there", "was not decoded"))
    items: Iterator[Undecoded] = iter(one)
    assert list(items) == [one]
