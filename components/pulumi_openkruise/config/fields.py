"""The fields of an installation, the kind of value that each takes, and the check that it has it.

Imports no Pulumi.
"""

from collections.abc import Mapping
from typing import Any, Literal

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, nearest, shown

Kind = Literal["text", "flag", "number", "texts", "gates", "mapping"]

FIELDS: dict[str, Kind] = {
    "virtual_node_selectors": "texts",
    "virtual_node_presets": "texts",
    "base_exclusions": "flag",
    "exclude_manager": "flag",
    "platform": "text",
    "feature_gates": "gates",
    "image_registry": "text",
    "image_pull_secrets": "texts",
    "chart": "text",
    "chart_repository": "text",
    "chart_version": "text",
    "chart_digest": "text",
    "namespace": "text",
    "create_namespace": "flag",
    "release_name": "text",
    "release_namespace": "text",
    "import_release": "flag",
    "former_release": "text",
    "former_namespace": "text",
    "protect": "flag",
    "guard_destroy": "flag",
    "reapply": "text",
    "node_check": "text",
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
    "text": "a text",
    "flag": "true or false",
    "number": "a number",
    "texts": "a list of texts",
    "gates": "a mapping of feature gates to true or false",
    "mapping": "a mapping of Helm values",
}
"""How messages call the kinds."""


class Arguments(dict[str, Any]):
    """Fields by name, and what whoever wrote them calls them; those of a plain mapping are called so, too."""

    def __init__(self, fields: Mapping[str, Any], *, field_name: FieldName, source: str) -> None:
        super().__init__(fields)
        self.field_name = field_name
        self.source = source
        """Where they come from, in messages; empty where that is the component's to say."""


def unknown_key(where: str, name: str, known: list[str]) -> Problem:
    """Return the problem of a key that does not exist, naming the nearest one that does."""
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return Problem("unknown-key", where, "unknown key", remedy=remedy)


def of_right_kind(raw: Mapping[str, Any], field_name: FieldName, problems: list[Problem]) -> dict[str, Any]:
    """Return the fields whose values have the right type, and add a problem for each other one.

    Lists come as pairs of position and text: those that are no text are left out, and the others keep their
    place.
    """
    given: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in FIELDS:
            problems.append(unknown_key(str(name), str(name), list(FIELDS)))
            continue
        kind, where = FIELDS[name], field_name(name)
        if kind == "texts" and isinstance(value, (list, tuple)):
            problems += [
                bad for index, item in enumerate(value) if (bad := _item_problem(item, where, index))
            ]
            given[name] = [(index, item) for index, item in enumerate(value) if isinstance(item, str)]
        elif kind == "number" and not isinstance(value, bool) and isinstance(value, (int, float)):
            what, largest = NUMBERS[name]
            if value == value and abs(value) <= largest and int(value) == value and value > 0:
                given[name] = int(value)
            else:
                reason = f"expected {what} from 1 to {largest}, found {shown(value)}"
                problems.append(Problem("out-of-range", where, reason))
        elif isinstance(
            value, {"text": str, "flag": bool, "gates": Mapping, "mapping": Mapping}.get(kind, ())
        ):
            given[name] = value
        else:
            problems.append(_wrong_type(kind, value, where))
    return given


def _wrong_type(kind: Kind, value: Any, where: str) -> Problem:
    expected = EXPECTED[kind]
    remedy = "write a list with one entry for each of them" if kind == "texts" else ""
    if "Output" in type(value).__name__:
        remedy = (
            "give a plain value: it has to be known in preview; of all arguments only values may hold Outputs"
        )
        return Problem("wrong-type", where, f"expected {expected}, found an Output", remedy=remedy)
    return Problem("wrong-type", where, f"expected {expected}, found {shown(value)}", remedy=remedy)


def _item_problem(item: Any, where: str, index: int) -> Problem | None:
    """Return what is wrong with an item of a list of texts, with the YAML trap it probably comes from."""
    if isinstance(item, str):
        return None
    place = f"{where}[{index}]"
    if item is None:
        remedy = 'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"'
    elif isinstance(item, Mapping):
        remedy = "YAML reads `key: value` as a mapping; write key=value"
    elif isinstance(item, (list, tuple)):
        remedy = "write one entry a line, without a list inside the list"
    else:
        remedy = "put it in quotes: YAML reads true, on, 5 and the like as something else than text"
    return Problem("wrong-type", place, f"expected a text, found {shown(item)}", remedy=remedy)
