"""The state of a whole fleet: each cluster's checks and history, compared with the fleet's record."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..checks import Report
from ..cluster.daemon_executor import call_on_thread
from ..config.fleet_file import Cluster, Wave
from ..diagnostics.unavailable import Unavailable
from .gate import check_cluster
from .project import Project
from .record import MESSAGE, CommandError, Update
from .release import Release, abbreviate, describe_change

Record = Mapping[str, Release]
"""The release by cluster, as the engine recorded it for the fleet."""
State = Literal["unreachable", "findings", "failed", "by-hand", "due", "on-hold", "good"]


@dataclass(frozen=True)
class ClusterReport:
    """One cluster of a fleet."""

    wave: str
    cluster: Cluster
    state: State
    notes: tuple[str, ...] = ()
    """Why it is in this state, a line each."""
    last: Update | None = None
    """Its last update, by its own history."""
    checked: Report | None = None
    """What ``check`` reports of it; None where it cannot be inspected."""

    @property
    def clean(self) -> bool:
        """Whether nothing of it needs an action; a hold, and an update that is due, need none at once."""
        return self.state in ("good", "on-hold", "due") and self.checked is not None and self.checked.clean


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
    stack = project.stack(cluster.name)
    try:
        last, config = await asyncio.gather(stack.last_update(), stack.config())
    except CommandError as error:
        return ClusterReport(wave.name, cluster, "unreachable", (str(error),))
    found = await call_on_thread(check_cluster, stack, config, live=live)
    state, notes = classify_record(project.releases[cluster.name], cluster, record, last)
    if isinstance(found, Unavailable):
        return ClusterReport(wave.name, cluster, "unreachable", (found.reason, *notes), last)
    state = "findings" if found.fails_on("error") else state
    return ClusterReport(wave.name, cluster, state, notes, last, found)


def classify_record(
    release: Release, cluster: Cluster, record: Record | Unavailable, last: Update | None
) -> tuple[State, tuple[str, ...]]:
    """Return a cluster's state by the fleet's record and its own history, and why."""
    if isinstance(record, Unavailable):
        return "good", (f"the fleet's record is not known: {record.reason}",)
    recorded = record.get(cluster.name)
    if last is not None and not last.succeeded:
        said = last.message or "by hand"
        return "failed", (f"the update of {last.ended or 'unknown time'} failed: {said}",)
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
