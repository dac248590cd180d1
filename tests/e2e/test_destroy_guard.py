"""A guarded destroy counts what is left when the release's turn comes.

The stack's own custom resources go before it; everybody else's refuse it.
"""

import shutil
from pathlib import Path

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from . import custom_resources
from .observing import VIRTUAL, Cluster, eventually
from .stack import Stack

CLONE_SETS = "/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clonesets.apps.kruise.io"
SPEC = {**custom_resources.RESOURCES[0][2], "replicas": 0}
OWN = f"""
from pulumi_kubernetes.apiextensions import CustomResource

CustomResource(
    "own",
    api_version="apps.kruise.io/v1alpha1",
    kind="CloneSet",
    metadata={{"name": "own", "namespace": "default"}},
    spec={SPEC!r},
    opts=pulumi.ResourceOptions(depends_on=[kruise]),
)
"""


@pytest.fixture
def stack(life_state: State, chart: Chart, empty: None, tmp_path: Path) -> Stack:
    """OpenKruise and, in the same program, a CloneSet that depends on it."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    program = tmp_path / "__main__.py"
    shutil.copy(ROOT / "__main__.py", program)
    stack = Stack(life_state, chart, folder=tmp_path)
    stack.configure({"protect": "false", "guardDestroy": "true"})
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    program.write_text(program.read_text() + OWN)
    stack.up().succeeded()
    return stack


def test_the_stacks_own_resources_go_first_and_those_of_others_refuse_it(
    stack: Stack, life_cluster: Cluster
) -> None:
    destroy = ("destroy", "--run-program", "--yes")
    foreign = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "CloneSet",
        "metadata": {"name": "foreign"},
        "spec": SPEC,
    }
    api.call(life_cluster.client, "POST", CLONE_SETS, foreign)
    uid = life_cluster.get(f"{CLONE_SETS}/foreign")["metadata"]["uid"]
    # Preview counts both, and only warns; the release's turn comes when the stack's own one is gone.
    assert "2 CloneSet" in stack.run("destroy", "--run-program", "--preview-only").succeeded().output
    refused = stack.run(*destroy).failed().output
    assert "deleting it deletes, with its CRDs, 1 CloneSet" in refused, refused
    assert life_cluster.get(f"{CLONE_SETS}/foreign")["metadata"]["uid"] == uid
    assert not life_cluster.exists(f"{CLONE_SETS}/own")
    assert life_cluster.exists(CRD)

    stack.up().succeeded()
    assert life_cluster.exists(f"{CLONE_SETS}/own")
    api.call(life_cluster.client, "DELETE", f"{CLONE_SETS}/foreign")
    # Its chart's Job would wait on a virtual node for ever.
    life_cluster.cordon(VIRTUAL, on=True)
    try:
        output = stack.run(*destroy).succeeded().output
    finally:
        life_cluster.cordon(VIRTUAL, on=False)
    assert "1 CloneSet" in output, "preview did not warn"
    assert stack.resources() == {}
    eventually("the CRD to be gone", lambda: not life_cluster.exists(CRD))
