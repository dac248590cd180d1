"""What must not be done to an installation, as decisions over plain data."""

from pathlib import Path

import pytest
import yaml
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.installation import (
    Declared,
    check_blocked,
    check_creation,
    check_deletion,
    check_namespace_creation,
    check_namespace_deletion,
    check_other_release,
    check_present,
    check_replacement,
    explain_retention,
    write_takeover_notice,
)

RELEASE = ReleaseId("kruise-system", "kruise")
DECLARED = Declared("kruise", RELEASE, namespace="kruise-system", create_namespace=True)
INSTALLED = ReleaseState(RELEASE, (Revision(1, "superseded"), Revision(2, "deployed")), owner=RELEASE)
EMPTY = ReleaseState(RELEASE)
UNAVAILABLE = Unavailable("connection refused")


def test_an_empty_cluster_can_be_installed_in() -> None:
    assert check_creation(DECLARED, EMPTY) == []
    assert check_other_release(DECLARED, EMPTY) == []
    assert check_other_release(DECLARED, INSTALLED) == []
    assert check_other_release(DECLARED, INSTALLED._replace(owner=None)) == []
    assert check_blocked(EMPTY) == []


FOREIGN = ReleaseState(RELEASE, installer="kubectl has applied it")


def test_an_openkruise_that_is_not_helms_is_not_installed_over() -> None:
    (problem,) = check_creation(DECLARED, FOREIGN)
    assert check_namespace_creation(DECLARED, FOREIGN, exists=True) == [problem]
    assert problem.code == "not-by-helm"
    assert "without Helm's mark of ownership (kubectl has applied it)" in problem.reason
    text = str(problem)
    assert "meta.helm.sh/release-name=kruise meta.helm.sh/release-namespace=kruise-system" in text
    assert "set create_namespace to false in the program" in text
    config = DECLARED._replace(field_name=config_field_name())
    (problem,) = check_creation(config, FOREIGN)
    assert "    pulumi config set openkruise:createNamespace false && pulumi up" in str(problem)


def test_crds_that_are_not_the_releases_may_be_anyones() -> None:
    assert check_creation(DECLARED._replace(manages_crds=False), FOREIGN) == []
    # Beside a release that exists they are not of another installation.
    (problem,) = check_creation(DECLARED, FOREIGN._replace(revisions=INSTALLED.revisions))
    assert problem.code == "release-exists"


def test_what_exists_is_not_created_anew() -> None:
    (problem,) = check_creation(DECLARED, INSTALLED)
    assert problem.code == "release-exists"
    assert problem.place == "Helm release kruise-system/kruise"
    assert "deployed, revision 2" in problem.reason
    assert any("aliases=[pulumi.Alias(name=" in line for line in problem.detail)


@pytest.mark.parametrize(
    ("problems", "code"),
    [
        (check_creation(DECLARED, INSTALLED, recorded=True), "release-exists"),
        (check_namespace_creation(DECLARED, INSTALLED, exists=True, recorded=True), "namespace-exists"),
    ],
)
def test_what_this_component_installed_is_kept_or_imported(problems: list[Problem], code: str) -> None:
    (problem,) = problems
    assert problem.code == code
    advice = "\n".join(problem.detail)
    assert "If this operation replaces it:\n  leave out what replaces it: --replace" in advice
    assert "aliases=" not in advice
    assert problem.detail[-1].strip() == "set import_release to true in the program, then `pulumi up`"


def test_what_retain_on_delete_changes_is_said_with_the_refusal() -> None:
    refused = check_deletion(RELEASE, {"CloneSet": 1})
    (explained,) = explain_retention(refused)
    assert explained.detail[: len(refused[0].detail)] == refused[0].detail
    assert "`pulumi state delete --target-dependents <the component's URN>`" in explained.detail[-1]
    assert explain_retention([]) == []


def test_a_namespace_that_was_deleted_by_hand_is_made_again() -> None:
    assert check_namespace_creation(DECLARED, INSTALLED, exists=False) == []
    assert check_namespace_creation(DECLARED, EMPTY, exists=True) == []  # which the provider judges


def test_a_namespace_that_exists_is_not_taken_from_its_installation() -> None:
    (problem,) = check_namespace_creation(DECLARED, INSTALLED, exists=True)
    assert problem.code == "namespace-exists"
    assert problem.place == "namespace kruise-system"
    assert "exists, with Helm release kruise-system/kruise (deployed, revision 2)" in problem.reason
    assert any("aliases=[pulumi.Alias(name=" in line for line in problem.detail)


def test_no_namespace_is_made_for_a_second_openkruise_or_under_a_stuck_release() -> None:
    other = ReleaseState(RELEASE, owner=ReleaseId("default", "kruise"))
    assert (
        check_namespace_creation(DECLARED, other, exists=False) == check_other_release(DECLARED, other) != []
    )
    stuck = ReleaseState(RELEASE, (Revision(1, "pending-upgrade"),), owner=RELEASE)
    assert check_namespace_creation(DECLARED, stuck, exists=False) == check_blocked(stuck) != []


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
def test_a_stuck_release_is_reported_with_its_commands(status: str) -> None:
    seen = ReleaseState(RELEASE, (Revision(1, status),), owner=RELEASE)
    for problems in (check_creation(DECLARED, seen), check_blocked(seen)):
        (problem,) = problems
        assert problem.code == "release-blocked"
        assert status in problem.reason
        commands = [line.split("#")[0].strip() for line in problem.detail]
        assert commands[1:3] == ["pulumi cancel --yes", "pulumi-openkruise recover"]
        assert commands[-1] == ("pulumi destroy --run-program" if status == "uninstalling" else "pulumi up")


@pytest.mark.parametrize("status", ["deployed", "failed", "superseded"])
def test_any_other_status_blocks_nothing(status: str) -> None:
    assert check_blocked(ReleaseState(RELEASE, (Revision(1, status),))) == []


@pytest.mark.parametrize(
    ("owner", "keys"),
    [
        (ReleaseId("kruise-system", "openkruise"), "release_name openkruise"),
        (ReleaseId("default", "kruise"), "release_namespace default"),
        (ReleaseId("default", "other"), "release_name other and release_namespace default"),
    ],
)
def test_a_cluster_holds_one_openkruise(owner: ReleaseId, keys: str) -> None:
    for problems in (
        check_other_release(DECLARED, ReleaseState(RELEASE, owner=owner)),
        check_creation(DECLARED, ReleaseState(RELEASE, owner=owner)),
    ):
        (problem,) = problems
        assert problem.code == "other-release"
        assert str(owner) in problem.reason
        assert problem.detail[-1].endswith(f": {keys}")


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        # Not given, so it went with the namespace that the installation is to run in.
        (
            "elsewhere",
            "namespace kruise-system, or release_namespace kruise-system if only its record is there",
        ),
        ("records", "release_namespace kruise-system"),
    ],
)
def test_an_installation_is_kept_by_the_namespace_that_was_changed(asked: str, keys: str) -> None:
    moved = Declared("kruise", ReleaseId(asked, "kruise"), namespace="elsewhere", create_namespace=True)
    (problem,) = check_other_release(moved, ReleaseState(moved.release, owner=RELEASE))
    assert problem.detail[-1].endswith(f"to keep that installation: {keys}")


def test_a_guarded_release_is_deleted_once_nothing_would_be_lost() -> None:
    assert check_deletion(RELEASE, {}) == []
    (problem,) = check_deletion(RELEASE, {"SidecarSet": 1, "CloneSet": 12})
    assert problem.code == "resources-exist"
    assert "12 CloneSet, 1 SidecarSet" in problem.reason
    (unknown,) = check_deletion(RELEASE, UNAVAILABLE)
    assert unknown.code == "unknown-resources"
    assert "connection refused" in unknown.reason


def test_refusals_name_what_a_program_or_its_config_has() -> None:
    (there,) = check_creation(DECLARED._replace(field_name=config_field_name("mine")), INSTALLED)
    assert there.detail[-1].strip() == "pulumi config set mine:importRelease true && pulumi up"
    (own,) = check_creation(DECLARED, INSTALLED)
    assert own.detail[-1].strip() == "set import_release to true in the program, then `pulumi up`"
    (guarded,) = check_deletion(RELEASE, {"CloneSet": 1}, config_field_name("mine"))
    assert guarded.detail[-1].strip() == "pulumi config set mine:guardDestroy false && pulumi up"


@pytest.mark.parametrize(("replaced", "owned"), [(True, True), (False, False), (True, False)])
def test_a_replacement_deletes_nothing(replaced: bool, owned: bool) -> None:
    (problem,) = check_replacement(DECLARED, "Helm release kruise-system/kruise", replaced, owned)
    assert problem.code == "deletion-refused"
    assert problem.place == "Helm release kruise-system/kruise"
    how = "is being replaced" if replaced else "is not the one that OpenKruise 'kruise' declares now"
    assert problem.reason.startswith(how)
    assert check_replacement(DECLARED, "Helm release kruise-system/kruise", False, True) == []


@pytest.mark.parametrize(
    ("status", "deleted"),
    [("deployed", False), ("uninstalling", False), ("failed", False), ("uninstalled", True)],
)
def test_a_namespace_is_not_deleted_before_its_release(status: str, deleted: bool) -> None:
    problems = check_namespace_deletion(DECLARED, ReleaseState(RELEASE, (Revision(1, status),)))
    assert [problem.code for problem in problems] == ([] if deleted else ["namespace-in-use"])
    assert check_namespace_deletion(DECLARED, EMPTY) == []
    assert check_namespace_deletion(DECLARED, UNAVAILABLE) == []


def test_a_release_that_only_the_state_has() -> None:
    (gone,) = check_present(EMPTY)
    assert gone.code == "release-gone"
    assert "    pulumi refresh --yes" in gone.detail
    (records,) = check_present(ReleaseState(RELEASE, owner=RELEASE))
    assert records.detail[-1] == "    pulumi-openkruise recover"
    assert check_present(INSTALLED) == []


def test_another_release_comes_before_what_else_is_wrong() -> None:
    both = INSTALLED._replace(owner=ReleaseId("apps", "other"))
    assert check_creation(DECLARED, both) == check_other_release(DECLARED, both) != []
    assert check_namespace_creation(DECLARED, both, exists=True) == check_other_release(DECLARED, both)
    stuck = ReleaseState(RELEASE, (Revision(1, "pending-upgrade"),), owner=RELEASE)
    assert check_namespace_creation(DECLARED, stuck, exists=True) == check_blocked(stuck)


@pytest.mark.parametrize("status", ["failed", "superseded", "unknown", "deployed"])
def test_a_release_that_is_not_stuck_exists_whatever_its_status(status: str) -> None:
    (problem,) = check_creation(DECLARED, ReleaseState(RELEASE, (Revision(3, status),), owner=RELEASE))
    assert problem.code == "release-exists"
    assert problem.reason.startswith(f"exists ({status}, revision 3)")


def test_what_becomes_of_a_namespace_that_exists_is_said_with_the_key_as_the_user_has_it() -> None:
    assert write_takeover_notice(DECLARED) == (
        "namespace kruise-system exists, and this stack is about to create it: pulumi-kubernetes 4.29 and "
        "newer refuse that, an older plugin takes it over and deletes it with the stack. If it is not "
        "OpenKruise's alone, set create_namespace to false"
    )
    own = DECLARED._replace(namespace="elsewhere", field_name=config_field_name("mine"))
    notice = write_takeover_notice(own)
    assert notice.startswith("namespace elsewhere exists")
    assert notice.endswith("set mine:createNamespace to false")


def test_a_reserved_namespace_is_advised_for_the_record_alone() -> None:
    reserved = Declared("kruise", ReleaseId("apps", "kruise"), namespace="apps", create_namespace=True)
    (problem,) = check_other_release(
        reserved, ReleaseState(reserved.release, owner=ReleaseId("default", "kruise"))
    )
    assert problem.detail[-1] == "  to keep that installation: release_namespace default"


GOLDEN = yaml.safe_load((Path(__file__).parent / "golden_installation.yaml").read_text())
CONFIGURED = DECLARED._replace(field_name=config_field_name("mine"))
OTHER = ReleaseState(RELEASE, owner=ReleaseId("apps", "other"))
REFUSALS: dict[str, list[Problem]] = {
    "not by Helm": check_creation(CONFIGURED, FOREIGN),
    "release exists, in the program": check_creation(DECLARED, INSTALLED),
    "release exists, in the config": check_creation(CONFIGURED, INSTALLED),
    "release exists, recorded": check_creation(CONFIGURED, INSTALLED, recorded=True),
    "namespace exists": check_namespace_creation(CONFIGURED, INSTALLED, exists=True),
    "namespace exists, recorded": check_namespace_creation(CONFIGURED, INSTALLED, True, recorded=True),
    "another release": check_other_release(CONFIGURED, OTHER),
    "another namespace": check_other_release(
        CONFIGURED._replace(release=ReleaseId("elsewhere", "kruise"), namespace="elsewhere"),
        INSTALLED._replace(revisions=()),
    ),
    "custom resources": check_deletion(RELEASE, {"SidecarSet": 1, "CloneSet": 12}, config_field_name("mine")),
    "custom resources unknown": check_deletion(RELEASE, UNAVAILABLE),
    "replaced": check_replacement(DECLARED, "Helm release kruise-system/kruise", replaced=True, owned=True),
    "not declared": check_replacement(DECLARED, "namespace kruise-system", replaced=False, owned=False),
    "namespace in use": check_namespace_deletion(DECLARED, INSTALLED),
    "namespace in use, retained": explain_retention(check_namespace_deletion(DECLARED, INSTALLED)),
    "release gone": check_present(EMPTY),
    "release's record gone": check_present(ReleaseState(RELEASE, owner=RELEASE)),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_is_the_golden_one(case: str) -> None:
    assert [line for problem in REFUSALS[case] for line in str(problem).splitlines()] == GOLDEN[case]


def test_the_golden_refusals_are_those_of_the_cases() -> None:
    assert sorted(GOLDEN) == sorted(REFUSALS)
