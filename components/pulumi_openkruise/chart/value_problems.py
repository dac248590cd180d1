"""The problems that a check of a value's type reports; no message shows the content of a value.

Places are relative to the value: ``.limits.cpu``, ``[0].name``.
"""

import math
from collections.abc import Mapping
from typing import Any

from ..diagnostics import problem
from ..diagnostics.problem import Problem


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


def report_unknown_key(name: Any, path: str, known: tuple[str, ...]) -> Problem:
    """Return the problem of a key that the type does not have."""
    return problem.report_unknown_key(f"{path}.{name}", str(name), known)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; a float without a fraction counts as one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value == int(value)
