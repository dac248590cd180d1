"""The role of migrate-storage: with it everything is migrated; without any one verb the command says which.

PRIVILEGES=all takes every verb away in turn; else a few of each kind of step are. An object's own `get` is
asked for only after another client has written the object, so another client writes all before each step.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.cli import app, migrate_storage, storage_rewrite

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State
from tests.e2e import every_kind
from tests.e2e.observing import Cluster, eventually
from tests.e2e.stack import Stack

from .grants import Grant, asked, granted, read, without
from .installer import bind
from .manifest import some

ROLE = read(ROOT / "deploy" / "storage-migrator-role.yaml")
THERE_AND_BACK = ("1.8.3", "v1beta1")
"""Targets for which every kind with two versions is written."""
NODE_IMAGES = "/apis/apps.kruise.io/v1beta1/nodeimages"
STATEFUL_SETS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/statefulsets.apps.kruise.io/status"
_PROGRAM = Path(sys.executable).parent / "pulumi-openkruise"
_MOVED = (
    "advancedcronjobs",
    "broadcastjobs",
    "daemonsets",
    "imagelistpulljobs",
    "imagepulljobs",
    "sidecarsets",
    "statefulsets",
)

Meddled = Callable[[str], int]
"""Migrates to a target while another client writes, and returns the exit code."""


@pytest.fixture(scope="module")
def installed(state: State, cluster: Cluster, charts: dict[str, Chart]) -> None:
    """Provide OpenKruise 1.9.1 with an object of every kind; NodeImages are there by themselves."""
    stack = Stack(state, charts["1.9.1"])
    stack.configure({"featureGates": every_kind.GATES})
    stack.up("--skip-preview").succeeded()
    wait_for_manager(state)
    every_kind.create_all(cluster)
    eventually("the manager to make NodeImages", lambda: cluster.get(NODE_IMAGES)["items"])


def migrate(kubeconfig: Path, target: str) -> list[str]:
    return ["migrate-storage", "--to", target, "--yes", "--kubeconfig", str(kubeconfig)]


@pytest.fixture
def meddled(cluster: Cluster, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Meddled:
    """Run the command in this process, with an owner that writes between list and patch of an object."""
    kinds = [kind for kind in every_kind.KINDS if kind.plural in _MOVED]
    paths = [f"{kind.collection('v1beta1')}/{every_kind.NAME}" for kind in kinds]
    images = cluster.get(NODE_IMAGES)["items"]
    paths += [f"{NODE_IMAGES}/{one['metadata']['name']}" for one in images]
    count = iter(range(10**6))

    def write_all(_pace: storage_rewrite.Pace) -> None:
        body = {"metadata": {"annotations": {"written": str(next(count))}}}
        for path in paths:
            api.call(cluster.client, "PATCH", path, body, content_type="application/merge-patch+json")

    def run(target: str) -> int:
        # 1.8.3 and 1.9.1 both write v1beta1; a cluster that has long had OpenKruise holds older ones, too.
        body = {"status": {"storedVersions": ["v1alpha1", "v1beta1"]}}
        api.call(cluster.client, "PATCH", STATEFUL_SETS, body, content_type="application/merge-patch+json")
        return app.run(migrate(kubeconfig, target))

    monkeypatch.setattr(storage_rewrite.Pace, "wait", write_all)
    monkeypatch.setattr(migrate_storage, "PROPAGATION", 1.0)
    return run


@pytest.mark.parametrize("target", ["1.8.3", "v1beta1"])
def test_with_the_role_everything_is_migrated(
    target: str, installed: None, state: State, kubeconfig: Path
) -> None:
    bind(state, ROLE)
    command = [str(_PROGRAM), *migrate(kubeconfig, target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_nothing_of_the_role_is_spare(
    installed: None, state: State, meddled: Meddled, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(state, ROLE)
    start = (state.logs / "audit.log").stat().st_size
    for target in THERE_AND_BACK:
        code = meddled(target)
        assert code == 0, capsys.readouterr()
    used = asked(state.logs / "audit.log", start)
    assert {str(grant) for grant in granted(ROLE) - set(used)} == set()
    assert {str(grant) for grant in set(used) - granted(ROLE)} == set()


@pytest.mark.parametrize("grant", some(sorted(granted(ROLE)), 7), ids=str)
def test_without_a_verb_the_command_names_it_and_goes_on_afterwards(
    grant: Grant, installed: None, state: State, meddled: Meddled, capsys: pytest.CaptureFixture[str]
) -> None:
    bind(state, without(ROLE, grant))
    code = meddled(THERE_AND_BACK[0])
    bind(state, ROLE)
    _out, err = capsys.readouterr()
    assert code == 2, err
    assert "403" in err
    assert grant.resource.partition("/")[0] in err
    for target in THERE_AND_BACK:
        code = meddled(target)
        assert code == 0, capsys.readouterr()
