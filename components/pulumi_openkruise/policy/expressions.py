"""Label selectors as CEL expressions over the Node object of an admission request.

An expression is exact: it is true for exactly the labels that the selector matches, and it never fails,
whatever a node's labels are. ``>`` and ``<`` compare as ``strconv.ParseInt`` reads the label
(k8s.io/apimachinery ``pkg/labels``): leading zeros and nineteen digits included, larger numbers and other
strings never match.
"""

import json
from collections.abc import Iterable, Sequence

from ..selectors import Requirement, Selector
from ..selectors.syntax import MAX_INTEGER

MAX_EXPRESSION = 100_000
"""Characters of an expression that the API server compiles (cel-go's limit of code points)."""

HAS_LABELS = "has(object.metadata.labels)"
"""``metadata.labels`` is absent, not empty, on a node without labels."""


def quote(value: str) -> str:
    """Write a string as a CEL literal; JSON's escapes are CEL's, too."""
    return json.dumps(value)


def quote_list(values: Iterable[str]) -> str:
    """Write strings as a CEL list, sorted and without duplicates."""
    return f"[{', '.join(quote(value) for value in sorted(set(values)))}]"


def join_any(expressions: Sequence[str]) -> str:
    """Return an expression that is true where one of these is; false for none of them."""
    return " || ".join(expressions) or "false"


def write_selector(selector: Selector) -> str:
    """Return an expression that is true for the nodes that the selector matches."""
    return f"({' && '.join(write_requirement(one) for one in selector.requirements) or 'true'})"


def write_requirement(requirement: Requirement) -> str:
    """Return an expression that is true for the nodes that satisfy the requirement."""
    key = quote(requirement.key)
    present = f"{HAS_LABELS} && {key} in object.metadata.labels"
    value = f"object.metadata.labels[{key}]"
    if requirement.operator == "Exists":
        return f"({present})"
    if requirement.operator == "DoesNotExist":
        return f"!({present})"
    if requirement.operator in ("In", "NotIn"):
        listed = f"({present} && {value} in {quote_list(requirement.values)})"
        return listed if requirement.operator == "In" else f"!{listed}"
    sign = ">" if requirement.operator == "Gt" else "<"
    return f"({present} && {_check_integer(value)} && int({value}) {sign} {int(requirement.values[0])})"


def _check_integer(value: str) -> str:
    """Return an expression that is true where ``int(value)`` does not fail: for the integers of an int64."""
    short = f'{value}.matches("^0*[0-9]{{1,18}}$")'
    # Nineteen digits compare as strings: CEL's int() is an error beyond an int64.
    digits = f'{value}.matches("^0*[1-9][0-9]{{18}}$")'
    bounded = f'{value}.substring({value}.size() - 19) <= "{MAX_INTEGER}"'
    return f"({short} || ({digits} && {bounded}))"
