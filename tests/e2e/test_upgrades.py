"""An installation over the years: from 1.7 to 1.9 in place, back only where that loses nothing, then its end.

Each test begins where the one before it stopped. Custom resources of the kinds that the chart's pre-delete
hook looks for, and of kinds that it does not, are there from the first day on.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.cluster import restart_api_server
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import custom_resources
from .custom_resources import HOOKED, RESOURCES, precious
from .observing import REAL, VIRTUAL, Cluster, eventually
from .stack import Stack

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MOVED = "sidecarsets.apps.kruise.io"


@pytest.fixture(scope="module")
def stack(life_state: State, charts: dict[str, Chart]) -> Stack:
    return Stack(life_state, charts["1.7.5"])


@pytest.fixture(scope="module")
def before(life_cluster: Cluster, empty: None) -> set[str]:
    return life_cluster.lasting()


@pytest.fixture(scope="module")
def made(before: set[str], life_cluster: Cluster, life_state: State, stack: Stack) -> dict[str, str]:
    """OpenKruise 1.7.5 is installed, and its users have made their resources: what they must keep."""
    stack.up().succeeded()
    wait_for_manager(life_state)
    custom_resources.create_all(life_cluster)
    return precious(life_cluster)


def _stored(cluster: Cluster, crd: str = MOVED) -> list[str]:
    found: list[str] = cluster.get(f"{CRDS}/{crd}")["status"]["storedVersions"]
    return found


@pytest.mark.parametrize("version", ["1.8.3", "1.9.1"])
def test_an_upgrade_is_in_place_and_custom_resources_stay_byte_for_byte(
    version: str,
    made: dict[str, str],
    charts: dict[str, Chart],
    life_cluster: Cluster,
    life_state: State,
    stack: Stack,
) -> None:
    identities, revisions = life_cluster.identities(), life_cluster.helm_revisions()
    stack.configure(chart=charts[version])

    output = stack.up().succeeded().output
    assert "1 updated" in output, output
    assert "replaced" not in output, output

    assert len(life_cluster.helm_revisions()) == len(revisions) + 1
    assert life_cluster.identities().items() >= identities.items()
    assert precious(life_cluster) == made
    image = life_cluster.daemon_set()["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(f":v{version}")
    eventually("the new daemons", lambda: life_cluster.running_daemons() == REAL)
    wait_for_manager(life_state)
    stack.preview("--expect-no-changes").succeeded()


def test_an_update_outlives_a_restart_of_the_api_server(
    made: dict[str, str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    records = set(life_cluster.helm_revisions())
    stack.configure({"virtualNodeSelectors": ["pool=batch"]})

    with stack.started("up", "--yes", "--skip-preview") as update:
        eventually("Helm to have begun the update", lambda: set(life_cluster.helm_revisions()) - records)
        restart_api_server(life_state)
        output, code = update.finished()

    if code != 0:
        # Helm could not even write down that it failed: its record says that an upgrade is going on.
        assert "Traceback" not in output, output
        program = str(Path(sys.executable).parent / "pulumi-openkruise")
        recover = [program, "recover", "--yes", "--kubeconfig", str(life_state.kubeconfig)]
        recovered = subprocess.run(recover, capture_output=True, text=True, check=False)
        assert recovered.returncode == 0, f"{recovered.stdout}\n{recovered.stderr}"
        stack.up("--skip-preview").succeeded()
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL - {"worker-3"})
    assert precious(life_cluster) == made
    stack.preview("--expect-no-changes").succeeded()
    stack.configure()
    stack.up("--skip-preview").succeeded()


def test_1_9_moves_the_storage_of_objects_that_are_there(made: dict[str, str], life_cluster: Cluster) -> None:
    assert _stored(life_cluster) == ["v1alpha1", "v1beta1"]
    found = life_cluster.get(f"/apis/apps.kruise.io/v1beta1/sidecarsets/{custom_resources.NAME}")
    assert found["spec"] == life_cluster.get(f"{RESOURCES[2][0]}/{custom_resources.NAME}")["spec"]


def test_a_downgrade_over_the_change_of_storage_is_refused(
    made: dict[str, str], charts: dict[str, Chart], life_cluster: Cluster, stack: Stack
) -> None:
    # What makes it impossible is the API server: a version that objects may be stored as has to stay.
    crd = life_cluster.get(f"{CRDS}/{MOVED}")
    crd["spec"]["versions"] = [{**crd["spec"]["versions"][0], "storage": True}]
    with pytest.raises(api.Errors, match="storedVersions"):
        api.call(life_cluster.client, "PUT", f"{CRDS}/{MOVED}", crd)

    # So it is refused before Helm is asked, which would stop half way and could not go back.
    revisions, identities = life_cluster.helm_revisions(), life_cluster.identities()
    stack.configure(chart=charts["1.8.3"])
    for refused in (stack.preview().failed(), stack.up("--skip-preview").failed()):
        assert (
            "1.8.3 does not know versions in which custom resources are stored since 1.9.1" in refused.output
        )
        assert "advancedcronjobs.apps.kruise.io (v1beta1)" in refused.output, refused.output
    assert life_cluster.helm_revisions() == revisions
    assert life_cluster.identities() == identities
    assert precious(life_cluster) == made

    stack.configure(chart=charts["1.9.1"])
    stack.up("--expect-no-changes").succeeded()
    assert _stored(life_cluster) == ["v1alpha1", "v1beta1"]
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL)
    stack.preview("--expect-no-changes").succeeded()


def test_a_destroy_is_refused_by_upstreams_own_hook_while_its_kinds_exist(
    made: dict[str, str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    life_cluster.cordon(VIRTUAL, on=True)
    identities = life_cluster.identities()

    refused = stack.run("destroy", "--yes", "--skip-preview").failed()

    assert "BackoffLimitExceeded" in refused.output, refused.output
    log = (life_state.logs / "kruise-helm-hook.log").read_text()
    assert "there still exists some clonesets in the cluster" in log, log
    assert life_cluster.identities() == identities
    assert precious(life_cluster) == made


def test_once_they_are_gone_destroy_leaves_nothing(
    made: dict[str, str], before: set[str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    wait_for_manager(life_state)
    custom_resources.delete(life_cluster, HOOKED)

    stack.destroy(life_cluster)

    log = (life_state.logs / "kruise-helm-hook.log").read_text()
    assert log.rstrip().endswith("cluster is clean, ready to delete kruise"), log
    eventually(
        "everything of the release to be gone",
        lambda: life_cluster.lasting() <= before,
        evidence=lambda: life_cluster.lasting() - before,
    )
    assert not stack.resources()
