"""A fleet's report as a table and as plain data. docs/schemas/fleet-check.schema.json describes the data."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...diagnostics.unavailable import Unavailable
from ...fleet.report import ClusterReport, State
from ...inventory.helm_records import find_deployed
from .report_json import write_finding
from .table import as_table
from .terminal import SafeText, join_safely

STATES: Mapping[State, str] = {
    "unreachable": "cannot be inspected",
    "findings": "findings of error or above",
    "failed": "its last update failed",
    "by-hand": "its last update was not this fleet's",
    "due": "an update is due",
    "on-hold": "on hold",
    "good": "as the fleet has recorded it",
}
"""Every state of a cluster in words, the worst first."""
_COLUMNS = ["wave", "cluster", "state", "chart", "revision", "commit", "nodes", "why"]


def as_text(found: Sequence[ClusterReport]) -> SafeText:
    """Return a table of the clusters by wave, and a line that counts them by state."""
    waves = dict.fromkeys(one.wave for one in found)
    groups = [[_row(one) for one in found if one.wave == wave] for wave in waves]
    counts = [
        f"{count} {words}"
        for state, words in STATES.items()
        if (count := sum(one.state == state for one in found))
    ]
    return join_safely([as_table(_COLUMNS, groups), f"{len(found)} clusters: {'; '.join(counts)}."])


def _row(one: ClusterReport) -> list[str]:
    chart_version, revision = find_release(one)
    release = [chart_version, str(revision or ""), find_commit(one)[:8]]
    return [
        one.wave,
        one.cluster.name,
        one.state,
        *release,
        describe_nodes(one),
        "\n".join(list_reasons(one)),
    ]


def as_data(project: str, found: Sequence[ClusterReport]) -> dict[str, Any]:
    """Return the report as plain data; all keys are written in camelCase."""
    return {"schemaVersion": 1, "project": project, "clusters": [_cluster_as_data(one) for one in found]}


def _cluster_as_data(one: ClusterReport) -> dict[str, Any]:
    chart_version, revision = find_release(one)
    return {
        "cluster": one.cluster.name,
        "wave": one.wave,
        "state": one.state,
        "clean": one.clean,
        "notes": list(one.notes),
        "hold": one.cluster.hold,
        "chartVersion": chart_version,
        "revision": revision,
        "commit": find_commit(one),
        "nodes": dict(one.checked.counts()) if one.checked is not None else {},
        "findings": [write_finding(finding) for finding in one.checked.findings] if one.checked else [],
    }


def find_release(one: ClusterReport) -> tuple[str, int]:
    """Return version of the chart and revision of a cluster's release; empty and 0 where it is not known."""
    records = one.checked.snapshot.records if one.checked is not None else []
    newest = None if isinstance(records, Unavailable) else find_deployed(records)
    return (newest.chart_version, newest.revision) if newest is not None else ("", 0)


def find_commit(one: ClusterReport) -> str:
    """Return the commit of the project at a cluster's last update; empty where it is not known."""
    return one.last.commit if one.last is not None else ""


def describe_nodes(one: ClusterReport) -> str:
    """Return the number of a cluster's nodes in each state, as ``check`` counts them."""
    counts = one.checked.counts() if one.checked is not None else {}
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def list_reasons(one: ClusterReport) -> list[str]:
    """Return everything that was found of a cluster, a line each."""
    findings = one.checked.findings if one.checked is not None else ()
    return [*one.notes, *(f"{finding.severity} {finding.code}: {finding.what}" for finding in findings)]
