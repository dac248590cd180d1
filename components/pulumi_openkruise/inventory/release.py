"""What a look at the cluster found of an installation, as plain data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

UNFINISHED = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""Statuses of an operation that was begun and not ended; Helm refuses the next one, or pretends success."""

Found = Literal["all", "some", "none", "unknown"]
"""How much of a release's last manifest is still in the cluster."""


class ReleaseId(NamedTuple):
    """A Helm release: its record's namespace and its name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as Pulumi's ids of releases are written."""
        return f"{self.namespace}/{self.name}"


class Revision(NamedTuple):
    """One revision of a release as the metadata of its record tell it."""

    number: int
    status: str
    since: datetime | None = None
    """Since when it has this status; None where that is not known."""
    version: str = ""
    """The ``resourceVersion`` of its record when it was seen: another one means that it has changed since."""


class Seen(NamedTuple):
    """What is in the cluster."""

    release: ReleaseId
    """The release that was looked for."""
    revisions: tuple[Revision, ...] = ()
    """What Helm has recorded of it, oldest first; empty where there is no such release."""
    owner: ReleaseId | None = None
    """The release that OpenKruise's CRDs belong to; None where there are none, or where they are not
    Helm's."""

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


def revision(metadata: Mapping[str, Any]) -> Revision:
    """Return the revision that the metadata of a release's record describe.

    Its times are the API server's, for Helm's own label ``modifiedAt`` is in all records that of the first.
    A record of an operation that goes on was made with that status; any other status was written into it.
    """
    labels: Mapping[str, str] = metadata.get("labels") or {}
    number, status = labels.get("version", ""), labels.get("status", "unknown")
    made = metadata.get("creationTimestamp") or ""
    written = [entry.get("time") or "" for entry in metadata.get("managedFields") or ()]
    return Revision(
        number=int(number) if number.isdecimal() else 0,
        status=status,
        since=_moment(made if status.startswith("pending-") else max(written, default="")),
        version=str(metadata.get("resourceVersion") or ""),
    )


def _moment(text: str) -> datetime | None:
    """Return a moment as Kubernetes writes them, to the second and in UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
