"""Whether a node's labels satisfy a selector or an affinity: the plain evaluators, case by case."""

from typing import Any

import pytest
from pulumi_openkruise.selectors import ALWAYS_TRUE, affinity_matches, parse

ABSENT = None

MATCHING = [
    # selector, value of x, matches
    ("x in (a,b)", ABSENT, False),
    ("x in (a,b)", "a", True),
    ("x in (a,b)", "c", False),
    ("x=", ABSENT, False),
    ("x=", "", True),
    ("x!=", ABSENT, True),
    ("x!=", "", False),
    ("x!=", "a", True),
    ("x!=a", ABSENT, True),
    ("x!=a", "", True),
    ("x!=a", "a", False),
    ("x notin (a,b)", "b", False),
    ("x notin (a,b)", "c", True),
    ("x", ABSENT, False),
    ("x", "", True),
    ("!x", ABSENT, True),
    ("!x", "", False),
    ("x>5", ABSENT, False),
    ("x>5", "6", True),
    ("x>5", "06", True),
    ("x>5", "5", False),
    ("x>5", "5.5", False),
    ("x>5", "foo", False),
    ("x>5", "", False),
    ("x>5", "9223372036854775807", True),
    ("x>5", "9223372036854775808", False),
    ("x<5", ABSENT, False),
    ("x<5", "4", True),
    ("x<5", "004", True),
    ("x<5", "-4", False),
    ("x<0", "0", False),
    ("x in (06)", "6", False),
    ("x,x!=a", "b", True),
    ("x,x!=a", ABSENT, False),
    ("x=a,x=b", "a", False),
]

IN_A = {"key": "x", "operator": "In", "values": ["a"]}
NAME_N = {"key": "metadata.name", "operator": "In", "values": ["n"]}

AFFINITIES: list[tuple[dict[str, Any] | None, dict[str, str], str, bool]] = [
    # node selector, labels, name, admits
    (None, {}, "", True),
    (ALWAYS_TRUE, {}, "", True),
    (ALWAYS_TRUE, {"openkruise.io/virtual-node": "true"}, "", True),
    ({}, {}, "", False),
    ({"nodeSelectorTerms": []}, {}, "", False),
    ({"nodeSelectorTerms": None}, {}, "", False),
    ({"nodeSelectorTerms": [{}]}, {}, "", False),
    ({"nodeSelectorTerms": [{}, {"matchExpressions": [IN_A]}]}, {"x": "a"}, "", True),
    ({"nodeSelectorTerms": [{"matchExpressions": [IN_A]}]}, {"x": "b"}, "", False),
    # A term with anything invalid matches nothing, the others count.
    (
        {"nodeSelectorTerms": [{"matchExpressions": [IN_A, {"key": "x", "operator": "Is"}]}]},
        {"x": "a"},
        "",
        False,
    ),
    (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["-1"]}]}]},
        {},
        "",
        False,
    ),
    (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "-", "operator": "DoesNotExist"}]}]},
        {},
        "",
        False,
    ),
    (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "Gt", "values": ["1.5"]}]}]},
        {"x": "2"},
        "",
        False,
    ),
    (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "In", "values": []}]}]},
        {"x": "a"},
        "",
        False,
    ),
    # Expressions are ANDed, also on one key.
    (
        {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "x", "operator": "Gt", "values": ["2"]},
                        {"key": "x", "operator": "Lt", "values": ["5"]},
                    ]
                }
            ]
        },
        {"x": "5"},
        "",
        False,
    ),
    # A node without a name ignores fields, but not faulty ones.
    ({"nodeSelectorTerms": [{"matchFields": [NAME_N]}]}, {}, "n", True),
    ({"nodeSelectorTerms": [{"matchFields": [NAME_N]}]}, {}, "m", False),
    ({"nodeSelectorTerms": [{"matchFields": [NAME_N]}]}, {}, "", True),
    ({"nodeSelectorTerms": [{"matchFields": [{"operator": "NotIn", "values": ["n"]}]}]}, {}, "m", True),
    ({"nodeSelectorTerms": [{"matchFields": [{"operator": "In", "values": ["m"]}]}]}, {}, "m", False),
    ({"nodeSelectorTerms": [{"matchExpressions": [IN_A], "matchFields": [NAME_N]}]}, {}, "n", False),
    ({"nodeSelectorTerms": [{"matchExpressions": [IN_A], "matchFields": [NAME_N]}]}, {"x": "a"}, "n", True),
    (
        {
            "nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n", "m"]}]}
            ]
        },
        {},
        "n",
        False,
    ),
    (
        {
            "nodeSelectorTerms": [
                {
                    "matchFields": [
                        {"key": "metadata.name", "operator": "NotIn", "values": ["n"]},
                        {"key": "metadata.name", "operator": "NotIn", "values": ["m"]},
                    ]
                }
            ]
        },
        {},
        "o",
        True,
    ),
]


@pytest.mark.parametrize(("text", "value", "expected"), MATCHING)
def test_selector_matches(text: str, value: str | None, expected: bool) -> None:
    labels = {"y": "z"} if value is None else {"y": "z", "x": value}
    assert parse(text).matches(labels) is expected


def test_a_selector_is_the_conjunction_of_its_requirements() -> None:
    selector = parse("a=1,!b,c!=2")
    assert selector.matches({"a": "1"})
    assert not selector.matches({"a": "1", "b": ""})
    assert not selector.matches({"a": "1", "c": "2"})
    assert not selector.matches({})


@pytest.mark.parametrize(("affinity", "labels", "name", "expected"), AFFINITIES)
def test_affinity_matches(
    affinity: dict[str, Any] | None, labels: dict[str, str], name: str, expected: bool
) -> None:
    assert affinity_matches(affinity, labels, name) is expected
