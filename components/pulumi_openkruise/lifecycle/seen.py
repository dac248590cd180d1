"""What a look at the cluster found of an installation, as plain data."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class ReleaseId(NamedTuple):
    """A Helm release: its record's namespace and its name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as Pulumi's ids of releases are written."""
        return f"{self.namespace}/{self.name}"


class Revision(NamedTuple):
    """One revision of a release as the labels of its record tell it."""

    number: int
    status: str
    modified: float = 0
    """When its record last changed, in seconds since 1970; 0 where that is not known."""
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
    """Return the revision that the metadata of a release's record describe."""
    labels: Mapping[str, str] = metadata.get("labels") or {}
    number, modified = labels.get("version", ""), labels.get("modifiedAt") or labels.get("createdAt") or ""
    return Revision(
        number=int(number) if number.isdecimal() else 0,
        status=labels.get("status", "unknown"),
        modified=float(modified) if modified.isdecimal() else 0,
        version=str(metadata.get("resourceVersion") or ""),
    )
