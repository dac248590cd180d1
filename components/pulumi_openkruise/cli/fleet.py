"""``pulumi-openkruise fleet``: the state of many clusters, and in which waves they are updated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..diagnostics.problem import ConfigError
from ..diagnostics.unavailable import Unavailable
from ..fleet.project import Project, read_project
from ..fleet.record import CommandError, Stack
from ..fleet.report import ClusterReport, Record, report_fleet
from . import options
from .app import CLEAN, FINDINGS
from .errors import UnusableInputError
from .output.fleet_report import as_data, as_text
from .output.progress import progress
from .output.table import as_table
from .output.terminal import as_json, emit, note
from .signals import run_until_signal

_FILE = click.option(
    "--file", default="fleet.yaml", show_default=True, metavar="FILE", help="The fleet's file."
)


@click.group()
def fleet() -> None:
    """Report the state of a fleet of clusters; `pulumi -C fleet up` updates it.

    \b
    Examples:
      pulumi-openkruise fleet check --html fleet.html
      pulumi-openkruise fleet check --live -o json
      pulumi-openkruise fleet list -o json
    """


@fleet.command(name="list")
@_FILE
@options.table_or_json
def list_clusters(file: str, output: str) -> int:
    """List the clusters by wave; none of them is contacted.

    \b
    Examples:
      pulumi-openkruise fleet list
      pulumi-openkruise fleet list -o json | jq -c '[.waves[].clusters[].name]'    # a matrix in CI

    \b
    Exit codes: 0  listed
                2  unusable input
    """
    project = _project(file)
    waves = [
        {
            "name": wave.name,
            "parallel": wave.parallel,
            "soakSeconds": wave.soak_seconds,
            "gate": wave.gate,
            "clusters": [
                {"name": one.name, "labels": dict(one.labels), "hold": one.hold} for one in wave.clusters
            ],
        }
        for wave in project.waves
    ]
    if output == "json":
        emit(as_json({"schemaVersion": 1, "project": project.name, "waves": waves}))
        return CLEAN
    rows = [
        [
            [wave.name, one.name, ",".join(f"{key}={value}" for key, value in one.labels.items()), one.hold]
            for one in wave.clusters
        ]
        for wave in project.waves
    ]
    emit(as_table(["wave", "cluster", "labels", "on hold"], rows))
    return CLEAN


@fleet.command(name="check")
@_FILE
@click.option(
    "--program", metavar="DIR", help="Folder of the fleet's program; by default fleet beside the file."
)
@click.option(
    "--fleet-stack", default="fleet", show_default=True, metavar="NAME", help="The fleet's own stack."
)
@click.option("--live", is_flag=True, help="Also compare live objects with each release's manifest.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Clusters at a time."
)
@options.table_or_json
@click.option(
    "--html", metavar="FILE", help="Also write one self-contained page with a picture of the fleet."
)
def check_fleet(
    file: str, program: str | None, fleet_stack: str, live: bool, parallel: int, output: str, html: str | None
) -> int:
    """Check every cluster of a fleet, and compare its history with what the fleet has recorded.

    Nothing is changed. A cluster that cannot be inspected is a finding, and delays no other.

    \b
    Examples:
      pulumi-openkruise fleet check --html fleet.html
      pulumi-openkruise fleet check --live -o json

    \b
    Exit codes: 0  clean
                1  findings
                2  unusable input
    """
    project = _project(file)
    folder = Path(program) if program else project.folder / "fleet"
    total = sum(len(wave.clusters) for wave in project.waves)
    with progress() as show:
        done: list[str] = []

        def seen(name: str) -> None:
            done.append(name)
            show("clusters", len(done), total)

        async def run() -> tuple[Record | Unavailable, list[ClusterReport]]:
            record = await _record(fleet_stack, folder)
            return record, await report_fleet(project, record, live=live, parallel=parallel, seen=seen)

        record, found = run_until_signal(run())
    if isinstance(record, Unavailable):
        note(f"the fleet's record is not known: {record.reason}")
    if html is not None:
        from .output.fleet_page import write_fleet_page

        write_fleet_page(project.name, found, html, file)
        note(f"written: {html}")
    if output == "json":
        emit(as_json(as_data(project.name, found)))
    else:
        emit(as_text(found))
    return CLEAN if all(one.clean for one in found) else FINDINGS


def _project(file: str) -> Project:
    try:
        return read_project(Path(file))
    except ConfigError as error:
        raise UnusableInputError(str(error)) from None


async def _record(stack: str, folder: Path) -> Record | Unavailable:
    if not folder.is_dir():
        return Unavailable(f"there is no folder {folder}")
    try:
        return read_record(await Stack(stack, folder).read("stack", "export"))
    except CommandError as error:
        return Unavailable(str(error))


def read_record(exported: Any) -> Record:
    """Return what ``pulumi stack export`` of the fleet's own stack says of its clusters."""
    deployment = exported.get("deployment") if isinstance(exported, Mapping) else None
    resources = (deployment or {}).get("resources") or ()
    return {
        str(one["urn"]).rpartition("::")[2]: dict((one.get("inputs") or {}).get("release") or {})
        for one in resources
        if one.get("type") == "openkruise:fleet:Cluster"
    }
