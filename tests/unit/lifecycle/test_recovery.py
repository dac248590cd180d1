"""How a stuck release is set right: the plan over plain data, and the record that it makes."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.inventory.helm_records import decode
from pulumi_openkruise.inventory.release import Leftovers, ReleaseId, ReleaseState, Revision, read_revision
from pulumi_openkruise.lifecycle.record_edits import DESCRIPTION, edit_record
from pulumi_openkruise.lifecycle.recovery import Edit, Plan, plan_recovery
from pulumi_openkruise.lifecycle.release_condition import describe, find_condition

RELEASE = ReleaseId("kruise-system", "kruise")
OTHER = ReleaseId("apps", "old-kruise")
GOLDEN = yaml.safe_load((Path(__file__).parent / "golden_plans.yaml").read_text())
RECORD = {
    "name": "kruise",
    "namespace": "kruise-system",
    "version": 2,
    "info": {"status": "pending-upgrade", "description": "Preparing upgrade", "notes": "näh"},
    "chart": {"metadata": {"name": "kruise", "version": "1.8.3"}, "values": {"a": 1.5, "b": 10**18}},
    "config": {"daemon": {"port": 10221}},
    "manifest": "kind: Secret\n",
    "hooks": [{"name": "kruise-finalizer"}],
    "something": {"that": ["helm", "adds", None]},
}


def seen(*statuses: str) -> ReleaseState:
    return ReleaseState(RELEASE, tuple(Revision(number, status) for number, status in enumerate(statuses, 1)))


def secret(record: dict[str, Any] = RECORD) -> dict[str, Any]:
    packed = gzip.compress(json.dumps(record).encode())
    return {
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": "sh.helm.release.v1.kruise.v2",
            "resourceVersion": "7",
            "labels": {"name": "kruise", "owner": "helm", "status": "pending-upgrade", "version": "2"},
        },
        "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()},
    }


def payload(found: dict[str, Any]) -> dict[str, Any]:
    packed = base64.b64decode(base64.b64decode(found["data"]["release"]))
    unpacked: dict[str, Any] = json.loads(gzip.decompress(packed))
    return unpacked


@pytest.mark.parametrize("status", ["deployed", "failed", "superseded"])
def test_helm_goes_on_by_itself(status: str) -> None:
    assert plan_recovery(seen("superseded", status)).edits == ()


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-rollback"])
def test_an_interrupted_upgrade_has_failed(status: str) -> None:
    chosen = plan_recovery(seen("deployed", status))
    assert chosen.edits == (Edit(2, "mark", "failed"),)
    assert chosen.then[0] == "pulumi up"


def test_an_interrupted_installation_is_forgotten() -> None:
    chosen = plan_recovery(seen("pending-install"))
    assert chosen.edits == (Edit(1, "delete"),)
    assert "--clear-pending-creates" in chosen.then[0]
    assert plan_recovery(seen("pending-install"), unowned=["Secret certs"]).marked == ("Secret certs",)


def test_records_of_a_removal_that_kept_them_are_forgotten() -> None:
    assert plan_recovery(seen("uninstalled")).edits == (Edit(1, "delete"),)


@pytest.mark.parametrize("earlier", [(), ("deployed",)])
@pytest.mark.parametrize("status", ["unknown", "", "pending-something-new"])
def test_an_unknown_status_is_reported_and_left_alone(status: str, earlier: tuple[str, ...]) -> None:
    chosen = plan_recovery(seen(*earlier, status), unowned=["Secret certs"])
    assert chosen.edits == ()
    assert chosen.marked == ()
    assert "changes nothing" in chosen.found
    assert chosen.then[0].startswith("helm history kruise --namespace kruise-system")


def test_an_installation_over_earlier_revisions_is_not_forgotten() -> None:
    assert plan_recovery(seen("superseded", "pending-install")).edits == (Edit(2, "mark", "failed"),)


@pytest.mark.parametrize(
    ("objects", "crds", "edits"),
    [
        ("all", True, (Edit(2, "mark", "deployed"),)),
        ("some", True, (Edit(2, "mark", "failed"),)),
        ("some", False, (Edit(2, "mark", "failed", without_hooks=True),)),
        ("none", False, (Edit(1, "delete"), Edit(2, "delete"))),
        # Nothing is done about what was not looked at, or is being deleted still.
        ("unknown", True, ()),
        ("terminating", True, ()),
    ],
)
def test_an_interrupted_removal(objects: Any, crds: bool, edits: tuple[Edit, ...]) -> None:
    assert plan_recovery(seen("superseded", "uninstalling"), Leftovers(objects, crds)).edits == edits


UP = (
    "pulumi up",
    "if that says unchanged: pulumi config set openkruise:reapply <any new text> && pulumi up",
)


@pytest.mark.parametrize("status", ["failed", "superseded"])
def test_what_helm_goes_on_from_by_itself(status: str) -> None:
    chosen = plan_recovery(seen(status))
    assert (
        chosen.found == f"revision 1 of kruise-system/kruise is {status}: Helm can go on from this revision"
    )
    assert chosen.then == UP


def test_a_deployed_release_needs_nothing() -> None:
    chosen = plan_recovery(seen("deployed"))
    assert chosen.found == "revision 1 of kruise-system/kruise is deployed: nothing to recover"
    assert (chosen.changes, chosen.then) == (False, ())


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-install"])
def test_what_follows_an_interrupted_update(status: str) -> None:
    chosen = plan_recovery(seen("superseded", status))
    assert chosen.found == f"revision 2 of kruise-system/kruise is {status}"
    assert chosen.why
    assert chosen.then == UP


def test_what_is_said_of_an_unknown_status() -> None:
    assert plan_recovery(seen("odd")).then == (
        "helm history kruise --namespace kruise-system, to see what Helm says",
        "pulumi-openkruise check, to see what is in the cluster",
    )


def test_what_is_said_of_an_interrupted_removal() -> None:
    all_there = plan_recovery(seen("uninstalling"), Leftovers("all"))
    assert all_there.then == (
        "pulumi destroy --run-program, to remove it after all",
        "or pulumi up, to keep it",
    )
    gone = plan_recovery(seen("uninstalling"), Leftovers("none"))
    assert gone.then == ("pulumi refresh --yes", "pulumi destroy --run-program")
    for hook_can_pass in (True, False):
        some = plan_recovery(seen("uninstalling"), Leftovers("some", hook_can_pass))
        assert some.found.startswith(
            "revision 1 of kruise-system/kruise is uninstalling, and some of it is gone"
        )
        assert ("its pre-delete hook cannot pass any more" in some.found) is not hook_can_pass
        assert some.why == "a removal can be finished, and an upgrade makes what is missing"
        assert some.then == (
            "pulumi destroy --run-program, to finish the removal",
            "or pulumi config set openkruise:reapply <any new text> && pulumi up, to restore it",
        )


def test_a_missing_release_is_reported_with_the_one_that_there_is() -> None:
    other = ReleaseId("default", "kruise")
    assert plan_recovery(ReleaseState(RELEASE)).edits == ()
    assert "pulumi refresh" in plan_recovery(ReleaseState(RELEASE)).then[0]
    gone = plan_recovery(ReleaseState(RELEASE, owner=RELEASE), unowned=["Secret certs"])
    assert gone.changes
    assert (gone.edits, gone.marked) == ((), ("Secret certs",))
    assert gone.then == ("pulumi refresh --yes", "pulumi up")
    assert not plan_recovery(ReleaseState(RELEASE, owner=RELEASE)).changes
    assert plan_recovery(ReleaseState(RELEASE, owner=other)).then == (
        "pulumi-openkruise recover --release-namespace default",
    )


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit(3, "delete"), "delete the record of revision 3"),
        (Edit(2, "mark", "failed"), "mark revision 2 as failed"),
        (Edit(2, "mark", "failed", without_hooks=True), "mark revision 2 as failed, and take its hooks away"),
    ],
)
def test_an_edit_is_described_with_what_it_takes(edit: Edit, words: str) -> None:
    assert str(edit) == words


def test_an_edit_changes_the_status_and_nothing_else() -> None:
    before = secret()
    after = edit_record(before, Edit(2, "mark", "failed"))
    assert before == secret(), "the given Secret was changed"

    expected = json.loads(json.dumps(RECORD))
    expected["info"].update(status="failed", description=DESCRIPTION, deleted="")
    assert payload(after) == expected
    labels = after["metadata"].pop("labels")
    assert labels == {"name": "kruise", "owner": "helm", "status": "failed", "version": "2"}
    assert after["metadata"] == {"name": "sh.helm.release.v1.kruise.v2", "resourceVersion": "7"}
    assert decode(after).status == "failed"


def test_an_edit_can_take_the_hooks() -> None:
    assert payload(edit_record(secret(), Edit(2, "mark", "failed", without_hooks=True)))["hooks"] == []
    assert payload(edit_record(secret(), Edit(2, "mark", "failed")))["hooks"] == RECORD["hooks"]


def test_a_record_is_read_for_an_edit_as_everywhere_else() -> None:
    plain = base64.b64encode(base64.b64encode(json.dumps(RECORD).encode())).decode()
    after = edit_record({**secret(), "data": {"release": plain}}, Edit(2, "mark", "failed"))
    assert payload(after)["info"]["status"] == "failed"

    cut = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(RECORD).encode())[:-20])).decode()
    with pytest.raises(ValueError, match="cut off"):
        edit_record({**secret(), "data": {"release": cut}}, Edit(2, "mark", "failed"))


def test_the_same_edit_gives_the_same_bytes_whenever_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    before = secret()
    now = edit_record(before, Edit(2, "mark", "failed"))
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert edit_record(before, Edit(2, "mark", "failed")) == now


@pytest.mark.parametrize("data", [{}, {"release": "???"}, {"release": "bm90aGluZw=="}])
def test_a_secret_that_is_no_release_is_not_edited(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="holds no Helm release"):
        edit_record({**secret(), "data": data}, Edit(2, "mark", "failed"))


def test_a_failed_release_is_reported_and_blocks_nothing() -> None:
    found = find_condition(seen("deployed", "failed"))
    assert found is not None
    assert not found.blocked
    assert "openkruise:reapply" in str(found)
    assert "`pulumi-openkruise check` says what its pods lack" in str(found)
    assert find_condition(seen("deployed")) is None
    assert find_condition(ReleaseState(RELEASE)) is None


def test_labels_are_read() -> None:
    labels = {"version": "12", "status": "deployed"}
    assert read_revision({"metadata": {"labels": labels}}) == Revision(12, "deployed")
    assert read_revision({"metadata": {"labels": {"version": "x"}}}) == Revision(0, "unknown")
    assert read_revision({"metadata": {"labels": labels, "resourceVersion": "41"}}).version == "41"


@pytest.mark.parametrize(
    ("status", "since"),
    [
        ("pending-upgrade", "08:00:00"),
        ("uninstalling", "09:30:00"),
        ("failed", "09:30:00"),
        ("deployed", "09:30:00"),
    ],
)
def test_since_when_a_revision_has_its_status(status: str, since: str) -> None:
    # Helm copies the first record's labels into each later one.
    labels = {"version": "2", "status": status, "modifiedAt": "1600000000"}
    times = ["2026-11-25T08:00:00Z", "2026-11-25T09:30:00Z"]
    metadata = {
        "labels": labels,
        "creationTimestamp": times[0],
        "managedFields": [{"manager": "helm", "time": time} for time in reversed(times)],
    }
    found = read_revision({"metadata": metadata})
    assert f"{found.since:%Y-%m-%d %H:%M:%S}" == f"2026-11-25 {since}"
    assert f"since 2026-11-25 {since} UTC" in describe(found)


def test_no_moment_is_made_up() -> None:
    labels = {"version": "2", "status": "uninstalling", "modifiedAt": "1600000000"}
    found = read_revision({"metadata": {"labels": labels, "creationTimestamp": "2026-11-25T08:00:00Z"}})
    assert found.since is None
    assert "since" not in describe(found)


@pytest.mark.parametrize(
    "labels",
    [None, [], "x", {"version": 2}, {"version": "9" * 5000}, {"version": "²"}, {"status": ["deployed"]}],
)
def test_a_malformed_record_is_revision_zero_of_no_known_status(labels: Any) -> None:
    found = read_revision({"metadata": {"labels": labels, "managedFields": "x", "creationTimestamp": 7}})
    assert found == Revision(0, "unknown")


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-25", "2026-11-25T08:00:00"])
def test_a_time_that_is_none_is_not_known(moment: str) -> None:
    record = {"metadata": {"labels": {"status": "pending-install"}, "creationTimestamp": moment}}
    assert read_revision(record).since is None


def test_what_is_being_deleted_is_named_and_waited_for() -> None:
    chosen = plan_recovery(
        seen("uninstalling"), Leftovers("terminating", True, ("CustomResourceDefinition a", "b"))
    )
    assert not chosen.changes
    assert "is being deleted: CustomResourceDefinition a, b" in chosen.found
    assert chosen.then[-1] == "pulumi-openkruise recover, again when they are gone"


def test_records_in_config_maps_are_left_alone() -> None:
    state = ReleaseState(RELEASE, owner=RELEASE)
    chosen = plan_recovery(state, unowned=["Secret certs"], records_in_config_maps=True)
    assert not chosen.changes
    assert "HELM_DRIVER=configmap" in chosen.found


PLANS: dict[str, tuple[ReleaseState, dict[str, Any]]] = {
    "no release": (ReleaseState(RELEASE), {}),
    "another release": (ReleaseState(RELEASE, owner=OTHER), {}),
    "records in ConfigMaps": (ReleaseState(RELEASE), {"records_in_config_maps": True}),
    "records deleted": (ReleaseState(RELEASE, owner=RELEASE), {"unowned": ["Secret certs"]}),
    "deployed": (seen("superseded", "deployed"), {}),
    "failed": (seen("deployed", "failed"), {}),
    "interrupted upgrade": (seen("deployed", "pending-upgrade"), {"unowned": ["Secret certs"]}),
    "interrupted installation": (seen("failed", "pending-install"), {"unowned": ["Secret certs"]}),
    "interrupted installation over an older one": (seen("deployed", "pending-install"), {}),
    "installation over a superseded one": (seen("superseded", "failed", "pending-install"), {}),
    "removed, records kept": (seen("superseded", "uninstalled"), {}),
    "interrupted removal, not looked at": (seen("deployed", "uninstalling"), {}),
    "interrupted removal, nothing left": (seen("uninstalling"), {"left": Leftovers("none")}),
    "interrupted removal, part left": (seen("uninstalling"), {"left": Leftovers("some")}),
    "interrupted removal, part left, hook stuck": (
        seen("uninstalling"),
        {"left": Leftovers("some", hook_can_pass=False)},
    ),
    "interrupted removal, all left": (seen("deployed", "uninstalling"), {"left": Leftovers("all")}),
    "interrupted removal, being deleted": (
        seen("uninstalling"),
        {
            "left": Leftovers(
                "terminating", terminating=("CustomResourceDefinition clonesets.apps.kruise.io",)
            )
        },
    ),
    "unknown status": (seen("pending-something-new"), {}),
}


def lines_of(plan: Plan) -> list[str]:
    """Write a plan with all that it says, a line for each part."""
    marks = [f"mark {one}" for one in plan.marked]
    return [plan.found, *map(str, plan.edits), *marks, f"so that: {plan.why}", *plan.then]


@pytest.mark.parametrize("case", PLANS)
def test_every_plan_is_the_golden_one(case: str) -> None:
    state, known = PLANS[case]
    assert lines_of(plan_recovery(state, **known)) == GOLDEN[case]


def test_the_golden_plans_are_those_of_the_cases() -> None:
    assert sorted(GOLDEN) == sorted(PLANS)
