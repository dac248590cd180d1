"""The types of the chart's values, by chart and Kubernetes API; messages show no content of values.

Each check takes the value and yields problems, places relative to the value: ``.limits.cpu``, ``[0].name``.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from ..diagnostics.problem import Problem, find_nearest

Kind = Literal[
    "boolean", "string", "list of strings", "gates", "count", "port", "webhook-seconds", "level", "duration",
    "image", "absolute-path", "relative-path", "labels", "annotations", "references", "resources",
    "tolerations", "environment", "affinity", "node-affinity",
]  # fmt: skip


_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?", re.ASCII)
_DURATION = re.compile(r"0|(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+", re.ASCII)
_IMAGE = re.compile(r"(?!https?:)[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256)?", re.ASCII)
_VARIABLE = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*", re.ASCII)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_TOLERATION = {"key": str, "operator": str, "value": str, "effect": str, "tolerationSeconds": int}
_OPERATORS = ("Exists", "Equal", "Lt", "Gt")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute", "")


def check_type(kind: Kind, value: Any) -> Iterator[Problem]:
    """Yield a problem for every reason why a value is not of a kind."""
    yield from _CHECKS[kind](value)


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


def _wrong(value: Any, expected: str, path: str = "", remedy: str = "") -> Problem:
    return Problem("wrong-type", path, f"expected {expected}, found {describe_found(value)}", (), remedy)


def _value(expected: str, path: str = "", remedy: str = "") -> Problem:
    return Problem("wrong-value", path, f"expected {expected}", (), remedy)


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value == int(value)


def _boolean(value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        quoted = isinstance(value, str) and value.lower() in ("true", "false")
        yield _wrong(value, "true or false", remedy="write it without quotes" if quoted else "")


def _string(value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        remedy = "" if isinstance(value, (Mapping, list, tuple)) else "put it in quotes"
        yield _wrong(value, "a string", remedy=remedy)


def _matching(pattern: re.Pattern[str], expected: str, *, numbers: bool = False) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if numbers and _is_whole(value):
            value = str(int(value))
        if not isinstance(value, str):
            yield _wrong(value, expected)
        elif not pattern.fullmatch(value):
            yield _value(expected)

    return check


def _between(low: int, high: int, what: str) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if not _is_whole(value):
            quoted = isinstance(value, str) and value.isdecimal()
            yield _wrong(value, what, remedy="write it without quotes" if quoted else "")
        elif not low <= value <= high:
            yield _value(what)

    return check


def _absolute(value: Any) -> Iterator[Problem]:
    yield from _string(value)
    if isinstance(value, str) and not value.startswith("/"):
        yield _value("an absolute path on the node, of a folder")
    elif isinstance(value, str) and value.endswith(".sock"):
        yield _value("the folder that holds the socket", remedy="set the socket's own name as socketFile")


def _relative(value: Any) -> Iterator[Problem]:
    yield from _string(value)
    if isinstance(value, str) and value.startswith("/"):
        yield _value("a path that begins below daemon.socketLocation", remedy="remove that folder from it")


def _strings(value: Any) -> Iterator[Problem]:
    if not isinstance(value, (list, tuple)):
        yield _wrong(value, "a list of strings")
        return
    for index, item in enumerate(value):
        if not isinstance(item, str):
            yield _wrong(item, "a string", f"[{index}]", "put it in quotes")


def _gates(value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        remedy = "give the gates as featureGates, outside of values" if isinstance(value, Mapping) else ""
        yield _wrong(value, "one string, Name=true,Name=false", remedy=remedy)


def _affinity(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        return  # reported where it is joined with the exclusion, as are unknown keys and what is required
    if isinstance(value.get("nodeAffinity"), Mapping):
        for problem in _node_affinity(value["nodeAffinity"]):
            yield replace(problem, place=f".nodeAffinity{problem.place}")
    for name in ("podAffinity", "podAntiAffinity"):
        part = value.get(name, {})
        if not isinstance(part, Mapping):
            yield _wrong(part, "a mapping", f".{name}")
            continue
        for key, item in part.items():
            if key not in (_REQUIRED, _PREFERRED):
                yield _unknown(key, f".{name}", (_REQUIRED, _PREFERRED))
            elif not isinstance(item, (list, tuple)):
                yield _wrong(item, "a list", f".{name}.{key}")


def _node_affinity(value: Any) -> Iterator[Problem]:
    preferred = value.get(_PREFERRED, []) if isinstance(value, Mapping) else []
    for path, item, problem in _items(preferred, "preferences, each with weight and preference"):
        place = f".{_PREFERRED}{path}"
        if problem is not None:
            yield replace(problem, place=place)
            continue
        item = item or {}
        known = ("weight", "preference")
        yield from (_unknown(name, place, known) for name in item if name not in known)
        weight = item.get("weight", 0)
        if not _is_whole(weight) or not 1 <= weight <= 100:
            yield _value("a weight from 1 to 100", f"{place}.weight")
        if not isinstance(item.get("preference"), Mapping):
            yield _value("a mapping with matchExpressions", f"{place}.preference")


def _mapping_of_strings(what: str) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield _wrong(value, f"a mapping of {what} to strings")
            return
        for key, item in value.items():
            if not isinstance(item, str):
                remedy = "" if isinstance(item, (Mapping, list, tuple)) else "put it in quotes"
                yield _wrong(item, "a string", f".{key}", remedy)

    return check


def _items(value: Any, what: str) -> Iterator[tuple[str, Mapping[str, Any] | None, Problem | None]]:
    if not isinstance(value, (list, tuple)):
        yield "", None, _wrong(value, f"a list of {what}")
        return
    for index, item in enumerate(value):
        path = f"[{index}]"
        if isinstance(item, Mapping):
            yield path, item, None
        else:
            yield path, None, _wrong(item, "a mapping", path)


def _unknown(name: Any, path: str, known: tuple[str, ...]) -> Problem:
    near = find_nearest(str(name), known)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return Problem("unknown-key", f"{path}.{name}", "unknown key", (), remedy)


def _references(value: Any) -> Iterator[Problem]:
    for path, item, problem in _items(value, "mappings with a name each"):
        if problem is not None:
            remedy = "write `- name: ...`, or give the names as imagePullSecrets, outside of values"
            yield replace(problem, remedy=remedy)
        elif item is not None:
            yield from (_unknown(name, path, ("name",)) for name in item if name != "name")
            if not isinstance(item.get("name"), str) or not item["name"]:
                yield _value("the name of a Secret", f"{path}.name")


def _tolerations(value: Any) -> Iterator[Problem]:
    for path, item, problem in _items(value, "tolerations"):
        if problem is not None:
            yield problem
        for name, part in (item or {}).items():
            if name not in _TOLERATION:
                yield _unknown(name, path, tuple(_TOLERATION))
            elif name == "tolerationSeconds":
                if not _is_whole(part):
                    yield _wrong(part, "a whole number of seconds", f"{path}.{name}")
            elif not isinstance(part, str):
                yield _wrong(part, "a string", f"{path}.{name}", "put it in quotes")
            elif name == "operator" and part not in _OPERATORS:
                yield _value("Exists or Equal", f"{path}.{name}")
            elif name == "effect" and part not in _EFFECTS:
                yield _value("NoSchedule, PreferNoSchedule or NoExecute", f"{path}.{name}")


def _environment(value: Any) -> Iterator[Problem]:
    known = ("name", "value", "valueFrom")
    for path, item, problem in _items(value, "environment variables, each with a name"):
        if problem is not None:
            yield problem
            continue
        item = item or {}
        yield from (_unknown(name, path, known) for name in item if name not in known)
        if not isinstance(item.get("name"), str) or not _VARIABLE.fullmatch(item["name"]):
            yield _value("the name of a variable", f"{path}.name")
        if "value" in item and not isinstance(item["value"], str):
            yield _wrong(item["value"], "a string", f"{path}.value", "put it in quotes")
        if "valueFrom" in item and not isinstance(item["valueFrom"], Mapping):
            yield _wrong(item["valueFrom"], "a mapping", f"{path}.valueFrom")


def _resources(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong(value, "a mapping with limits and requests")
        return
    for name, part in value.items():
        if name == "claims":
            continue
        if name not in ("limits", "requests"):
            yield _unknown(name, "", ("limits", "requests", "claims"))
        elif not isinstance(part, Mapping):
            yield _wrong(part, "a mapping of resources to quantities", f".{name}")
        else:
            for resource, quantity in part.items():
                text = str(quantity) if isinstance(quantity, (int, float)) else quantity
                if isinstance(quantity, bool) or not isinstance(text, str):
                    yield _wrong(quantity, "a quantity", f".{name}.{resource}")
                elif not _QUANTITY.fullmatch(text):
                    yield _value("a quantity as 100m, 1 or 256Mi", f".{name}.{resource}")


_CHECKS: dict[Kind, Callable[[Any], Iterator[Problem]]] = {
    "boolean": _boolean,
    "string": _string,
    "list of strings": _strings,
    "gates": _gates,
    "count": _between(0, 1000, "a whole number"),
    "port": _between(1, 65535, "a port from 1 to 65535"),
    "webhook-seconds": _between(1, 30, "whole seconds from 1 to 30"),
    "level": _matching(re.compile(r"\d{1,3}", re.ASCII), "a log level, as 4", numbers=True),
    "duration": _matching(_DURATION, "a duration as 10h, or 0", numbers=True),
    "image": _matching(_IMAGE, "an image's name, without https:// and tag"),
    "absolute-path": _absolute,
    "relative-path": _relative,
    "labels": _mapping_of_strings("labels"),
    "annotations": _mapping_of_strings("annotations"),
    "references": _references,
    "resources": _resources,
    "tolerations": _tolerations,
    "environment": _environment,
    "affinity": _affinity,
    "node-affinity": _node_affinity,
}
