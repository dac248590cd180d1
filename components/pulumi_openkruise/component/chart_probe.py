"""Reads the chart and asks its repository, in real runs only: never under a test's mocks."""

from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime import settings as runtime

from ..chart import repository
from ..chart.local import ChartReader, ignore_local_files, read_local_chart
from ..chart.source import check_index, check_missing_index, check_unchanged
from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..foreign.addresses import strip_login

_WAYS_OUT = (
    "check address, network and proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY); or do without the repository: "
    "`helm pull` the chart where it can be reached, and give the archive or an oci:// reference as the chart"
)


def is_real_run() -> bool:
    """Tell whether an engine runs the program: under a test's mocks nothing outside may be reached."""
    return not isinstance(runtime.get_monitor(), mocks.MockMonitor)


def choose_chart_reader() -> ChartReader:
    """Return the function that reads a chart on this machine."""
    return read_local_chart if is_real_run() else ignore_local_files


def check_chart_unchanged(chart: Settings) -> list[Problem]:
    """Return why the chart's file is no longer the one that the program has read; empty if it still is."""
    return check_unchanged(
        chart.chart, chart.archive_digest, choose_chart_reader(), field_name=chart.field_name
    )


def check_repository(chart: Settings) -> list[Problem]:
    """Return why the chart's repository cannot be used, within seconds; empty if none is asked.

    What does not keep it from being used is logged as a warning.
    """
    address = chart.chart_repository
    if address is None or not is_real_run():
        return []
    pulumi.log.debug(f"asking {strip_login(address)} for its index")
    answer = repository.fetch_index(address)
    if answer.failure:
        place = strip_login(address)
        return [Problem("no-repository", place, answer.failure, (), _WAYS_OUT)]
    about: dict[str, Any] = {
        "repository": address,
        "chart": chart.chart,
        "chart_version": chart.chart_version,
        "digest": chart.chart_digest,
        "field_name": chart.field_name,
    }
    if answer.content is not None:
        return list(check_index(answer.content, **about))
    if not answer.refusal:
        return []  # not asked
    problems = list(check_missing_index(answer.refusal, **about))
    for problem in problems:
        if problem.severity == "warning":
            pulumi.log.warn(str(problem))
    return [problem for problem in problems if problem.severity == "error"]
