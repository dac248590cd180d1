"""The namespace: adopted where it is labelled, refused where it is not; the story has the stack's own."""

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State

from .observing import KRUISE_NAMESPACE, REAL, Cluster, eventually
from .stack import Stack

NAMESPACE = f"/api/v1/namespaces/{KRUISE_NAMESPACE}"


@pytest.fixture(scope="module")
def stack(life_state: State, chart: Chart) -> Stack:
    stack = Stack(life_state, chart)
    stack.configure({"createNamespace": "false"})
    return stack


@pytest.fixture(scope="module")
def namespace(life_cluster: Cluster, empty: None) -> str:
    """Provide a namespace that its owner has made, without labels; its uid."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": KRUISE_NAMESPACE}}
    uid: str = api.call(life_cluster.client, "POST", "/api/v1/namespaces", body)["metadata"]["uid"]
    return uid


def test_an_unlabelled_namespace_is_refused_with_the_command_that_labels_it(
    namespace: str, life_cluster: Cluster, stack: Stack
) -> None:
    before = life_cluster.lasting()

    for outcome in (stack.preview().failed(), stack.up("--skip-preview").failed()):
        assert "is not labelled control-plane=openkruise" in outcome.output, outcome.output
        how = f"kubectl label namespace {KRUISE_NAMESPACE} control-plane=openkruise"
        assert how in outcome.output, outcome.output

    # What the module before this one has left may still be going.
    assert not life_cluster.lasting() - before
    assert not life_cluster.helm_revisions()


def test_a_labelled_one_is_adopted_and_never_changed(
    namespace: str, life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    labels = {"metadata": {"labels": {"control-plane": "openkruise", "team": "platform"}}}
    api.call(life_cluster.client, "PATCH", NAMESPACE, labels, content_type="application/merge-patch+json")
    before = life_cluster.get(NAMESPACE)

    stack.up().succeeded()

    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL, evidence=life_cluster.pods)
    wait_for_manager(life_state)
    after = life_cluster.get(NAMESPACE)
    assert (after["metadata"]["uid"], after["metadata"]["labels"]) == (
        namespace,
        before["metadata"]["labels"],
    )
    stack.preview("--expect-no-changes").succeeded()


def test_it_outlives_the_installation(namespace: str, life_cluster: Cluster, stack: Stack) -> None:
    stack.destroy(life_cluster)

    assert life_cluster.get(NAMESPACE)["metadata"]["uid"] == namespace
    assert life_cluster.get(NAMESPACE)["status"]["phase"] == "Active"
    life_cluster.delete_namespace()
