"""The problems that a check of a value's type reports; no message shows the content of a value.

Places are relative to the value: ``.limits.cpu``, ``[0].name``.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..diagnostics import problem
from ..diagnostics.problem import Problem

DOT_IN_KEY = "Helm takes the dot for a part of the key's name, so the chart never reads it"
"""Why a key with a dot in it has no effect, where no key of that name exists."""


def describe_found(value: Any) -> str:
    """Return the type of a value in words, without its content."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else f"a Python {type(value).__name__}"


def report_type(value: Any, expected: str, path: str = "", remedy: str = "") -> Problem:
    """Return the problem of a value of another type; ``path`` is relative to the value."""
    return Problem("wrong-type", path, f"expected {expected}, found {describe_found(value)}", (), remedy)


def report_value(expected: str, path: str = "", remedy: str = "") -> Problem:
    """Return the problem of a value of the right type that is not allowed."""
    return Problem("wrong-value", path, f"expected {expected}", (), remedy)


def report_unknown_key(
    name: Any, path: str, known: Sequence[str], mappings: Sequence[str] = (), code: str = "unknown-key"
) -> Problem:
    """Return the problem of a key that the type does not have; one with a dot may be meant as nested keys.

    ``mappings`` are those of the known keys below which there are others.
    """
    key = str(name)
    if "." not in key:
        return problem.report_unknown_key(f"{path}.{key}", key, known, code)
    parts = key.split(".")
    remedy = f"nest the keys: {show_nested(parts)}" if parts[0] in mappings and all(parts) else "remove it"
    return Problem(code, f'{path}."{key}"', DOT_IN_KEY, (), remedy)


def show_nested(keys: Sequence[str]) -> str:
    """Return keys nested in each other, as one writes them in YAML on one line."""
    shown = f"{keys[-1]}: ..."
    for key in reversed(keys[:-1]):
        shown = f"{key}: {{{shown}}}"
    return shown


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; a float without a fraction counts as one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value == int(value)
