"""A newer module has another default, 1.9.1, and a stack gives no version: it has to add a line first."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from .chart_repository import pack, serving
from .observing import Cluster, eventually
from .stack import Stack

NEWER = 'import pulumi_openkruise.chart.source\n\npulumi_openkruise.chart.source.CHART_VERSION = "1.9.1"\n'
"""What makes this repository's program one whose module has another default."""
PROGRAM = str(Path(sys.executable).parent / "pulumi-openkruise")
UNITED = "/apis/apps.kruise.io/v1alpha1/namespaces/default/uniteddeployments"
CLONE_SETS = "/apis/apps.kruise.io/v1alpha1/clonesets"
FIELD = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"


@pytest.fixture(scope="module")
def repository(charts: dict[str, Chart], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("repository")
    pack(folder, {version: charts[version] for version in ("1.8.3", "1.9.1")})
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the program with the newer module."""
    folder = tmp_path_factory.mktemp("newer")
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "__main__.py").write_text(NEWER + (ROOT / "__main__.py").read_text())
    return folder


@pytest.fixture(scope="module")
def stack(life_state: State, life_cluster: Cluster, repository: str, empty: None) -> Iterator[Stack]:
    """Provide an installation of the default version, of which the config says nothing."""
    found = Stack(life_state, Chart("kruise", None, repository, ""))
    found.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    yield found
    found.destroy(life_cluster)


def image(cluster: Cluster) -> str:
    """Return the tag of the daemon's image."""
    containers = cluster.daemon_set()["spec"]["template"]["spec"]["containers"]
    return str(containers[0]["image"].rpartition(":")[2])


def test_a_new_default_is_no_upgrade_over_a_change_of_storage(
    stack: Stack, newer: Path, life_cluster: Cluster
) -> None:
    revisions, identities = life_cluster.helm_revisions(), life_cluster.identities()
    assert image(life_cluster) == "v1.8.3"

    for command in (("preview",), ("up", "--yes"), ("up", "--yes", "--skip-preview")):
        output = stack.run(*command, folder=newer).failed().output
        assert "1.9.1 would replace it although no version is given" in output, output
        assert "pulumi config set openkruise:chartVersion 1.9.1" in output, output
        assert "pulumi config set openkruise:chartVersion 1.8.3" in output, output

    assert life_cluster.helm_revisions() == revisions
    assert life_cluster.identities() == identities
    assert image(life_cluster) == "v1.8.3"


def test_the_line_to_stay_changes_nothing(stack: Stack, newer: Path) -> None:
    stack.configure({"chartVersion": "1.8.3"})
    stack.up("--expect-no-changes", folder=newer).succeeded()


def test_the_line_to_upgrade_upgrades_and_what_would_be_lost_is_listed_before(
    stack: Stack, newer: Path, life_cluster: Cluster, life_state: State
) -> None:
    timed = f"{UNITED}/timed"
    adaptive = {"unschedulableLastSeconds": 60}
    body = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "UnitedDeployment",
        "metadata": {"name": "timed"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "timed"}},
            "template": {
                "cloneSetTemplate": {
                    "metadata": {"labels": {"app": "timed"}},
                    "spec": {
                        "selector": {"matchLabels": {"app": "timed"}},
                        "template": {
                            "metadata": {"labels": {"app": "timed"}},
                            "spec": {"containers": [{"name": "c", "image": "c:1"}]},
                        },
                    },
                }
            },
            "topology": {
                "subsets": [{"name": "one"}],
                "scheduleStrategy": {"type": "Adaptive", "adaptive": adaptive},
            },
        },
    }
    api.call(life_cluster.client, "POST", UNITED, body)
    assert strategy(life_cluster, timed)["unschedulableLastSeconds"] == 60
    stack.configure({"chartVersion": "1.9.1"})
    says = f"UnitedDeployment default/timed: {FIELD}"

    command = [PROGRAM, "migrate-storage", "--to", "1.9.1", "--dry-run", "--kubeconfig"]
    dry = subprocess.run([*command, str(life_state.kubeconfig)], capture_output=True, text=True, check=False)
    assert (dry.returncode, f"UnitedDeployment default/timed would lose {FIELD}" in dry.stdout) == (1, True)
    assert says in stack.preview(folder=newer).succeeded().output

    output = stack.up(folder=newer).succeeded().output
    assert "OpenKruise 1.8.3 becomes 1.9.1" in output, output
    assert says in output, output
    assert image(life_cluster) == "v1.9.1"
    assert "unschedulableLastSeconds" not in strategy(life_cluster, timed)
    assert says not in stack.preview(folder=newer).succeeded().output
    wait_for_manager(life_state)
    api.call(life_cluster.client, "DELETE", timed)
    # The garbage collector deletes its CloneSet later; until then the chart's own hook refuses a destroy.
    eventually("its CloneSet to be gone", lambda: not life_cluster.get(CLONE_SETS)["items"])


def strategy(cluster: Cluster, path: str) -> dict[str, Any]:
    """Return the adaptive strategy of a UnitedDeployment, as the API server shows it."""
    found: dict[str, Any] = cluster.get(path)["spec"]["topology"]["scheduleStrategy"].get("adaptive", {})
    return found
