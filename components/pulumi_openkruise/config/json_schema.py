"""Plain data against a JSON Schema, with places for messages: the keywords that own schemas use."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..diagnostics.problem import Problem, report_unknown_key, show

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,  # a boolean is not a number
    "null": lambda value: value is None,
}


@dataclass(frozen=True)
class Violation:
    """A value that a schema does not accept."""

    place: str
    """Where it stands, as ``waves[0].soak``; empty for the whole."""
    keyword: str
    """The keyword of JSON Schema that refuses it."""
    schema: Schema
    """The schema of this value; for an unknown key, and for a missing one, that of the mapping around it."""
    value: Any
    """None for a missing key."""


def list_violations(schema: Schema, value: Any, place: str = "") -> Iterator[Violation]:
    """Yield everything in a value that its schema refuses, each value once.

    Keywords: type, enum, pattern, minimum, maximum, minItems, items, minProperties, properties, required,
    additionalProperties and propertyNames with a pattern. Keys are taken for strings, as in JSON.
    """
    keyword = _find_refusing_keyword(schema, value)
    if keyword:
        yield Violation(place, keyword, schema, value)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from list_violations(schema.get("items", {}), inner, f"{place}[{index}]")
    elif isinstance(value, Mapping):
        yield from _list_violations_in_mapping(
            schema, {str(key): inner for key, inner in value.items()}, place
        )


def report_violation(found: Violation, code: str, whole: str) -> Problem:
    """Return the problem of a value that its schema refuses; an unknown key has a code of its own.

    What is expected is the schema's description, the remedy its examples; ``whole`` names the whole value.
    """
    if found.keyword == "additionalProperties":
        return report_unknown_key(found.place, str(found.value), list(found.schema["properties"]))
    reason = f"expected {found.schema['description']}, found {show(found.value)}"
    remedy = "".join(f"for example {example}" for example in found.schema.get("examples", ()))
    return Problem(code, found.place or whole, reason, (), remedy)


def _list_violations_in_mapping(schema: Schema, value: Mapping[str, Any], place: str) -> Iterator[Violation]:
    prefix = f"{place}." if place else ""
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation(f"{prefix}{name}", "required", known[name], None)
    for name, inner in value.items():
        where, own = f"{prefix}{name}", known.get(name, schema.get("additionalProperties", {}))
        if not _matches(schema.get("propertyNames", {}), name):
            yield Violation(where, "propertyNames", schema["propertyNames"], name)
        elif own is False:
            yield Violation(where, "additionalProperties", schema, name)
        else:
            yield from list_violations(own, inner, where)


def _find_refusing_keyword(schema: Schema, value: Any) -> str:
    """Return the keyword that refuses a value itself, whatever is in it; empty for none."""
    if "enum" in schema and not any(type(value) is type(one) and value == one for one in schema["enum"]):
        return "enum"
    types = schema.get("type", ())
    if types and not any(_TYPES[name](value) for name in ([types] if isinstance(types, str) else types)):
        return "type"
    if isinstance(value, str) and not _matches(schema, value):
        return "pattern"
    if type(value) is int and value < schema.get("minimum", value):
        return "minimum"
    if type(value) is int and value > schema.get("maximum", value):
        return "maximum"
    if isinstance(value, list) and len(value) < schema.get("minItems", 0):
        return "minItems"
    if isinstance(value, Mapping) and len(value) < schema.get("minProperties", 0):
        return "minProperties"
    return ""


def _matches(schema: Schema, value: str) -> bool:
    # Python's `$` also matches before a line feed at the end, that of JSON Schema does not.
    return re.search(re.sub(r"\$$", r"\\Z", schema.get("pattern", "")), value) is not None
