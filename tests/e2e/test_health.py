"""What an installation says of itself: counts and revision, in every state that they can be in."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import api, pulumi
from sandbox.chart_choice import Chart
from sandbox.state import State

from .observing import KRUISE_NAMESPACE, REAL, Cluster, eventually
from .stack import Stack

DAEMON_SET = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets/kruise-daemon"


@pytest.fixture(scope="module")
def stack(life_state: State, life_cluster: Cluster, chart: Chart, empty: None) -> Iterator[Stack]:
    """OpenKruise, installed for this module."""
    stack = Stack(life_state, chart, name="health")
    stack.configure(_settings())
    first = stack.preview().succeeded().output
    assert "does not exist" not in first
    stack.up().succeeded()
    yield stack
    stack.destroy(life_cluster)


def _health(stack: Stack) -> tuple[Any, Any, Any]:
    outputs = pulumi.outputs(stack.state, stack=stack.name)
    return outputs["daemonDesired"], outputs["daemonReady"], outputs["releaseRevision"]


def _pods(cluster: Cluster) -> set[str]:
    return {pod["metadata"]["uid"] for pod in cluster.daemons().values()}


def _settings(**more: Any) -> dict[str, Any]:
    presets = ["all", "windows", "tke-supernode"]
    return {"protect": "false", "timeout": "120", "virtualNodePresets": presets, **more}


def test_counts_and_revision_are_outputs_and_change_nothing(stack: Stack) -> None:
    assert _health(stack) == (len(REAL), len(REAL), 1)
    stack.preview("--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--expect-no-changes").succeeded()
    stack.up("--expect-no-changes").succeeded()
    assert not [urn for urn in stack.resources() if "DaemonSet" in urn]


def test_a_daemon_that_is_not_ready_is_no_error(stack: Stack, life_cluster: Cluster) -> None:
    # A node without anybody who would run its pods.
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}}
    api.call(life_cluster.client, "POST", "/api/v1/nodes", node)
    eventually(
        "a daemon for the node",
        lambda: life_cluster.get(DAEMON_SET)["status"]["desiredNumberScheduled"] == len(REAL) + 1,
    )
    stack.preview("--expect-no-changes").succeeded()
    stack.up("--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--expect-no-changes").succeeded()
    assert _health(stack)[:2] == (len(REAL) + 1, len(REAL))

    # The pod with its node: the controller counts again when a pod goes, not when a node does.
    pod = life_cluster.daemons()["ghost"]["metadata"]["name"]
    path = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/pods/{pod}"
    api.call(life_cluster.client, "DELETE", "/api/v1/nodes/ghost")
    api.call(life_cluster.client, "DELETE", path, {"gracePeriodSeconds": 0})
    eventually(
        "the daemon for the node to be forgotten",
        lambda: life_cluster.get(DAEMON_SET)["status"]["desiredNumberScheduled"] == len(REAL),
    )


def test_another_timeout_is_a_revision_and_restarts_nothing(stack: Stack, life_cluster: Cluster) -> None:
    before = _pods(life_cluster)
    stack.configure(_settings(timeout="121"))
    output = stack.up().succeeded().output
    assert "1 updated" in output, output
    assert _health(stack) == (len(REAL), len(REAL), 2)
    assert _pods(life_cluster) == before


def test_a_deleted_daemon_set_is_reported_and_comes_back(stack: Stack, life_cluster: Cluster) -> None:
    api.call(life_cluster.client, "DELETE", DAEMON_SET)
    # Neither a preview nor an update fails for it, and that of what restores it does not, either.
    stack.preview("--expect-no-changes").succeeded()
    stack.up("--expect-no-changes").succeeded()
    outputs = pulumi.outputs(stack.state, stack=stack.name)
    assert (outputs.get("daemonDesired"), outputs.get("daemonReady")) == (None, None)
    stack.configure(_settings(timeout="121", reapply="it was deleted"))
    stack.up().succeeded()
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL)
    stack.up("--expect-no-changes").succeeded()
    assert _health(stack) == (len(REAL), len(REAL), 3)


def test_without_a_daemon_nothing_is_counted(stack: Stack, life_cluster: Cluster) -> None:
    stack.configure(_settings(timeout="121", featureGates={"KruiseDaemon": False}))
    stack.up().succeeded()
    assert _health(stack) == (0, 0, 4)
    items = life_cluster.get(f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets")["items"]
    assert items == []
    stack.preview("--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--expect-no-changes").succeeded()

    stack.configure(_settings(timeout="121"))
    stack.up().succeeded()
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL)
