"""All checks together: order, summary, and what could not be checked."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import NOT_ASKED, ObjectReference, check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.manifest import list_manifest_objects

from tests.support.findings import (
    CASES,
)
from tests.support.installed import (
    broken,
    expected,
    healthy,
    record,
)


def test_a_healthy_installation_has_no_finding() -> None:
    report = check(healthy(), expected())
    assert report.findings == ()
    assert report.not_checked == ()
    assert report.clean
    assert report.counts() == {"running": 2, "excluded": 1}
    assert report.summary() == (
        "3 nodes: 2 real, its daemon runs; 1 no daemon can run there, excluded. Findings: none."
    )


def test_the_worst_comes_first() -> None:
    snapshot = broken(version="v1.36.3", node_images={"virtual-1": 0}, endpoint_slices=[], records=[])
    severities = [finding.severity for finding in check(snapshot, expected()).findings]
    assert severities == sorted(severities, key=["critical", "error", "warning", "info"].index)
    assert severities[0] == "critical"


def test_logs_that_cannot_be_read_are_not_checked() -> None:
    report = check(broken(logs=Unavailable("not allowed: GET the log: 403")), expected())
    assert [(one.what, one.because) for one in report.not_checked] == [
        ("why daemons keep restarting, by their logs", "not allowed: GET the log: 403")
    ]


@pytest.mark.parametrize(
    ("records", "because"),
    [
        (Unavailable("Secret x: not a Helm release record"), "Secret x: not a Helm release record"),
        ([record(status="failed")], "no revision of the release is deployed"),
        ([record(manifest="a: [")], "the manifest in Secret sh.helm.release.v1.kruise.v3 cannot be read: "),
    ],
)
def test_a_manifest_that_cannot_be_read_is_not_checked(records: Any, because: str) -> None:
    report = check(broken(manifest=list_manifest_objects(records), live={}), expected())
    (gap,) = report.not_checked
    assert gap.what == "objects and fields of the deployed revision"
    assert gap.because.startswith(because)


def test_what_cannot_be_read_is_reported_and_not_guessed() -> None:
    report = check(broken(pods=Unavailable("not allowed: GET pods: 403")), expected())
    assert [one.because for one in report.not_checked] == ["not allowed: GET pods: 403"] * 3
    assert report.counts() == {"admitted": 2, "excluded": 1}
    assert report.findings == ()


def test_a_report_counts_nodes_and_names_objects() -> None:
    report = check(*CASES["virtual-node-admitted"]())
    assert report.counts() == {"running": 2, "excluded": 1, "exposed": 1}
    assert report.clean is False
    assert report.findings[0].objects == (ObjectReference("Node", "virtual-2"),)


def test_what_was_checked_without_a_finding_is_named() -> None:
    snapshot, wanted = CASES["virtual-node-admitted"]()
    passed = check(snapshot, wanted).passed
    assert "nodes against selectors" not in passed
    assert "the labels of OpenKruise's namespace" in passed
    assert "the live affinity" in passed
    # What was not asked for is neither well nor wrong, and what could not be read neither.
    assert "the live affinity" not in check(replace(snapshot, live=NOT_ASKED), wanted).passed
    assert "the live affinity" not in check(replace(snapshot, live=Unavailable("x")), wanted).passed


def test_of_an_installation_that_is_not_there_nothing_is_well() -> None:
    snapshot, wanted = CASES["not-installed"]()
    assert check(snapshot, wanted).passed == (
        "nodes against selectors",
        "whether container runtimes serve the CRI version that the daemon speaks",
    )
