"""What the user's values require of the pods anyway, joined with the exclusion into one node affinity.

A term more would admit what another one excludes, so the two are never merged as lists: the selectors'
complement is intersected with every term. Preferred affinity and pod (anti-)affinity pass through. Imports no
Pulumi.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .problems import ConfigProblem, nearest
from .selectors import Exclusion, Problem, SelectorError, solve
from .selectors.affinity import read
from .selectors.errors import describe_labels

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
    from .selectors import NodeMatcher  # for whoever looks at nodes: an update computes the affinity alone

    match, asked = NodeMatcher((), required).match, labels.items()
    return lambda own, name: not (match(own, name).admitted and asked <= own.items())


def joined(exclusion: Exclusion, values: Mapping[str, Any], pods: Pods) -> dict[str, Any] | None:
    """Return the node selector that requires what the values require and excludes what the selectors match.

    None when nothing is required or excluded. The values must be free of problems (``affinity_problems``).
    """
    required = node_affinity(values, pods).get(REQUIRED)
    if required is None:
        return exclusion.affinity
    return solve(exclusion.selectors, required=required).affinity


def affinity_problems(
    values: Mapping[str, Any], pods: Pods, where: str, exclusion: Exclusion | None
) -> Iterator[ConfigProblem]:
    """Yield what is wrong with the affinity that the values give the pods, or contradicts the exclusion.

    ``where`` is what the values are called; without an ``exclusion`` only the form is checked.
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
            yield ConfigProblem("invalid-affinity", place, "expected a mapping")
            return
        known = (REQUIRED, PREFERRED) if key == "nodeAffinity" else keys
        for name in level:
            if name not in known:
                near = nearest(str(name), known)
                remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
                yield ConfigProblem("invalid-affinity", f"{place}.{name}", "unknown key", (), remedy)
    required = node_affinity(values, pods).get(REQUIRED)
    if required is not None and not isinstance(required, Mapping):
        yield ConfigProblem("invalid-affinity", f"{place}.{REQUIRED}", "expected a mapping")
        return
    wrong = [] if required is None else read(required)[1]
    yield from (_problem(problem, f"{place}.{REQUIRED}") for problem in wrong)
    node_selector = section.get("nodeSelector") or {}
    if wrong or exclusion is None or not (required or node_selector):
        return
    try:
        # Kubernetes itself joins nodeSelector with the affinity; here they only have to leave a node.
        solve(exclusion.selectors, required=_both(required, node_selector))
    except SelectorError as error:
        place = f"{where}.{pods.section}" if node_selector else f"{place}.{REQUIRED}"
        yield from (_problem(problem, place) for problem in error.problems)


def _both(required: Mapping[str, Any] | None, node_selector: Any) -> dict[str, Any]:
    pairs = node_selector.items() if isinstance(node_selector, Mapping) else ()
    wanted = [
        {"key": key, "operator": "In", "values": [value]} for key, value in pairs if isinstance(value, str)
    ]
    if required is None:
        return {"nodeSelectorTerms": [{"matchExpressions": wanted}]}
    terms = [
        {**term, "matchExpressions": [*(term.get("matchExpressions") or ()), *wanted]}
        for term in required["nodeSelectorTerms"]
        if term.get("matchExpressions") or term.get("matchFields")
    ]
    return {"nodeSelectorTerms": terms or [{}]}


def _problem(problem: Problem, where: str) -> ConfigProblem:
    detail = () if problem.witness is None else (f"  for example a node {describe_labels(problem.witness)}",)
    return ConfigProblem(problem.code, where, problem.reason, detail, problem.remedy)
