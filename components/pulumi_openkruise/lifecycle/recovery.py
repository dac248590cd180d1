"""How a release that is stuck is set right: the smallest change of Helm's own records, as data.

Helm keeps a release's state in Secrets alone, one a revision. An operation that was killed leaves a status
there that nothing ever changes again; what it would have written had it failed in an orderly way lets the
next one go on. Of the release's objects nothing is changed but who they belong to, where that was lost: no
CRD and no custom resource ever is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..inventory.release import Found, ReleaseId, Revision, Seen
from .release_condition import options


@dataclass(frozen=True)
class Edit:
    """One change of one record."""

    revision: int
    action: Literal["mark", "delete"]
    status: str = ""
    """The status that the record is given."""
    without_hooks: bool = False
    """Whether the record is to lose its hooks, so that Helm runs none."""

    def __str__(self) -> str:
        """Say what is done, for people."""
        if self.action == "delete":
            return f"delete the record of revision {self.revision}"
        hooks = ", and take its hooks away" if self.without_hooks else ""
        return f"mark revision {self.revision} as {self.status}{hooks}"


@dataclass(frozen=True)
class Plan:
    """What was found, what is to be done about it, and what to do afterwards."""

    found: str
    edits: tuple[Edit, ...] = ()
    marked: tuple[str, ...] = ()
    """Objects of the release that get Helm's mark of ownership back, without which it takes nothing over."""
    why: str = ""
    """What the edits achieve."""
    then: tuple[str, ...] = ()
    """Commands to run afterwards."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be done before them."""
        return bool(self.edits or self.marked)


def plan(seen: Seen, objects: Found = "unknown", *, crds: bool = True, unmarked: Sequence[str] = ()) -> Plan:
    """Return how a release is set right.

    ``objects`` and ``crds`` matter to a removal that was interrupted: how much of the release is left, and
    whether the CRDs are that the chart's pre-delete hook looks at.
    """
    latest = seen.latest
    release = seen.release
    if latest is None:
        if seen.owner is not None and seen.owner != release:
            return Plan(
                f"there is no release {release}; this cluster's OpenKruise is the release {seen.owner}",
                then=(f"pulumi-openkruise recover{options(seen.owner)}",),
            )
        if seen.owner is not None:
            return Plan(
                f"Helm has no record of {release}, and the cluster has its CRDs: its records were deleted",
                marked=tuple(unmarked),
                why="Helm can make a release of what is there, CRDs and custom resources included",
                then=("pulumi refresh --yes", "pulumi up"),
            )
        return Plan(
            f"there is no release {release}: nothing to recover",
            then=("if `pulumi destroy` finds it missing: pulumi refresh --yes && pulumi destroy",),
        )
    told = f"revision {latest.number} of {release} is {latest.status}"
    if latest.status == "deployed":
        return Plan(f"{told}: nothing to recover")
    # An upgrade begins from the newest revision where none is deployed and this one failed or is superseded.
    if latest.status in ("failed", "superseded"):
        return Plan(
            f"{told}: Helm goes on from that by itself",
            then=("pulumi up", *_reapply(release)),
        )
    if latest.status in ("pending-upgrade", "pending-rollback"):
        return Plan(
            told,
            (Edit(latest.number, "mark", "failed"),),
            why="the next upgrade begins where the last good revision ended",
            then=("pulumi up", *_reapply(release)),
        )
    if latest.status == "uninstalling":
        return _removal(seen, latest, told, objects, crds)
    if latest.status not in ("pending-install", "uninstalled"):
        return Plan(
            f"{told}, which is no status that this command knows: it changes nothing",
            then=(
                f"helm history {release.name} --namespace {release.namespace}, to see what Helm says",
                "pulumi-openkruise check, to see what is in the cluster",
            ),
        )
    if _installed_before(seen):
        return Plan(
            told,
            (Edit(latest.number, "mark", "failed"),),
            why="the next upgrade goes on from here",
            then=("pulumi up", *_reapply(release)),
        )
    return Plan(
        told,
        tuple(Edit(revision.number, "delete") for revision in seen.revisions),
        tuple(unmarked),
        "the next installation takes over whatever is there already, CRDs and custom resources included",
        ("pulumi refresh --yes --clear-pending-creates", "pulumi up"),
    )


def _removal(seen: Seen, latest: Revision, told: str, objects: Found, crds: bool) -> Plan:
    if objects == "none":
        return Plan(
            f"{told}, and nothing of it is left but its records",
            tuple(Edit(revision.number, "delete") for revision in seen.revisions),
            why="Helm then knows that it is gone",
            then=("pulumi refresh --yes", "pulumi destroy"),
        )
    if objects == "all":
        return Plan(
            f"{told}, and all of it is still there",
            (Edit(latest.number, "mark", "deployed"),),
            why="it counts as installed again, which it is",
            then=("pulumi destroy, to remove it after all", "or pulumi up, to keep it"),
        )
    without = not crds
    hook = (
        "; its pre-delete hook cannot pass any more, for the CRDs that it looks at are gone"
        if without
        else ""
    )
    return Plan(
        f"{told}, and some of it is gone{hook}",
        (Edit(latest.number, "mark", "failed", without_hooks=without),),
        why="a removal can be finished, and an upgrade makes what is missing",
        then=(
            "pulumi destroy, to finish the removal",
            *(f"or {command}, to restore it" for command in _forced()),
        ),
    )


def _installed_before(seen: Seen) -> bool:
    """Tell whether an earlier revision was ever in force."""
    return any(one.status in ("deployed", "superseded") for one in seen.revisions[:-1])


def _reapply(release: ReleaseId) -> Sequence[str]:
    return tuple(f"if that says unchanged: {command}" for command in _forced())


def _forced() -> tuple[str, ...]:
    return ("pulumi config set openkruise:reapply <any new text> && pulumi up",)
