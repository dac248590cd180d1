"""The checks of OpenKruise's feature gates, and the string that the chart wants."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..diagnostics.problem import Problem, Severity, find_nearest, show
from .effective_gates import CHART_DEFAULT, check_effects, find_dropped_defaults
from .gate_names import SINCE
from .version import Version, parse_version

_LIST = "docs/values.md lists the gates"

# Names of the Go constants, which differ from the gates' and are in some documentation.
_GO_NAMES = {
    "EnhancedLivenessProbeGate": "EnhancedLivenessProbe",
    "ForceDeleteTimeoutExpectationFeatureGate": "ForceDeleteTimeoutExpectationGate",
}


def render_gates(gates: Mapping[str, bool]) -> str:
    """Return the chart's ``featureGates`` string: sorted ``Name=true|false``, with the chart's own gates."""
    every = {**CHART_DEFAULT, **gates}
    return ",".join(f"{name}={str(every[name]).lower()}" for name in sorted(every))


def list_known_gates(chart: Version) -> list[str]:
    """Return the gates of a version."""
    return [name for name, since in SINCE.items() if _has(chart, since)]


def check_gates(
    gates: Mapping[str, Any], chart: Version, where: str, beside: Mapping[str, bool] | None = None
) -> Iterator[Problem]:
    """Yield the problems of gates given as a mapping, and what some of them do to others.

    ``beside`` are gates that a platform sets.
    """
    good = {}
    for name, on in gates.items():
        place = f"{where}.{name}"
        problem = _name_problem(name, chart, place) if isinstance(name, str) else None
        if not isinstance(name, str):
            yield Problem("wrong-type", where, f"expected the name of a gate, found {show(name)}")
        elif problem is not None:
            yield problem
        if isinstance(name, str) and not isinstance(on, bool):
            reason = f"expected true or false, found {show(on)}"
            yield Problem("wrong-type", place, reason, (), "write true or false, without quotes")
        if isinstance(name, str) and isinstance(on, bool):
            good[name] = on
    yield from check_effects({**CHART_DEFAULT, **(beside or {}), **good}, chart, where)


def read_text(text: str) -> dict[str, bool]:
    """Return the gates that a string for the chart sets; entries that cannot be read are left out."""
    pairs = [entry.strip().partition("=") for entry in text.split(",")]
    return {name: value == "true" for name, sign, value in pairs if sign and value in ("true", "false")}


def check_text(text: str, chart: Version, where: str, key: str = "feature_gates") -> Iterator[Problem]:
    """Yield the problems of a string given directly to the chart; it may be secret, and is not shown."""
    if "\\," in text:
        reason = r"found \, which only helm's --set needs: here it becomes a part of a gate's value"
        yield Problem("wrong-value", where, reason, (), f"write plain commas, or give the gates as {key}")
        return
    for index, entry in enumerate(text.split(",") if text else ()):
        name, sign, value = entry.partition("=")
        if not sign or value not in ("true", "false") or entry != entry.strip():
            reason = (
                f"entry {index + 1} is not Name=true or Name=false, which is all that the chart recognises"
            )
            yield Problem("wrong-value", where, reason, (), f"give the gates as {key}")
        elif _name_problem(name, chart, where) is not None:
            near = _find_near(name, chart)
            reason = (
                f"entry {index + 1} is not a feature gate of {chart.text}: manager and daemon would not start"
            )
            remedy = f"did you mean {near}?" if near and near != name else _LIST
            yield Problem("unknown-gate", where, reason, (), remedy, _choose_severity(chart))
    given = read_text(text)
    dropped = find_dropped_defaults(given, chart)
    if text and dropped:
        reason = f"replaces the chart's own string, so {', '.join(dropped)} is off"
        remedy = f"give the gates as {key}, which keeps it"
        yield Problem("dropped-gate", where, reason, (), remedy, "warning")
    yield from check_effects(given, chart, where)


def _has(chart: Version, since: str) -> bool:
    # A prerelease has what its release has: gates come early.
    return since == "1.7.0" or chart.number >= parse_version(since).number


def _find_near(name: str, chart: Version) -> str | None:
    known = list_known_gates(chart)
    if name in _GO_NAMES:
        return _GO_NAMES[name] if _GO_NAMES[name] in known else None
    return find_nearest(name, known)


def _choose_severity(chart: Version) -> Severity:
    return "error" if chart.knowledge == "whole" else "warning"


def _name_problem(name: str, chart: Version, place: str) -> Problem | None:
    if name in SINCE:
        if _has(chart, SINCE[name]):
            return None
        reason = f"a gate from {SINCE[name]} on, and this is {chart.text}: manager and daemon would not start"
        return Problem("unknown-gate", place, reason, (), "remove it", _choose_severity(chart))
    near = _find_near(name, chart)
    if name in _GO_NAMES:
        gate = _GO_NAMES[name]
        reason = "the name of a constant in OpenKruise's source, not of a gate"
        remedy = f"write {gate}" if near else f"remove it: the gate {gate} is there from {SINCE[gate]} on"
    else:
        reason = f"no feature gate of {chart.text}: manager and daemon would not start"
        remedy = f"did you mean {near}?" if near else _LIST
    return Problem("unknown-gate", place, reason, (), remedy, _choose_severity(chart))
