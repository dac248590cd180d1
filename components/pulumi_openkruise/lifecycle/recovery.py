"""How to repair a release that is stuck: the smallest change of Helm's own records, as data.

Helm keeps a release's state in Secrets alone, one for each revision. An operation that was killed leaves a
status there that Helm never changes again. The repair writes the status that Helm itself would have written
after an ordinary failure, so the next operation can go on. Objects of the release only get back their mark of
ownership, if they have lost it; no custom resource ever changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..diagnostics.wording import shorten
from ..inventory.release import Leftovers, ReleaseId, ReleaseState, Revision
from .release_condition import write_recover_options


@dataclass(frozen=True)
class Edit:
    """One change of one record."""

    revision: int
    action: Literal["mark", "delete"]
    status: str = ""
    """The status that the record is given."""
    without_hooks: bool = False
    """Whether the record loses its hooks, so that Helm runs none."""

    def __str__(self) -> str:
        """Say what is done, for people."""
        if self.action == "delete":
            return f"delete the record of revision {self.revision}"
        hooks = ", and take its hooks away" if self.without_hooks else ""
        return f"mark revision {self.revision} as {self.status}{hooks}"


@dataclass(frozen=True)
class Plan:
    """What was found, what to change about it, and what to do afterwards."""

    found: str
    edits: tuple[Edit, ...] = ()
    marked: tuple[str, ...] = ()
    """Objects of the release that get Helm's mark of ownership back: without it Helm adopts nothing."""
    why: str = ""
    """Why the edits are enough."""
    then: tuple[str, ...] = ()
    """Commands to run afterwards."""

    @property
    def changes(self) -> bool:
        """Whether the plan changes anything before these commands."""
        return bool(self.edits or self.marked)


def plan_recovery(
    state: ReleaseState,
    left: Leftovers | None = None,
    *,
    unowned: Sequence[str] = (),
    records_in_config_maps: bool = False,
) -> Plan:
    """Return how to repair a release, by the smallest change of Helm's records.

    ``left`` matters to a removal that was interrupted. ``unowned`` names objects that have lost Helm's mark
    of ownership. ``records_in_config_maps``: Helm keeps them where this program does not read them.
    """
    latest = state.latest
    release = state.release
    if latest is None:
        if state.owner is not None and state.owner != release:
            return Plan(
                f"there is no release {release}; this cluster's OpenKruise is the release {state.owner}",
                then=(f"pulumi-openkruise recover{write_recover_options(state.owner)}",),
            )
        if records_in_config_maps:
            return Plan(
                f"Helm has the records of {release} in ConfigMaps (HELM_DRIVER=configmap), where neither the "
                "Kubernetes provider nor this command looks: nothing is changed",
                then=(f"HELM_DRIVER=configmap helm history {release.name} --namespace {release.namespace}",),
            )
        if state.owner is not None:
            return Plan(
                f"Helm has no record of {release} in Secrets, and the cluster has its CRDs: its records were "
                "deleted (or are in another store: HELM_DRIVER=sql)",
                marked=tuple(unowned),
                why="Helm can make a release of what is there, CRDs and custom resources included",
                then=("pulumi refresh --yes", "pulumi up"),
            )
        return Plan(
            f"there is no release {release}: nothing to recover",
            then=(
                "if `pulumi destroy` finds it missing: pulumi refresh --yes && pulumi destroy --run-program",
            ),
        )
    status = f"revision {latest.number} of {release} is {latest.status}"
    if latest.status == "deployed":
        return Plan(f"{status}: nothing to recover")
    # An upgrade begins from the newest revision where none is deployed and this one failed or is superseded.
    if latest.status in ("failed", "superseded"):
        return Plan(
            f"{status}: Helm can go on from this revision",
            then=("pulumi up", *_suggest_reapply(release)),
        )
    if latest.status in ("pending-upgrade", "pending-rollback"):
        return Plan(
            status,
            (Edit(latest.number, "mark", "failed"),),
            why="the next upgrade begins where the last good revision ended",
            then=("pulumi up", *_suggest_reapply(release)),
        )
    if latest.status == "uninstalling":
        return _plan_removal(state, latest, status, left or Leftovers())
    if latest.status not in ("pending-install", "uninstalled"):
        return Plan(
            f"{status}, a status that this command does not know: it changes nothing",
            then=(
                f"helm history {release.name} --namespace {release.namespace}, to see what Helm says",
                "pulumi-openkruise check, to see what is in the cluster",
            ),
        )
    if _was_installed_before(state):
        return Plan(
            status,
            (Edit(latest.number, "mark", "failed"),),
            why="the next upgrade starts from this revision",
            then=("pulumi up", *_suggest_reapply(release)),
        )
    return Plan(
        status,
        tuple(Edit(revision.number, "delete") for revision in state.revisions),
        tuple(unowned),
        "the next installation takes over whatever is there already, CRDs and custom resources included",
        ("pulumi refresh --yes --clear-pending-creates", "pulumi up"),
    )


def _plan_removal(state: ReleaseState, latest: Revision, status: str, left: Leftovers) -> Plan:
    """Return how to repair a removal that was interrupted, by what it has left in the cluster."""
    if left.remaining == "none":
        return Plan(
            f"{status}, and nothing of it is left but its records",
            tuple(Edit(revision.number, "delete") for revision in state.revisions),
            why="Helm then knows that it is gone",
            then=("pulumi refresh --yes", "pulumi destroy --run-program"),
        )
    if left.remaining == "terminating":
        return Plan(
            f"{status}, and what is left of it is being deleted: {shorten(left.terminating)}",
            then=(
                "kubectl get crd -o json, to see what a deletion waits for: custom resources with finalizers",
                f"pulumi-openkruise recover{write_recover_options(state.release)}, again when they are gone",
            ),
        )
    if left.remaining == "unknown":
        return Plan(f"{status}, and how much of it is left is not known: nothing is changed")
    if left.remaining == "all":
        return Plan(
            f"{status}, and all of it is still there",
            (Edit(latest.number, "mark", "deployed"),),
            why="it counts as installed again, which it is",
            then=("pulumi destroy --run-program, to remove it after all", "or pulumi up, to keep it"),
        )
    without = not left.hook_can_pass
    hook = (
        "; its pre-delete hook cannot pass any more, for the CRDs that it looks at are gone"
        if without
        else ""
    )
    return Plan(
        f"{status}, and some of it is gone{hook}",
        (Edit(latest.number, "mark", "failed", without_hooks=without),),
        why="a removal can be finished, and an upgrade makes what is missing",
        then=(
            "pulumi destroy --run-program, to finish the removal",
            *(f"or {command}, to restore it" for command in _write_reapply_commands()),
        ),
    )


def _was_installed_before(state: ReleaseState) -> bool:
    """Tell whether an earlier revision was ever in force."""
    return any(one.status in ("deployed", "superseded") for one in state.revisions[:-1])


def _suggest_reapply(release: ReleaseId) -> Sequence[str]:
    """Return what to run where `pulumi up` finds nothing to change."""
    return tuple(f"if that says unchanged: {command}" for command in _write_reapply_commands())


def _write_reapply_commands() -> tuple[str, ...]:
    """Return the commands that make `pulumi up` apply the release again though its inputs are the same."""
    return ("pulumi config set openkruise:reapply <any new text> && pulumi up",)
