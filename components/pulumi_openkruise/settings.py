"""What an installation can be told: the fields, their defaults and their checks. Imports no Pulumi.

The same checks serve stack config and arguments given in a program; only the names in the messages differ.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .exclusion import exclude
from .presets import PRESETS
from .problems import ConfigError, ConfigProblem, nearest, shown
from .selectors import Exclusion
from .values import values_problems

Kind = Literal["text", "flag", "number", "texts", "mapping"]
Label = Callable[[str], str]
"""Turns the name of a field into what the user calls it."""

FIELDS: dict[str, Kind] = {
    "virtual_node_selectors": "texts",
    "virtual_node_presets": "texts",
    "base_exclusions": "flag",
    "exclude_manager": "flag",
    "chart": "text",
    "chart_repository": "text",
    "chart_version": "text",
    "namespace": "text",
    "create_namespace": "flag",
    "release_name": "text",
    "release_namespace": "text",
    "protect": "flag",
    "timeout": "number",
    "values": "mapping",
}
"""Every field by name, with the kind of value it takes."""

CHART_REPOSITORY = "https://openkruise.github.io/charts/"
"""Where a chart given by its bare name is looked up by default."""

_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RELEASE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_TIMEOUT = 24 * 60 * 60


@dataclass(frozen=True)
class Settings:
    """A checked description of one installation, defaults filled in."""

    exclusion: Exclusion
    """The affinity that keeps pods off the virtual nodes; its ``affinity`` is None when none are excluded."""
    exclude_manager: bool = True
    chart: str = "kruise"
    chart_repository: str | None = CHART_REPOSITORY
    """Address of the chart's repository; None where ``chart`` is a path, an address or an OCI reference."""
    chart_version: str = "1.8.3"
    namespace: str = "kruise-system"
    create_namespace: bool = True
    release_name: str = "kruise"
    release_namespace: str = "kruise-system"
    protect: bool = True
    timeout: int = 600
    """Seconds; long, since a change of the affinity restarts every daemon, a tenth of them at a time."""
    values: Mapping[str, Any] = field(default_factory=dict)


def read_settings(
    raw: Mapping[str, Any],
    *,
    source: str,
    label: Label = str,
    known_problems: tuple[ConfigProblem, ...] = (),
) -> Settings:
    """Check ``raw`` (keys as in ``FIELDS``; absent means default) and return it as Settings.

    ``source`` says in messages where ``raw`` comes from, ``label`` what a field is called there. Problems
    that the caller has found already go in by ``known_problems``, so that they are listed with all others;
    fields that they are about have to be left out of ``raw``. Raises ConfigError with every problem.
    """
    problems = list(known_problems)
    given = _of_right_kind(raw, label, problems)
    names = [name for _index, name in given.get("virtual_node_presets", ())]
    problems += _preset_problems(given.get("virtual_node_presets", ()), label("virtual_node_presets"))
    exclusion, found = exclude(
        dict(given.get("virtual_node_selectors", ())),
        presets=[name for name in names if name in PRESETS],
        base=given.get("base_exclusions", True),
        where=label("virtual_node_selectors"),
    )
    problems += found
    problems += _chart_problems(given, label)
    problems += _name_problems(given, label)
    namespace = given.get("namespace", Settings.namespace)
    problems += values_problems(
        given.get("values", {}),
        exclusion=exclusion,
        exclude_manager=given.get("exclude_manager", True),
        namespace=namespace,
        where=label("values"),
        key_for_namespace=label("namespace"),
    )
    if problems or exclusion is None:
        raise ConfigError(problems, source=source)
    plain = {key: value for key, value in given.items() if key in Settings.__dataclass_fields__}
    plain.setdefault("release_namespace", namespace)
    if not _CHART_NAME.fullmatch(given.get("chart", Settings.chart)):
        plain.setdefault("chart_repository", None)
    return Settings(exclusion=exclusion, **plain)


def unknown_key(where: str, name: str, known: list[str]) -> ConfigProblem:
    """Return the problem of a key that does not exist, naming the nearest one that does."""
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return ConfigProblem("unknown-key", where, "unknown key", remedy=remedy)


def _of_right_kind(raw: Mapping[str, Any], label: Label, problems: list[ConfigProblem]) -> dict[str, Any]:
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
            if value == value and abs(value) <= _MAX_TIMEOUT and int(value) == value and value > 0:
                given[name] = int(value)
            else:
                reason = f"expected whole seconds from 1 to {_MAX_TIMEOUT}, found {shown(value)}"
                problems.append(ConfigProblem("out-of-range", where, reason))
        elif isinstance(value, {"text": str, "flag": bool, "mapping": Mapping}.get(kind, ())):
            given[name] = value
        else:
            problems.append(_wrong_type(kind, value, where))
    return given


def _wrong_type(kind: Kind, value: Any, where: str) -> ConfigProblem:
    expected = {
        "text": "a text",
        "flag": "true or false",
        "number": "a number of seconds",
        "texts": "a list of texts",
        "mapping": "a mapping of Helm values",
    }[kind]
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


def _preset_problems(names: Iterable[tuple[int, str]], where: str) -> list[ConfigProblem]:
    problems = []
    for index, name in names:
        if name not in PRESETS:
            near = nearest(name, PRESETS)
            remedy = f"did you mean {near}?" if near else f"known presets: {', '.join(PRESETS)}"
            problem = ConfigProblem(
                "unknown-preset", f"{where}[{index}]", f"unknown preset {shown(name)}", (), remedy
            )
            problems.append(problem)
    return problems


def _chart_problems(given: Mapping[str, Any], label: Label) -> list[ConfigProblem]:
    problems = []
    chart = given.get("chart", Settings.chart)
    if not chart.strip() or chart != chart.strip():
        reason = f"expected the chart's name, its path or an oci:// reference, found {shown(chart)}"
        problems.append(ConfigProblem("invalid-chart", label("chart"), reason))
    repository = given.get("chart_repository")
    if repository is not None:
        where = label("chart_repository")
        if repository.startswith("oci://"):
            remedy = f"give the whole oci:// reference as {label('chart')}, and leave this one out"
            problems.append(
                ConfigProblem("invalid-repository", where, "an OCI registry is not a repository", (), remedy)
            )
        elif not re.fullmatch(r"https?://[^/\s]\S*", repository):
            reason = f"expected an http:// or https:// address, found {shown(repository)}"
            problems.append(ConfigProblem("invalid-repository", where, reason))
        elif chart.strip() and not _CHART_NAME.fullmatch(chart):
            reason = f"of no use with {label('chart')} {shown(chart)}, which is found without a repository"
            remedy = f"leave it out, or give the chart's bare name as {label('chart')}"
            problems.append(ConfigProblem("needless-repository", where, reason, (), remedy))
    version = given.get("chart_version", Settings.chart_version)
    if not _VERSION.fullmatch(version):
        remedy = "give an exact version, in quotes, so that the same config always installs the same chart"
        reason = f"expected a version as {Settings.chart_version}, found {shown(version)}"
        problems.append(ConfigProblem("invalid-version", label("chart_version"), reason, (), remedy))
    return problems


def _name_problems(given: Mapping[str, Any], label: Label) -> list[ConfigProblem]:
    problems = []
    for name, pattern, longest in (
        ("namespace", _DNS_LABEL, 63),
        ("release_namespace", _DNS_LABEL, 63),
        ("release_name", _RELEASE_NAME, 53),
    ):
        value = given.get(name, "kruise")
        if not pattern.fullmatch(value) or len(value) > longest:
            reason = f"expected lower-case letters, digits and '-', at most {longest}, found {shown(value)}"
            problems.append(ConfigProblem("invalid-name", label(name), reason))
    namespace = given.get("namespace", Settings.namespace)
    if given.get("create_namespace", True) and (namespace == "default" or namespace.startswith("kube-")):
        # Created means owned: a destroy would delete it, with everything else that lives there.
        reason = f"{shown(namespace)} belongs to Kubernetes, not to a stack that would delete it one day"
        remedy = f"choose another, or adopt the existing one with {label('create_namespace')} false"
        problems.append(ConfigProblem("reserved-namespace", label("namespace"), reason, (), remedy))
    return problems
