"""Helm values of the OpenKruise chart: the computed ones, and the user's merged over them.

Maps merge and lists replace, as Helm does. What would silently undo or bypass the computed values is refused.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..chart.derived import OWNED
from ..chart.gates import check_text
from ..chart.late_value import LateValue, drop_late_values, holds_late_value
from ..chart.version import Version
from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import Problem, show
from ..selectors import ALWAYS_TRUE, Selector
from .names import NAMESPACE
from .node_affinity import (
    DAEMON,
    MANAGER,
    REQUIRED,
    Pods,
    check_form,
    check_labels,
    join_affinities,
    read_node_affinity,
)


class Affinities(NamedTuple):
    """The node selectors that the pods' required node affinity consists of: exclusion and values joined."""

    daemon: dict[str, Any]
    """That of kruise-daemon. Where nothing is excluded or required it is one that every node meets: the
    chart's default has to go, and a null removes that only from pulumi-kubernetes 4.30 on."""
    manager: dict[str, Any] | None
    """That of the manager; None where the values alone decide."""


def render_values(affinities: Affinities, *, namespace: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for the chart, keys in canonical order.

    ``values`` are the user's, merged over what other keys derive, and free of problems (``read_values``).
    What depends on a value that is known later is known later, too.
    """
    computed: dict[str, Any] = {
        # The namespace is created, or adopted, outside of the chart: it has to exist, labelled, before the
        # release does, and must outlive it.
        "installation": {"createNamespace": False, "namespace": namespace},
    }
    every = merge_values(values, computed)
    required = LateValue() if has_late_placement(values, DAEMON) else affinities.daemon
    daemon = {**read_node_affinity(values, DAEMON), REQUIRED: required}
    every = merge_values(every, {"daemon": {"affinity": {"nodeAffinity": daemon}}})
    if affinities.manager is not None:
        # The template puts this right under `nodeAffinity:`.
        required = LateValue() if has_late_placement(values, MANAGER) else affinities.manager
        own = {**read_node_affinity(values, MANAGER), REQUIRED: required}
        every = merge_values(every, {"manager": {"nodeAffinity": own}})
    canonical: dict[str, Any] = _sort_keys(every)
    return canonical


def read_values(
    values: Mapping[str, Any],
    *,
    excluded: Sequence[str | Selector] | None,
    namespace: str,
    contract: Version,
    derived: Mapping[str, Any] | None = None,
    field_name: FieldName = argument_name,
    exclude_manager: bool = True,
) -> tuple[Affinities | None, list[Problem]]:
    """Return the affinities that exclusion and user's values make together, and every problem of the values.

    Messages show no content but of affinities and nodeSelectors. ``excluded`` is None while that is unknown.
    ``contract`` is the version of the chart, ``derived`` what other keys have set
    (values are without chart defaults there, see ``drop_defaults``); ``field_name`` returns
    what the user calls a field. The affinities are None where they cannot be computed.
    """
    where = field_name("values")
    problems = list(_report_unfit(values, where))
    every, values = values, _drop_late_placement(values)
    reported = {problem.place for problem in problems}
    if every:
        from ..chart.value_checks import check_values  # most stacks have no values, and need no contract

        found = check_values(every, contract, where, field_name)
        problems += [problem for problem in found if problem.place not in reported]
    joinable = []
    for pods in (DAEMON, MANAGER):
        wrong = list(check_labels(values, pods, where))
        problems += wrong
        # Where something is not data, the affinity cannot be checked.
        unfit = _report_unfit(values.get(pods.section, {}), where)
        if all(problem.severity != "error" for problem in unfit):
            form = list(check_form(values, pods, where))
            problems += form
            if not wrong and not form and (pods is DAEMON or exclude_manager):
                joinable.append(pods)
    affinities = None
    if excluded is not None:
        selectors = field_name("virtual_node_selectors")
        joined, found_jointly = join_affinities(excluded, values, joinable, where, selectors)
        problems += found_jointly
        if DAEMON in joined:
            affinities = Affinities(joined[DAEMON] or ALWAYS_TRUE, joined.get(MANAGER))
    for key, name in OWNED.items():
        if key in every and key in (derived or {}):
            reason = "would replace what other keys have set here"
            remedy = f"set it all as {field_name(name)}, and remove this one"
            problems.append(Problem("owned-value", f"{where}.{key}", reason, (), remedy))
    if isinstance(values.get("featureGates"), str):
        problems += check_text(
            values["featureGates"], contract, f"{where}.featureGates", field_name("feature_gates")
        )
    installation = _read_section(values, "installation")
    own = installation.get("namespace")
    if isinstance(own, str) and own not in (namespace, NAMESPACE):
        place, reason = f"{where}.installation.namespace", f"the namespace is {show(namespace)}"
        problems.append(Problem("owned-value", place, reason, (), f"set {field_name('namespace')} instead"))
    return affinities, problems


def has_late_placement(values: Mapping[str, Any], pods: Pods) -> bool:
    """Return whether an output can still change which nodes the pods may run on."""
    section = values.get(pods.section)
    if not isinstance(section, Mapping):
        return isinstance(section, LateValue)
    return holds_late_value(section.get(pods.path[0])) or holds_late_value(section.get("nodeSelector"))


def _drop_late_placement(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the known part of the values; an affinity or nodeSelector is known whole, or left out."""
    late = [
        (pods.section, key)
        for pods in (DAEMON, MANAGER)
        for key in (pods.path[0], "nodeSelector")
        if holds_late_value(_read_section(values, pods.section).get(key))
    ]
    known = dict(drop_late_values(values))
    for section, key in late:
        known[section] = {name: value for name, value in known[section].items() if name != key}
    return known


def _read_section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = values.get(name)
    return section if isinstance(section, Mapping) else {}


def merge_values(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return two sets of values as Helm would merge them: maps merge, everything else is replaced.

    A map over or below a value that is known later gives one that is known later.
    """
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, LateValue):
            continue
        result[key] = (
            merge_values(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return result


def _sort_keys(value: Any) -> Any:
    """Return a plain copy with the keys of all maps sorted: the same values always give the same bytes."""
    if isinstance(value, Mapping):
        return {key: _sort_keys(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_sort_keys(item) for item in value]
    return value


def _report_unfit(value: Any, where: str, depth: int = 0) -> Iterator[Problem]:
    """Yield a problem for everything in the values that is not data for the chart."""
    if depth > 64:
        yield Problem("invalid-values", where, "nested too deeply")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _report_unfit(item, f"{where}.{key}", depth + 1)
            else:
                reason = f"the key {show(key)} is not a string"
                yield Problem("invalid-values", where, reason, (), "put the key in quotes")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _report_unfit(item, f"{where}[{index}]", depth + 1)
    elif value is None:
        # pulumi-kubernetes#2997: older providers drop it on its way to Helm.
        remedy = "write the value that should be in force, or remove the key"
        reason = "null removes the chart's default from pulumi-kubernetes 4.30 on, and older ones leave it"
        yield Problem("null-value", where, reason, (), remedy)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem("invalid-values", where, "not a finite number")
    elif isinstance(value, str) and "\\," in value and not where.endswith(".featureGates"):
        # As in --set daemon.extraEnvs[0].value='.svc\,10.0.0.0/8'.
        reason = r"has \, as helm's --set needs it: in values the backslash stays"
        yield Problem("escaped-comma", where, reason, (), "write plain commas", "warning")
    elif not isinstance(value, (str, int, float, LateValue)):
        reason = f"expected a value of JSON or YAML, found a Python {type(value).__name__}"
        yield Problem("invalid-values", where, reason)
