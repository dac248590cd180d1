"""Where the chart comes from: the form of its name, repository and version. Imports no Pulumi."""

import re
from collections.abc import Mapping
from typing import Any

from .fields import Label
from .problems import ConfigProblem, shown

CHART = "kruise"
"""The chart's name, by default."""

CHART_REPOSITORY = "https://openkruise.github.io/charts/"
"""Where a chart given by its bare name is looked up by default."""

CHART_VERSION = "1.8.3"
"""The version of the chart, by default."""

_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)


def is_bare_name(chart: str) -> bool:
    """Whether a chart is looked up in a repository: it is a name, and no path, address or OCI reference."""
    return bool(_CHART_NAME.fullmatch(chart))


def chart_problems(given: Mapping[str, Any], label: Label) -> list[ConfigProblem]:
    """Return what is wrong with chart, repository and version; the fields have the right kind of value."""
    problems = []
    chart = given.get("chart", CHART)
    if not chart.strip() or chart != chart.strip():
        reason = f"expected the chart's name, its path or an oci:// reference, found {shown(chart)}"
        problems.append(ConfigProblem("invalid-chart", label("chart"), reason))
    repository = given.get("chart_repository")
    if repository is not None:
        where = label("chart_repository")
        if repository.startswith("oci://"):
            remedy = f"give the whole oci:// reference as {label('chart')}, and leave this one out"
            problems.append(
                ConfigProblem("invalid-repository", where, "an OCI registry is not a repository", (), remedy)
            )
        elif not re.fullmatch(r"https?://[^/\s]\S*", repository):
            reason = f"expected an http:// or https:// address, found {shown(repository)}"
            problems.append(ConfigProblem("invalid-repository", where, reason))
        elif chart.strip() and not is_bare_name(chart):
            reason = f"of no use with {label('chart')} {shown(chart)}, which is found without a repository"
            remedy = f"leave it out, or give the chart's bare name as {label('chart')}"
            problems.append(ConfigProblem("needless-repository", where, reason, (), remedy))
    version = given.get("chart_version", CHART_VERSION)
    if not _VERSION.fullmatch(version):
        remedy = "give an exact version, in quotes, so that the same config always installs the same chart"
        reason = f"expected a version as {CHART_VERSION}, found {shown(version)}"
        problems.append(ConfigProblem("invalid-version", label("chart_version"), reason, (), remedy))
    return problems
