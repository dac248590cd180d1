"""OpenKruise's pods, and its objects for each node: what the evidence says."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import check

from tests.support.findings import CASES, changed, found, nodes_and, pods
from tests.support.installed import (
    TAKEN,
    VIRTUAL_TAINT,
    broken,
    daemon,
    expected,
    facts,
    healthy,
    node_object,
)


def test_a_manager_may_run_everywhere_where_the_stack_says_so() -> None:
    snapshot, _expected = CASES["manager-on-excluded-node"]()
    wanted = expected(exclude_manager=False)
    deployment = changed(healthy().deployment, "spec", "template", "spec", "affinity", to={})
    assert check(replace(snapshot, deployment=deployment), wanted).findings == ()


def test_why_a_daemon_does_not_run() -> None:
    reasons: dict[str, dict[str, Any]] = {
        "CrashLoopBackOff, exit code 1": {
            "containerStatuses": [
                {
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"exitCode": 1}},
                }
            ]
        },
        "not scheduled: Unschedulable": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
            "containerStatuses": [],
        },
        "Pending, not ready": {"phase": "Pending", "conditions": [], "containerStatuses": None},
    }
    for reason, status in reasons.items():
        snapshot = broken(pods=[daemon("real-1", **{"ready": False, **status}), *pods()[1:]])
        finding = found(check(snapshot, expected()))["real-node-without-daemon"]
        assert finding.evidence == (f"{reason}: real-1",)


def test_objects_without_tasks_are_info_and_those_with_tasks_a_warning() -> None:
    for part_name, code, line in (
        ("node_images", "node-image-of-excluded-node", "2 images to be pulled on virtual-1"),
        ("node_pod_probes", "node-pod-probe-of-excluded-node", "2 pods to be probed on virtual-1"),
    ):
        idle = {**getattr(healthy(), part_name), "virtual-1": 0}
        assert check(broken(**{part_name: idle}), expected()).clean
        finding = found(check(broken(**{part_name: {**idle, "virtual-1": 2}}), expected()))[code]
        assert (finding.severity, finding.evidence[-1]) == ("warning", line)


def test_objects_from_before_the_type_label_are_named() -> None:
    images = {"real-1": 0, "real-2": 0, "virtual-1": 0, "virtual-2": 0}
    bare = node_object("virtual-2", taints=[VIRTUAL_TAINT])
    bare["metadata"]["labels"] = {"openkruise.io/virtual-node": "true"}
    snapshot = nodes_and(facts(bare), node_images=images)
    finding = found(check(snapshot, expected()))["node-image-of-excluded-node"]
    assert finding.evidence == (
        "NodeImage virtual-1, virtual-2",
        "created before these were labelled type=virtual-kubelet: virtual-1",
    )
    unlabelled = replace(snapshot, node_images={"real-1": 0, "real-2": 0, "virtual-2": 0})
    finding = found(check(unlabelled, expected()))["node-image-of-excluded-node"]
    assert finding.evidence == ("NodeImage virtual-2",)


@pytest.mark.parametrize(
    ("created", "taken", "missing"),
    [
        ("2026-01-01T11:58:59Z", TAKEN, True),
        ("2026-01-01T11:59:01Z", TAKEN, False),
        ("2026-01-01T11:58:59Z", "yesterday", False),
    ],
)
def test_a_node_has_a_minute_until_its_node_image_is_missed(created: str, taken: str, missing: bool) -> None:
    raw = node_object("real-3")
    raw["metadata"]["creationTimestamp"] = created
    report = check(nodes_and(facts(raw), pods=[*pods(), daemon("real-3")], taken=taken), expected())
    assert ("node-image-missing" in found(report)) is missing
    if missing:
        assert tuple(map(str, found(report)["node-image-missing"].objects)) == ("real-3",)
