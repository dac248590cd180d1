"""Helm values of the OpenKruise chart: the computed ones, and the user's merged over them. Imports no Pulumi.

Maps merge and lists replace, as Helm does. What would silently undo or bypass the computed values is refused.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..chart.derived import OWNED
from ..chart.gates import text_problems
from ..chart.version import Version
from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import Problem, shown
from ..selectors import ALWAYS_TRUE, Selector
from .node_affinity import (
    DAEMON,
    MANAGER,
    REQUIRED,
    form_problems,
    joined,
    joint_problems,
    label_problems,
    node_affinity,
)


def helm_values(
    excluded: Sequence[str | Selector],
    *,
    namespace: str,
    exclude_manager: bool = True,
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the values for the chart, keys in canonical order.

    Where no node is excluded and nothing else required, the daemon gets an affinity that every node meets,
    because the chart's default has to go, and a null takes it away from pulumi-kubernetes 4.30 on only.
    ``values`` are the user's, already found free of problems by ``values_problems``; a node affinity in them
    is joined with the exclusion.
    """
    values = values or {}
    computed: dict[str, Any] = {
        # The namespace is made, or adopted, outside of the chart: it has to be there, labelled, before the
        # release is, and must outlive it.
        "installation": {"createNamespace": False, "namespace": namespace},
    }
    every = merged(computed, values)
    daemon = {**node_affinity(values, DAEMON), REQUIRED: daemon_affinity(excluded, values)}
    every = merged(every, {"daemon": {"affinity": {"nodeAffinity": daemon}}})
    manager = joined(excluded, values, MANAGER) if exclude_manager else None
    if manager is not None:
        # The template puts this right under `nodeAffinity:`.
        own = {**node_affinity(values, MANAGER), REQUIRED: manager}
        every = merged(every, {"manager": {"nodeAffinity": own}})
    canonical: dict[str, Any] = _canonical(every)
    return canonical


def daemon_affinity(excluded: Sequence[str | Selector], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node selector that kruise-daemon requires: the exclusion joined with the user's own."""
    return joined(excluded, values, DAEMON) or ALWAYS_TRUE


def values_problems(
    values: Mapping[str, Any],
    *,
    excluded: Sequence[str | Selector] | None,
    namespace: str,
    contract: Version,
    derived: Mapping[str, Any] | None = None,
    field_name: FieldName = argument_name,
    exclude_manager: bool = True,
) -> list[Problem]:
    """Return everything that is wrong with the user's values, and with the exclusion joined with them.

    Messages show no content but of affinities and nodeSelectors. ``excluded`` is None while that is unknown.
    ``contract`` is the version of the chart, ``derived`` what other keys have set; ``field_name`` turns
    a field into its name in messages.
    """
    where = field_name("values")
    problems = list(_unfit(values, where))
    told = {problem.place for problem in problems}
    if values:
        from ..chart.value_checks import check_values  # what the chart takes: most stacks have no values

        found = check_values(values, contract, where)
        problems += [problem for problem in found if problem.place not in told]
    broken = {problem.place for problem in problems if problem.severity == "error"}
    judged = []
    for pods in (DAEMON, MANAGER):
        wrong = list(label_problems(values, pods, where))
        problems += wrong
        # Where there is something that is no data, the affinity cannot be judged.
        if not any(place == where or place.startswith(f"{where}.{pods.section}") for place in broken):
            form = list(form_problems(values, pods, where))
            problems += form
            if not wrong and not form and (pods is DAEMON or exclude_manager):
                judged.append(pods)
    if excluded is not None:
        problems += joint_problems(excluded, values, judged, where, field_name("virtual_node_selectors"))
    for key, name in OWNED.items():
        if key in values and key in (derived or {}):
            reason = "would take the place of what other keys have set here"
            remedy = f"set it all as {field_name(name)}, and remove this one"
            problems.append(Problem("owned-value", f"{where}.{key}", reason, (), remedy))
    if isinstance(values.get("featureGates"), str):
        problems += text_problems(
            values["featureGates"], contract, f"{where}.featureGates", field_name("feature_gates")
        )
    installation = _section(values, "installation")
    if isinstance(installation.get("namespace"), str) and installation["namespace"] != namespace:
        place, reason = f"{where}.installation.namespace", f"the namespace is {shown(namespace)}"
        problems.append(Problem("owned-value", place, reason, (), f"set {field_name('namespace')} instead"))
    if installation.get("createNamespace") is True:
        place = f"{where}.installation.createNamespace"
        reason = "the chart must not make the namespace: uninstalling would delete the release's record too"
        problems.append(Problem("owned-value", place, reason, (), "remove it"))
    return problems


def _section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = values.get(name)
    return section if isinstance(section, Mapping) else {}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return two sets of values as Helm would merge them: maps merge, everything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _canonical(value: Any) -> Any:
    """Return a plain copy with the keys of all maps sorted: the same values always give the same bytes."""
    if isinstance(value, Mapping):
        return {key: _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    return value


def _unfit(value: Any, where: str, depth: int = 0) -> Iterator[Problem]:
    """Yield what in the values is not data that reaches the chart."""
    if depth > 64:
        yield Problem("invalid-values", where, "nested too deeply")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _unfit(item, f"{where}.{key}", depth + 1)
            else:
                reason = f"the key {shown(key)} is not a text"
                yield Problem("invalid-values", where, reason, (), "put the key in quotes")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unfit(item, f"{where}[{index}]", depth + 1)
    elif value is None:
        # pulumi-kubernetes#2997: older providers drop it on its way to Helm.
        remedy = "write the value that should be in force, or remove the key"
        reason = "null removes the chart's default from pulumi-kubernetes 4.30 on, and older ones leave it"
        yield Problem("null-value", where, reason, (), remedy)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem("invalid-values", where, "not a finite number")
    elif not isinstance(value, (str, bool, int, float)):
        reason = f"expected text, number, true, false, list or mapping, found a Python {type(value).__name__}"
        yield Problem("invalid-values", where, reason)
