"""A Helm value that is known later, in the place of an output of Pulumi's: only its key can be checked."""

from collections.abc import Mapping
from typing import Any


class LateValue:
    """Stands in Helm values where the program has an output."""

    def __init__(self, output: Any = None) -> None:
        self.output = output
        """The output; None for a value that is computed from such."""


DEEPEST = 64
"""Deeper values are refused elsewhere; some hold themselves."""


def holds_late_value(value: Any, depth: int = 0) -> bool:
    """Return whether the value is, or holds at any depth, one that is known later."""
    if depth > DEEPEST:
        return False
    if isinstance(value, Mapping):
        return any(holds_late_value(item, depth + 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_late_value(item, depth + 1) for item in value)
    return isinstance(value, LateValue)


def drop_late_values(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values without those that are known later; a list that holds one is left out whole."""
    if not holds_late_value(values):
        return values
    return {
        key: drop_late_values(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if isinstance(value, Mapping) or not holds_late_value(value)
    }
