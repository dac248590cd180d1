"""Requirements and selectors as values, and whether a node's labels match them.

Meaning: k8s.io/apimachinery ``pkg/labels`` (``Requirement.Matches``, ``internalSelector.Matches``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .syntax import check_key, check_value, parse_integer

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
"""The operators of a node selector requirement; ``=`` and ``==`` are ``In``, ``!=`` is ``NotIn``."""


class Requirement(NamedTuple):
    """One requirement on one label: ``values`` is sorted and free of duplicates."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Check whether a node with these labels satisfies the requirement."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value is not None and value in self.values
        if self.operator == "NotIn":
            return value is None or value not in self.values
        if self.operator == "Exists":
            return value is not None
        if self.operator == "DoesNotExist":
            return value is None
        number = None if value is None else parse_integer(value)
        if number is None:
            return False
        bound = int(self.values[0])
        return number > bound if self.operator == "Gt" else number < bound

    def __str__(self) -> str:
        """Write the requirement as a label selector string that parses to the same requirement."""
        if self.operator == "In" and len(self.values) == 1:
            return f"{self.key}={self.values[0]}"
        if self.operator == "Exists":
            return self.key
        if self.operator == "DoesNotExist":
            return f"!{self.key}"
        if self.operator == "Gt":
            return f"{self.key}>{self.values[0]}"
        if self.operator == "Lt":
            return f"{self.key}<{self.values[0]}"
        if len(self.values) == 1:
            return f"{self.key}!={self.values[0]}"
        return f"{self.key} {'in' if self.operator == 'In' else 'notin'} ({','.join(self.values)})"


@dataclass(frozen=True)
class Selector:
    """A label selector: all of its requirements, sorted and without duplicates, must hold.

    ``text`` is the selector as it was written; it takes no part in comparisons.
    """

    requirements: tuple[Requirement, ...]
    text: str = field(default="", compare=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Check whether the selector matches a node; without requirements it matches every node."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        """Write the selector in its canonical spelling."""
        return ",".join([str(requirement) for requirement in self.requirements])


def make_selector(requirements: list[Requirement], text: str) -> Selector:
    """Make a Selector in canonical order from requirements in any order."""
    if len(requirements) > 1:
        requirements = sorted(set(requirements))
    return Selector(tuple(requirements), text)


def check_requirement(key: Any, operator: str, values: tuple[Any, ...]) -> str | None:
    """Say why key, operator and values do not make a requirement (upstream's ``NewRequirement``), or None."""
    if not isinstance(key, str):
        return f"the key must be a string, found {type(key).__name__}"
    for value in values:
        if not isinstance(value, str):
            return f"key {key!r}: values must be strings, found {value!r} ({type(value).__name__})"
    if fault := check_key(key):
        return f"key {key!r}: {fault}"
    if operator in ("In", "NotIn") and not values:
        return f"key {key!r}: {operator} needs at least one value"
    if operator in ("Exists", "DoesNotExist") and values:
        return f"key {key!r}: {operator} takes no values"
    if operator in ("Gt", "Lt") and (len(values) != 1 or parse_integer(values[0]) is None):
        return f"key {key!r}: {operator} takes one integer from 0 to 9223372036854775807"
    for value in values:
        if fault := check_value(value):
            return f"key {key!r}: {fault}"
    return None
