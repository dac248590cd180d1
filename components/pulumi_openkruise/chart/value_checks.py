"""Helm values held against the contract of the chart's version."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..diagnostics.problem import Problem, Severity, nearest
from .contract import ABSENT, FIRST, KEYS
from .value_types import faults, found
from .version import Version, version


def check_values(values: Mapping[str, Any], chart: Version, where: str) -> Iterator[Problem]:
    """Yield every value that the chart does not take, takes in another form, or does not look at.

    ``where`` is what the values are called. Which keys there are, and what they do, is certain only for the
    published charts whose values are known: for others those problems are warnings. Types are errors always.
    """
    severity: Severity = "error" if chart.knowledge == "whole" else "warning"
    yield from _section(values, "", chart, where, severity)


def known_keys(chart: Version) -> list[str]:
    """Return the paths of all values of a version."""
    return [path for path, key in KEYS.items() if version(key.since) <= max(chart, version(FIRST))]


def _section(
    values: Mapping[str, Any], path: str, chart: Version, where: str, severity: Severity
) -> Iterator[Problem]:
    for name, value in values.items():
        here = f"{path}.{name}" if path else str(name)
        place = f"{where}.{here}"
        key = KEYS.get(here)
        if value is None or not isinstance(name, str):
            continue  # told as such
        if key is None and any(known.startswith(f"{here}.") for known in KEYS):
            if isinstance(value, Mapping):
                yield from _section(value, here, chart, where, severity)
            else:
                reason = f"expected a mapping, found {found(value)}"
                yield Problem("wrong-type", place, reason)
        elif key is None:
            yield _unknown(here, chart, place, severity)
        elif max(chart, version(FIRST)) < version(key.since):
            reason = f"the chart has this key from {key.since} on, and this is {chart.text}"
            yield Problem("other-version", place, reason, (), "remove it", severity)
        elif key.dead:
            remedy = key.instead or "remove it"
            yield Problem("dead-value", place, f"has no effect: {key.dead}", (), remedy, severity)
        else:
            for code, below, reason, remedy in faults(key.kind, value):
                yield Problem(code, f"{place}{below}", reason, (), remedy)
    plugins = values if path == "daemon.credentialProvider" else {}
    if plugins.get("enable") is True and not str(plugins.get("hostPath", "")).startswith("/"):
        reason = (
            "expected the absolute path of the plugins on the node; the chart's default is a relative one"
        )
        yield Problem("wrong-value", f"{where}.{path}.hostPath", reason)


def _unknown(here: str, chart: Version, place: str, severity: Severity) -> Problem:
    absent = ABSENT.get(here)
    if absent is not None:
        return Problem("absent-value", place, absent.reason, (), absent.remedy or "remove it", severity)
    root = place.removesuffix(here)
    known = known_keys(chart)
    likely = _likely(here, known)
    if likely:
        remedy = f"did you mean {' or '.join(root + path for path in likely)}?"
    else:
        section = here.rpartition(".")[0]
        level = {path.removeprefix(f"{section}." if section else "").partition(".")[0] for path in known
                 if not section or path.startswith(f"{section}.")}  # fmt: skip
        remedy = f"known keys{f' of {section}' if section else ''}: {', '.join(sorted(level))}"
    return Problem("unknown-key", place, f"the chart {chart.text} has no such key", (), remedy, severity)


def _likely(here: str, known: list[str]) -> list[str]:
    """Return the keys that are probably meant: of the same name elsewhere, a neighbour, one like it."""
    section, _dot, name = here.rpartition(".")
    prefix = f"{section}." if section else ""
    useful = [path for path in known if not KEYS[path].dead]
    paths = [*useful, *dict.fromkeys(path.rpartition(".")[0] for path in useful if path.count(".") > 1)]
    same = [path for path in paths if path.rpartition(".")[2].lower() == name.lower()]
    if 0 < len(same) <= 2:
        return same
    level = dict.fromkeys(path[len(prefix) :].partition(".")[0] for path in known if path.startswith(prefix))
    near = nearest(name, level)
    if near is not None:
        return [prefix + near]
    like = None if section else nearest(name, paths)
    return [like] if like else []
