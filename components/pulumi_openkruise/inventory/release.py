"""What a cluster holds of a Helm release, as plain data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ..foreign.timestamps import parse_timestamp
from .json_access import items, mapping, text
from .object_names import is_name, is_namespace

UNFINISHED = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""Statuses of an operation that has not ended: Helm refuses the next one, or only claims success."""

Remaining = Literal["all", "some", "none", "terminating", "unknown"]
"""How much of a release's last manifest is in the cluster; ``terminating``: only what is being deleted."""

_HELM = "meta.helm.sh/release-"


class ReleaseId(NamedTuple):
    """A Helm release: its record's namespace and its name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as Pulumi's ids of releases are written."""
        return f"{self.namespace}/{self.name}"


class Revision(NamedTuple):
    """One revision of a release, by the metadata of its record."""

    number: int
    status: str
    since: datetime | None = None
    """Since when it has this status; None if that is not known."""
    version: str = ""
    """The ``resourceVersion`` of its record; a different one later means that the record has changed."""


class ReleaseState(NamedTuple):
    """What is in the cluster of one release."""

    release: ReleaseId
    """The release that was looked for."""
    revisions: tuple[Revision, ...] = ()
    """What Helm has recorded of it, oldest first; empty where there is no such release."""
    owner: ReleaseId | None = None
    """The release that OpenKruise's CRDs belong to; None where there are none, or where they are not
    Helm's."""
    installer: str = ""
    """What has installed OpenKruise's CRDs if Helm has not, as their metadata shows; empty for no CRDs."""

    @property
    def latest(self) -> Revision | None:
        """The newest revision."""
        return max(self.revisions, key=lambda revision: revision.number, default=None)


class Definition(NamedTuple):
    """One of OpenKruise's CRDs."""

    name: str
    stored: tuple[str, ...] = ()
    """The versions in which objects of it are, or once were, stored."""
    kept: bool = False
    """Whether Helm leaves it alone when it goes from the chart: ``helm.sh/resource-policy: keep``."""


class Leftovers(NamedTuple):
    """How much is left of a release."""

    remaining: Remaining = "unknown"
    hook_can_pass: bool = True
    """Whether the CRD that the chart's pre-delete hook reads still exists."""
    terminating: tuple[str, ...] = ()
    """The names of what is being deleted, as messages show them."""


def find_release_owner(thing: Any) -> ReleaseId | None:
    """Return the release that an object's annotations name as its owner; None where they name none.

    What cannot be a release's name names none: messages hold it in commands to copy.
    """
    annotations = mapping(thing, "metadata", "annotations")
    namespace, name = text(annotations, f"{_HELM}namespace"), text(annotations, f"{_HELM}name")
    return ReleaseId(namespace, name) if is_namespace(namespace) and is_name(name) else None


def describe_installer(thing: Any) -> str:
    """Return what an object's metadata shows of the tool that applies it, a clause; never empty.

    Argo CD and Flux mark what they track, client-side `kubectl apply` keeps its last input, and others are
    known by the names of their field managers.
    """
    labels, annotations = (mapping(thing, "metadata", part) for part in ("labels", "annotations"))
    if "argocd.argoproj.io/tracking-id" in annotations or "argocd.argoproj.io/instance" in labels:
        return "Argo CD applies it"
    if "kustomize.toolkit.fluxcd.io/name" in labels:
        return "Flux applies it"
    if "kubectl.kubernetes.io/last-applied-configuration" in annotations:
        return "kubectl has applied it"
    managers = {
        text(entry, "manager")
        for entry in items(thing, "metadata", "managedFields")
        if text(entry, "subresource") != "status"
    }
    others = sorted(managers - {"", "kube-apiserver", "kruise-manager"})
    return f"written by {', '.join(others)}" if others else "nothing shows what has created it"


def write_ownership_patch(release: ReleaseId) -> dict[str, Any]:
    """Return the merge patch that makes an object a release's own, by Helm's rules."""
    annotations = {f"{_HELM}name": release.name, f"{_HELM}namespace": release.namespace}
    return {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": annotations}}


def read_revision(record: Mapping[str, Any]) -> Revision:
    """Return the revision that the metadata of a release's record describe.

    Its times are the API server's, for Helm's own label ``modifiedAt`` is in all records that of the first.
    A record of an operation that goes on was made with that status; any other status was written into it.
    """
    number = text(record, "metadata", "labels", "version")
    status = text(record, "metadata", "labels", "status") or "unknown"
    made = text(record, "metadata", "creationTimestamp")
    written = [text(entry, "time") for entry in items(record, "metadata", "managedFields")]
    return Revision(
        number=int(number) if number.isdecimal() and len(number) < 10 else 0,
        status=status,
        since=parse_timestamp(made if status.startswith("pending-") else max(written, default="")),
        version=text(record, "metadata", "resourceVersion"),
    )
