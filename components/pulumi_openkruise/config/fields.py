"""The fields of an installation, the kind of value that each takes, and the check of those kinds."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, report_unknown_key, show
from ..selectors import SelectorError
from ..selectors.exclusion import read_selectors

Kind = Literal["string", "boolean", "number", "list of strings", "gates", "mapping"]

FIELDS: dict[str, Kind] = {
    "virtual_node_selectors": "list of strings",
    "virtual_node_presets": "list of strings",
    "shared_node_selectors": "list of strings",
    "shared_node_presets": "list of strings",
    "base_exclusions": "boolean",
    "exclude_manager": "boolean",
    "platform": "string",
    "feature_gates": "gates",
    "image_registry": "string",
    "image_pull_secrets": "list of strings",
    "chart": "string",
    "chart_repository": "string",
    "chart_version": "string",
    "chart_digest": "string",
    "namespace": "string",
    "create_namespace": "boolean",
    "release_name": "string",
    "release_namespace": "string",
    "import_release": "boolean",
    "former_release": "string",
    "former_namespace": "string",
    "protect": "boolean",
    "guard_destroy": "boolean",
    "reapply": "string",
    "node_check": "string",
    "node_label_policy": "string",
    "set_type_label": "boolean",
    "node_label_selectors": "list of strings",
    "expected_nodes": "number",
    "timeout": "number",
    "values": "mapping",
}
"""Every field by name, with the kind of value it takes."""

NUMBERS: dict[str, tuple[str, int]] = {
    "timeout": ("whole seconds", 24 * 60 * 60),
    "expected_nodes": ("a whole number of nodes", 100_000),
}
"""What the numbers count, and the largest of each; the smallest is 1."""

EXPECTED: dict[Kind, str] = {
    "string": "a string",
    "boolean": "true or false",
    "number": "a number",
    "list of strings": "a list of strings",
    "gates": "a mapping of feature gates to true or false",
    "mapping": "a mapping of Helm values",
}
"""How messages call the kinds."""


class Undecoded:
    """What stands in the place of a value that could not be decoded; ``read_fields`` reports its problem.

    A copy of the arguments keeps it, so a mistake in stack config is never lost on the way to the component.
    Where a program joins it to a list of its own, it stands in that list.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def __iter__(self) -> "Iterator[Undecoded]":
        """Yield itself: as a part of a list it is reported as it would be alone."""
        yield self


class Arguments(dict[str, Any]):
    """Fields by name, with what their author calls them and where they come from."""

    def __init__(
        self,
        fields: Mapping[str, Any],
        *,
        field_name: FieldName,
        source: str,
    ) -> None:
        super().__init__(fields)
        self.field_name = field_name
        self.source = source
        """Where they come from, in messages; empty where the component knows that better."""
        self.secrets: dict[str, tuple[Any, Any]] = {}
        """Fields that are secret outputs here, each with its output and the plain content."""


def read_fields(raw: Mapping[str, Any], field_name: FieldName) -> tuple[dict[str, Any], list[Problem]]:
    """Return the fields whose values have the right type, and one problem for each of the others.

    Lists of strings become pairs of position and string, so that what is left out moves no other entry.
    """
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in raw.items():
        if isinstance(value, Undecoded):
            problems.append(value.problem)
            continue
        if name not in FIELDS:
            problems.append(report_unknown_key(str(name), str(name), list(FIELDS)))
            continue
        kind, where = FIELDS[name], field_name(name)
        if kind == "list of strings" and isinstance(value, (list, tuple)):
            problems += [bad for index, item in enumerate(value) if (bad := _check_item(item, where, index))]
            given[name] = [(index, item) for index, item in enumerate(value) if isinstance(item, str)]
        elif kind == "number" and not isinstance(value, bool) and isinstance(value, (int, float)):
            what, largest = NUMBERS[name]
            if 0 < value <= largest and int(value) == value:
                given[name] = int(value)
            else:
                reason = f"expected {what} from 1 to {largest}, found {show(value)}"
                problems.append(Problem("out-of-range", where, reason))
        elif isinstance(
            value, {"string": str, "boolean": bool, "gates": Mapping, "mapping": Mapping}.get(kind, ())
        ):
            given[name] = value
        else:
            problems.append(_report_wrong_type(kind, value, where))
    return given, problems


_PLAIN = "give a plain value: it has to be known in preview; of all arguments only values may hold Outputs"


def _is_output(value: Any) -> bool:
    return "Output" in type(value).__name__  # this folder does not import Pulumi


def _report_wrong_type(kind: Kind, value: Any, where: str) -> Problem:
    expected = EXPECTED[kind]
    remedy = "write a list with one entry for each of them" if kind == "list of strings" else ""
    if _is_output(value):
        return Problem("wrong-type", where, f"expected {expected}, found an Output", remedy=_PLAIN)
    return Problem("wrong-type", where, f"expected {expected}, found {show(value)}", remedy=remedy)


def _find_selector_remedy(item: Mapping[Any, Any]) -> str:
    """Return the selector to write for a mapping: a LabelSelector of the API, or labels and their values."""
    api_form = item if {"matchLabels", "matchExpressions"} & set(item) else {"matchLabels": dict(item)}
    try:
        (selector,) = read_selectors([api_form])
    except SelectorError:
        return "YAML reads `key: value` as a mapping; write key=value"
    return f'write "{selector}"'


def _check_item(item: Any, where: str, index: int) -> Problem | None:
    """Return what is wrong with an item of a list of strings, with the YAML trap it probably comes from."""
    if isinstance(item, str):
        return None
    if isinstance(item, Undecoded):
        return item.problem
    place = f"{where}[{index}]"
    if _is_output(item):
        return Problem("wrong-type", place, "expected a string, found an Output", remedy=_PLAIN)
    if item is None:
        remedy = 'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"'
    elif isinstance(item, Mapping):
        remedy = _find_selector_remedy(item)
    elif isinstance(item, (list, tuple)):
        remedy = "write one entry a line, without a list inside the list"
    else:
        remedy = "put it in quotes: YAML reads true, on, 5 and the like as something other than a string"
    return Problem("wrong-type", place, f"expected a string, found {show(item)}", remedy=remedy)
