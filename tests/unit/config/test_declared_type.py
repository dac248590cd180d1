"""Values of a stack that are not of the type that its project declares: Pulumi refuses them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.config.declared_type import TYPES, DeclaredType, check_types

from tests.support.config_strategies import json_values

STRINGS = {"type": "string"}
ACCEPTED: list[tuple[str, Any, Any, bool]] = [
    ("string", None, "a", True),
    ("string", None, ["a"], False),
    ("string", None, {"a": "b"}, False),
    ("boolean", None, "true", True),
    ("boolean", None, "True", False),
    ("boolean", None, "yes", False),
    ("integer", None, "5", True),
    ("integer", None, "-05", True),
    ("integer", None, "+5", True),
    ("integer", None, "5.0", False),
    ("integer", None, "\u0665", False),
    ("integer", None, " 5", False),
    ("array", STRINGS, ["a"], True),
    ("array", STRINGS, [], True),
    ("array", STRINGS, [1], False),
    ("array", STRINGS, ["a", True], False),
    ("array", STRINGS, '["a"]', False),
    ("array", STRINGS, "a", False),
    ("array", {"type": "integer"}, [1, 2.0, "3"], True),
    ("array", {"type": "integer"}, [1.5], False),
    ("array", {"type": "integer"}, [True], False),
    ("array", {"type": "boolean"}, [True, "false"], True),
    ("array", {"type": "array", "items": STRINGS}, [["a"], []], True),
    ("array", {"type": "array", "items": STRINGS}, ["a"], False),
    ("array", {"type": "array"}, [["a"]], False),
    ("object", None, {"manager": {}}, True),
    ("object", None, '{"manager": {}}', False),
    ("object", None, [], False),
]


@pytest.mark.parametrize(("name", "items", "value", "accepted"), ACCEPTED)
def test_what_pulumi_takes_for_a_type(name: str, items: Any, value: Any, accepted: bool) -> None:
    """The expected answers are those of ValidateConfigValue; tests/e2e asks the CLI itself for some."""
    assert DeclaredType(name, items).accepts(value) is accepted


@given(st.sampled_from([*TYPES, "odd"]), json_values, json_values)
def test_any_value_for_any_declaration_has_an_answer(name: str, items: Any, value: Any) -> None:
    assert DeclaredType(name, items).accepts(value) in (True, False)


def test_every_value_of_another_type_is_named_with_what_to_write() -> None:
    declared = {
        "virtualNodeSelectors": DeclaredType("array", STRINGS),
        "protect": DeclaredType("boolean"),
        "values": DeclaredType("object"),
        "timeout": DeclaredType("integer"),
    }
    own = {
        "virtualNodeSelectors": '["a=b"]',
        "protect": ["x"],
        "values": {"secure": "v1:abc"},
        "timeout": None,
    }
    found = check_types(declared, own, "openkruise", "Pulumi.yaml", ["values"])
    assert [(one.code, one.place) for one in found] == [
        ("wrong-type", "openkruise:virtualNodeSelectors"),
        ("wrong-type", "openkruise:protect"),
        ("wrong-type", "openkruise:values"),
    ]
    assert str(found[0]) == (
        'openkruise:virtualNodeSelectors: Pulumi.yaml declares a list whose members are of type "string" for '
        'it, and Pulumi takes nothing else; found ["a=b"]\n  write a list in YAML below the key, not a string'
    )
    assert "found an encrypted string" in found[2].reason
    assert "abc" not in str(found[2])


def test_what_is_declared_secret_has_to_be_encrypted() -> None:
    declared = {"values": DeclaredType("object", is_secret=True)}
    plain: dict[str, Any] = {"values": {"manager": {}}}
    (found,) = check_types(declared, plain, "openkruise", "Pulumi.yaml")
    assert found.reason == "Pulumi.yaml declares it secret, and it is not encrypted"
    nested = {"values": {"manager": {"a": {"secure": "v1:abc"}}}}
    assert check_types(declared, nested, "openkruise", "Pulumi.yaml", ["values"]) == []
    declared = {"values": DeclaredType("array", STRINGS)}
    (found,) = check_types(declared, nested, "openkruise", "Pulumi.yaml", ["values"])
    assert "abc" not in str(found)
