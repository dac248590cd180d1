"""What must not be done to an installation, as decisions over plain data."""

from dataclasses import replace

import pytest
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.inventory.release import Definition, ReleaseId, Revision, Seen
from pulumi_openkruise.lifecycle.preconditions import (
    Asked,
    blocked,
    cluster_left,
    crds_given_up,
    creating,
    creating_namespace,
    deleting,
    downgraded,
    elsewhere,
    namespace_given_up,
    namespace_left,
    runs_in,
)

RELEASE = ReleaseId("kruise-system", "kruise")
ASKED = Asked("kruise", RELEASE, namespace="kruise-system", create_namespace=True)
INSTALLED = Seen(RELEASE, (Revision(1, "superseded"), Revision(2, "deployed")), owner=RELEASE)
EMPTY = Seen(RELEASE)
# As 1.9 leaves them: one whose storage moved, one that has always had two versions, one that has one.
CRDS = [
    Definition("clonesets.apps.kruise.io", ("v1alpha1",)),
    Definition("sidecarsets.apps.kruise.io", ("v1alpha1", "v1beta1")),
    Definition("statefulsets.apps.kruise.io", ("v1alpha1", "v1beta1")),
]
NOT_MANAGED = {"crds": {"managed": False}}


def test_an_empty_cluster_can_be_installed_in() -> None:
    assert creating(ASKED, EMPTY) == []
    assert elsewhere(ASKED, EMPTY) == []
    assert blocked(EMPTY) == []


def test_what_exists_is_not_created_anew() -> None:
    (problem,) = creating(ASKED, INSTALLED)
    assert problem.code == "release-exists"
    assert problem.place == "Helm release kruise-system/kruise"
    assert "deployed, revision 2" in problem.reason
    assert any("aliases=[pulumi.Alias(name=" in line for line in problem.detail)


def test_a_namespace_that_was_deleted_by_hand_is_made_again() -> None:
    assert creating_namespace(ASKED, INSTALLED, there=False) == []
    assert creating_namespace(ASKED, EMPTY, there=True) == []  # which the provider judges


def test_a_namespace_that_exists_is_not_taken_from_its_installation() -> None:
    (problem,) = creating_namespace(ASKED, INSTALLED, there=True)
    assert problem.code == "namespace-exists"
    assert problem.place == "namespace kruise-system"
    assert "is there, with Helm release kruise-system/kruise (deployed, revision 2)" in problem.reason
    assert any("aliases=[pulumi.Alias(name=" in line for line in problem.detail)


def test_no_namespace_is_made_for_a_second_openkruise_or_under_a_stuck_release() -> None:
    other = Seen(RELEASE, owner=ReleaseId("default", "kruise"))
    assert creating_namespace(ASKED, other, there=False) == elsewhere(ASKED, other) != []
    stuck = Seen(RELEASE, (Revision(1, "pending-upgrade"),), owner=RELEASE)
    assert creating_namespace(ASKED, stuck, there=False) == blocked(stuck) != []


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
def test_a_stuck_release_is_told_with_its_commands(status: str) -> None:
    seen = Seen(RELEASE, (Revision(1, status),), owner=RELEASE)
    for problems in (creating(ASKED, seen), blocked(seen)):
        (problem,) = problems
        assert problem.code == "release-blocked"
        assert status in problem.reason
        told = [line.split("#")[0].strip() for line in problem.detail]
        assert told[1:3] == ["pulumi cancel --yes", "pulumi-openkruise recover"]
        assert told[-1] == ("pulumi destroy" if status == "uninstalling" else "pulumi up")


@pytest.mark.parametrize("status", ["deployed", "failed", "superseded"])
def test_any_other_status_blocks_nothing(status: str) -> None:
    assert blocked(Seen(RELEASE, (Revision(1, status),))) == []


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
        elsewhere(ASKED, Seen(RELEASE, owner=owner)),
        creating(ASKED, Seen(RELEASE, owner=owner)),
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
    moved = Asked("kruise", ReleaseId(asked, "kruise"), namespace="elsewhere", create_namespace=True)
    (problem,) = elsewhere(moved, Seen(moved.release, owner=RELEASE))
    assert problem.detail[-1].endswith(f"to keep that installation: {keys}")


def test_an_installation_stays_in_its_namespace() -> None:
    # With the record's namespace given, the release itself is still found.
    moved = replace(ASKED, namespace="elsewhere", field_name=config_field_name("mine"))
    (problem,) = namespace_left("kruise-system", moved, INSTALLED)
    assert problem.code == "namespace-left"
    assert problem.place == "mine:namespace"
    assert "runs in kruise-system, and this stack would move it to elsewhere" in problem.reason
    assert problem.detail[-1].strip() == "pulumi config set mine:namespace kruise-system && pulumi up"
    assert namespace_left("kruise-system", moved) == [problem]  # where nothing could be looked at
    assert namespace_left("kruise-system", moved, Seen(moved.release, owner=RELEASE)) == [problem]
    assert namespace_left("kruise-system", moved, EMPTY) == []
    assert namespace_left("elsewhere", moved, INSTALLED) == []


def test_an_installation_stays_on_its_cluster() -> None:
    old, new, urn = "https://old.example", "https://new.example", "urn:pulumi:prod::shop::x::kruise"
    (problem,) = cluster_left(old, new, urn, EMPTY)
    assert problem.code == "cluster-left"
    assert problem.place == "Helm release kruise-system/kruise"
    assert f"on the cluster at {old}, and now has the kubeconfig of {new}, where it is not" in problem.reason
    assert problem.detail[-1].strip() == f"pulumi state delete --target-dependents '{urn}' && pulumi up"
    # The same cluster at another address.
    assert cluster_left(old, new, urn, INSTALLED) == []
    assert cluster_left(old, old, urn, EMPTY) == []
    # Nothing is claimed where nothing is known: of the state, of the kubeconfig, of the cluster.
    assert cluster_left(None, new, urn, EMPTY) == []
    assert cluster_left(old, None, urn, EMPTY) == []
    assert cluster_left(old, new, urn, None) == []


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        ({"installation": {"namespace": "elsewhere"}}, "elsewhere"),
        ({"installation": {"createNamespace": True}}, "kruise-system"),
        ({"installation": None}, "kruise-system"),
        ({}, "kruise-system"),
    ],
)
def test_the_namespace_of_values(values: dict[str, object], namespace: str) -> None:
    assert runs_in(values) == namespace


def test_crds_are_not_given_up() -> None:
    (problem,) = crds_given_up({}, NOT_MANAGED, CRDS)
    assert problem.code == "crds-given-up"
    annotate = problem.detail[-1].strip()
    assert annotate == (
        "kubectl annotate crd/clonesets.apps.kruise.io crd/sidecarsets.apps.kruise.io "
        "crd/statefulsets.apps.kruise.io helm.sh/resource-policy=keep"
    )


def test_crds_that_helm_keeps_are_given_up_safely() -> None:
    kept = [Definition(one.name, one.stored, kept=True) for one in CRDS]
    assert crds_given_up({}, NOT_MANAGED, kept) == []
    (problem,) = crds_given_up({}, NOT_MANAGED, [*kept[1:], CRDS[0]])
    assert "clonesets" in problem.detail[-1]
    assert "sidecarsets" not in problem.detail[-1]


def test_crds_that_cannot_be_looked_at_are_not_given_up() -> None:
    (problem,) = crds_given_up({"crds": {"managed": True}}, NOT_MANAGED, None)
    assert any("could not be checked" in line for line in problem.detail)


@pytest.mark.parametrize(
    ("old", "new"), [({}, {}), (NOT_MANAGED, NOT_MANAGED), (NOT_MANAGED, {}), ({}, {"crds": {}}), (None, {})]
)
def test_crds_that_stay_as_they_are(old: dict[str, object], new: dict[str, object]) -> None:
    assert crds_given_up(old, new, CRDS) == []


def test_a_downgrade_over_a_change_of_storage() -> None:
    (problem,) = downgraded("1.9.0", "1.8.3", CRDS)
    assert problem.code == "chart-downgrade"
    assert "sidecarsets.apps.kruise.io (v1beta1)" in problem.reason
    # Known to 1.8 in that version, and never stored in another one.
    assert "statefulsets" not in problem.reason
    assert "clonesets" not in problem.reason
    (unlooked,) = downgraded("1.9.0", "1.8.3", None)
    assert unlooked.code == "chart-downgrade"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.8.3", "1.9.0"),
        ("1.9.1", "1.9.0"),
        ("1.8.3", "1.8.3"),
        ("1.8.3", "1.7.5"),
        ("", "1.8.3"),
        ("1.9.0", "next"),
    ],
)
def test_a_change_of_version_that_the_definitions_allow(old: str, new: str) -> None:
    before_1_9 = [CRDS[0], CRDS[2], Definition("sidecarsets.apps.kruise.io", ("v1alpha1",))]
    assert downgraded(old, new, before_1_9) == []
    assert downgraded(old, new, None) == []


def test_a_downgrade_before_anything_was_stored_anew() -> None:
    assert downgraded("1.9.0", "1.8.3", [Definition("sidecarsets.apps.kruise.io", ("v1alpha1",))]) == []


def test_a_namespace_of_the_stack_is_not_given_up() -> None:
    adopting = Asked("kruise", RELEASE, namespace="kruise-system", create_namespace=False)
    (problem,) = namespace_given_up({"createNamespace": True}, adopting)
    assert problem.code == "namespace-given-up"
    assert namespace_given_up({"createNamespace": False}, adopting) == []
    assert namespace_given_up({"createNamespace": True}, ASKED) == []
    # What an earlier version of the module has left in the state says nothing.
    assert namespace_given_up({}, adopting) == []
    assert namespace_given_up(None, adopting) == []


def test_a_guarded_release_is_deleted_once_nothing_would_be_lost() -> None:
    assert deleting(RELEASE, {}) == []
    (problem,) = deleting(RELEASE, {"SidecarSet": 1, "CloneSet": 12})
    assert problem.code == "resources-exist"
    assert "12 CloneSet, 1 SidecarSet" in problem.reason
    (unknown,) = deleting(RELEASE, "connection refused")
    assert unknown.code == "unknown-resources"
    assert "connection refused" in unknown.reason


def test_refusals_name_what_a_program_or_its_config_has() -> None:
    by_config = replace(ASKED, create_namespace=False, field_name=config_field_name("mine"))
    (given_up,) = namespace_given_up({"createNamespace": True}, by_config)
    assert given_up.place == "mine:createNamespace"
    (there,) = creating(replace(ASKED, field_name=config_field_name("mine")), INSTALLED)
    assert there.detail[-1].strip() == "pulumi config set mine:importRelease true && pulumi up"
    (own,) = creating(ASKED, INSTALLED)
    assert own.detail[-1].strip() == "set import_release to true in the program, then `pulumi up`"
    (guarded,) = deleting(RELEASE, {"CloneSet": 1}, config_field_name("mine"))
    assert guarded.detail[-1].strip() == "pulumi config set mine:guardDestroy false && pulumi up"
    (crds,) = crds_given_up({}, NOT_MANAGED, None, config_field_name("mine"))
    assert crds.place == "mine:values.crds.managed"
    (older,) = downgraded("1.9.0", "1.8.3", None, config_field_name("mine"))
    assert older.place == "mine:chartVersion"
