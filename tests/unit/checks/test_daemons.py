"""OpenKruise's pods, and its objects for each node: what the evidence says."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pulumi_openkruise.checks import Expected, ObjectReference, check

from tests.support.findings import CASES, changed, found, nodes_and, pods
from tests.support.installed import (
    TAKEN,
    VIRTUAL_TAINT,
    broken,
    daemon,
    expected,
    facts,
    healthy,
    manager,
    node,
    node_object,
    virtual,
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
        ("2026-01-01T11:59:00Z", TAKEN, False),
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


def test_at_most_five_pods_are_listed_of_those_out_of_place() -> None:
    nodes = [virtual(f"virtual-{number}") for number in range(7)]
    for make, code in (
        (daemon, "daemon-on-excluded-node"),
        (partial(manager, 9), "manager-on-excluded-node"),
    ):
        out = [changed(make(one.name), "metadata", "name", to=f"pod-{one.name}") for one in nodes]
        finding = found(check(nodes_and(*nodes, pods=[*pods(), *out]), expected()))[code]
        assert finding.evidence == tuple(
            f"Pod kruise-system/pod-virtual-{number} on virtual-{number}" for number in range(5)
        )
        assert tuple(map(str, finding.objects)) == tuple(
            f"Pod kruise-system/pod-virtual-{number}" for number in range(7)
        )
        assert finding.what.startswith("7 ")


def test_a_pod_that_is_leaving_or_whose_node_is_unknown_is_not_out_of_place() -> None:
    leaving = changed(daemon("virtual-1", ready=False), "metadata", "deletionTimestamp", to=TAKEN)
    snapshot = broken(pods=[*pods(), leaving, daemon("unknown"), manager(3, "unknown"), manager(4, "")])
    assert check(snapshot, expected()).findings == ()


def test_pods_of_another_operator_with_the_same_labels_are_not_looked_at() -> None:
    parts = {"pods": [*pods(), daemon("virtual-1")], "deployment": None, "daemon_set": None}
    assert "daemon-on-excluded-node" not in found(check(broken(**parts), expected()))


@pytest.mark.parametrize("part", ["state", "exposed"])
def test_a_manager_is_out_of_place_wherever_no_daemon_can_run(part: str) -> None:
    """Also where only the cluster is known: whether its affinity excludes the node does not count."""
    labelled = part == "state"
    snapshot = nodes_and(virtual("virtual-2", labelled=labelled), pods=[*pods(), manager(3, "virtual-2")])
    wanted = Expected("the DaemonSet in the cluster", daemon=expected().daemon)
    finding = found(check(snapshot, wanted))["manager-on-excluded-node"]
    assert finding.evidence == ("Pod kruise-system/kruise-controller-manager-3 on virtual-2",)
    assert finding.what == "1 manager pod on nodes where it cannot run"


@pytest.mark.parametrize(
    ("counts", "said"),
    [([4], 0), ([5], 5), ([1, 9, 5], 9), ([], 0), (None, 0), (["7"], 0)],
)
def test_a_daemon_restarts_too_often_from_five_times_on(counts: list[Any] | None, said: int) -> None:
    statuses = counts if counts is None else [{"restartCount": count} for count in counts]
    snapshot = broken(pods=[daemon("real-1", containerStatuses=statuses), *pods()[1:]])
    report = found(check(snapshot, expected()))
    assert set(report) == ({"daemon-restarts"} if said else set())
    if said:
        finding = report["daemon-restarts"]
        assert finding.what == "1 daemon pod restarted 5 times or more"
        assert finding.evidence == (f"Pod kruise-system/kruise-daemon-real-1 on real-1: {said} restarts",)
        assert finding.objects == (ObjectReference("Pod", "kruise-daemon-real-1", "kruise-system"),)


def test_only_daemons_restarts_count_and_five_are_listed() -> None:
    restarted = {"containerStatuses": [{"restartCount": 8}]}
    nodes = [node(f"more-{number}") for number in range(6)]
    many = [daemon(one.name, **restarted) for one in nodes]
    snapshot = nodes_and(*nodes, pods=[*pods(), manager(3, "real-1", **restarted), *many], node_images={})
    finding = found(check(snapshot, expected()))["daemon-restarts"]
    assert len(finding.evidence) == 5
    assert len(finding.objects) == 6
    assert finding.what == "6 daemon pods restarted 5 times or more"


def test_nodes_that_wait_for_a_daemon_are_grouped_by_the_reason() -> None:
    crashing = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    nodes = [node("real-3"), node("real-4")]
    parts = {
        "pods": [*pods()[1:], daemon("real-3", ready=False, containerStatuses=[crashing])],
        "node_images": dict.fromkeys(("real-1", "real-2", "real-3", "real-4"), 0),
    }
    finding = found(check(nodes_and(*nodes, **parts), expected()))["real-node-without-daemon"]
    assert finding.what == "3 ready real nodes without a ready daemon"
    assert sorted(finding.evidence) == [
        "CrashLoopBackOff: real-3",
        "no pod was made for it: real-1, real-4",
    ]
    assert tuple(map(str, finding.objects)) == ("real-1", "real-3", "real-4")


def test_a_node_image_is_missed_only_where_there_are_others() -> None:
    """Without any, the feature may be off."""
    assert check(broken(node_images={}), expected()).findings == ()
    finding = found(check(broken(node_images={"x": 0}), expected()))["node-image-missing"]
    assert finding.what == "2 ready real nodes without a NodeImage"
    assert finding.evidence == ("1 NodeImages, none for real-1, real-2",)


def test_a_node_image_is_not_missed_of_a_node_that_is_not_ready_or_has_no_daemon() -> None:
    raw = node_object("real-3")
    raw["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    windows = node_object("win-1", taints=[{"key": "os", "value": "windows", "effect": "NoSchedule"}])
    windows["metadata"]["labels"]["kubernetes.io/os"] = "windows"
    windows["status"]["nodeInfo"]["operatingSystem"] = "windows"
    assert check(nodes_and(facts(raw), facts(windows)), expected()).findings == ()


@pytest.mark.parametrize(
    ("kind", "part", "code", "task"),
    [
        ("NodeImage", "node_images", "node-image-of-excluded-node", "image"),
        ("NodePodProbe", "node_pod_probes", "node-pod-probe-of-excluded-node", "pod"),
    ],
)
def test_what_is_said_of_objects_of_nodes_without_a_daemon(
    kind: str, part: str, code: str, task: str
) -> None:
    does = "pulled" if task == "image" else "probed"
    objects = {**getattr(healthy(), part), "virtual-1": 1, "virtual-2": 0, "gone": 3}
    snapshot = nodes_and(virtual("virtual-2", labelled=False), **{part: objects})
    finding = found(check(snapshot, expected()))[code]
    assert finding.what == f"2 {kind} objects of nodes without a daemon"
    assert finding.severity == "warning"
    assert finding.evidence == (
        f"{kind} virtual-1, virtual-2",
        "created before these were labelled type=virtual-kubelet: virtual-1",
        f"1 {task} to be {does} on virtual-1",
    )
    assert finding.objects == (
        ObjectReference(f"{kind}.apps.kruise.io", "virtual-1"),
        ObjectReference(f"{kind}.apps.kruise.io", "virtual-2"),
    )
