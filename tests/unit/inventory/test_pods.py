"""Whose a pod is, which node it is for, and why it is not ready."""

from typing import Any

import pytest
from pulumi_openkruise.inventory.pods import (
    STARTING_SECONDS,
    explain_not_ready,
    find_target,
    group_daemons_by_node,
    is_daemon,
    is_manager,
    is_starting,
    name_pod,
)

from tests.support.installed import daemon, manager, pod

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def pending(*fields: Any) -> dict[str, Any]:
    """Return a pod without a node, of which each term of its affinity has one of these ``matchFields``."""
    terms = [{"matchFields": [field]} for field in fields]
    return {"spec": {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}}}


def named(*values: Any, key: str = "metadata.name") -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


@pytest.mark.parametrize(
    ("one", "node"),
    [
        ({"spec": {"nodeName": "a"}}, "a"),
        ({"spec": {"nodeName": "a", **pending(named("b"))["spec"]}}, "a"),
        (pending(named("b")), "b"),
        (pending(named("b", "c")), "b"),
        (pending(named("x", key="metadata.namespace"), named("b")), "b"),
        (pending(named(), named("b")), "b"),
        (pending({"key": "metadata.name", "values": "b"}), ""),
        (pending({"key": "metadata.name"}), ""),
        (pending(), ""),
        ({}, ""),
    ],
)
def test_the_node_that_a_pod_is_for(one: dict[str, Any], node: str) -> None:
    """The DaemonSet controller writes the node's name into ``matchFields`` (daemonset_util.go)."""
    assert find_target(one) == node


@pytest.mark.parametrize(
    ("owner", "role", "of_daemon", "of_manager"),
    [
        ("DaemonSet", "daemon", True, False),
        ("DaemonSet", "", True, False),
        ("DaemonSet", "controller-manager", False, False),
        ("ReplicaSet", "controller-manager", False, True),
        ("ReplicaSet", "daemon", False, False),
        ("ReplicaSet", "", False, False),
        ("Job", "daemon", False, False),
    ],
)
def test_whose_a_pod_is(owner: str, role: str, of_daemon: bool, of_manager: bool) -> None:
    one = pod("x", "n", owner, role)
    assert (is_daemon(one), is_manager(one)) == (of_daemon, of_manager)
    one["metadata"]["ownerReferences"] = []
    assert (is_daemon(one), is_manager(one)) == (False, False)


def test_of_two_daemons_of_a_node_the_ready_one_counts_and_none_that_is_leaving() -> None:
    ready, waiting, leaving = daemon("n"), daemon("n", ready=False), daemon("n")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    for pods in ([ready, waiting], [waiting, ready], [ready, leaving], [leaving, ready]):
        assert group_daemons_by_node(pods)["n"] is ready
    assert group_daemons_by_node([leaving, manager(1, "n"), daemon("")]) == {}
    assert set(group_daemons_by_node([daemon("a"), daemon("b")])) == {"a", "b"}


def container(**state: Any) -> dict[str, Any]:
    return {"restartCount": 0, **state}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"ready": True}, ""),
        (
            {"containerStatuses": [container(state={"waiting": {"reason": "ImagePullBackOff"}})]},
            "ImagePullBackOff",
        ),
        (
            {
                "containerStatuses": [
                    container(
                        state={"waiting": {"reason": "CrashLoopBackOff"}},
                        lastState={"terminated": {"exitCode": 0}},
                    )
                ]
            },
            "CrashLoopBackOff, exit code 0",
        ),
        (
            {
                "containerStatuses": [
                    container(state={"running": {}}),
                    container(state={"waiting": {"reason": "ErrImagePull"}}, lastState={"terminated": {}}),
                ]
            },
            "ErrImagePull",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]},
            "not scheduled: Unschedulable",
        ),
        ({"conditions": [{"type": "PodScheduled", "status": "False"}]}, "not scheduled: no reason given"),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, "Running, not ready"),
        ({"phase": ""}, "of no phase, not ready"),
    ],
)
def test_why_a_pod_is_not_ready(status: dict[str, Any], reason: str) -> None:
    assert explain_not_ready(daemon("n", **{"ready": False, **status})) == reason


def test_without_a_pod_none_was_made() -> None:
    assert explain_not_ready(None) == "no pod was made for it"
    assert not is_starting(None, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("statuses", "age", "starts"),
    [
        ([container()], 0, True),
        ([container()], STARTING_SECONDS - 1, True),
        ([container()], STARTING_SECONDS, False),
        ([container(state={"waiting": {"reason": "ContainerCreating"}})], 0, True),
        ([container(state={"waiting": {"reason": "PodInitializing"}})], 0, True),
        ([container(state={"waiting": {"reason": "ErrImagePull"}})], 0, False),
        ([container(state={"terminated": {"exitCode": 1}})], 0, False),
        ([container(), container(restartCount=1)], 0, False),
        ([], 0, False),
    ],
)
def test_a_young_pod_starts_until_something_has_failed(statuses: list[Any], age: int, starts: bool) -> None:
    one = daemon("n", ready=False, containerStatuses=statuses)
    one["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert is_starting(one, f"2026-01-01T00:{age // 60:02}:{age % 60:02}Z") == starts
    del one["metadata"]["creationTimestamp"]
    assert not is_starting(one, "2026-01-01T00:00:00Z")


def test_a_pod_is_named_with_its_namespace() -> None:
    assert name_pod(daemon("n")) == "Pod kruise-system/kruise-daemon-n"
