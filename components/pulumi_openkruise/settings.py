"""What an installation can be told: defaults and checks of all fields together. Imports no Pulumi.

The same checks serve stack config and arguments given in a program; only the names in the messages differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .chart_source import CHART, CHART_REPOSITORY, CHART_VERSION, chart_problems, is_bare_name
from .exclusion import exclude
from .fields import Label, of_right_kind
from .names import USUAL, name_problems
from .presets import is_preset, preset_remedy
from .problems import ConfigError, ConfigProblem, shown
from .selectors import Exclusion
from .values import values_problems


@dataclass(frozen=True)
class Settings:
    """A checked description of one installation, defaults filled in."""

    exclusion: Exclusion
    """The affinity that keeps pods off the virtual nodes; its ``affinity`` is None when none are excluded."""
    exclude_manager: bool = True
    chart: str = CHART
    chart_repository: str | None = CHART_REPOSITORY
    """Address of the chart's repository; None where ``chart`` is a path, an address or an OCI reference."""
    chart_version: str = CHART_VERSION
    namespace: str = USUAL
    create_namespace: bool = True
    release_name: str = "kruise"
    release_namespace: str = USUAL
    protect: bool = True
    guard_destroy: bool = False
    reapply: str = ""
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
    """Check ``raw`` (keys as in ``fields.FIELDS``; absent means default) and return it as Settings.

    ``source`` says in messages where ``raw`` comes from, ``label`` what a field is called there. Problems
    that the caller has found already go in by ``known_problems``, so that they are listed with all others;
    fields that they are about have to be left out of ``raw``. Raises ConfigError with every problem.
    """
    problems = list(known_problems)
    given = of_right_kind(raw, label, problems)
    names = [name for _index, name in given.get("virtual_node_presets", ())]
    problems += _preset_problems(given.get("virtual_node_presets", ()), label("virtual_node_presets"))
    exclusion, found = exclude(
        dict(given.get("virtual_node_selectors", ())),
        presets=[name for name in names if is_preset(name)],
        base=given.get("base_exclusions", True),
        where=label("virtual_node_selectors"),
    )
    problems += found
    problems += chart_problems(given, label)
    problems += name_problems(given, label)
    namespace = given.get("namespace", USUAL)
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
    if not is_bare_name(given.get("chart", CHART)):
        plain.setdefault("chart_repository", None)
    return Settings(exclusion=exclusion, **plain)


def _preset_problems(names: Iterable[tuple[int, str]], where: str) -> list[ConfigProblem]:
    return [
        ConfigProblem(
            "unknown-preset", f"{where}[{index}]", f"unknown preset {shown(name)}", (), preset_remedy(name)
        )
        for index, name in names
        if not is_preset(name)
    ]
