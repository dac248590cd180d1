"""The types of the chart's values, by chart and Kubernetes API; messages show no content of values.

Each check takes the value and yields problems, places relative to the value: ``.limits.cpu``, ``[0].name``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from ..diagnostics.problem import Problem
from .kubernetes_types import (
    check_affinity,
    check_environment,
    check_node_affinity,
    check_references,
    check_resources,
    check_tolerations,
)
from .value_problems import is_whole, report_type, report_value

Kind = Literal[
    "boolean", "string", "list of strings", "gates", "count", "port", "webhook-seconds", "level", "duration",
    "image", "absolute-path", "relative-path", "labels", "annotations", "references", "resources",
    "tolerations", "environment", "affinity", "node-affinity",
]  # fmt: skip

_DURATION = re.compile(r"0|(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+", re.ASCII)
_IMAGE = re.compile(r"(?!https?:)[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256)?", re.ASCII)


def check_type(kind: Kind, value: Any) -> Iterator[Problem]:
    """Yield a problem for every reason why a value is not of a kind."""
    yield from _CHECKS[kind](value)


def _check_boolean(value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        quoted = isinstance(value, str) and value.lower() in ("true", "false")
        yield report_type(value, "true or false", remedy="write it without quotes" if quoted else "")


def _check_string(value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        remedy = "" if isinstance(value, (Mapping, list, tuple)) else "put it in quotes"
        yield report_type(value, "a string", remedy=remedy)


def _make_pattern_check(
    pattern: re.Pattern[str], expected: str, *, numbers: bool = False
) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if numbers and is_whole(value):
            value = str(int(value))
        if not isinstance(value, str):
            yield report_type(value, expected)
        elif not pattern.fullmatch(value):
            yield report_value(expected)

    return check


def _make_range_check(low: int, high: int, what: str) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if not is_whole(value):
            quoted = isinstance(value, str) and value.isdecimal()
            yield report_type(value, what, remedy="write it without quotes" if quoted else "")
        elif not low <= value <= high:
            yield report_value(what)

    return check


def _check_absolute(value: Any) -> Iterator[Problem]:
    yield from _check_string(value)
    if isinstance(value, str) and not value.startswith("/"):
        yield report_value("an absolute path on the node, of a folder")
    elif isinstance(value, str) and value.endswith(".sock"):
        yield report_value(
            "the folder that holds the socket", remedy="set the socket's own name as socketFile"
        )


def _check_relative(value: Any) -> Iterator[Problem]:
    yield from _check_string(value)
    if isinstance(value, str) and value.startswith("/"):
        yield report_value(
            "a path that begins below daemon.socketLocation", remedy="remove that folder from it"
        )


def _check_strings(value: Any) -> Iterator[Problem]:
    if not isinstance(value, (list, tuple)):
        yield report_type(value, "a list of strings")
        return
    for index, item in enumerate(value):
        if not isinstance(item, str):
            yield report_type(item, "a string", f"[{index}]", "put it in quotes")


def _check_gates(value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        remedy = "give the gates as featureGates, outside of values" if isinstance(value, Mapping) else ""
        yield report_type(value, "one string, Name=true,Name=false", remedy=remedy)


def _make_mapping_check(what: str) -> Callable[..., Any]:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield report_type(value, f"a mapping of {what} to strings")
            return
        for key, item in value.items():
            if not isinstance(item, str):
                remedy = "" if isinstance(item, (Mapping, list, tuple)) else "put it in quotes"
                yield report_type(item, "a string", f".{key}", remedy)

    return check


_CHECKS: dict[Kind, Callable[[Any], Iterator[Problem]]] = {
    "boolean": _check_boolean,
    "string": _check_string,
    "list of strings": _check_strings,
    "gates": _check_gates,
    "count": _make_range_check(0, 1000, "a whole number"),
    "port": _make_range_check(1, 65535, "a port from 1 to 65535"),
    "webhook-seconds": _make_range_check(1, 30, "whole seconds from 1 to 30"),
    "level": _make_pattern_check(re.compile(r"\d{1,3}", re.ASCII), "a log level, as 4", numbers=True),
    "duration": _make_pattern_check(_DURATION, "a duration as 10h, or 0", numbers=True),
    "image": _make_pattern_check(_IMAGE, "an image's name, without https:// and tag"),
    "absolute-path": _check_absolute,
    "relative-path": _check_relative,
    "labels": _make_mapping_check("labels"),
    "annotations": _make_mapping_check("annotations"),
    "references": check_references,
    "resources": check_resources,
    "tolerations": check_tolerations,
    "environment": check_environment,
    "affinity": check_affinity,
    "node-affinity": check_node_affinity,
}
