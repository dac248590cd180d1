"""How a whole fleet stands: each cluster, its own history, and what the fleet's record says of it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..checks import Finding
from ..diagnostics.unavailable import Unavailable
from ..inventory.helm_records import find_deployed
from .file import Cluster, Wave
from .gate import check_cluster
from .project import Project
from .record import MESSAGE, CommandError, Stack, Update
from .release import abbreviate, describe_change

Record = Mapping[str, Mapping[str, str]]
"""The release by cluster, as the engine recorded it for the fleet."""
State = str
STATES: dict[State, str] = {
    "unreachable": "cannot be inspected",
    "findings": "findings of error or above",
    "failed": "its last update failed",
    "by-hand": "its last update was not this fleet's",
    "due": "an update is due",
    "on-hold": "on hold",
    "good": "as the fleet has recorded it",
}
"""Every state of a cluster in words, the worst first."""


@dataclass(frozen=True)
class ClusterReport:
    """One cluster of a fleet."""

    wave: str
    cluster: Cluster
    state: State
    notes: tuple[str, ...] = ()
    """Why it is in this state, a line each."""
    chart_version: str = ""
    revision: int = 0
    commit: str = ""
    """The commit of the project at its last update."""
    nodes: Mapping[str, int] = field(default_factory=dict)
    """Number of nodes by state, as ``check`` counts them."""
    findings: tuple[Finding, ...] = ()

    @property
    def why(self) -> list[str]:
        """Everything that was found of it, a line each."""
        found = (f"{finding.severity} {finding.code}: {finding.what}" for finding in self.findings)
        return [*self.notes, *found]

    @property
    def described_nodes(self) -> str:
        """The number of nodes in each state."""
        return ", ".join(f"{count} {state}" for state, count in self.nodes.items())

    @property
    def clean(self) -> bool:
        """Whether nothing of it needs an action; a hold, and an update that is due, need none at once."""
        harmless = all(finding.severity == "info" for finding in self.findings)
        return self.state in ("good", "on-hold", "due") and harmless


async def report_fleet(
    project: Project,
    record: Record | Unavailable,
    *,
    live: bool = False,
    parallel: int = 8,
    seen: Callable[[str], None] = lambda _name: None,
) -> list[ClusterReport]:
    """Return the report of every cluster, in the order of the waves; one that is unreachable delays none.

    ``record`` is what the fleet's own stack holds; ``seen`` is called with each cluster that is done.
    """
    slots = asyncio.Semaphore(parallel)

    async def report(wave: Wave, cluster: Cluster) -> ClusterReport:
        async with slots:
            found = await _report_cluster(project, wave, cluster, record, live)
        seen(cluster.name)
        return found

    return list(await asyncio.gather(*(report(wave, one) for wave in project.waves for one in wave.clusters)))


async def _report_cluster(
    project: Project, wave: Wave, cluster: Cluster, record: Record | Unavailable, live: bool
) -> ClusterReport:
    stack = Stack(cluster.name, project.folder, project.logs)
    try:
        last, config = await asyncio.gather(stack.last_update(), stack.config())
    except CommandError as error:
        return ClusterReport(wave.name, cluster, "unreachable", (str(error),))
    found = await asyncio.to_thread(check_cluster, cluster.name, config, live=live)
    state, notes = classify_record(project.release_of(cluster.name), cluster, record, last)
    commit = last.commit if last is not None else ""
    if isinstance(found, Unavailable):
        return ClusterReport(wave.name, cluster, "unreachable", (found.reason, *notes), commit=commit)
    records = found.snapshot.records
    newest = None if isinstance(records, Unavailable) else find_deployed(records)
    return ClusterReport(
        wave=wave.name,
        cluster=cluster,
        state="findings" if found.fails_on("error") else state,
        notes=notes,
        chart_version=newest.chart_version if newest is not None else "",
        revision=newest.revision if newest is not None else 0,
        commit=commit,
        nodes={str(name): count for name, count in found.counts().items()},
        findings=found.findings,
    )


def classify_record(
    release: Mapping[str, str], cluster: Cluster, record: Record | Unavailable, last: Update | None
) -> tuple[State, tuple[str, ...]]:
    """Return a cluster's state by the fleet's record and its own history, and why."""
    if isinstance(record, Unavailable):
        return "good", (f"the fleet's record is not known: {record.reason}",)
    recorded = record.get(cluster.name)
    if last is not None and not last.succeeded:
        return "failed", (
            f"the update of {last.ended or 'unknown time'} failed: {last.message or 'by hand'}",
        )
    if recorded and last is not None and last.message != f"{MESSAGE}{abbreviate(recorded)}":
        when = f" ({last.ended:%Y-%m-%d %H:%M} UTC)" if last.ended else ""
        said = f": {last.message}" if last.message else ""
        return "by-hand", (f"last update, by hand{when}: {last.kind}{said}",)
    if cluster.hold:
        return "on-hold", (cluster.hold,)
    if not recorded:
        return "due", ("never updated by this fleet",)
    parts = describe_change(recorded, release)
    return ("due", (f"changed: {', '.join(parts)}",)) if parts else ("good", ())


def read_record(exported: Any) -> Record:
    """Return what ``pulumi stack export`` of the fleet's own stack says of its clusters."""
    deployment = exported.get("deployment") if isinstance(exported, Mapping) else None
    resources = (deployment or {}).get("resources") or ()
    return {
        str(one["urn"]).rpartition("::")[2]: dict((one.get("inputs") or {}).get("release") or {})
        for one in resources
        if one.get("type") == "openkruise:fleet:Cluster"
    }
