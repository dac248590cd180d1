"""The file of a fleet: which clusters there are, in which waves they are updated, and what stops a wave.

A cluster is a stack of one project, by its name; its labels serve to select it. What each key takes is in
``fleet.schema.json``, which editors read too; the checks here compare entries with each other.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from ..diagnostics.problem import ConfigError, Problem, find_nearest, show
from ..selectors import SelectorError, parse
from ..selectors.syntax import check_key, check_value
from .json_schema import Violation, list_violations, report_violation

Gate = Literal["off", "critical", "error", "warning"]
"""The severity from which on a finding of ``check`` stops the roll-out; ``off`` checks nothing."""
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

    @property
    def members(self) -> list[Cluster]:
        """The clusters that are not on hold."""
        return [one for one in self.clusters if not one.hold]


def load_fleet_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a fleet's file."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("fleet.schema.json").read_text("utf-8"))
    return found


def read_fleet(data: Any, source: str, stacks: Collection[str] | None = None) -> tuple[Wave, ...]:
    """Return the waves of a fleet's file, in its order; a cluster belongs to the first wave that selects it.

    ``data`` is the file as plain data, ``source`` names it in messages, ``stacks`` are the stacks that have a
    file (None: not known here). Raises ConfigError with every problem.
    """
    problems = [
        report_violation(one, _find_code(one), "fleet") for one in list_violations(load_fleet_schema(), data)
    ]
    bad = {problem.place for problem in problems}
    if "fleet" in bad:
        raise ConfigError(problems, source=source)
    clusters = [] if "clusters" in bad else list(_clusters(data["clusters"], bad, stacks, problems))
    left, waves, names = clusters, list[Wave](), set[str]()
    for index, raw in enumerate(() if "waves" in bad else data["waves"]):
        place = f"waves[{index}]"
        if bad & {place, f"{place}.select"}:
            left = []  # what it selects is unknown, so no cluster can be missing
            continue
        try:
            select = parse(raw["select"])
        except SelectorError as error:
            reason = error.problems[0].reason if error.problems else str(error)
            remedy = 'for example "env=prod,!canary"'
            problems.append(Problem("invalid-selector", f"{place}.select", reason, (), remedy))
            left = []
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
            gate: Gate = raw.get("gate", data.get("gate", "error")) or "off"  # YAML makes false of off
            seconds = int(soak[:-1]) * _SECONDS[soak[-1]]
            waves.append(Wave(raw["name"], chosen, raw.get("parallel", 1), seconds, gate))
    for one in () if "waves" in bad else left:
        labels = ",".join(f"{key}={value}" for key, value in sorted(one.labels.items())) or "no labels"
        reason = f"no wave selects it ({labels}), so no update would ever reach it"
        remedy = "add a wave that selects it, or take the cluster out of the file"
        problems.append(Problem("cluster-in-no-wave", f"clusters.{one.name}", reason, (), remedy))
    if problems:
        raise ConfigError(problems, source=source)
    return tuple(waves)


def _find_code(found: Violation) -> str:
    if found.keyword == "propertyNames":
        return "invalid-name"
    is_label = found.place.startswith("clusters.")
    return "wrong-type" if is_label else _CODES.get(found.place.rpartition(".")[2], "wrong-type")


def _clusters(
    given: Mapping[Any, Any], bad: Collection[str], stacks: Collection[str] | None, problems: list[Problem]
) -> Iterator[Cluster]:
    for name, value in given.items():
        place = f"clusters.{name}"
        if place in bad:
            continue
        if stacks is not None and name not in stacks:
            near = find_nearest(name, stacks)
            remedy = f"did you mean {near}?" if near else f"make it: pulumi stack init {name}"
            reason = f"there is no stack file Pulumi.{name}.yaml"
            problems.append(Problem("missing-stack", place, reason, (), remedy))
        labels = {label: str(text) for label, text in (value or {}).items()}
        hold = labels.pop("hold", "")
        for label, text in labels.items():
            where, fault = f"{place}.{label}", check_key(label) or check_value(text)
            if fault and where not in bad:
                reason = f"not a label that a selector can name: {fault}"
                problems.append(Problem("invalid-label", where, reason))
        yield Cluster(name, labels, hold)
