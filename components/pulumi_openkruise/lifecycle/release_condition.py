"""What the status of a Helm release means for the next ``up``, and the commands that repair it."""

from typing import NamedTuple

from ..config import names
from ..diagnostics.field_names import FieldName, config_field_name, setting
from ..diagnostics.problem import Problem
from ..inventory.release import UNFINISHED, ReleaseId, ReleaseState, Revision

_MEANING = {
    "pending-install": "its installation was interrupted, or is still running",
    "pending-upgrade": "an upgrade was interrupted, or is still running",
    "pending-rollback": "a rollback was interrupted, or is still running",
    "uninstalling": "its removal was interrupted or refused, or is still running",
    "uninstalled": "it was removed, and its records were kept",
    "failed": "Helm's last operation on it failed",
}


class Condition(NamedTuple):
    """A release that is not as it should be: one line that says so, and what to do."""

    blocked: bool
    """Whether nothing can be changed before it is repaired."""
    headline: str
    remedy: tuple[str, ...]

    def __str__(self) -> str:
        """Write it for people."""
        return "\n".join([self.headline, *(f"  {line}" for line in self.remedy)])

    def problem(self, release: ReleaseId) -> Problem:
        """Return it as what is wrong with the release."""
        headline = self.headline.partition(": ")[2]
        return Problem("release-blocked", f"Helm release {release}", headline, self._lines)

    @property
    def _lines(self) -> tuple[str, ...]:
        return tuple(f"  {line}" for line in self.remedy)


REAPPLY = "reapply"
_CONFIG = config_field_name()


def find_condition(state: ReleaseState, field_name: FieldName = _CONFIG) -> Condition | None:
    """Return what is wrong with the release's status; None for one that is deployed, or not there.

    ``field_name`` tells what the fields are called.
    """
    latest = state.latest
    if latest is None or latest.status == "deployed":
        return None
    headline = f"Helm release {state.release}: is {describe(latest)}"
    if latest.status in (*UNFINISHED, "uninstalled"):
        return Condition(True, headline, list_recovery_commands(state.release, latest.status))
    return Condition(
        False,
        headline,
        (
            "`pulumi-openkruise check` says what its pods lack, if Helm gave up waiting for them",
            f"`pulumi up` tries again; if it says unchanged instead, give {field_name(REAPPLY)} a new value:",
            f"  {setting(field_name, REAPPLY, '<any new text>')}",
        ),
    )


def describe(latest: Revision) -> str:
    """Say in which status a revision is, since when, and what that means."""
    meaning = _MEANING.get(latest.status, "which is not a status that it should stay in")
    since = f" since {latest.since:%Y-%m-%d %H:%M:%S} UTC" if latest.since is not None else ""
    return f"{latest.status} at revision {latest.number}{since}: {meaning}"


def list_recovery_commands(release: ReleaseId, status: str) -> tuple[str, ...]:
    """Return the commands that lead out of a status, with Pulumi's own lock and pending operations."""
    lines = [
        "if another `up` or `destroy` runs, let it end; else, in this order:",
        "  pulumi cancel --yes    # only if Pulumi says that the stack is locked",
        f"  pulumi-openkruise recover{write_recover_options(release)}",
    ]
    if status == "uninstalling":
        lines.append(
            "  pulumi destroy --run-program  # to finish the removal, or `pulumi up` to keep the installation"
        )
    else:
        if status != "pending-upgrade":
            lines.append("  pulumi refresh --yes --clear-pending-creates")
        lines.append("  pulumi up")
    return tuple(lines)


def write_recover_options(release: ReleaseId) -> str:
    """Return the options of ``recover`` that name the release; none where they are the defaults."""
    text = f" --release-name {release.name}" if release.name != names.RELEASE else ""
    usual = release.namespace == names.NAMESPACE
    return text if usual else f"{text} --release-namespace {release.namespace}"
