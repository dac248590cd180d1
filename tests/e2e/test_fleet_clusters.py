"""A fleet of three real control planes: canary first, a gate that stops, and one report over all."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import api, pulumi
from sandbox.cluster import CONTEXT
from sandbox.state import ROOT, State
from tests.support.fleets import SimulatedFleet, kill

from .conftest import chart_for, fresh_sandbox
from .observing import Cluster

NAMES = ["canary", "east", "west"]
FILE = {
    "clusters": {"canary": {"canary": "true"}, "east": {}, "west": {}},
    "waves": [
        {"name": "canary", "select": "canary"},
        {"name": "rest", "select": "!canary", "parallel": 2},
    ],
    "gate": "error",
}


class RealFleet(SimulatedFleet):
    """The same commands, with this repository's own program and the clusters' own kubeconfigs."""

    def __init__(self, folder: Path, states: dict[str, State]) -> None:
        first = states[NAMES[0]]
        super().__init__(folder, first.bin, Path(sys.executable))
        self.states = states

    def environment(self) -> dict[str, str]:
        """Return the first sandbox's environment with a backend of the fleet's own, and no kubeconfig."""
        given = {**super().environment(), **pulumi.environment(self.states[NAMES[0]])}
        given["PULUMI_BACKEND_URL"] = f"file://{self.folder / 'state'}"
        given["KUBECONFIG"] = "/nowhere"
        return given

    def make_real(self) -> None:
        """Write the project with this repository's program, and make the stacks."""
        (self.folder / "state").mkdir(parents=True)
        self.make(FILE, {})
        shutil.copy(ROOT / "__main__.py", self.project / "__main__.py")
        for name in NAMES:
            self.configure_real(name)
            self.pulumi("stack", "init", "--stack", name).check_returncode()

    def configure_real(self, name: str, **settings: Any) -> None:
        """Write a stack's config: the sandbox's own, the way to its cluster, and what a test sets."""
        committed = yaml.safe_load((ROOT / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]
        config = {**committed, **chart_for(self.states[name]).config()}
        config["kubernetes:kubeconfig"] = str(self.states[name].kubeconfig)
        config["kubernetes:context"] = CONTEXT
        config.update({f"openkruise:{key}": value for key, value in settings.items()})
        self.configure(name, config)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run pulumi-openkruise in the project's folder."""
        return subprocess.run(
            [str(self.python.parent / "pulumi-openkruise"), *arguments],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealFleet]:
    with ExitStack() as stack:
        states = {name: stack.enter_context(contextmanager(fresh_sandbox)(name)) for name in NAMES}
        made = RealFleet(tmp_path_factory.mktemp("fleet"), states)
        made.make_real()
        yield made
        kill(made.family())


def revisions(fleet: RealFleet) -> dict[str, list[str]]:
    return {name: Cluster(state).helm_revisions() for name, state in fleet.states.items()}


def test_the_gate_stops_at_the_canary(fleet: RealFleet) -> None:
    # A real node that the canary's selectors take for a virtual one: its daemon would be lost.
    fleet.configure_real("canary", virtualNodeSelectors=["kubernetes.io/hostname=worker-1"])
    stopped = fleet.up()
    assert stopped.returncode != 0
    assert "stopped by the gate error of wave canary" in stopped.stdout
    assert "Traceback" not in stopped.stdout
    found = revisions(fleet)
    assert found["canary"]
    assert (found["east"], found["west"]) == ([], [])


def test_the_fleet_goes_on_once_it_is_mended(fleet: RealFleet) -> None:
    fleet.configure_real("canary")
    done = fleet.up()
    assert done.returncode == 0, done.stdout
    assert all(revisions(fleet).values())
    again = fleet.up()
    assert again.returncode == 0
    assert "unchanged" in again.stdout


def test_one_report_over_all(fleet: RealFleet, tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    good = fleet.command("fleet", "check", "-o", "json", "--html", str(page))
    found = {one["cluster"]: one for one in json.loads(good.stdout)["clusters"]}
    assert {name: one["state"] for name, one in found.items()} == dict.fromkeys(NAMES, "good"), good.stdout
    assert all(
        one["nodes"]["running"] == 3 and one["chartVersion"] and one["revision"] for one in found.values()
    )
    assert 'href="#east"' in page.read_text()
    # Three faults, one each: a daemon changed by hand, an update by hand, a cluster that is down.
    client = api.connect(fleet.states["canary"])
    path = "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"
    patch = {"spec": {"template": {"spec": {"affinity": None}}}}
    api.call(client, "PATCH", path, patch, content_type="application/merge-patch+json")
    by_hand = fleet.pulumi("up", "--yes", "--skip-preview", "--stack", "east", "--message", "hotfix")
    assert by_hand.returncode == 0, by_hand.stdout
    west = yaml.safe_load((fleet.project / "stacks" / "Pulumi.west.yaml").read_text())
    down = yaml.safe_load(Path(west["config"]["kubernetes:kubeconfig"]).read_text())
    down["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "down.yaml").write_text(yaml.safe_dump(down))
    fleet.configure("west", {**west["config"], "kubernetes:kubeconfig": str(tmp_path / "down.yaml")})
    bad = fleet.command("fleet", "check", "--live", "-o", "json")
    assert bad.returncode == 1
    states = {one["cluster"]: one["state"] for one in json.loads(bad.stdout)["clusters"]}
    assert states == {"canary": "findings", "east": "by-hand", "west": "unreachable"}
