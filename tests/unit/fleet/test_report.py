"""How a cluster stands by the fleet's record and its own history."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.checks.finding import Severity
from pulumi_openkruise.config.fleet_file import Cluster
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.fleet.record import MESSAGE, Update
from pulumi_openkruise.fleet.release import abbreviate
from pulumi_openkruise.fleet.report import ClusterReport, State, classify_record

from tests.support.installed import broken, expected

RELEASE = {"config": "a", "program": "b", "packages": "c"}
OTHER = {**RELEASE, "config": "z"}
AT = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)


def update(message: str, *, succeeded: bool = True) -> Update:
    return Update(succeeded, message, AT, "0123456789", "update")


def ours(release: dict[str, str]) -> Update:
    return update(f"{MESSAGE}{abbreviate(release)}")


@pytest.mark.parametrize(
    ("recorded", "last", "hold", "state", "said"),
    [
        (RELEASE, ours(RELEASE), "", "good", ""),
        (OTHER, ours(OTHER), "", "due", "changed: its stack file"),
        ({}, None, "", "due", "never updated"),
        (None, None, "", "due", "never updated"),
        (RELEASE, update("hotfix"), "", "by-hand", "2026-01-02 03:04 UTC): update: hotfix"),
        (RELEASE, update("hotfix"), "held", "by-hand", "hotfix"),
        (RELEASE, ours(RELEASE), "held", "on-hold", "held"),
        (RELEASE, update(f"{MESSAGE}{abbreviate(OTHER)}", succeeded=False), "", "failed", "failed"),
        (RELEASE, update("x", succeeded=False), "held", "failed", "failed"),
    ],
)
def test_states(
    recorded: dict[str, str] | None, last: Update | None, hold: str, state: str, said: str
) -> None:
    record = {} if recorded is None else {"c": recorded}
    found, notes = classify_record(RELEASE, Cluster("c", {}, hold), record, last)
    assert found == state
    assert said in "\n".join(notes)


@pytest.mark.parametrize("state", ["good", "due", "on-hold"])
def test_a_cluster_is_clean_if_its_findings_are_for_information_only(state: State) -> None:
    good = check(broken(), expected())
    finding = check(broken(pods=[]), expected()).findings[0]
    assert ClusterReport("w", Cluster("c", {}), state, checked=good).clean
    severities: dict[Severity, bool] = {"info": True, "warning": False, "error": False}
    for severity, clean in severities.items():
        found = replace(good, findings=(replace(finding, severity=severity),))
        assert ClusterReport("w", Cluster("c", {}), state, checked=found).clean is clean
    assert not ClusterReport("w", Cluster("c", {}), state).clean


@pytest.mark.parametrize("state", ["unreachable", "findings", "failed", "by-hand"])
def test_a_cluster_in_another_state_needs_an_action(state: State) -> None:
    assert not ClusterReport("w", Cluster("c", {}), state, checked=check(broken(), expected())).clean


def test_an_unknown_record_is_not_taken_for_an_empty_one() -> None:
    state, notes = classify_record(RELEASE, Cluster("c", {}), Unavailable("no backend"), None)
    assert state == "good"
    assert "no backend" in notes[0]
