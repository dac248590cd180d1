"""What the user's values require of the pods anyway, joined with the exclusion into one node affinity.

A term more would admit what another one excludes, so the two are never merged as lists: the selectors'
complement is intersected with every term. Preferred affinity and pod (anti-)affinity pass through. Imports no
Pulumi.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..diagnostics.problem import Problem, nearest
from ..selectors import Problem as SelectorProblem
from ..selectors import Selector, SelectorError, solve
from ..selectors.node_selector import read
from ..selectors.parse import check_requirement
from ..selectors.unsatisfiable import find_unsatisfiable_terms

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class Pods(NamedTuple):
    """Where a chart's values place the pods of one workload."""

    section: str
    """Key of the workload's values; ``nodeSelector`` stands right under it."""
    path: tuple[str, ...]
    """Where the node affinity stands below that."""


DAEMON = Pods("daemon", ("affinity", "nodeAffinity"))
MANAGER = Pods("manager", ("nodeAffinity",))


def node_affinity(values: Mapping[str, Any], pods: Pods) -> Mapping[str, Any]:
    """Return the node affinity that the values give the pods, empty where they give none."""
    found: Any = values.get(pods.section)
    for key in pods.path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def pod_labels(values: Mapping[str, Any], pods: Pods) -> dict[str, str]:
    """Return the labels that the pods' ``nodeSelector`` in the values asks of a node."""
    section = values.get(pods.section)
    found = section.get("nodeSelector") if isinstance(section, Mapping) else None
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {key: value for key, value in pairs if isinstance(key, str) and isinstance(value, str)}


def leaves_out(
    required: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> Callable[[Mapping[str, str], str], bool]:
    """Return what tells of a node, by its labels and its name, whether pods are kept off it anyway.

    By the node selector that is required of their nodes, and the labels that their ``nodeSelector`` asks for.
    """
    from ..selectors import NodeMatcher  # for whoever looks at nodes: an update computes the affinity alone

    match, asked = NodeMatcher((), required).match, labels.items()
    return lambda own, name: not (match(own, name).admitted and asked <= own.items())


def joined(
    excluded: Sequence[str | Selector], values: Mapping[str, Any], pods: Pods
) -> dict[str, Any] | None:
    """Return the node selector that requires what the values require and excludes what the selectors match.

    None when nothing is required or excluded. The values must be free of problems (``joint_problems``).
    """
    return _joined(tuple(excluded), node_affinity(values, pods).get(REQUIRED), pod_labels(values, pods))


def _joined(
    excluded: tuple[str | Selector, ...], required: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> dict[str, Any] | None:
    text = None if required is None else json.dumps(required)
    return _solved(excluded, text, tuple(sorted(labels.items())))


@lru_cache(maxsize=8)
def _solved(
    excluded: tuple[str | Selector, ...], required: str | None, labels: tuple[tuple[str, str], ...]
) -> dict[str, Any] | None:
    """Solve once: config is checked as config, again as arguments of the component, and then written."""
    node_selector = None if required is None else json.loads(required)
    return solve(excluded, required=node_selector, labels=dict(labels)).affinity


def label_problems(values: Mapping[str, Any], pods: Pods, where: str) -> Iterator[Problem]:
    """Yield what is no label in the ``nodeSelector`` that the values give the pods."""
    for key, value in pod_labels(values, pods).items():
        fault = check_requirement(key, "In", (value,))
        if fault:
            place = f"{where}.{pods.section}.nodeSelector.{key}"
            yield Problem("invalid-affinity", place, fault)


def form_problems(values: Mapping[str, Any], pods: Pods, where: str) -> Iterator[Problem]:
    """Yield what is wrong with the form of the affinity that the values give the pods.

    ``where`` is what the values are called.
    """
    section = values.get(pods.section)
    if not isinstance(section, Mapping):
        return
    place = f"{where}.{pods.section}"
    keys = ("nodeAffinity", "podAffinity", "podAntiAffinity")
    level: Any = section
    for key in pods.path:
        if key not in level:
            break
        level, place = level[key], f"{place}.{key}"
        if not isinstance(level, Mapping):
            yield Problem("invalid-affinity", place, "expected a mapping")
            return
        known = (REQUIRED, PREFERRED) if key == "nodeAffinity" else keys
        for name in level:
            if name not in known:
                near = nearest(str(name), known)
                remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
                yield Problem("invalid-affinity", f"{place}.{name}", "unknown key", (), remedy)
    required = node_affinity(values, pods).get(REQUIRED)
    if required is not None and not isinstance(required, Mapping):
        yield Problem("invalid-affinity", f"{place}.{REQUIRED}", "expected a mapping")
    elif required is not None:
        yield from (_problem(problem, f"{place}.{REQUIRED}") for problem in read(required)[1])


def joint_problems(
    excluded: Sequence[str | Selector],
    values: Mapping[str, Any],
    workloads: Sequence[Pods],
    where: str,
    selectors: str,
) -> list[Problem]:
    """Return what is wrong with the exclusion, joined with what the values require of each workload's nodes.

    Their form must be free of problems. ``where`` is what the values are called, ``selectors`` what the
    list of selectors is. Where nothing is required the exclusion itself is at fault, and that is told once.
    """
    told: dict[tuple[str, str], Problem] = {}
    for pods in workloads:
        required, labels = node_affinity(values, pods).get(REQUIRED), pod_labels(values, pods)
        affinity = f"{where}.{'.'.join((pods.section, *pods.path))}.{REQUIRED}"
        try:
            _joined(tuple(excluded), required, labels)
        except SelectorError as error:
            for problem in error.problems:
                place = selectors if required is None else affinity
                if problem.by_labels:
                    place = f"{where}.{pods.section}.nodeSelector"
                told.setdefault((place, problem.code), _problem(problem, place))
        else:
            for number, reason in find_unsatisfiable_terms(required, labels) if required is not None else ():
                place = f"{affinity}.nodeSelectorTerms[{number}]"
                told[place, reason] = Problem(
                    "dead-term", place, reason, (), "write what is meant, or remove the term", "warning"
                )
    # What is wrong with the selectors alone is wrong with them joined, too.
    return [
        problem
        for (place, code), problem in told.items()
        if place == selectors or (selectors, code) not in told
    ]


def _problem(problem: SelectorProblem, where: str) -> Problem:
    return Problem(problem.code, where, problem.reason, tuple(problem.example()), problem.remedy)
