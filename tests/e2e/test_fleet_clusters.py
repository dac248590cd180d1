"""A fleet of three real control planes: canary first, a gate that stops, and one report over all.

Each stack reaches its cluster as an account whose every request the API server logs. FLEET_REAL_FAILURES says
how many random failures there are, FLEET_REAL_KILLS how many kills (default none); `make fleets` has them.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from sandbox import api, pulumi
from sandbox.cluster import AUDITED, CONTEXT
from sandbox.state import ROOT, State
from tests.privileges.installer import make_account
from tests.support.fleets import SimulatedFleet, kill

from . import custom_resources
from .conftest import chart_for, fresh_sandbox
from .observing import Cluster
from .test_fleet import victims

NAMES = ["canary", "east", "west"]
FAILURES = int(os.environ.get("FLEET_REAL_FAILURES", "0"))
KILLS = int(os.environ.get("FLEET_REAL_KILLS", "0"))
AUTHORIZATION = "rbac.authorization.k8s.io"
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
        self.kubeconfigs = {name: self._make_installer(state) for name, state in states.items()}

    def _make_installer(self, state: State) -> Path:
        """Make an administrator whose requests the API server logs; return its kubeconfig."""
        kubeconfig = make_account(state)
        namespace, name = AUDITED.split(":")[-2:]
        binding = {
            "apiVersion": f"{AUTHORIZATION}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "installer"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": name}],
        }
        with api.connect(state) as administrator:
            api.call(administrator, "POST", f"/apis/{AUTHORIZATION}/v1/clusterrolebindings", binding)
        return kubeconfig

    def requests(self, name: str) -> int:
        """Return how many requests the API server of a cluster has logged."""
        log = self.states[name].logs / "audit.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def _is_ours(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return process.environ().get("PULUMI_BACKEND_URL") == f"file://{self.folder / 'state'}"
        return False

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
        config["kubernetes:kubeconfig"] = str(self.kubeconfigs[name])
        config["kubernetes:context"] = CONTEXT
        # Another address is the same cluster, as the component's message advises for such a change.
        config["kubernetes:clusterIdentifier"] = name
        config.update({key if ":" in key else f"openkruise:{key}": value for key, value in settings.items()})
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
    assert fleet.requests("canary")
    assert (fleet.requests("east"), fleet.requests("west")) == (0, 0)


@pytest.mark.skipif(not FAILURES, reason="part of `make fleets`")
def test_the_plan_names_the_nodes_that_gain_or_lose_a_daemon(fleet: RealFleet) -> None:
    fleet.configure_real("east", virtualNodeSelectors=["kubernetes.io/hostname=worker-1"])
    planned = fleet.fleet("preview")
    assert planned.returncode == 0, planned.stdout
    lines = planned.stdout.partition("Diagnostics:")[2]
    assert "wave canary, canary: changed" not in lines
    assert "1 real node gains the daemon: worker-1" not in lines
    assert "wave rest, east: first update by this fleet" in lines
    assert "2 real nodes gain the daemon: worker-2, worker-3" in lines
    assert "3 real nodes gain the daemon: worker-1, worker-2, worker-3" in lines
    assert not any(revisions(fleet)[name] for name in ("east", "west"))
    fleet.configure_real("east")


def test_the_fleet_goes_on_once_it_is_mended(fleet: RealFleet) -> None:
    fleet.configure_real("canary")
    done = fleet.up()
    assert done.returncode == 0, done.stdout
    assert all(revisions(fleet).values())
    again = fleet.up()
    assert again.returncode == 0
    assert "unchanged" in again.stdout


def down(fleet: RealFleet, name: str, folder: Path) -> str:
    """Return the path of a kubeconfig of a cluster with an address at which nothing listens."""
    document = yaml.safe_load(fleet.kubeconfigs[name].read_text())
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    path = folder / f"{name}-down.yaml"
    path.write_text(yaml.safe_dump(document))
    return str(path)


@pytest.mark.parametrize("seed", range(FAILURES))
def test_after_a_failure_the_clusters_of_later_waves_get_no_request(
    fleet: RealFleet, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    order = rng.sample(NAMES, len(NAMES))
    kind, failing = rng.choice(["update", "gate", "unreachable"]), rng.randrange(2)
    waves = [{"name": f"w{number}", "select": f"place={number}"} for number in range(len(order))]
    clusters = {name: {"place": str(number)} for number, name in enumerate(order)}
    fleet.write({"clusters": clusters, "waves": waves, "gate": "error"})
    for name in NAMES:
        fleet.configure_real(name, values=json.dumps({"manager": {"replicas": 1 + seed % 2}}))
    faults: dict[str, dict[str, Any]] = {
        "update": {"chart": str(tmp_path / "missing.tgz")},
        "gate": {"virtualNodeSelectors": ["kubernetes.io/hostname=worker-1"]},
        "unreachable": {"kubernetes:kubeconfig": down(fleet, order[failing], tmp_path)},
    }
    fleet.configure_real(order[failing], **faults[kind])
    before = {name: (fleet.requests(name), len(fleet.history(name))) for name in NAMES}
    failed = fleet.up()
    assert failed.returncode != 0, failed.stdout
    assert f"{order[failing]}: " in failed.stdout
    assert "Traceback" not in failed.stdout
    for name in order[failing + 1 :]:
        assert (fleet.requests(name), len(fleet.history(name))) == before[name], (kind, order, failing)


def test_it_goes_on_after_the_failures(fleet: RealFleet) -> None:
    fleet.write(FILE)
    for name in NAMES:
        fleet.configure_real(name)
    done = fleet.up()
    assert done.returncode == 0, done.stdout
    assert "unchanged" in fleet.up().stdout


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_amid_real_updates_is_mended_by_the_same_command(fleet: RealFleet, seed: int) -> None:
    rng = random.Random(seed)
    kind = ["provider", "inner", "all", "outer", "program", "inner program"][seed % 6]
    for name in NAMES:
        fleet.configure_real(name, values=json.dumps({"manager": {"replicas": 1 + seed % 2}}))
    found = {name: Cluster(state) for name, state in fleet.states.items()}
    for cluster in found.values():
        if not any("clonesets" in path for path in cluster.identities()):
            custom_resources.create_all(cluster)
    before = {name: cluster.identities() for name, cluster in found.items()}
    updates = {name: len(fleet.history(name)) for name in NAMES}
    process = fleet.start_up()
    deadline = time.monotonic() + rng.uniform(2.0, 20.0)
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    hit = victims(fleet, kind)
    kill(hit)
    process.communicate(timeout=180)
    print(f"seed {seed}: killed {len(hit)} of {kind}, exit code {process.returncode}")
    again = fleet.up()
    if again.returncode != 0 and "locked" in again.stdout:
        assert fleet.fleet("cancel", "--yes").returncode == 0
        again = fleet.up()
    assert again.returncode == 0, again.stdout
    for name, cluster in found.items():
        history = fleet.history(name)
        results = [one["result"] for one in history[: len(history) - updates[name]]]
        assert results.count("succeeded") == 1, f"{name} was updated twice for one release"
        assert "pending_operations" not in fleet.pulumi("stack", "export", "--stack", name).stdout
        assert before[name].items() <= cluster.identities().items()
    assert "unchanged" in fleet.up().stdout
    report = json.loads(fleet.command("fleet", "check", "--live", "-o", "json").stdout)
    assert {one["state"] for one in report["clusters"]} == {"good"}, report


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
    fleet.configure_real("west", **{"kubernetes:kubeconfig": down(fleet, "west", tmp_path)})
    bad = fleet.command("fleet", "check", "--live", "-o", "json")
    assert bad.returncode == 1
    states = {one["cluster"]: one["state"] for one in json.loads(bad.stdout)["clusters"]}
    assert states == {"canary": "findings", "east": "by-hand", "west": "unreachable"}
