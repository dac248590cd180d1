"""The node affinity that the user's values require of the pods, joined with the exclusion into one.

An additional term would admit what another one excludes, so the two are never merged as lists: the selectors'
complement is intersected with every term. Preferred affinity and pod (anti-)affinity pass through.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..chart.value_problems import report_unknown_key
from ..diagnostics.problem import Problem
from ..selectors import Problem as SelectorProblem
from ..selectors import Selector, SelectorError, solve
from ..selectors.node_selector import read
from ..selectors.requirement import check_requirement
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


def read_node_affinity(values: Mapping[str, Any], pods: Pods) -> Mapping[str, Any]:
    """Return the node affinity that the values give the pods; empty without one."""
    found: Any = values.get(pods.section)
    for key in pods.path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def read_pod_labels(values: Mapping[str, Any], pods: Pods) -> dict[str, str]:
    """Return the labels that the pods' ``nodeSelector`` in the values asks of a node."""
    section = values.get(pods.section)
    found = section.get("nodeSelector") if isinstance(section, Mapping) else None
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {key: value for key, value in pairs if isinstance(key, str) and isinstance(value, str)}


def leaves_out(
    required: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> Callable[[Mapping[str, str], str], bool]:
    """Return a predicate that tells whether the pods' own affinity or nodeSelector rules a node out.

    ``required`` is the node selector that their affinity requires, ``labels`` their ``nodeSelector``. The
    predicate takes a node's labels and its name.
    """
    from ..selectors import NodeMatcher  # slow to import, and an update computes the affinity alone

    match, asked = NodeMatcher((), required).match, labels.items()
    return lambda own, name: not (match(own, name).admitted and asked <= own.items())


def check_labels(values: Mapping[str, Any], pods: Pods, where: str) -> Iterator[Problem]:
    """Yield a problem for each entry of the pods' ``nodeSelector`` in the values that is not a label."""
    for key, value in read_pod_labels(values, pods).items():
        fault = check_requirement(key, "In", (value,))
        if fault:
            place = f"{where}.{pods.section}.nodeSelector.{key}"
            plain = key.replace("\\.", ".")
            escaped = check_requirement(plain, "In", (value,)) is None
            remedy = rf"write {plain}: the \ is for helm's --set" if escaped else ""
            yield Problem("invalid-affinity", place, fault, (), remedy)


def check_form(values: Mapping[str, Any], pods: Pods, where: str) -> Iterator[Problem]:
    """Yield the problems in the structure of the affinity that the values give the pods.

    ``where`` is the place of the values in messages.
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
        is_last = key == "nodeAffinity"
        known, mappings = ((REQUIRED, PREFERRED), (REQUIRED,)) if is_last else (keys, keys)
        for name in level:
            if name not in known:
                yield report_unknown_key(name, place, known, mappings, "invalid-affinity")
    required = read_node_affinity(values, pods).get(REQUIRED)
    if required is not None and not isinstance(required, Mapping):
        yield Problem("invalid-affinity", f"{place}.{REQUIRED}", "expected a mapping")
    elif required is not None:
        yield from (_make_problem(problem, f"{place}.{REQUIRED}") for problem in read(required)[1])


def join_affinities(
    excluded: Sequence[str | Selector],
    values: Mapping[str, Any],
    workloads: Sequence[Pods],
    where: str,
    selectors: str,
) -> tuple[dict[Pods, dict[str, Any] | None], list[Problem]]:
    """Return each workload's node selector: what the values require, without what the selectors match.

    A node selector is None when nothing is required or excluded. The structure of the values must be free of
    problems. ``where`` is the place of the values in messages, ``selectors`` that of the list of selectors.
    Where nothing is required the exclusion itself is at fault, which is reported once.
    """
    solved: dict[Pods, dict[str, Any] | None] = {}
    asked: dict[Pods, tuple[Mapping[str, Any] | None, dict[str, str]]] = {}
    found: dict[tuple[str, str], Problem] = {}
    for pods in workloads:
        required, labels = read_node_affinity(values, pods).get(REQUIRED), read_pod_labels(values, pods)
        affinity = f"{where}.{'.'.join((pods.section, *pods.path))}.{REQUIRED}"
        twin = next((other for other in solved if asked[other] == (required, labels)), None)
        asked[pods] = required, labels
        try:
            if twin is not None:
                solved[pods] = solved[twin]
            else:
                solved[pods] = solve(excluded, required=required, labels=labels).affinity
        except SelectorError as error:
            for problem in error.problems:
                place = selectors if required is None else affinity
                if problem.by_labels:
                    place = f"{where}.{pods.section}.nodeSelector"
                found.setdefault((place, problem.code), _make_problem(problem, place))
        else:
            for number, reason in find_unsatisfiable_terms(required, labels) if required is not None else ():
                place = f"{affinity}.nodeSelectorTerms[{number}]"
                found[place, reason] = Problem(
                    "dead-term", place, reason, (), "write what is meant, or remove the term", "warning"
                )
    # What is wrong with the selectors alone is wrong with them joined, too.
    return solved, [
        problem
        for (place, code), problem in found.items()
        if place == selectors or (selectors, code) not in found
    ]


def _make_problem(problem: SelectorProblem, where: str) -> Problem:
    return Problem(problem.code, where, problem.reason, tuple(problem.example()), problem.remedy)
