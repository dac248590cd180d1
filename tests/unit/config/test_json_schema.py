"""The subset of JSON Schema, beside the jsonschema package."""

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.config.json_schema import list_violations

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]{1,3}$"},
        "size": {"type": "integer", "minimum": 1, "maximum": 3},
        "gate": {"enum": ["off", False]},
        "items": {"type": "array", "minItems": 1, "items": {"type": ["string", "null"]}},
        "labels": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]"},
            "additionalProperties": {"type": "string"},
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}
KEYS = [*SCHEMA["properties"], "other", "A", "a"]
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 3, 4, "", "a", "abc", "abc\n", "abcd", "off"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES).map(lambda found: {"name": "abc", **found}))
def test_it_accepts_what_jsonschema_accepts(value: Any) -> None:
    assert (not list(list_violations(SCHEMA, value))) == jsonschema.Draft202012Validator(SCHEMA).is_valid(
        value
    )


EDGES: dict[str, list[Any]] = {
    "name": [None, 1, "", "a", "abc", "abcd", "ABC", "a b"],
    "size": [None, False, True, "1", 1.0, 1.5, *range(-2, 7)],
    "gate": [None, False, 0, 0.0, "off", "Off", True, []],
    "items": [None, [], [None], ["a"], [1], ["a", "b", None], {}, "a", [[]]],
    "labels": [None, {}, {"a": "b"}, {"A": "b"}, {"a": 1}, {"a": "b", "c": None}, {"": "b"}, []],
    "other": [None, 1],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in EDGES for value in EDGES[name]])
def test_each_limit_lies_where_jsonschema_has_it(name: str, value: Any) -> None:
    whole = {"name": "abc", name: value}
    # Of numbers, a whole one with a point is an integer to JSON Schema, and none to this program.
    expected = jsonschema.Draft202012Validator(SCHEMA).is_valid(whole) and not isinstance(value, float)
    assert (list(list_violations(SCHEMA, whole)) == []) == expected


@pytest.mark.parametrize(
    ("change", "place", "keyword"),
    [
        ({"name": "abcd"}, "name", "pattern"),
        ({"size": 4}, "size", "maximum"),
        ({"size": True}, "size", "type"),
        ({"gate": 0}, "gate", "enum"),
        ({"items": ["a", 1]}, "items[1]", "type"),
        ({"items": []}, "items", "minItems"),
        ({"labels": {"a": 1}}, "labels.a", "type"),
        ({"labels": {"A": "a"}}, "labels.A", "propertyNames"),
        ({"labels": {}}, "labels", "minProperties"),
        ({"other": 1}, "other", "additionalProperties"),
    ],
)
def test_each_violation_has_its_place(change: dict[str, Any], place: str, keyword: str) -> None:
    value = {"name": "abc", **copy.deepcopy(change)}
    assert [(one.place, one.keyword) for one in list_violations(SCHEMA, value)] == [(place, keyword)]


def test_all_violations_are_found_at_once() -> None:
    value = {"size": 0, "gate": "on", "items": [1, {}]}
    found = {one.place for one in list_violations(SCHEMA, value)}
    assert found == {"name", "size", "gate", "items[0]", "items[1]"}
