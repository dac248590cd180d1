"""What a change of the release must not do to OpenKruise's CRDs."""

from pathlib import Path

import pytest
import yaml
from pulumi_openkruise.diagnostics.field_names import config_field_name, setting
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.release import Definition
from pulumi_openkruise.lifecycle.crd_changes import (
    check_crds_kept,
    check_downgrade,
    check_dropped_kinds,
    check_upgrade_is_explicit,
)

UNAVAILABLE = Unavailable("connection refused")
# As 1.9 leaves them: one whose storage moved, one that has always had two versions, one that has one.
CRDS = [
    Definition("clonesets.apps.kruise.io", ("v1alpha1",)),
    Definition("sidecarsets.apps.kruise.io", ("v1alpha1", "v1beta1")),
    Definition("statefulsets.apps.kruise.io", ("v1alpha1", "v1beta1")),
]
NOT_MANAGED = {"crds": {"managed": False}}


def test_a_version_that_no_chart_has_stored_is_not_openkruises_to_judge() -> None:
    others = [Definition("sidecarsets.apps.kruise.io", ("v1", "v1alpha2"))]
    assert check_downgrade("1.9.0", "1.8.3", others) == []


def test_crds_are_not_given_up() -> None:
    (problem,) = check_crds_kept({}, NOT_MANAGED, CRDS)
    assert problem.code == "crds-given-up"
    annotate = problem.detail[-1].strip()
    assert annotate == (
        "kubectl annotate crd/clonesets.apps.kruise.io crd/sidecarsets.apps.kruise.io "
        "crd/statefulsets.apps.kruise.io helm.sh/resource-policy=keep"
    )


def test_crds_that_helm_keeps_are_given_up_safely() -> None:
    kept = [Definition(one.name, one.stored, kept=True) for one in CRDS]
    assert check_crds_kept({}, NOT_MANAGED, kept) == []
    (problem,) = check_crds_kept({}, NOT_MANAGED, [*kept[1:], CRDS[0]])
    assert "clonesets" in problem.detail[-1]
    assert "sidecarsets" not in problem.detail[-1]


def test_crds_that_cannot_be_looked_at_are_not_given_up() -> None:
    (problem,) = check_crds_kept({"crds": {"managed": True}}, NOT_MANAGED, UNAVAILABLE)
    assert any("whether Helm keeps them is not known: connection refused" in line for line in problem.detail)


@pytest.mark.parametrize(
    ("old", "new"), [({}, {}), (NOT_MANAGED, NOT_MANAGED), (NOT_MANAGED, {}), ({}, {"crds": {}}), (None, {})]
)
def test_crds_that_stay_as_they_are(old: dict[str, object], new: dict[str, object]) -> None:
    assert check_crds_kept(old, new, CRDS) == []


def test_a_downgrade_over_a_change_of_storage() -> None:
    (problem,) = check_downgrade("1.9.0", "1.8.3", CRDS)
    assert problem.code == "chart-downgrade"
    assert "sidecarsets.apps.kruise.io (v1beta1)" in problem.reason
    # Known to 1.8 in that version, and never stored in another one.
    assert "statefulsets" not in problem.reason
    assert "clonesets" not in problem.reason
    assert problem.detail[-1].strip() == "pulumi-openkruise migrate-storage --to 1.8.3"
    (unlooked,) = check_downgrade("1.9.0", "1.8.3", UNAVAILABLE)
    assert unlooked.code == "chart-downgrade"


def test_an_upgrade_over_a_change_of_storage_must_be_stated() -> None:
    (problem,) = check_upgrade_is_explicit("1.8.3", "1.9.1", False, config_field_name())
    assert problem.code == "unstated-upgrade"
    assert "the installed chart is 1.8.3, and 1.9.1 would replace it" in problem.reason
    assert f"    {setting(config_field_name(), 'chart_version', '1.9.1')}" in problem.detail
    assert f"    {setting(config_field_name(), 'chart_version', '1.8.3')}" in problem.detail
    assert check_upgrade_is_explicit("1.8.3", "1.9.1", True) == []
    for old, new in (("1.7.5", "1.8.3"), ("1.9.0", "1.9.1"), ("1.9.1", "1.8.3"), ("", "1.9.1")):
        assert check_upgrade_is_explicit(old, new, False) == []


def test_kinds_that_the_older_chart_lacks_are_not_deleted_with_their_objects() -> None:
    (problem,) = check_dropped_kinds("1.9.1", "1.8.3", {"EphemeralJob": 2, "CloneSet": 1})
    assert problem.code == "chart-downgrade"
    assert "Helm deletes their CRDs with all objects: 2 EphemeralJob" in problem.reason
    assert check_dropped_kinds("1.9.1", "1.8.3", {"CloneSet": 1}) == []
    assert check_dropped_kinds("1.9.1", "1.9.0", {"EphemeralJob": 2}) == []
    assert check_dropped_kinds("1.8.3", "1.9.1", {"EphemeralJob": 2}) == []
    # Then the same change is refused for the versions that the charts store.
    assert check_dropped_kinds("1.9.1", "1.8.3", UNAVAILABLE) == []


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
    assert check_downgrade(old, new, before_1_9) == []
    assert check_downgrade(old, new, UNAVAILABLE) == []


@pytest.mark.parametrize(("old", "new"), [("1.8.3", "1.8.3"), ("1.7.5", "1.8.3"), ("", "1.8.3")])
def test_only_a_chart_before_the_present_one_is_a_downgrade(old: str, new: str) -> None:
    """What is stored may be newer than both: no change of the chart is to blame for that."""
    assert check_downgrade(old, new, CRDS) == []
    assert check_downgrade("1.9.1", new, CRDS) != []


def test_crds_are_taken_by_null_and_left_by_what_is_not_known_yet() -> None:
    """A template reads null as false."""
    (problem,) = check_crds_kept({}, {"crds": {"managed": None}}, CRDS)
    assert problem.code == "crds-given-up"
    assert check_crds_kept({"crds": {"managed": None}}, NOT_MANAGED, CRDS) == []
    assert check_crds_kept({}, {"crds": {"managed": object()}}, CRDS) == []


def test_a_downgrade_before_anything_was_stored_anew() -> None:
    assert check_downgrade("1.9.0", "1.8.3", [Definition("sidecarsets.apps.kruise.io", ("v1alpha1",))]) == []


def test_many_crds_are_counted_and_annotated_all() -> None:
    names = [f"kind{number}.apps.kruise.io" for number in range(6)]
    (few,) = check_crds_kept({}, NOT_MANAGED, [Definition(name) for name in names[:5]])
    assert few.detail[0] == f"  this is about {', '.join(names[:5])}"
    (many,) = check_crds_kept({}, NOT_MANAGED, [Definition(name) for name in names])
    assert many.detail[0] == f"  this is about {', '.join(names[:5])} and 1 more"
    annotated = " ".join(f"crd/{name}" for name in names)
    assert many.detail[-1].strip() == f"kubectl annotate {annotated} helm.sh/resource-policy=keep"


def test_fields_are_named_as_the_config_names_them() -> None:
    (crds,) = check_crds_kept({}, NOT_MANAGED, UNAVAILABLE, config_field_name("mine"))
    assert crds.place == "mine:values.crds.managed"
    (older,) = check_downgrade("1.9.0", "1.8.3", UNAVAILABLE, config_field_name("mine"))
    assert older.place == "mine:chartVersion"


GOLDEN = yaml.safe_load((Path(__file__).parent / "golden_crd_changes.yaml").read_text())
NAMES = config_field_name("mine")
REFUSALS: dict[str, list[Problem]] = {
    "given up": check_crds_kept({}, NOT_MANAGED, CRDS),
    "given up, unknown": check_crds_kept({}, NOT_MANAGED, UNAVAILABLE, NAMES),
    "downgrade": check_downgrade("1.9.0", "1.8.3", CRDS, NAMES),
    "downgrade, unknown": check_downgrade("1.9.0", "1.8.3", UNAVAILABLE),
    "not stated": check_upgrade_is_explicit("1.8.3", "1.9.1", False, NAMES),
    "not stated, in the program": check_upgrade_is_explicit("1.8.3", "1.9.1", False),
    "kinds": check_dropped_kinds("1.9.1", "1.8.3", {"EphemeralJob": 2, "CloneSet": 1}, NAMES),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_is_the_golden_one(case: str) -> None:
    assert [line for problem in REFUSALS[case] for line in str(problem).splitlines()] == GOLDEN[case]


def test_the_golden_refusals_are_those_of_the_cases() -> None:
    assert sorted(GOLDEN) == sorted(REFUSALS)
