"""Values that have a type of the Kubernetes API: affinities, tolerations, resources, ...

Each check takes the value and yields problems, places relative to the value: ``.limits.cpu``, ``[0].name``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..diagnostics.problem import Problem
from .value_problems import is_whole, report_type, report_unknown_key, report_value

_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?", re.ASCII)
_VARIABLE = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*", re.ASCII)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_TOLERATION = {"key": str, "operator": str, "value": str, "effect": str, "tolerationSeconds": int}
_OPERATORS = ("Exists", "Equal", "Lt", "Gt")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute", "")


def check_affinity(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with an affinity, except in the terms that it requires of nodes."""
    if not isinstance(value, Mapping):
        return  # reported where it is joined with the exclusion, as are unknown keys and what is required
    if isinstance(value.get("nodeAffinity"), Mapping):
        for problem in check_node_affinity(value["nodeAffinity"]):
            yield replace(problem, place=f".nodeAffinity{problem.place}")
    for name in ("podAffinity", "podAntiAffinity"):
        part = value.get(name, {})
        if not isinstance(part, Mapping):
            yield report_type(part, "a mapping", f".{name}")
            continue
        for key, item in part.items():
            if key not in (_REQUIRED, _PREFERRED):
                yield report_unknown_key(key, f".{name}", (_REQUIRED, _PREFERRED))
            elif not isinstance(item, (list, tuple)):
                yield report_type(item, "a list", f".{name}.{key}")


def check_node_affinity(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with the preferences of a node affinity."""
    preferred = value.get(_PREFERRED, []) if isinstance(value, Mapping) else []
    for path, item, problem in _check_items(preferred, "preferences, each with weight and preference"):
        place = f".{_PREFERRED}{path}"
        if problem is not None:
            yield replace(problem, place=place)
            continue
        item = item or {}
        known = ("weight", "preference")
        yield from (report_unknown_key(name, place, known, known[1:]) for name in item if name not in known)
        weight = item.get("weight", 0)
        if not is_whole(weight) or not 1 <= weight <= 100:
            yield report_value("a weight from 1 to 100", f"{place}.weight")
        if not isinstance(item.get("preference"), Mapping):
            yield report_value("a mapping with matchExpressions", f"{place}.preference")


def check_references(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with references to Secrets."""
    for path, item, problem in _check_items(value, "mappings with a name each"):
        if problem is not None:
            remedy = "write `- name: ...`, or give the names as imagePullSecrets, outside of values"
            yield replace(problem, remedy=remedy)
        elif item is not None:
            yield from (report_unknown_key(name, path, ("name",)) for name in item if name != "name")
            if not isinstance(item.get("name"), str) or not item["name"]:
                yield report_value("the name of a Secret", f"{path}.name")


def check_tolerations(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with a list of tolerations."""
    for path, item, problem in _check_items(value, "tolerations"):
        if problem is not None:
            yield problem
        for name, part in (item or {}).items():
            if name not in _TOLERATION:
                yield report_unknown_key(name, path, tuple(_TOLERATION))
            elif name == "tolerationSeconds":
                if not is_whole(part):
                    yield report_type(part, "a whole number of seconds", f"{path}.{name}")
            elif not isinstance(part, str):
                yield report_type(part, "a string", f"{path}.{name}", "put it in quotes")
            elif name == "operator" and part not in _OPERATORS:
                yield report_value("Exists or Equal", f"{path}.{name}")
            elif name == "effect" and part not in _EFFECTS:
                yield report_value("NoSchedule, PreferNoSchedule or NoExecute", f"{path}.{name}")


def check_environment(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with a container's environment variables."""
    known, mappings = ("name", "value", "valueFrom"), ("valueFrom",)
    for path, item, problem in _check_items(value, "environment variables, each with a name"):
        if problem is not None:
            yield problem
            continue
        item = item or {}
        yield from (report_unknown_key(name, path, known, mappings) for name in item if name not in known)
        if not isinstance(item.get("name"), str) or not _VARIABLE.fullmatch(item["name"]):
            yield report_value("the name of a variable", f"{path}.name")
        if "value" in item and not isinstance(item["value"], str):
            yield report_type(item["value"], "a string", f"{path}.value", "put it in quotes")
        if "valueFrom" in item and not isinstance(item["valueFrom"], Mapping):
            yield report_type(item["valueFrom"], "a mapping", f"{path}.valueFrom")


def check_resources(value: Any) -> Iterator[Problem]:
    """Yield what is wrong with requests and limits."""
    if not isinstance(value, Mapping):
        yield report_type(value, "a mapping with limits and requests")
        return
    for name, part in value.items():
        if name == "claims":
            continue
        if name not in ("limits", "requests"):
            known = ("limits", "requests", "claims")
            yield report_unknown_key(name, "", known, known[:2])
        elif not isinstance(part, Mapping):
            yield report_type(part, "a mapping of resources to quantities", f".{name}")
        else:
            for resource, quantity in part.items():
                text = str(quantity) if isinstance(quantity, (int, float)) else quantity
                if isinstance(quantity, bool) or not isinstance(text, str):
                    yield report_type(quantity, "a quantity", f".{name}.{resource}")
                elif not _QUANTITY.fullmatch(text):
                    yield report_value("a quantity as 100m, 1 or 256Mi", f".{name}.{resource}")


def _check_items(value: Any, what: str) -> Iterator[tuple[str, Mapping[str, Any] | None, Problem | None]]:
    if not isinstance(value, (list, tuple)):
        yield "", None, report_type(value, f"a list of {what}")
        return
    for index, item in enumerate(value):
        path = f"[{index}]"
        if isinstance(item, Mapping):
            yield path, item, None
        else:
            yield path, None, report_type(item, "a mapping", path)
