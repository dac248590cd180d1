"""The file of a fleet: which clusters there are, in which waves they are updated, and what stops a wave.

A cluster is a stack of one project, by its name; its labels serve to select it. What each key takes is in
``schema.json``, which editors read too; here is what one entry says about another.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

from ..config.json_schema import Violation, violations
from ..diagnostics.problem import ConfigError, Problem, find_nearest, report_unknown_key, show
from ..selectors import Selector, SelectorError, from_mapping, parse

Gate = Literal["off", "critical", "error", "warning"]
GATES: tuple[Gate, ...] = get_args(Gate)
"""From which severity on a finding of ``check`` stops the roll-out; ``off`` checks nothing."""
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_CODES = {
    "name": "invalid-name",
    "select": "invalid-selector",
    "parallel": "out-of-range",
    "soak": "invalid-soak",
    "gate": "invalid-choice",
}
"""Codes of problems by key of a wave; any other value that the schema refuses is a ``wrong-type``."""


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


def fleet_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a fleet's file."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("schema.json").read_text("utf-8"))
    return found


def read_fleet(data: Any, source: str, stacks: Collection[str] | None = None) -> tuple[Wave, ...]:
    """Return the waves of a fleet's file, in its order; a cluster belongs to the first wave that selects it.

    ``data`` is the file as plain data, ``source`` names it in messages, ``stacks`` are the stacks that have a
    file (None: not known here). Raises ConfigError with every problem.
    """
    problems = [_problem(one) for one in violations(fleet_schema(), data)]
    bad = {problem.place for problem in problems}
    if "fleet" in bad:
        raise ConfigError(problems, source=source)
    clusters = [] if "clusters" in bad else list(_clusters(data["clusters"], bad, stacks, problems))
    left, waves, names = clusters, list[Wave](), set[str]()
    gate = data.get("gate", "error")
    for index, raw in enumerate(() if "waves" in bad else data["waves"]):
        place = f"waves[{index}]"
        select = _selector(raw, place, bad, problems)
        if select is None:
            left = []  # what it selects is unknown, so no cluster can be missing
            continue
        chosen = tuple(one for one in left if select.matches(one.labels))
        left = [one for one in left if one not in chosen]
        if not chosen and clusters:
            reason = f"selects no cluster that an earlier wave has not: {show(str(select))}"
            remedy = "remove the wave, or correct its selector or the clusters' labels"
            problems.append(Problem("empty-wave", place, reason, (), remedy))
        if raw.get("name") in names:
            reason = f"two waves are named {show(raw['name'])}"
            problems.append(Problem("duplicate-wave", f"{place}.name", reason, (), "rename one of them"))
        names.add(str(raw.get("name")))
        if not problems:
            soak = raw.get("soak", "0s")
            seconds = int(soak[:-1]) * _SECONDS[soak[-1]]
            own_gate: Gate = raw.get("gate", gate) or "off"  # YAML makes false of off
            waves.append(Wave(raw["name"], chosen, raw.get("parallel", 1), seconds, own_gate))
    for one in () if "waves" in bad else left:
        labels = ",".join(f"{key}={value}" for key, value in sorted(one.labels.items())) or "no labels"
        reason = f"no wave selects it ({labels}), so no update would ever reach it"
        remedy = "add a wave that selects it, or take the cluster out of the file"
        problems.append(Problem("cluster-in-no-wave", f"clusters.{one.name}", reason, (), remedy))
    if problems:
        raise ConfigError(problems, source=source)
    return tuple(waves)


def _problem(found: Violation) -> Problem:
    if found.keyword == "additionalProperties":
        return report_unknown_key(found.place, str(found.value), list(found.schema["properties"]))
    reason = f"expected {found.schema['description']}, found {show(found.value)}"
    remedy = "".join(f"for example {example}" for example in found.schema.get("examples", ()))
    key = "name" if found.keyword == "propertyNames" else found.place.rpartition(".")[2]
    is_label = found.place.startswith("clusters.") and found.keyword != "propertyNames"
    code = "wrong-type" if is_label else _CODES.get(key, "wrong-type")
    return Problem(code, found.place or "fleet", reason, (), remedy)


def _clusters(
    given: Mapping[Any, Any], bad: Collection[str], stacks: Collection[str] | None, problems: list[Problem]
) -> Iterator[Cluster]:
    for key, value in given.items():
        name, place = str(key), f"clusters.{key}"
        if place in bad:
            continue
        if stacks is not None and name not in stacks:
            near = find_nearest(name, stacks)
            remedy = f"did you mean {near}?" if near else f"make it: pulumi stack init {name}"
            reason = f"there is no stack file Pulumi.{name}.yaml"
            problems.append(Problem("missing-stack", place, reason, (), remedy))
        labels = {str(label): str(text) for label, text in (value or {}).items()}
        hold = labels.pop("hold", "")
        for label, text in labels.items():
            if f"{place}.{label}" not in bad and not _is_label(label, text):
                reason = f"not a label that a selector can name: {show(f'{label}={text}')}"
                remedy = "use letters, digits, `-`, `_` and `.`, up to 63"
                problems.append(Problem("invalid-label", f"{place}.{label}", reason, (), remedy))
        yield Cluster(name, labels, hold)


def _is_label(label: str, text: str) -> bool:
    """Return whether key and value have the form that selectors know."""
    try:
        from_mapping({"matchLabels": {label: text}})
    except SelectorError:
        return False
    return True


def _selector(raw: Any, place: str, bad: Set[str], problems: list[Problem]) -> Selector | None:
    """Return a wave's selector; None where it has none that can be read."""
    if bad & {place, f"{place}.select"}:
        return None
    try:
        return parse(raw["select"])
    except SelectorError as error:
        reason = error.problems[0].reason if error.problems else str(error)
        remedy = 'for example "env=prod,!canary"'
        problems.append(Problem("invalid-selector", f"{place}.select", reason, (), remedy))
        return None
