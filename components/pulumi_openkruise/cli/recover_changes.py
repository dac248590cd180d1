"""What ``recover`` reads before it plans, and how it makes the changes: each bound to what was read."""

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..cluster import Cluster, ForbiddenError, NotFoundError
from ..config import names
from ..foreign.error_text import write_on_one_line
from ..inventory.helm_records import SECRET_TYPE, ReleaseRecord, decode
from ..inventory.json_access import mapping, text
from ..inventory.leftovers import (
    CERTIFICATES,
    DAEMON_CONFIG,
    ManifestObject,
    find_install_namespace,
    find_leftovers,
    find_unowned,
    list_objects,
    read_manifest_object,
)
from ..inventory.object_names import is_namespace
from ..inventory.release import Leftovers, ReleaseId, ReleaseState, Revision, write_ownership_patch
from ..inventory.release_reader import has_config_map_records, read_metadata, read_release, record_path
from ..lifecycle.record_edits import edit_record
from ..lifecycle.recovery import Edit

_MERGE_PATCH = "application/merge-patch+json"


class ReleaseChangedError(Exception):
    """The release is no longer what the plan was made for."""


class Circumstances(NamedTuple):
    """What a plan depends on apart from the records."""

    left: Leftovers = Leftovers()
    unowned: tuple[ManifestObject, ...] = ()
    records_in_config_maps: bool = False


def read_circumstances(cluster: Cluster, state: ReleaseState) -> Circumstances:
    """Return what a plan depends on, read only where it does.

    Of a release on its way out, how much is left; of one that was not installed to the end, or whose records
    are gone, what has lost Helm's mark. Raises ClusterError, and ValueError for a record or a manifest that
    was not understood.
    """
    latest, release = state.latest, state.release
    if latest is None and state.owner == release:
        if _has_records_in_config_maps(cluster, release):
            return Circumstances(records_in_config_maps=True)
        # No record says in which namespace it runs.
        places = tuple(dict.fromkeys((release.namespace, names.NAMESPACE)))
        candidates = [read_manifest_object(*CERTIFICATES, place, places) for place in places]
        return Circumstances(unowned=tuple(find_unowned(cluster, candidates)))
    if latest is None or latest.status not in ("uninstalling", "pending-install"):
        return Circumstances()
    record = _decode_record(cluster, release, latest)
    installed = find_install_namespace(record.values) or find_install_namespace(record.defaults)
    places = (release.namespace, *filter(None, (installed, DAEMON_CONFIG)))
    _check_install_namespace(cluster, installed, release, marks=latest.status == "pending-install")
    if latest.status == "pending-install":
        return Circumstances(unowned=tuple(find_unowned(cluster, list_objects(record.manifest, places))))
    return Circumstances(find_leftovers(cluster, record.manifest, release, places))


def check_records(cluster: Cluster, state: ReleaseState, edits: Sequence[Edit]) -> None:
    """Raise ValueError if the content of a record that the plan changes contradicts its labels.

    The plan goes by the labels of records, as Helm does where it lists them. Where Helm uses a record, it
    goes by the content; and a label is easily written by hand.
    """
    known = {one.number: one for one in state.revisions}
    for edit in edits:
        _decode_record(cluster, state.release, known[edit.revision])


def make_changes(
    cluster: Cluster, state: ReleaseState, unowned: Sequence[ManifestObject], edits: Sequence[Edit]
) -> None:
    """Make the changes of a plan: what can stand in the way of any is looked for before the first.

    Raises ReleaseChangedError, ClusterError, and ValueError for a record that cannot be edited.
    """
    bodies = _write_bodies(cluster, state, edits)
    for thing in unowned:
        patch = write_ownership_patch(state.release)
        cluster.request("PATCH", thing.path, patch, content_type=_MERGE_PATCH)
    for edit, body in zip(edits, bodies, strict=True):
        path = record_path(state.release, edit.revision)
        if edit.action == "delete":
            with contextlib.suppress(NotFoundError):  # it is gone already
                cluster.request("DELETE", path, body)
        else:
            cluster.request("PUT", path, body)


def list_steps(
    release: ReleaseId, unowned: Sequence[ManifestObject], edits: Sequence[Edit]
) -> list[tuple[str, str, str]]:
    """Return what ``make_changes`` does: in words, and the method and path of each request."""
    found = [(f"mark {thing} as this release's again", "PATCH", thing.path) for thing in unowned]
    for edit in edits:
        method = "DELETE" if edit.action == "delete" else "PUT"
        found.append((str(edit), method, record_path(release, edit.revision)))
    return found


def _write_bodies(cluster: Cluster, state: ReleaseState, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Return what is sent for each edit, bound to the record as the plan has seen it.

    A question waits as long as a person does, and an operation that was taken for dead may end meanwhile.
    """
    now = read_release(cluster, state.release)
    if now.revisions != state.revisions:
        raise ReleaseChangedError(
            f"Helm release {state.release} has changed since it was read: nothing was done\n"
            f"  it was {_describe(state)}, and is {_describe(now)}"
        )
    versions = {one.number: one.version for one in state.revisions}
    bodies: list[dict[str, Any]] = []
    for edit in edits:
        bound = {"resourceVersion": versions[edit.revision]}
        if edit.action == "delete":
            bodies.append({"preconditions": bound})
            continue
        body = edit_record(_record(cluster, state.release, edit.revision), edit)
        body["metadata"].update(bound)
        bodies.append(body)
    return bodies


def _describe(state: ReleaseState) -> str:
    described = (
        f"{one.status} at revision {one.number} (resourceVersion {one.version})" for one in state.revisions
    )
    return ", ".join(described) or "not there"


def _decode_record(cluster: Cluster, release: ReleaseId, revision: Revision) -> ReleaseRecord:
    """Return the content of a revision's record; raises ValueError where name and labels say otherwise."""
    record = decode(_record(cluster, release, revision.number))
    said = {
        "release": (str(release), f"{record.namespace or release.namespace}/{record.name}"),
        "revision": (str(revision.number), str(record.revision)),
        "status": (revision.status, record.status),
    }
    for what, (labelled, content) in said.items():
        if labelled != content:
            raise ValueError(
                f"Secret {release.namespace}/{record.secret}: by name and labels the {what} is {labelled}, "
                f"by content {write_on_one_line(content, 80)}: Helm goes by both, so nothing is changed\n"
                f"  compare with `helm history {release.name} --namespace {release.namespace}`, and correct "
                "the label if that is what is wrong"
            )
    return record


def _check_install_namespace(cluster: Cluster, namespace: str, release: ReleaseId, *, marks: bool) -> None:
    """Raise ValueError for a namespace in a release's values in which nothing of OpenKruise can be.

    ``marks``: whether objects in it would be changed. Then it must be labelled for OpenKruise, which does not
    work in one that is not.
    """
    if namespace in ("", release.namespace, names.NAMESPACE):
        return
    if not is_namespace(namespace) or names.is_reserved(namespace):
        raise ValueError("the release's values install into a namespace that cannot be OpenKruise's")
    found = read_metadata(cluster, f"/api/v1/namespaces/{namespace}") if marks else None
    if found is not None and not names.NAMESPACE_LABEL.items() <= mapping(found, "labels").items():
        raise ValueError(
            f"the release's values install into namespace {namespace}, which is not labelled "
            f"{names.NAMESPACE_LABEL_PAIR}: nothing is changed there\n"
            f"  if OpenKruise is there: kubectl label namespace {namespace} {names.NAMESPACE_LABEL_PAIR}"
        )


def _record(cluster: Cluster, release: ReleaseId, revision: int) -> dict[str, Any]:
    """Return the Secret of one revision; raises ValueError for one that is not a record of Helm's."""
    found = cluster.get(record_path(release, revision))
    if text(found, "type") != SECRET_TYPE:
        raise ValueError(
            f"{record_path(release, revision)} is not of type {SECRET_TYPE}: it is not a record of Helm's"
        )
    return found


def _has_records_in_config_maps(cluster: Cluster, release: ReleaseId) -> bool:
    try:
        return has_config_map_records(cluster, release)
    except ForbiddenError:
        return False
