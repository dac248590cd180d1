"""What the status of a release means for the next ``up``, and the commands that lead out of it."""

from datetime import datetime, timezone

import pytest
from pulumi_openkruise.diagnostics.field_names import argument_name
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.release_condition import find_condition, write_recover_options

RELEASE = ReleaseId("kruise-system", "kruise")


@pytest.mark.parametrize(
    ("release", "options"),
    [
        (RELEASE, ""),
        (ReleaseId("kruise-system", "mine"), " --release-name mine"),
        (ReleaseId("apps", "kruise"), " --release-namespace apps"),
        (ReleaseId("apps", "mine"), " --release-name mine --release-namespace apps"),
    ],
)
def test_the_options_that_name_a_release(release: ReleaseId, options: str) -> None:
    assert write_recover_options(release) == options


CANCEL = "  pulumi cancel --yes    # only if Pulumi says that the stack is locked"
REFRESH = "  pulumi refresh --yes --clear-pending-creates"
REMOVE = "  pulumi destroy --run-program  # to finish the removal, or `pulumi up` to keep the installation"


@pytest.mark.parametrize(
    ("status", "meaning", "commands"),
    [
        (
            "pending-install",
            "its installation was interrupted, or is still running",
            [REFRESH, "  pulumi up"],
        ),
        ("pending-upgrade", "an upgrade was interrupted, or is still running", ["  pulumi up"]),
        ("pending-rollback", "a rollback was interrupted, or is still running", [REFRESH, "  pulumi up"]),
        ("uninstalling", "its removal was interrupted or refused, or is still running", [REMOVE]),
        ("uninstalled", "it was removed, and its records were kept", [REFRESH, "  pulumi up"]),
    ],
)
def test_what_leads_out_of_a_status_that_blocks(status: str, meaning: str, commands: list[str]) -> None:
    since = datetime(2026, 11, 25, 8, tzinfo=timezone.utc)
    found = find_condition(ReleaseState(RELEASE, (Revision(1, "deployed"), Revision(2, status, since))))
    assert found is not None
    assert found.blocked
    said = f"is {status} at revision 2 since 2026-11-25 08:00:00 UTC: {meaning}"
    remedy = (
        "if another `up` or `destroy` runs, let it end; else, in this order:",
        CANCEL,
        "  pulumi-openkruise recover",
        *commands,
    )
    assert found == (True, f"Helm release kruise-system/kruise: {said}", remedy)
    lines = tuple(f"  {line}" for line in remedy)
    assert str(found) == "\n".join([f"Helm release kruise-system/kruise: {said}", *lines])
    assert found.problem(RELEASE) == Problem(
        "release-blocked", "Helm release kruise-system/kruise", said, lines
    )


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("failed", "Helm's last operation on it failed"),
        ("superseded", "which is not a status that it should stay in"),
        ("what", "which is not a status that it should stay in"),
    ],
)
def test_what_is_said_of_a_status_that_blocks_nothing(status: str, meaning: str) -> None:
    found = find_condition(ReleaseState(RELEASE, (Revision(1, status),)))
    assert found == (
        False,
        f"Helm release kruise-system/kruise: is {status} at revision 1: {meaning}",
        (
            "`pulumi-openkruise check` says what its pods lack, if Helm gave up waiting for them",
            "`pulumi up` tries again; if it says unchanged instead, give openkruise:reapply a new value:",
            "  pulumi config set openkruise:reapply <any new text> && pulumi up",
        ),
    )
    named = find_condition(ReleaseState(RELEASE, (Revision(1, status),)), argument_name)
    assert named is not None
    assert "give reapply a new value" in named.remedy[1]
