"""Requirements in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .requirement import Operator, Requirement

Part = tuple[Operator, tuple[str, ...]]
"""Operator and values of a requirement, without its key."""


def describe_requirements(requirements: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> str:
    """Say in words what holds for a node that satisfies all requirements, to stand after "nodes".

    ``fields`` are requirements on the node's name.
    """
    names = " and ".join(map(_describe_names, fields))
    by_key: dict[str, list[Part]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append((requirement.operator, requirement.values))
    if not by_key:
        return names or "of any kind"
    labels = " and whose ".join(describe_label(key, parts) for key, parts in by_key.items())
    return f"{names} whose {labels}".lstrip()


def _describe_names(field: Requirement) -> str:
    return f"{'named' if field.operator == 'In' else 'not named'} {join_words(field.values, 'or')}"


def describe_name(field: Requirement) -> str:
    """Say in words what a requirement on the node's name states."""
    return f"the name is {'' if field.operator == 'In' else 'not '}{join_words(field.values, 'or')}"


def describe_label(key: str, parts: Sequence[Part]) -> str:
    """Say in words what the requirements on one label state: ``label type is absent or not a``."""
    rest = list(parts)
    stated = []
    numbers = [part for part in rest if part[0] in ("Gt", "Lt")]
    if numbers:
        stated.append(describe_integers(numbers))
        rest = [part for part in rest if part[0] not in ("Gt", "Lt", "Exists")]
    elif ("Exists", ()) in rest and len(rest) > 1:
        stated.append("present")
        rest.remove(("Exists", ()))
    for operator, values in rest:
        if operator == "In":
            stated.append(join_words(values, "or"))
        elif operator == "NotIn":
            without = f"not {join_words(values)}" if len(values) == 1 else f"none of {join_words(values)}"
            stated.append(without if stated else f"absent or {without}")
        else:
            stated.append("present" if operator == "Exists" else "absent")
    return f"label {key} is {' and '.join(stated)}"


def describe_integers(parts: Iterable[Part]) -> str:
    """Say in words which integers ``Gt`` and ``Lt`` state: ``an integer above 2 and below 7``."""
    bounds = [f"{'above' if operator == 'Gt' else 'below'} {int(values[0])}" for operator, values in parts]
    return f"an integer {' and '.join(bounds)}"


def join_words(words: Sequence[str], conjunction: str = "and") -> str:
    """Join strings as in a sentence, ``a, b and c``; an empty one, a valid label value, as ``""``."""
    shown = [word or '""' for word in words]
    if len(shown) < 3:
        return f" {conjunction} ".join(shown)
    return f"{', '.join(shown[:-1])} {conjunction} {shown[-1]}"


def to_plain_data(value: Any) -> Any:
    """Copy data with lists instead of tuples, as JSON and YAML have them."""
    if isinstance(value, Mapping):
        return {key: to_plain_data(item) for key, item in value.items()}
    return [to_plain_data(item) for item in value] if isinstance(value, (list, tuple)) else value
