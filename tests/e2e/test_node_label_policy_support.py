"""`nodeLabelPolicy` on Kubernetes 1.35, emulated: its API server serves one of the two kinds of policies."""

import os
from collections.abc import Iterator

import pytest

from sandbox.state import State

from .conftest import chart_for, fresh_sandbox, observed
from .observing import Cluster
from .stack import Stack

pytestmark = pytest.mark.skipif(
    "POLICY_NODES" not in os.environ, reason="it takes a cluster of its own; `make policy` runs it"
)


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    """Provide an empty cluster that behaves as Kubernetes 1.35."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMULATED", "1.35")
        yield from fresh_sandbox("older")


@pytest.fixture(scope="module")
def cluster(state: State) -> Cluster:
    return observed(state)


@pytest.fixture(scope="module")
def stack(state: State) -> Stack:
    return Stack(state, chart_for(state))


def test_label_is_refused_in_preview_with_what_to_do_instead(cluster: Cluster, stack: Stack) -> None:
    before = cluster.lasting()
    stack.configure({"nodeLabelPolicy": "label"})
    for command in (stack.preview, stack.up):
        said = " ".join(command().failed().output.split())
        assert "label needs MutatingAdmissionPolicy" in said
        assert "pulumi-openkruise policy --format kyverno" in said
        assert "openkruise:nodeLabelPolicy warn" in said
    assert cluster.lasting() == before


def test_warn_is_installed(cluster: Cluster, stack: Stack) -> None:
    stack.configure({"nodeLabelPolicy": "warn"})
    stack.up("--skip-preview").succeeded()
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    assert [item["metadata"]["name"] for item in cluster.get(path)["items"]] == ["openkruise-virtual-nodes"]
    stack.up("--expect-no-changes").succeeded()
