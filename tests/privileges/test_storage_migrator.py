"""The role of migrate-storage: with it everything is migrated; without a verb the command says which."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State
from tests.e2e.observing import Cluster
from tests.e2e.stack import Stack

from .grants import Grant, granted, read, without
from .installer import bind

ROLE = read(ROOT / "deploy" / "storage-migrator-role.yaml")
_PROGRAM = Path(sys.executable).parent / "pulumi-openkruise"
_SIDECAR_SETS = "/apis/apps.kruise.io/v1beta1/sidecarsets"
_CRDS, _APPS = "apiextensions.k8s.io", "apps.kruise.io"


@pytest.fixture(scope="module")
def installed(state: State, cluster: Cluster, charts: dict[str, Chart]) -> None:
    """Provide OpenKruise 1.9.1 with a SidecarSet; NodeImages are there by themselves."""
    Stack(state, charts["1.9.1"]).up("--skip-preview").succeeded()
    wait_for_manager(state)
    if not cluster.exists(f"{_SIDECAR_SETS}/logs"):
        containers = [{"name": "c", "image": "c:1"}]
        spec = {"selector": {"matchLabels": {"app": "none"}}, "containers": containers}
        body = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "logs"}}
        api.call(cluster.client, "POST", _SIDECAR_SETS, {**body, "spec": spec})


def migrate(kubeconfig: Path, target: str) -> subprocess.CompletedProcess[str]:
    command = [str(_PROGRAM), "migrate-storage", "--to", target, "--yes", "--kubeconfig", str(kubeconfig)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ["1.8.3", "v1beta1"])
def test_with_the_role_everything_is_migrated(
    target: str, installed: None, state: State, kubeconfig: Path
) -> None:
    bind(state, ROLE)
    done = migrate(kubeconfig, target)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    "grant",
    [
        Grant(_CRDS, "customresourcedefinitions", "list"),
        Grant(_CRDS, "customresourcedefinitions", "get"),
        Grant(_CRDS, "customresourcedefinitions", "patch"),
        Grant(_CRDS, "customresourcedefinitions/status", "patch"),
        Grant(_APPS, "sidecarsets", "list"),
        Grant(_APPS, "sidecarsets/status", "patch"),
        Grant(_APPS, "clonesets", "list"),
    ],
    ids=str,
)
def test_without_a_verb_the_command_names_it_and_goes_on_afterwards(
    grant: Grant, installed: None, state: State, kubeconfig: Path
) -> None:
    assert grant in granted(ROLE)
    bind(state, without(ROLE, grant))
    refused = migrate(kubeconfig, "1.8.3")
    bind(state, ROLE)
    assert refused.returncode == 2, f"{refused.stdout}\n{refused.stderr}"
    resource = grant.resource.partition("/")[0]
    assert "403" in refused.stderr, refused.stderr
    assert resource in refused.stderr
    for target in ("1.8.3", "v1beta1"):
        done = migrate(kubeconfig, target)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
