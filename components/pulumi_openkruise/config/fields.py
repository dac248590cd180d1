"""The fields of an installation, the kind of value that each takes, and the check that it has it.

Imports no Pulumi.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..diagnostics.problem import ConfigProblem, nearest, shown

Kind = Literal["text", "flag", "number", "texts", "gates", "mapping"]
Label = Callable[[str], str]
"""Turns the name of a field into what the user calls it."""

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


NAMESPACE = "openkruise"
"""The namespace of the config keys, also in programs of another name: ``openkruise:virtualNodeSelectors``."""


def config_key(name: str) -> str:
    """Return the key of a field in stack config: ``virtual_node_selectors`` is ``virtualNodeSelectors``."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def config_label(namespace: str = NAMESPACE) -> Label:
    """Return what the fields are called where they are keys of stack config."""
    return lambda name: f"{namespace}:{config_key(name)}"


class Arguments(dict[str, Any]):
    """Fields by name, and what whoever wrote them calls them; those of a plain mapping are called so, too."""

    def __init__(self, fields: Mapping[str, Any], *, label: Label, source: str) -> None:
        super().__init__(fields)
        self.label = label
        self.source = source
        """Where they come from, in messages; empty where that is the component's to say."""


def setting(label: Label, name: str, value: str) -> str:
    """Return how to set a field in the words of whoever wrote the others, and have it take effect."""
    key = label(name)
    if ":" in key:  # config alone has a namespace before its keys, and a command to set them by
        return f"pulumi config set {key} {value} && pulumi up"
    return f"set {key} to {value} in the program, then `pulumi up`"


def unknown_key(where: str, name: str, known: list[str]) -> ConfigProblem:
    """Return the problem of a key that does not exist, naming the nearest one that does."""
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return ConfigProblem("unknown-key", where, "unknown key", remedy=remedy)


def of_right_kind(raw: Mapping[str, Any], label: Label, problems: list[ConfigProblem]) -> dict[str, Any]:
    """Return the fields whose values have the right type, and add a problem for each other one.

    Lists come as pairs of position and text: those that are no text are left out, and the others keep their
    place.
    """
    given: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in FIELDS:
            problems.append(unknown_key(str(name), str(name), list(FIELDS)))
            continue
        kind, where = FIELDS[name], label(name)
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
                problems.append(ConfigProblem("out-of-range", where, reason))
        elif isinstance(
            value, {"text": str, "flag": bool, "gates": Mapping, "mapping": Mapping}.get(kind, ())
        ):
            given[name] = value
        else:
            problems.append(_wrong_type(kind, value, where))
    return given


def _wrong_type(kind: Kind, value: Any, where: str) -> ConfigProblem:
    expected = EXPECTED[kind]
    remedy = "write a list with one entry for each of them" if kind == "texts" else ""
    if "Output" in type(value).__name__:
        remedy = (
            "give a plain value: it has to be known in preview; of all arguments only values may hold Outputs"
        )
        return ConfigProblem("wrong-type", where, f"expected {expected}, found an Output", remedy=remedy)
    return ConfigProblem("wrong-type", where, f"expected {expected}, found {shown(value)}", remedy=remedy)


def _item_problem(item: Any, where: str, index: int) -> ConfigProblem | None:
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
    return ConfigProblem("wrong-type", place, f"expected a text, found {shown(item)}", remedy=remedy)
