"""Single requirements: which operators take which values, as upstream's ``NewRequirement`` has it."""

from typing import Any

import pytest
from pulumi_openkruise.selectors.requirement import check_requirement

LARGEST = str(2**63 - 1)
VALUES: dict[tuple[Any, ...], set[str]] = {
    (): {"Exists", "DoesNotExist"},
    ("",): {"In", "NotIn"},
    ("x",): {"In", "NotIn"},
    ("x", "y"): {"In", "NotIn"},
    ("1",): {"In", "NotIn", "Gt", "Lt"},
    ("0",): {"In", "NotIn", "Gt", "Lt"},
    (LARGEST,): {"In", "NotIn", "Gt", "Lt"},
    (str(2**63),): {"In", "NotIn"},
    ("1.5",): {"In", "NotIn"},
    ("1", "2"): {"In", "NotIn"},
    ("-1",): set(),
    ("x y",): set(),
    ("x", "-"): set(),
    ("x" * 63,): {"In", "NotIn"},
    ("x" * 64,): set(),
    (1,): set(),
    (None,): set(),
    ("x", True): set(),
}
"""Values, and the operators that take them."""
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("values", VALUES, ids=lambda values: repr(values)[:20])
def test_each_operator_takes_its_values(operator: str, values: tuple[Any, ...]) -> None:
    fault = check_requirement("example.com/a", operator, values)
    assert (fault is None) == (operator in VALUES[values]), fault
    if fault is not None:
        assert fault.startswith("key 'example.com/a': ")


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("a", True),
        ("A_b-c.d", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("example.com/a", True),
        ("Example.com/a", False),
        (f"{'a' * 253}/a", True),
        (f"{'a' * 254}/a", False),
        ("/a", False),
        ("a/", False),
        ("a/b/c", False),
        ("-a", False),
        ("a.", False),
        ("", False),
        (7, False),
        (None, False),
    ],
)
def test_each_key_is_good_or_named(key: Any, operator: str, good: bool) -> None:
    values = () if operator in ("Exists", "DoesNotExist") else ("1",)
    fault = check_requirement(key, operator, values)
    assert (fault is None) == good
    assert fault is None or fault.startswith(f"key {key!r}: " if isinstance(key, str) else "the key must be")
