"""Checks of Helm values against the contract of the chart's version.

A path is a tuple of keys, never joined text: Helm takes a dot in a key for a part of its name, so
``{"manager.replicas": 3}`` changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import Problem, Severity, find_nearest
from .contract import ABSENT, FIRST, KEYS, Key
from .late_value import LateValue, holds_late_value
from .value_problems import DOT_IN_KEY, describe_found, show_nested
from .value_types import check_type
from .version import Version, parse_version

Path = tuple[str, ...]

_TAKE_KEYS = ("affinity", "annotations", "labels", "node-affinity", "resources")
"""The kinds of values that have keys of their own."""

_KEYS: dict[Path, Key] = {tuple(path.split(".")): key for path, key in KEYS.items()}
_SECTIONS: set[Path] = {path[:depth] for path in _KEYS for depth in range(1, len(path))}
_OWNED: dict[Path, str] = {
    ("installation", "namespace"): "namespace",
    ("installation", "createNamespace"): "create_namespace",
}
"""Values that the module computes, each with the field to set in its place."""
_FIELDS = {**_OWNED, ("featureGates",): "feature_gates", ("imagePullSecrets",): "image_pull_secrets"}
"""Values that a suggestion replaces by a field, which is accepted whatever else is configured."""


def check_values(
    values: Mapping[str, Any], chart: Version, where: str, field_name: FieldName = argument_name
) -> Iterator[Problem]:
    """Yield a problem for every value that the chart does not have, takes in another form, or ignores.

    ``where`` is the place of the values in messages, ``field_name`` returns what the user calls a field. A
    value that equals the chart's default is never a problem; of one that is known later only the key is
    checked. Which keys a chart has is certain only for
    published charts whose values are known: for others unknown keys are warnings. Types are errors always.
    """
    severity: Severity = "error" if chart.knowledge == "whole" else "warning"
    yield from _Checks(chart, where, field_name, severity).section(values, ())


def list_known_keys(chart: Version) -> list[str]:
    """Return the paths of all values of a version."""
    return [".".join(path) for path in _list_known(chart)]


def find_default(path: Path, chart: Version) -> Any:
    """Return the chart's default of a value; None for a key that this version does not have."""
    key = _KEYS.get(path)
    if key is None or not _has(key, chart):
        return None
    return key.default.format(version=chart.text) if isinstance(key.default, str) else key.default


def drop_defaults(
    values: Mapping[str, Any], derived: Mapping[str, Any], chart: Version, path: Path = ()
) -> dict[str, Any]:
    """Return the user's values without chart defaults where other keys derive a value.

    The chart's own values.yaml, pasted whole, then does not undo what ``platform`` or ``featureGates`` set.
    """
    kept = {}
    for name, value in values.items():
        here, other = (*path, str(name)), derived.get(name)
        if other is not None and here in _KEYS and value == find_default(here, chart):
            continue
        both = isinstance(value, Mapping) and isinstance(other, Mapping)
        kept[name] = drop_defaults(value, dict(other or {}), chart, here) if both else value
    return kept


def show_path(where: str, path: Path) -> str:
    """Return the place of a value in messages; a key with a dot in it is quoted."""
    return ".".join([where, *(f'"{name}"' if "." in name else name for name in path)])


def _is_absolute(path: Any) -> bool:
    return isinstance(path, LateValue) or str(path).startswith("/")


def _has(key: Key, chart: Version) -> bool:
    return chart.includes(key.since) or parse_version(FIRST).includes(key.since)


def _list_known(chart: Version) -> list[Path]:
    return [path for path, key in _KEYS.items() if _has(key, chart)]


class _Checks:
    """The checks of one set of values."""

    def __init__(self, chart: Version, where: str, field_name: FieldName, severity: Severity) -> None:
        self._chart, self._where, self._field_name = chart, where, field_name
        self._severity: Severity = severity
        self._usable = [path for path in _list_known(chart) if not _KEYS[path].dead]
        """The keys that a suggestion may name, or else the field that sets them."""

    def section(self, values: Mapping[str, Any], path: Path) -> Iterator[Problem]:
        for name, value in values.items():
            if value is not None and isinstance(name, str):  # others are reported as such
                yield from self._value((*path, name), value)
        plugins = values if path == ("daemon", "credentialProvider") else {}
        if plugins.get("enable") is True and not _is_absolute(plugins.get("hostPath", "")):
            reason = (
                "expected the absolute path of the plugins on the node; the chart's default is a relative one"
            )
            yield Problem("wrong-value", show_path(self._where, (*path, "hostPath")), reason)

    def _value(self, path: Path, value: Any) -> Iterator[Problem]:
        place, key = show_path(self._where, path), _KEYS.get(path)
        if path in _SECTIONS:
            if isinstance(value, Mapping):
                yield from self.section(value, path)
            elif not isinstance(value, LateValue):
                yield Problem("wrong-type", place, f"expected a mapping, found {describe_found(value)}")
        elif key is None:
            yield self._unknown(path, place)
        elif not _has(key, self._chart):
            reason = f"the chart has this key from {key.since} on, and this is {self._chart.text}"
            yield Problem("other-version", place, reason, (), "remove it", self._severity)
        elif key.dead:
            if value != key.default:
                remedy = key.instead or "remove it"
                yield Problem("dead-value", place, f"has no effect: {key.dead}", (), remedy, self._severity)
        elif not holds_late_value(value):
            for problem in check_type(key.kind, value):
                yield replace(problem, place=f"{place}{problem.place}")

    def _unknown(self, path: Path, place: str) -> Problem:
        if "." in path[-1]:
            return self._dotted(path, place)
        absent = ABSENT.get(".".join(path))
        if absent is not None:
            remedy = absent.remedy or "remove it"
            return Problem("absent-value", place, absent.reason, (), remedy, self._severity)
        reason = f"the chart {self._chart.text} has no such key"
        return Problem("unknown-key", place, reason, (), self._remedy(path), self._severity)

    def _dotted(self, path: Path, place: str) -> Problem:
        """Return the problem of a key with a dot, which Helm does not take for nesting."""
        nested = (*path[:-1], *path[-1].split("."))
        leaf = next((key for path, key in _KEYS.items() if nested[: len(path)] == path), None)
        known = nested in _SECTIONS or nested in _KEYS or (leaf is not None and leaf.kind in _TAKE_KEYS)
        if nested in _OWNED:
            remedy = f"set {self._field_name(_OWNED[nested])} instead"
        else:
            remedy = f"nest the keys: {show_nested(nested[len(path) - 1 :])}" if known else "remove it"
        severity: Severity = "error" if known or leaf is not None else self._severity
        return Problem("unknown-key", place, DOT_IN_KEY, (), remedy, severity)

    def _remedy(self, path: Path) -> str:
        likely = self._likely(path)
        if likely:
            names = [
                self._field_name(_FIELDS[one]) if one in _FIELDS else show_path(self._where, one)
                for one in likely
            ]
            return f"did you mean {' or '.join(names)}?"
        section = path[:-1]
        level = sorted({known[len(section)] for known in self._usable if known[: len(section)] == section})
        return f"known keys{f' of {show_path(self._where, section)}' if section else ''}: {', '.join(level)}"

    def _likely(self, path: Path) -> list[Path]:
        """Return the keys that are probably meant, all of the component that the key is in.

        One of the same name in the component or for all of them, a neighbour with a similar name, or, of a
        key outside of all components, one with a similar path.
        """
        section, name = path[:-1], path[-1]
        below = [known for known in self._usable if not section or known[0] == path[0] or len(known) == 1]
        paths = [*below, *dict.fromkeys(known[:-1] for known in below if len(known) > 2)]
        same = [known for known in paths if known[-1].lower() == name.lower()]
        if 0 < len(same) <= 2:
            return same
        level = dict.fromkeys(
            known[len(section)] for known in self._usable if known[: len(section)] == section
        )
        near = find_nearest(name, level)
        if near is not None:
            return [(*section, near)]
        joined = {".".join(known): known for known in paths}
        like = None if section else find_nearest(name, joined)
        return [joined[like]] if like else []
