"""The file of a fleet: which clusters there are, in which waves they are updated, and what stops a wave.

A cluster is a stack of one project, by its name; its labels serve to select it. Pure: the caller reads files.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..config.fields import report_unknown_key
from ..diagnostics.problem import ConfigError, Problem, find_nearest, show
from ..selectors import Selector, SelectorError, from_mapping, parse

Gate = Literal["off", "critical", "error", "warning"]
GATES: tuple[Gate, ...] = ("off", "critical", "error", "warning")
"""From which severity on a finding of ``check`` stops the roll-out; ``off`` checks nothing."""
MOST_PARALLEL = 64
KEYS = ("clusters", "waves", "gate")
WAVE_KEYS = ("name", "select", "parallel", "soak", "gate")
SOAK = re.compile(r"([1-9][0-9]{0,4})(s|m|h)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Cluster:
    """One cluster: a stack by its name, the labels that select it, and why it is on hold (else empty)."""

    name: str
    labels: Mapping[str, str]
    hold: str = ""


@dataclass(frozen=True)
class Wave:
    """Clusters that are updated together, and what has to hold before the next wave begins."""

    name: str
    clusters: tuple[Cluster, ...]
    parallel: int = 1
    """How many clusters are updated at the same time."""
    soak_seconds: int = 0
    """How long after the last update of the wave all of it is checked once more."""
    gate: Gate = "error"


def read_fleet(data: Any, source: str, stacks: Collection[str] | None = None) -> tuple[Wave, ...]:
    """Return the waves of a fleet's file, in its order; a cluster belongs to the first wave that selects it.

    ``data`` is the file as plain data, ``source`` names it in messages, ``stacks`` are the stacks that have a
    file (None: not known here). Raises ConfigError with every problem.
    """
    if not isinstance(data, Mapping):
        found = f"expected a mapping with the keys clusters and waves, found {show(data)}"
        raise ConfigError([Problem("wrong-type", "fleet", found)], source=source)
    problems = [report_unknown_key(str(key), str(key), list(KEYS)) for key in data if key not in KEYS]
    gate = _gate(data.get("gate", "error"), "gate", problems)
    clusters = list(_clusters(data.get("clusters"), stacks, problems))
    left, waves = list(clusters), []
    given = data.get("waves")
    if not isinstance(given, list) or not given:
        problems.append(
            Problem(
                "wrong-type", "waves", f"expected a list of waves, found {show(given)}", (), _WAVE_EXAMPLE
            )
        )
        given = []
    names: set[str] = set()
    for index, raw in enumerate(given):
        wave, select = _wave(raw, f"waves[{index}]", gate, names, problems)
        if select is None:
            left = []  # which clusters it would select is unknown, so none can be missing
            continue
        chosen = tuple(one for one in left if select.matches(one.labels))
        left = [one for one in left if one not in chosen]
        if not chosen and clusters:
            reason = f"selects no cluster that an earlier wave has not: {show(str(select))}"
            remedy = "remove the wave, or correct its selector or the clusters' labels"
            problems.append(Problem("empty-wave", f"waves[{index}]", reason, (), remedy))
        waves.append(Wave(wave["name"], chosen, wave["parallel"], wave["soak_seconds"], wave["gate"]))
    for one in left if given else ():
        labels = ",".join(f"{key}={value}" for key, value in sorted(one.labels.items())) or "no labels"
        reason = f"no wave selects it ({labels}), so no update would ever reach it"
        remedy = "add a wave that selects it, or take the cluster out of the file"
        problems.append(Problem("cluster-in-no-wave", f"clusters.{one.name}", reason, (), remedy))
    if problems:
        raise ConfigError(problems, source=source)
    return tuple(waves)


_WAVE_EXAMPLE = "write one `- {name: canary, select: canary}` for each wave"


def _clusters(given: Any, stacks: Collection[str] | None, problems: list[Problem]) -> Iterator[Cluster]:
    if not isinstance(given, Mapping) or not given:
        reason = f"expected a mapping of stacks to labels, found {show(given)}"
        remedy = "write one `name: {env: prod}` for each stack"
        problems.append(Problem("wrong-type", "clusters", reason, (), remedy))
        return
    for key, value in given.items():
        name, where = str(key), f"clusters.{key}"
        if not NAME.fullmatch(name):
            problems.append(Problem("invalid-name", where, "not a name that a stack can have"))
            continue
        if stacks is not None and name not in stacks:
            near = find_nearest(name, stacks)
            remedy = f"did you mean {near}?" if near else f"make it: pulumi stack init {name}"
            reason = f"there is no stack file Pulumi.{name}.yaml"
            problems.append(Problem("missing-stack", where, reason, (), remedy))
        labels = {} if value is None else value
        if not isinstance(labels, Mapping):
            reason = f"expected a mapping of labels, found {show(value)}"
            problems.append(Problem("wrong-type", where, reason, (), f"write `{name}: {{env: prod}}`"))
            continue
        hold = labels.get("hold", "")
        if "hold" in labels and not (isinstance(hold, str) and hold.strip()):
            reason = f"expected the reason for the hold, found {show(hold)}"
            remedy = 'write why, for the readers of the plan: hold: "moves to another region until Friday"'
            problems.append(Problem("wrong-type", f"{where}.hold", reason, (), remedy))
        plain = {str(label): text for label, text in labels.items() if label != "hold"}
        for label, text in plain.items():
            problem = _label_problem(label, text, f"{where}.{label}")
            problems += [problem] if problem else []
        yield Cluster(name, {key: str(text) for key, text in plain.items()}, str(hold))


def _label_problem(label: str, text: Any, where: str) -> Problem | None:
    """Return what keeps a label from being one; key and value have the form that selectors know."""
    if not isinstance(text, str):
        reason = f"expected a string, found {show(text)}"
        return Problem("wrong-type", where, reason, (), f'put it in quotes: {label}: "{show(text)}"')
    try:
        from_mapping({"matchLabels": {label: text}})
    except SelectorError:
        reason = f"not a label that a selector can name: {show(f'{label}={text}')}"
        return Problem("invalid-label", where, reason, (), "use letters, digits, `-`, `_` and `.`, up to 63")
    return None


def _wave(
    raw: Any, where: str, gate: Gate, names: set[str], problems: list[Problem]
) -> tuple[dict[str, Any], Selector | None]:
    """Return one wave's settings, and its selector; None where it has none that can be read."""
    settings: dict[str, Any] = {"name": where, "parallel": 1, "soak_seconds": 0, "gate": gate}
    if not isinstance(raw, Mapping):
        reason = f"expected a mapping, found {show(raw)}"
        problems.append(Problem("wrong-type", where, reason, (), _WAVE_EXAMPLE))
        return settings, None
    problems += [
        report_unknown_key(f"{where}.{key}", str(key), list(WAVE_KEYS)) for key in raw if key not in WAVE_KEYS
    ]
    name = raw.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        reason = f"expected a name of letters, digits, `-`, `_` and `.`, found {show(name)}"
        problems.append(Problem("invalid-name", f"{where}.name", reason, (), _WAVE_EXAMPLE))
    elif name in names:
        reason = f"two waves are named {show(name)}"
        problems.append(Problem("duplicate-wave", f"{where}.name", reason, (), "rename one of them"))
    else:
        settings["name"] = name
        names.add(name)
    parallel = raw.get("parallel", 1)
    if isinstance(parallel, bool) or not isinstance(parallel, int) or not 1 <= parallel <= MOST_PARALLEL:
        reason = f"expected a whole number from 1 to {MOST_PARALLEL}, found {show(parallel)}"
        problems.append(Problem("out-of-range", f"{where}.parallel", reason))
    else:
        settings["parallel"] = parallel
    if "soak" in raw:
        soak = SOAK.fullmatch(str(raw["soak"]))
        if soak is None:
            reason = f"expected a time such as 90s, 30m or 2h, found {show(raw['soak'])}"
            problems.append(Problem("invalid-soak", f"{where}.soak", reason))
        else:
            settings["soak_seconds"] = int(soak[1]) * _SECONDS[soak[2]]
    if "gate" in raw:
        settings["gate"] = _gate(raw["gate"], f"{where}.gate", problems)
    select = raw.get("select")
    try:
        if isinstance(select, str):
            return settings, parse(select)
        reason = f"expected a label selector, found {show(select)}"
    except SelectorError as error:
        reason = error.problems[0].reason if error.problems else str(error)
    problems.append(
        Problem("invalid-selector", f"{where}.select", reason, (), 'for example "env=prod,!canary"')
    )
    return settings, None


def _gate(found: Any, where: str, problems: list[Problem]) -> Gate:
    found = "off" if found is False else found  # what YAML makes of off
    for gate in GATES:
        if found == gate:
            return gate
    reason = f"expected {', '.join(GATES[:-1])} or {GATES[-1]}, found {show(found)}"
    problems.append(Problem("invalid-choice", where, reason))
    return "error"
