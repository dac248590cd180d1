"""Random sequences of what people do with a stack: short of a destroy, none loses a custom resource.

``SEQUENCES`` says how many are tried (20), ``SEQUENCES_SEED`` the number of the first (0): a number always
stands for the same sequence. A failure names its number and its steps; those found are kept in ``FOUND``.
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from sandbox import api, pulumi
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from .killing import PointNotReachedError, Victim, end, kill_at
from .observing import Cluster, eventually
from .stack import Stack

COMPONENT = "urn:pulumi:sandbox::openkruise::openkruise:index:OpenKruise::kruise"
NAMESPACE = f"{COMPONENT.replace('OpenKruise::', 'OpenKruise$kubernetes:core/v1:Namespace::')}-namespace"
RELEASE = f"{COMPONENT.replace('OpenKruise::', 'OpenKruise$kubernetes:helm.sh/v3:Release::')}-release"
RECORD = f"{COMPONENT.replace('OpenKruise::', 'OpenKruise$openkruise:index:Installation::')}-installation"
SIDECAR_SETS = "/apis/apps.kruise.io/v1alpha1/sidecarsets"
CLONE_SETS = "/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MANAGER = "/apis/apps/v1/namespaces/kruise-system/deployments/kruise-controller-manager"
RECORDS = "/api/v1/namespaces/kruise-system/secrets"
ORIGINAL = 'kruise = OpenKruise("kruise", args_from_config())'
_CONTAINERS = [{"name": "c", "image": "c:1"}]
_LABELS = {"matchLabels": {"app": "sequence"}}
DATA = {
    SIDECAR_SETS: ("SidecarSet", {"selector": _LABELS, "containers": _CONTAINERS}),
    CLONE_SETS: (
        "CloneSet",
        {
            "replicas": 0,
            "selector": _LABELS,
            "template": {"metadata": {"labels": {"app": "sequence"}}, "spec": {"containers": _CONTAINERS}},
        },
    ),
}
FLAGS: tuple[tuple[str, ...], ...] = (
    (),
    ("--target", COMPONENT),
    ("--target", NAMESPACE, "--target", RELEASE),
    ("--exclude", COMPONENT),
    ("--exclude", RELEASE),
    ("--exclude", COMPONENT, "--exclude", RECORD),
    ("--refresh",),
    ("--continue-on-error",),
    ("--replace", RELEASE),
    ("--target-replace", NAMESPACE),
)
PROGRAMS = {
    "as it is": ORIGINAL,
    "renamed": 'kruise = OpenKruise("renamed", args_from_config())',
    "below a parent": 'above = pulumi.ComponentResource("x:index:Above", "above")\n'
    'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(parent=above))',
    "twice": f'{ORIGINAL}\nOpenKruise("second", args_from_config())',
    "delete before replace": 'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions('
    "transformations=[lambda args: pulumi.ResourceTransformationResult(args.props, "
    "pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(delete_before_replace=True)))]))",
}
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"virtualNodeSelectors": ["pool=batch"]},
    {"namespace": "elsewhere"},
    {"namespace": "elsewhere", "releaseNamespace": "kruise-system"},
    {"releaseName": "other"},
    {"createNamespace": "false"},
    {"values": {"crds": {"managed": False}}},
)
FOUND: tuple[int, ...] = ()
"""Numbers of sequences that once lost something."""


@dataclass
class World:
    """Two clusters, a stack on the first, and what its users have made there."""

    stack: Stack
    cluster: Cluster
    state: State
    other: State
    folder: Path
    held: list[dict[str, Any]] = field(default_factory=list)
    uids: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    begun: int = 0
    file: list[dict[str, Any]] = field(default_factory=list)
    records: list[tuple[str, str]] = field(default_factory=list)

    def up(self, chance: random.Random) -> str:
        """Update with some program, config, kubeconfig and flags, and kill it now and then."""
        name, flags, settings = (
            chance.choice(list(PROGRAMS)),
            chance.choice(FLAGS),
            chance.choice(SETTINGS),
        )
        kubeconfig = chance.choice(("own", "own", "other", "down"))
        if chance.random() < 0.5:  # else nearly everything is refused for two reasons
            name, settings = "as it is", {}
        self._program(name)
        self.stack.configure(settings, kubeconfig=self._kubeconfig(kubeconfig))
        command = ("up", "--yes", "--skip-preview", *flags)
        step = f"up {' '.join(flags)}: {name}, {settings}, {kubeconfig} kubeconfig"
        if chance.random() < 0.15:
            output, code = self._killed(command, chance)
            step = f"killed: {step}"
        else:
            outcome = self.stack.run(*command, folder=self.folder)
            output, code = outcome.output, outcome.code
        self.said.append(output)
        return f"{step} -> {code}"

    def _killed(self, command: tuple[str, ...], chance: random.Random) -> tuple[str, int]:
        """Kill the command, and its provider or not, after some time; what survives is ended."""
        until = monotonic() + chance.uniform(0.5, 8)
        victims: tuple[Victim, ...] = ("cli", "provider", "both")
        with self.stack.started(*command) as running:  # of the stack's own program
            with contextlib.suppress(PointNotReachedError):
                end(kill_at(running.process, lambda: monotonic() > until, chance.choice(victims)))
            output, code = running.finished()
        pulumi.run(self.state, ["cancel", "--yes", "--stack", self.stack.name], cwd=self.folder)
        return output, code

    def refresh(self, chance: random.Random) -> str:
        """Refresh, sometimes by the program."""
        flags = chance.choice(((), ("--run-program",), ("--clear-pending-creates",)))
        self._program("as it is")
        self.stack.configure()
        outcome = self.stack.run("refresh", "--yes", "--skip-preview", *flags, folder=self.folder)
        return f"refresh {' '.join(flags)} -> {outcome.code}"

    def stick(self, chance: random.Random) -> str:
        """Leave the release as an operation that was killed would."""
        status = chance.choice(("pending-upgrade", "pending-rollback", "uninstalling", "failed"))
        records = self.cluster.get(RECORDS, labelSelector="owner=helm,name=kruise")["items"]
        if not records:
            return "stick: there is no release"
        newest = max(records, key=lambda one: int(one["metadata"]["labels"]["version"]))
        path = f"{RECORDS}/{newest['metadata']['name']}"
        api.call(
            self.cluster.client,
            "PATCH",
            path,
            {"metadata": {"labels": {"status": status}}},
            content_type="application/merge-patch+json",
        )
        return f"stick: {status}"

    def _program(self, name: str) -> None:
        shutil.copy(ROOT / "Pulumi.yaml", self.folder)
        source = (ROOT / "__main__.py").read_text()
        (self.folder / "__main__.py").write_text(source.replace(ORIGINAL, PROGRAMS[name]))

    def _kubeconfig(self, which: str) -> Path:
        path = {"own": self.state.kubeconfig, "other": self.other.kubeconfig}.get(which)
        if path is None:
            path = self.folder / "down"
            text, url = self.state.kubeconfig.read_text(), self.cluster.client.base_url
            path.write_text(text.replace(f"{url.host}:{url.port}", f"{url.host}:1"))
        return path

    def check(self) -> None:
        """Assert that nothing is lost, and that no fail-closed webhook is without its manager."""
        for path, (kind, _spec) in DATA.items():
            found = self.cluster.get(f"{path}/sequence")
            assert found["metadata"]["uid"] == self.uids[kind], f"another {kind}"
            assert "deletionTimestamp" not in found["metadata"], f"{kind} is going"
        hooks = [one["metadata"]["name"] for one in self.cluster.get(WEBHOOKS)["items"]]
        if any("kruise" in name for name in hooks):
            assert self.cluster.exists(MANAGER), "fail-closed webhooks without a manager"
            assert "deletionTimestamp" not in self.cluster.get(MANAGER)["metadata"]

    def begin(self) -> None:
        """Bring everything to where each sequence begins."""
        self.stack.configure()
        if self.held and self._is_where_it_began():
            return
        if self.held:
            self.stack.hold(self.held)
        if self.stack.up("--skip-preview").code:
            self._recover()
            self.stack.configure({"reapply": f"sequence {self.begun}"})
            self.stack.up("--skip-preview").succeeded()
        self.begun += 1
        wait_for_manager(self.state)
        for path, (kind, spec) in DATA.items():
            if not self.cluster.exists(f"{path}/sequence"):
                body = {
                    "apiVersion": "apps.kruise.io/v1alpha1",
                    "kind": kind,
                    "metadata": {"name": "sequence"},
                    "spec": spec,
                }
                eventually(f"a {kind}", partial(self._create, path, body))
            self.uids[kind] = self.cluster.get(f"{path}/sequence")["metadata"]["uid"]
        self.held = self.stack.held()
        self.file, self.records = self.stack.file(), self._helm_records()

    def _is_where_it_began(self) -> bool:
        """Tell whether the last sequence changed nothing: most of them are refused step by step."""
        return self.stack.file() == self.file and self._helm_records() == self.records

    def _helm_records(self) -> list[tuple[str, str]]:
        items = self.cluster.get(RECORDS, labelSelector="owner=helm")["items"]
        return sorted((one["metadata"]["name"], one["metadata"]["labels"]["status"]) for one in items)

    def _create(self, path: str, body: dict[str, Any]) -> bool:
        try:
            api.call(self.cluster.client, "POST", path, body)
        except httpx.HTTPStatusError:  # the webhook of a manager that has just begun
            return False
        return True

    def _recover(self) -> None:
        """Do what the messages say of a release that is stuck or that Helm has lost."""
        main = "from pulumi_openkruise.cli import main; main()"
        command = [sys.executable, "-c", main, "recover", "--yes"]
        env = {**os.environ, **pulumi.environment(self.state)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()


def chosen() -> list[int]:
    """Return the numbers of the sequences to run."""
    first, count = int(os.environ.get("SEQUENCES_SEED", "0")), int(os.environ.get("SEQUENCES", "20"))
    return [*FOUND, *(number for number in range(first, first + count) if number not in FOUND)]


@pytest.fixture(scope="module")
def world(
    empty: None,
    life_state: State,
    life_cluster: Cluster,
    control_state: State,
    chart: Chart,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    stack = Stack(life_state, chart)
    world = World(stack, life_cluster, life_state, control_state, tmp_path_factory.mktemp("program"))
    world.begin()
    yield world
    world.begin()
    for path in DATA:
        api.call(life_cluster.client, "DELETE", f"{path}/sequence")
    stack.destroy(life_cluster)


@pytest.mark.parametrize("number", chosen())
def test_nothing_is_lost_in_a_sequence(world: World, number: int) -> None:
    chance = random.Random(number)
    world.begin()
    steps: list[str] = []
    kinds: list[Callable[[random.Random], str]] = [
        world.up,
        world.up,
        world.up,
        world.up,
        world.refresh,
        world.stick,
    ]
    for _ in range(chance.randint(3, 8)):
        steps.append(chance.choice(kinds)(chance))
        try:
            world.check()
        except (AssertionError, httpx.HTTPStatusError) as error:
            listed = "\n".join(steps)
            pytest.fail(f"sequence {number} lost something: {error}\n{listed}\n{world.said[-1]}")
