"""The settings read from what a user gives: all fields checked together, and the affinities computed.

The same checks serve stack config and arguments given in a program; only the names in the messages differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..chart.derived import check_derived, derive_values, has_daemon, refuse_late_gate
from ..chart.late_value import drop_late_values
from ..chart.local import ChartReader, ignore_local_files, is_bare_name
from ..chart.source import (
    CHART,
    check_chart,
    find_contract_version,
    parse_digest,
    read_and_compare_chart,
)
from ..chart.value_problems import describe_found
from ..chart.version import Version, check_version
from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import ConfigError, Problem, show
from .adoption import check_adoption
from .excluded_nodes import list_excluded, read_excluded
from .fields import EXPECTED, read_fields
from .helm_values import merge_values, read_values
from .names import NAMESPACE, check_names
from .node_labels import MODES, read_node_labels
from .presets import is_preset, suggest_preset
from .settings import DEFAULT_CONTRACT, Settings

SELECTOR_FIELDS = ("virtual_node_selectors", "shared_node_selectors")
"""The lists of selectors; they add up, in any order."""

PRESET_FIELDS = ("virtual_node_presets", "shared_node_presets")
"""The lists of presets, which add up too."""


def choose_default_timeout(expected_nodes: int) -> int:
    """Return the seconds that Helm waits by default: ten minutes, and one more for each hundred nodes.

    A change of the affinity restarts all daemons, a tenth of them at a time: ten rounds, each as long as the
    slowest start in it. With more nodes the slowest is slower, and the DaemonSet controller, which makes 20
    requests a second, needs a second for every ten pods that it replaces.
    """
    return 600 + 60 * (expected_nodes // 100)


def read_settings(
    raw: Mapping[str, Any],
    *,
    source: str,
    field_name: FieldName = argument_name,
    read_chart: ChartReader = ignore_local_files,
) -> Settings:
    """Check ``raw`` (keys as in ``fields.FIELDS``; absent means default) and return it as Settings.

    ``source`` says in messages where ``raw`` comes from; ``field_name`` returns what a field is called there.
    ``read_chart`` reads a chart on this machine; by default none is read. Raises ConfigError with every
    problem, those of decoding (``fields.Undecoded``) among them.
    """
    given, problems = read_fields(raw, field_name)
    presets: list[str] = []
    for name in PRESET_FIELDS:
        problems += _check_presets(given.get(name, ()), field_name(name))
        presets += [preset for _index, preset in given.get(name, ()) if is_preset(preset)]
    listed = list_excluded(
        {field_name(name): given.get(name, ()) for name in SELECTOR_FIELDS},
        presets=presets,
        base=given.get("base_exclusions", True),
    )
    excluded, found = read_excluded(listed)
    problems += found
    problems += _check_choice(given, "node_check", ("off", "warn", "fail"), field_name)
    problems += _check_choice(given, "node_label_policy", MODES, field_name)
    labelled, found = read_node_labels(given, excluded, field_name)
    problems += found
    problems += check_chart(given, field_name)
    local, found = read_and_compare_chart(given, field_name, read_chart)
    problems += found
    problems += check_names(given, field_name)
    problems += check_adoption(given, field_name)
    contract = find_contract_version(given, local)
    problems += check_derived(given, contract, field_name)
    namespace, values = given.get("namespace", NAMESPACE), given.get("values", {})
    contract = contract or DEFAULT_CONTRACT
    good = not any(problem.severity == "error" for problem in problems)
    derived = derive_values(given, contract) if good else {}
    values_given = bool(values or given.get("feature_gates"))
    problems += check_version(contract, field_name("chart_version"), values_given=values_given)
    values = _drop_derived_defaults(values, derived, contract)
    affinities, found = read_values(
        values,
        excluded=excluded,
        exclude_manager=given.get("exclude_manager", True),
        namespace=namespace,
        contract=contract,
        derived=derived,
        field_name=field_name,
    )
    problems += found
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or excluded is None or affinities is None:
        raise ConfigError(errors, source=source)
    known = Settings.__dataclass_fields__.keys() - {"values", "node_label_selectors"}
    plain = {key: value for key, value in given.items() if key in known}
    plain.setdefault("release_namespace", namespace)
    plain.setdefault("timeout", choose_default_timeout(given.get("expected_nodes", 1)))
    plain["chart_version_stated"] = "chart_version" in given
    plain["chart_digest"] = parse_digest(given.get("chart_digest", ""))
    plain["archive_digest"] = local.digest if local is not None else None
    if not is_bare_name(given.get("chart", CHART)):
        plain.setdefault("chart_repository", None)
        # The chart's own version, not the default one: a later update is compared with it.
        plain.setdefault("chart_version", local.version if local is not None else contract.text)
    return Settings(
        excluded=excluded,
        listed=tuple((one.text, one.origin) for one in listed),
        affinities=affinities,
        node_label_selectors=labelled,
        presets=tuple(presets),
        contract=contract,
        derived=derived,
        values=values,
        has_daemon=has_daemon(merge_values(derived, drop_late_values(values))),
        warnings=tuple(problems),
        field_name=field_name,
        **plain,
    )


def add_values(settings: Settings, values: Any, *, source: str) -> Settings:
    """Return the settings with the user's values, once all outputs in them are known.

    ``warnings`` are then those that are new. Raises ConfigError with every problem of the values, and if they
    are no mapping.
    """
    if not isinstance(values, Mapping):
        # Without its content, which may be a secret.
        reason = f"expected {EXPECTED['mapping']}, found {describe_found(values)}"
        remedy = (
            "read it from the stack's config by require_secret_object (requireSecretObject), or decode it"
        )
        problem = Problem("wrong-type", settings.field_name("values"), reason, (), remedy)
        raise ConfigError([problem], source=source)
    values = _drop_derived_defaults(values, settings.derived, settings.contract)
    affinities, problems = read_values(
        values,
        excluded=settings.excluded,
        exclude_manager=settings.exclude_manager,
        namespace=settings.namespace,
        contract=settings.contract,
        derived=settings.derived,
        field_name=settings.field_name,
    )
    known = drop_late_values(values)
    if has_daemon(merge_values(settings.derived, known)) is not settings.has_daemon:
        place = f"{settings.field_name('values')}.featureGates"
        problems.append(refuse_late_gate(place, settings.field_name("feature_gates")))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or affinities is None:
        raise ConfigError(errors, source=source)
    new = tuple(problem for problem in problems if problem not in settings.warnings)
    return replace(settings, values=values, affinities=affinities, warnings=new)


def _drop_derived_defaults(
    values: Mapping[str, Any], derived: Mapping[str, Any], contract: Version
) -> Mapping[str, Any]:
    """Return the values without chart defaults where other keys derive a value."""
    if not values or not derived:
        return values
    from ..chart.value_checks import drop_defaults  # most stacks have no values, and need no contract

    return drop_defaults(values, derived, contract)


def _check_choice(
    given: dict[str, Any], name: str, choices: Sequence[str], field_name: FieldName
) -> list[Problem]:
    found = given.get(name)
    if found == "false":  # what YAML makes of off
        given[name] = found = "off"
    if found is None or found in choices:
        return []
    expected = f"{', '.join(choices[:-1])} or {choices[-1]}"
    return [Problem("invalid-choice", field_name(name), f"expected {expected}, found {show(found)}")]


def _check_presets(names: Iterable[tuple[int, str]], where: str) -> list[Problem]:
    return [
        Problem(
            "unknown-preset", f"{where}[{index}]", f"unknown preset {show(name)}", (), suggest_preset(name)
        )
        for index, name in names
        if not is_preset(name)
    ]
