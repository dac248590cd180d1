"""The Helm release of an installation: unfinished, failed, several of them, or none."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import shorten
from ..inventory.helm_records import find_latest
from ..inventory.release import UNFINISHED, describe_installer, find_release_owner
from ..inventory.snapshot import Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, make

STUCK = Code(
    "release-unfinished",
    "error",
    "an operation on the Helm release started and did not finish",
    "Helm refuses every further change, and Pulumi reports the release as unchanged",
    "`pulumi-openkruise recover` shows what it would do, and does it",
)
FAILED = Code(
    "release-failed",
    "error",
    "the last operation on the Helm release failed",
    "the cluster may hold parts of two revisions",
    "fix the cause and `pulumi up` again; if that reports no change, with a new value of `reapply`",
)
SEVERAL = Code(
    "several-releases",
    "error",
    "more than one Helm release of the chart",
    "the chart's cluster-scoped objects have fixed names: two releases overwrite each other's",
    "keep the one that the stack names, see docs/adopting.md; uninstalling either deletes the CRDs of both",
)
NO_RECORD = Code(
    "release-record-missing",
    "error",
    "OpenKruise runs, and Helm has no record of the release",
    "the next `pulumi up` cannot upgrade it, and fails on objects that exist",
    "name the release by releaseName and releaseNamespace; if its records were deleted, "
    "`pulumi-openkruise recover` repairs that",
)
CODES = (STUCK, FAILED, SEVERAL, NO_RECORD)


def check_release(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with Helm's records; they must have been read."""
    assert not isinstance(snapshot.records, Unavailable)
    releases = defaultdict(list)
    for record in snapshot.records:
        releases[record.namespace, record.name].append(record)
    for (namespace, name), records in releases.items():
        newest = find_latest(records)
        if newest is None:
            continue
        release = f"release {namespace}/{name}"
        evidence = [
            f"revision {newest.revision} is {newest.status} since {newest.updated}: {newest.description}"
        ]
        if newest.status in UNFINISHED:
            command = _write_rollback(newest, records)
            remedy = f"`pulumi-openkruise recover` shows what it would do; by hand: {command}"
            what = f"{release} is {newest.status}"
            yield make(STUCK, what, evidence, [_record(newest)], remedy=remedy, identity=(namespace, name))
        elif newest.status == "failed":
            identity = (namespace, name)
            yield make(FAILED, f"{release} is failed", evidence, [_record(newest)], identity=identity)
    present = [
        key
        for key, records in releases.items()
        if getattr(find_latest(records), "status", "") != "uninstalled"
    ]
    if len(present) > 1:
        names = [f"{namespace}/{name}" for namespace, name in sorted(present)]
        references = [ObjectReference("Release", name, namespace) for namespace, name in sorted(present)]
        yield make(SEVERAL, f"{len(names)} releases of the chart", [shorten(names)], references)
    wanted = (expected.release_namespace, expected.release_name)
    if isinstance(snapshot.daemon_set, dict) and (
        wanted not in present if expected.is_stack else not present
    ):
        found = shorten(f"{namespace}/{name}" for namespace, name in sorted(present)) or "none"
        what = f"Helm has no record of release {'/'.join(wanted)}"
        by, evidence, remedy = find_release_owner(snapshot.daemon_set), [f"releases found: {found}"], ""
        if by is not None:
            evidence.append(f"the DaemonSet belongs to release {'/'.join(by)}")
        if by == wanted and wanted not in releases:
            remedy = (
                "its records were deleted: `pulumi-openkruise recover`, `pulumi refresh --yes`, `pulumi up`"
            )
        if by is None and not present:
            evidence.append(
                f"the DaemonSet has no mark of Helm's ownership: {describe_installer(snapshot.daemon_set)}"
            )
            remedy = (
                "leave it to what has installed it, or mark its objects as the release's: docs/adopting.md, "
                "from an installation without Helm"
            )
        yield make(NO_RECORD, what, evidence, remedy=remedy)


def _record(record: Any) -> ObjectReference:
    """Return a reference to the Secret that holds a record of Helm's."""
    return ObjectReference("Secret", record.secret, record.namespace)


def _write_rollback(newest: Any, records: Sequence[Any]) -> str:
    """Return the helm command that rolls back to the last revision ever deployed, else to the newest."""
    good = [record.revision for record in records if record.status in ("deployed", "superseded")]
    number = max(good) if good else newest.revision
    return f"helm rollback {newest.name} {number} --namespace {newest.namespace}"
