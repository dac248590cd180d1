"""``pulumi-openkruise recover``: repair what Helm recorded of an interrupted update."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import click

from ..cluster import Cluster, ClusterError, ConflictError
from ..config import names
from ..inventory.object_names import is_name
from ..inventory.release import ReleaseId, ReleaseState
from ..inventory.release_reader import read_release
from ..lifecycle.recovery import Plan, plan_recovery
from . import options
from .app import CLEAN, FINDINGS
from .cluster_access import ClusterAccess
from .output.streams import write_error
from .output.table import as_table
from .output.terminal import as_json, ask_agreement, emit
from .recover_changes import (
    ReleaseChangedError,
    check_records,
    list_steps,
    make_changes,
    read_circumstances,
)
from .recover_state import find_all_damage, find_state_folder, recover_state

Step = tuple[str, str, str]
"""What is done, in words, and the method and path of the request that does it."""


def _check_name(_context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a name that leads to one path of the API server alone."""
    if not is_name(value) or len(value) > (53 if parameter.name == "release_name" else 63):
        raise click.BadParameter("expected lower-case letters, digits and '-', as Kubernetes names things")
    return value


@click.command()
@options.cluster
@click.option(
    "--release-name",
    metavar="NAME",
    default=names.RELEASE,
    show_default=True,
    help="Name of the Helm release.",
    callback=_check_name,
)
@click.option(
    "--release-namespace",
    metavar="NAME",
    default=names.NAMESPACE,
    show_default=True,
    help="Namespace of the release's records.",
    callback=_check_name,
)
@click.option(
    "--state",
    "state_url",
    metavar="FOLDER",
    help="Folder of Pulumi's file backend; where not given, that of PULUMI_BACKEND_URL or Pulumi.yaml.",
)
@click.option("--dry-run", is_flag=True, help="Say what recover would do, and do nothing.")
@options.yes
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "text"]),
    default="table",
    show_default=True,
    help="Output format; text is the same as table.",
)
def recover(
    access: ClusterAccess,
    release_name: str,
    release_namespace: str,
    state_url: str | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> int:
    """Repair an installation whose `up` or `destroy` was interrupted.

    Reads Helm's records of the release, says what it found and what it would do, asks, and does it. It
    changes Helm's records, and gives objects of the release (CRDs included) Helm's mark of ownership back
    where they have lost it. It changes nothing else of a CRD, and no custom resource. At the end it says
    what to run next.

    First it repairs files of Pulumi's own file backend that a killed CLI left cut off ("failed to load
    checkpoint: EOF").

    \b
    Examples:
      pulumi-openkruise recover --dry-run
      pulumi-openkruise recover --context prod
      pulumi-openkruise recover --release-name openkruise --release-namespace default --yes

    \b
    Exit codes: 0  nothing to recover, or recovered
                1  there is something to do (--dry-run, or the answer was no)
                2  the cluster could not be read, or refused the change
    """
    folder = find_state_folder(state_url)
    if folder is not None:
        damages = find_all_damage(folder)
        if damages:
            return recover_state(folder, damages, dry_run=dry_run, yes=yes, output=output)
    try:
        cluster = access.connect()
        release = ReleaseId(release_namespace, release_name)
        state = read_release(cluster, release)
        found = read_circumstances(cluster, state)
        chosen = plan_recovery(
            state,
            found.left,
            unowned=[str(thing) for thing in found.unowned],
            records_in_config_maps=found.records_in_config_maps,
        )
        check_records(cluster, state, chosen.edits)
        unowned = found.unowned if chosen.marked else ()
        planned = list_steps(release, unowned, chosen.edits)
        if output != "json":
            emit(_write_text(cluster, state, chosen, planned))
        done = False
        if chosen.changes and not dry_run and (yes or _ask_agreement(planned, asks_all=output == "json")):
            make_changes(cluster, state, unowned, chosen.edits)
            done = True
    except (ConflictError, ReleaseChangedError) as error:
        raise click.ClickException(
            f"{error}\n  another process is changing this release: run recover again"
        ) from None
    except (ClusterError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if output == "json":
        emit(as_json(_write_data(cluster, state, chosen, planned, done)))
    elif done:
        emit("\n".join(["Done. Now:", *(f"  {command}" for command in chosen.then)]))
    return FINDINGS if chosen.changes and not done else CLEAN


def _ask_agreement(planned: Sequence[Step], *, asks_all: bool) -> bool:
    """Ask; where standard output is JSON, the question names the steps, too."""
    if asks_all:
        write_error("\n".join(_write_lines(planned)))
    return ask_agreement()


def _write_lines(planned: Sequence[Step]) -> list[str]:
    return [line for words, method, path in planned for line in (f"  {words}", f"    {method} {path}")]


def _write_text(cluster: Cluster, state: ReleaseState, chosen: Plan, planned: Sequence[Step]) -> str:
    parts = [f"Cluster {cluster.address}, context {cluster.context}"]
    if state.revisions:
        rows = [[str(one.number), one.status, _describe_age(one.since)] for one in state.revisions]
        parts.append(as_table(["revision", "status", "since"], [rows]))
    parts.append(f"Found: {chosen.found}.")
    if chosen.changes:
        latest = state.latest
        if latest is not None and latest.status != "uninstalled":
            parts.append(
                "If a pulumi or helm process still works on it (another terminal, CI, a provider that\n"
                "outlived its pulumi), let it end or end it first."
            )
        parts.append("\n".join(["To do:", *_write_lines(planned), f"so that {chosen.why}."]))
    elif chosen.then:
        parts.append("\n".join(["Next:", *(f"  {command}" for command in chosen.then)]))
    return "\n".join(parts)


def _describe_age(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    seconds = max(0, int((datetime.now(timezone.utc) - moment).total_seconds()))
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} seconds ago"


def _write_data(
    cluster: Cluster, state: ReleaseState, chosen: Plan, planned: Sequence[Step], done: bool
) -> Mapping[str, Any]:
    edits: Sequence[Mapping[str, Any]] = [
        {
            "revision": edit.revision,
            "action": edit.action,
            "status": edit.status or None,
            "withoutHooks": edit.without_hooks,
        }
        for edit in chosen.edits
    ]
    return {
        "cluster": cluster.address,
        "context": cluster.context,
        "release": str(state.release),
        "revisions": [{"revision": one.number, "status": one.status} for one in state.revisions],
        "found": chosen.found,
        "edits": edits,
        "marked": list(chosen.marked),
        "requests": [{"method": method, "path": path} for _words, method, path in planned],
        "done": done,
        "then": list(chosen.then),
    }
