"""``pulumi-openkruise recover``: repair what Helm recorded of an interrupted update."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import click

from ..cluster import Cluster, ClusterError, ConflictError, NotFoundError, connect
from ..config import names
from ..inventory.helm_records import UnreadableRecordError, decode
from ..inventory.leftovers import CERTIFICATES, Thing, mark, remains, unmarked
from ..inventory.release import Found, ReleaseId, Seen
from ..inventory.release_reader import look
from ..lifecycle.record_edits import edited
from ..lifecycle.recovery import Edit, Plan, plan
from . import options
from .app import CLEAN, FINDINGS
from .output.table import as_table
from .output.terminal import as_json, emit

_MERGE_PATCH = "application/merge-patch+json"


class _ChangedError(Exception):
    """The release is not any more what the plan was made for."""


@click.command()
@options.kubeconfig_file
@options.context
@click.option(
    "--release-name",
    metavar="NAME",
    default=names.RELEASE,
    show_default=True,
    help="Name of the Helm release.",
)
@click.option(
    "--release-namespace",
    metavar="NAME",
    default=names.NAMESPACE,
    show_default=True,
    help="Namespace of the release's records.",
)
@click.option("--dry-run", is_flag=True, help="Say what is to be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "text"]),
    default="table",
    show_default=True,
    help="Form; text is another name of table.",
)
def recover(
    kubeconfig: str | None,
    context_name: str | None,
    release_name: str,
    release_namespace: str,
    dry_run: bool,
    yes: bool,
    output: str,
) -> int:
    """Set right an installation whose `up` or `destroy` was interrupted.

    Reads Helm's records of the release, says what was found and what is to be done, asks, and does it. Only
    records are changed, and Helm's mark of ownership on objects that have lost it; no CRD and no custom
    resource ever is. What to run afterwards is said at the end.

    \b
    Examples:
      pulumi-openkruise recover --dry-run
      pulumi-openkruise recover --context prod
      pulumi-openkruise recover --release-name openkruise --release-namespace default --yes

    \b
    Exit codes: 0  nothing to recover, or recovered
                1  something is to be done (--dry-run, or the answer was no)
                2  the cluster could not be read, or refused the change
    """
    try:
        cluster = connect(kubeconfig, context_name, ambient=True)
        release = ReleaseId(release_namespace, release_name)
        seen = look(cluster, release)
        objects, hook_can_pass, things = _inspected(cluster, seen)
        chosen = plan(seen, objects, crds=hook_can_pass, unmarked=[str(thing) for thing in things])
        if output != "json":
            emit(_text(cluster, seen, chosen))
        done = False
        if chosen.changes and not dry_run and (yes or _agreed(output)):
            # All that can stand in the way of any change is looked for before the first is made.
            bodies = _checked(cluster, seen, chosen.edits)
            for thing in things:
                cluster.request("PATCH", thing.path, mark(release), content_type=_MERGE_PATCH)
            for edit, body in zip(chosen.edits, bodies, strict=True):
                _apply(cluster, release, edit, body)
            done = True
    except (ConflictError, _ChangedError) as error:
        raise click.ClickException(
            f"{error}\n  somebody else is changing this release: run recover again"
        ) from None
    except (ClusterError, UnreadableRecordError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if output == "json":
        emit(as_json(_data(cluster, seen, chosen, done)))
    elif done:
        emit("\n".join(["Done. Now:", *(f"  {command}" for command in chosen.then)]))
    return FINDINGS if chosen.changes and not done else CLEAN


def _inspected(cluster: Cluster, seen: Seen) -> tuple[Found, bool, list[Thing]]:
    """Return what the plan depends on besides the records, looked at only where it does.

    How much is left of a release that is on its way out, whether its hook can still pass, and what of one
    that was not installed to the end, or whose records are gone, has lost Helm's mark.
    """
    latest = seen.latest
    if latest is None and seen.owner == seen.release:
        # No record says in which namespace it runs.
        places = dict.fromkeys((seen.release.namespace, names.NAMESPACE))
        found = [unmarked(cluster, CERTIFICATES, place) for place in places]
        return "unknown", True, [thing for things in found for thing in things]
    if latest is None or latest.status not in ("uninstalling", "pending-install"):
        return "unknown", True, []
    record = decode(_secret(cluster, seen.release, latest.number))
    if latest.status == "pending-install":
        return "unknown", True, unmarked(cluster, record.manifest, record.namespace)
    return *remains(cluster, record.manifest, record.namespace), []


def _checked(cluster: Cluster, seen: Seen, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Return what is to be sent for each edit, each bound to the record as the plan has seen it.

    A question waits as long as a person does, and an operation that was taken for dead may end meanwhile.
    Raises _ChangedError where the release is not as it was when it was read.
    """
    now = look(cluster, seen.release)
    if now.revisions != seen.revisions:
        before, after = (_listed(one) for one in (seen, now))
        raise _ChangedError(
            f"Helm release {seen.release} has changed since it was read: nothing was done\n"
            f"  it was {before}, and is {after}"
        )
    versions = {one.number: one.version for one in seen.revisions}
    bodies: list[dict[str, Any]] = []
    for edit in edits:
        bound = {"resourceVersion": versions[edit.revision]}
        if edit.action == "delete":
            bodies.append({"preconditions": bound})
            continue
        secret = _secret(cluster, seen.release, edit.revision)
        body = edited(secret, edit)
        body["metadata"].update(bound)
        bodies.append(body)
    return bodies


def _apply(cluster: Cluster, release: ReleaseId, edit: Edit, body: dict[str, Any]) -> None:
    """Make one change; the API server refuses it if the record is not the one that was seen."""
    path = _path(release, edit.revision)
    if edit.action != "delete":
        cluster.request("PUT", path, body)
        return
    with contextlib.suppress(NotFoundError):  # gone is what it was to be
        cluster.request("DELETE", path, body)


def _listed(seen: Seen) -> str:
    listed = (
        f"{one.status} at revision {one.number} (resourceVersion {one.version})" for one in seen.revisions
    )
    return ", ".join(listed) or "not there"


def _secret(cluster: Cluster, release: ReleaseId, revision: int) -> dict[str, Any]:
    return cluster.get(_path(release, revision))


def _path(release: ReleaseId, revision: int) -> str:
    return f"/api/v1/namespaces/{release.namespace}/secrets/sh.helm.release.v1.{release.name}.v{revision}"


def _agreed(output: str) -> bool:
    """Ask on the terminal; standard output may be JSON."""
    try:
        return click.confirm("Do it?", default=False, err=True)
    except click.Abort:
        return False


def _text(cluster: Cluster, seen: Seen, chosen: Plan) -> str:
    parts = [f"Cluster {cluster.address}, context {cluster.context}"]
    if seen.revisions:
        rows = [[str(one.number), one.status, _age(one.since)] for one in seen.revisions]
        parts.append(as_table(["revision", "status", "since"], [rows]))
    parts.append(f"Found: {chosen.found}.")
    if chosen.changes:
        latest = seen.latest
        doing = [f"mark {thing} as this release's again" for thing in chosen.marked]
        doing += [str(edit) for edit in chosen.edits]
        if latest is not None and latest.status != "uninstalled":
            parts.append(
                "If a pulumi or helm process still works on it (another terminal, CI, a provider that\n"
                "outlived its pulumi), let it end or end it first."
            )
        parts.append("\n".join(["To do:", *map("  {}".format, doing), f"so that {chosen.why}."]))
    elif chosen.then:
        parts.append("\n".join(["Next:", *(f"  {command}" for command in chosen.then)]))
    return "\n".join(parts)


def _age(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    seconds = max(0, int((datetime.now(timezone.utc) - moment).total_seconds()))
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} seconds ago"


def _data(cluster: Cluster, seen: Seen, chosen: Plan, done: bool) -> Mapping[str, Any]:
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
        "release": str(seen.release),
        "revisions": [{"revision": one.number, "status": one.status} for one in seen.revisions],
        "found": chosen.found,
        "edits": edits,
        "marked": list(chosen.marked),
        "done": done,
        "then": list(chosen.then),
    }
