"""LabelSelector mappings, as manifests have them.

Rules: k8s.io/apimachinery ``pkg/apis/meta/v1`` (``LabelSelectorAsSelector``).
"""

from collections.abc import Mapping
from typing import Any

from .errors import Problem, SelectorError
from .requirement import Operator, Requirement, Selector, check_requirement, make_selector

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_REMEDY = "write a LabelSelector: matchLabels, matchExpressions with key, operator and values"


def from_mapping(mapping: Mapping[str, Any]) -> Selector:
    """Read a LabelSelector mapping with ``matchLabels`` and ``matchExpressions``.

    Raises SelectorError that lists every fault of the mapping.
    """
    faults = [
        f"unknown field {name!r}; a LabelSelector has matchLabels and matchExpressions"
        for name in mapping
        if name not in ("matchLabels", "matchExpressions")
    ]
    requirements: list[Requirement] = []
    text = str(dict(mapping))
    match_labels = mapping.get("matchLabels") or {}
    if isinstance(match_labels, Mapping):
        requirements += [
            _check_requirement(key, "In", (value,), faults) for key, value in match_labels.items()
        ]
    else:
        faults.append(f"matchLabels must be a mapping, found {type(match_labels).__name__}")
    expressions = mapping.get("matchExpressions") or []
    if not isinstance(expressions, (list, tuple)):
        faults.append(f"matchExpressions must be a list, found {type(expressions).__name__}")
        expressions = []
    for number, expression in enumerate(expressions):
        if not isinstance(expression, Mapping):
            faults.append(f"matchExpressions[{number}] must be a mapping")
            continue
        faults += [
            f"matchExpressions[{number}]: unknown field {name!r}; a requirement has key, operator and values"
            for name in expression
            if name not in ("key", "operator", "values")
        ]
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator not in _OPERATORS:
            expected = ", ".join(_OPERATORS)
            faults.append(f"matchExpressions[{number}]: operator {operator!r}, expected one of {expected}")
        elif not isinstance(values, (list, tuple)) or bool(values) != (operator in ("In", "NotIn")):
            expected = "a list of values" if operator in ("In", "NotIn") else "no values"
            faults.append(f"matchExpressions[{number}]: {operator} takes {expected}")
        else:
            requirements.append(_check_requirement(expression.get("key"), operator, tuple(values), faults))
    if faults:
        raise SelectorError([Problem("invalid-mapping", "; ".join(faults), selector=text, remedy=_REMEDY)])
    return make_selector(requirements, text)


def _check_requirement(
    key: Any, operator: Operator, values: tuple[Any, ...], faults: list[str]
) -> Requirement:
    fault = check_requirement(key, operator, values)
    if fault:
        faults.append(fault)
        return Requirement("", operator)
    return Requirement(key, operator, tuple(sorted(set(values))))
