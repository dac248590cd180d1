"""Pulumi killed at ten points of an installation's life, and the way out that the messages give.

Each point is defined by what the cluster must hold when everything is stopped there; a point that is not
reached fails the test. `make kills` kills the CLI, the provider and both at each point; otherwise each point
gets one of them. Afterwards the commands are run that the messages give, and nothing else; then the stack is
as if nothing had happened, and no custom resource was lost.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox import api, build, chart_choice, pulumi
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import custom_resources
from .conftest import fresh_sandbox
from .custom_resources import precious
from .killing import Victim, end, kill_at
from .observing import KRUISE_NAMESPACE, REAL, VIRTUAL, Cluster, eventually
from .stack import Outcome, Stack
from .urns import RELEASE

_NAMESPACE = f"/api/v1/namespaces/{KRUISE_NAMESPACE}"
_DAEMON_SETS = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets"
_JOBS = f"/apis/batch/v1/namespaces/{KRUISE_NAMESPACE}/jobs"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_SHOP = f"{custom_resources.RESOURCES[0][0]}/{custom_resources.NAME}"
_COMMAND = re.compile(r"^ +(pulumi(?:-openkruise)? .*?)(?:  +#.*)?$", re.MULTILINE)


class Kills:
    """The cluster and the stack that everything here happens to."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.cluster = Cluster(state)
        self.stack = Stack(state, chart_choice.choose(state, build.build()))
        self.old_generation = 0
        """The DaemonSet's generation before the command."""
        self._changes = 0

    def change(self) -> dict[str, Any]:
        """Config that takes the daemon from worker-3, and is another affinity each time."""
        self._changes += 1
        return {"virtualNodeSelectors": [f"pool=batch,!change-{self._changes}"]}

    def rolled_out(self) -> bool:
        """Whether every daemon is ready and of the newest template."""
        found = self.cluster.daemon_set()
        status, wanted = found["status"], found["status"].get("desiredNumberScheduled")
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return bool(seen and status.get("updatedNumberScheduled") == wanted == status.get("numberReady"))

    def records(self) -> dict[int, str]:
        """Return the status of each revision that Helm has recorded."""
        items = self.cluster.get(f"{_NAMESPACE}/secrets", labelSelector="owner=helm")["items"]
        labels = [item["metadata"]["labels"] for item in items]
        return {int(label["version"]): label["status"] for label in labels}

    def latest(self) -> str:
        """Return the status of the newest revision; empty where there is none."""
        records = self.records()
        return records[max(records)] if records else ""

    def has(self, collection: str, name: str = "") -> bool:
        """Whether the collection holds anything, or an object of that name."""
        names = [item["metadata"]["name"] for item in self.cluster.get(collection)["items"]]
        return name in names if name else bool(names)

    def terminating(self) -> bool:
        """Whether the namespace is on its way out."""
        found = self.cluster.get("/api/v1/namespaces", fieldSelector=f"metadata.name={KRUISE_NAMESPACE}")
        return any(item["metadata"].get("deletionTimestamp") for item in found["items"])

    def generation(self) -> int:
        """How often the DaemonSet was changed; 0 where there is none."""
        items = self.cluster.get(_DAEMON_SETS)["items"]
        return int(items[0]["metadata"]["generation"]) if items else 0

    def arrange(self, *, installed: bool) -> None:
        """Bring the stack to the wanted state: installed, with users' resources on it, or absent."""
        self.cluster.cordon(REAL | VIRTUAL, on=False)
        self.stack.configure()
        there = bool(self.stack.resources())
        if installed and not there:
            self.stack.up("--skip-preview").succeeded()
        elif there and not installed:
            self.without_resources()
            self.stack.destroy(self.cluster)

    def with_resources(self) -> None:
        """Users have made their custom resources."""
        wait_for_manager(self.state)
        if not self.cluster.exists(_SHOP):
            custom_resources.create_all(self.cluster)

    def without_resources(self) -> None:
        """Delete the users' custom resources, so that the chart's own hook lets the release go."""
        wait_for_manager(self.state)
        if self.cluster.exists(_SHOP):
            custom_resources.delete(self.cluster)


@dataclass(frozen=True)
class Point:
    """A moment at which processes are killed."""

    name: str
    command: str
    reached: Callable[[Kills], bool]
    installed: bool = True
    """Whether OpenKruise is there before the command."""
    change: bool = False
    """Whether the command is an ``up`` that changes the affinity."""
    cordoned: bool = False
    """Whether no node takes pods of Deployments and Jobs, so that Helm has to wait."""


def _upgrading(kills: Kills) -> bool:
    return kills.latest() == "pending-upgrade"


DESTROY = "destroy --run-program"
POINTS = (
    Point(
        "install: the namespace is made, Helm has not begun",
        "up",
        lambda kills: kills.has("/api/v1/namespaces", KRUISE_NAMESPACE) and not kills.records(),
        installed=False,
    ),
    Point(
        "destroy: the pre-delete hook's Job runs",
        DESTROY,
        lambda kills: kills.has(_JOBS) and kills.has(_DAEMON_SETS),
        cordoned=True,
    ),
    Point(
        "install: Helm has recorded that it begins, there is no DaemonSet",
        "up",
        lambda kills: kills.latest() == "pending-install" and not kills.has(_DAEMON_SETS),
        installed=False,
    ),
    Point(
        "destroy: Helm deletes objects",
        DESTROY,
        lambda kills: kills.latest() == "uninstalling" and not kills.has(_DAEMON_SETS),
    ),
    Point(
        "install: CRDs and DaemonSet are there, Helm has just made them",
        "up",
        lambda kills: kills.latest() == "pending-install" and kills.has(_CRDS) and kills.has(_DAEMON_SETS),
        installed=False,
    ),
    Point(
        "destroy: the release is gone, the namespace is going",
        DESTROY,
        lambda kills: not kills.records() and kills.terminating(),
    ),
    Point(
        "install: Helm waits for pods",
        "up",
        lambda kills: kills.latest() == "pending-install" and set(kills.cluster.running_daemons()) == REAL,
        installed=False,
        cordoned=True,
    ),
    Point(
        "upgrade: Helm has recorded that it begins, the DaemonSet is as it was",
        "up",
        lambda kills: _upgrading(kills) and kills.generation() == kills.old_generation,
        change=True,
    ),
    Point(
        "upgrade: the DaemonSet has just been changed",
        "up",
        lambda kills: _upgrading(kills) and kills.generation() > kills.old_generation,
        change=True,
    ),
    Point(
        "upgrade: Helm waits for pods",
        "up",
        lambda kills: _upgrading(kills) and kills.generation() > kills.old_generation and kills.rolled_out(),
        change=True,
        cordoned=True,
    ),
)
VICTIMS: tuple[Victim, ...] = ("cli", "provider", "both")
"""In CI each point has one of them, in turn; `make kills` has all."""


def _combinations() -> list[Any]:
    everything = bool(os.environ.get("KILLS"))
    rounds = range(len(VICTIMS)) if everything else range(1)
    pairs = [
        (point, VICTIMS[(number + turn) % len(VICTIMS)])
        for turn in rounds
        for number, point in enumerate(POINTS)
    ]
    return [pytest.param(point, victim, id=f"{point.name}; killed: {victim}") for point, victim in pairs]


class Sandboxes:
    """The one sandbox in use: the tests share it until one of them fails."""

    def __init__(self) -> None:
        self._opened = ExitStack()
        self._kills: Kills | None = None

    def current(self) -> Kills:
        """Return the sandbox in use, or start one."""
        if self._kills is None:
            state = self._opened.enter_context(contextmanager(fresh_sandbox)("kills"))
            self._kills = Kills(state)
        return self._kills

    def discard(self) -> None:
        """Stop the sandbox in use, if there is one, and throw it away."""
        self._kills = None
        self._opened.close()


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    found = Sandboxes()
    yield found
    found.discard()


@pytest.fixture
def kills(sandboxes: Sandboxes, request: pytest.FixtureRequest) -> Iterator[Kills]:
    failed = request.session.testsfailed
    yield sandboxes.current()
    if request.session.testsfailed > failed:
        # A failed test can leave the cluster and the stack in any state: the next begins with new ones.
        sandboxes.discard()


@pytest.mark.parametrize(("point", "victim"), _combinations())
def test_the_messages_lead_out_of_a_kill(kills: Kills, point: Point, victim: Victim) -> None:
    kills.arrange(installed=point.installed)
    kept: dict[str, str] = {}
    if point.change:
        kills.with_resources()
        kept = precious(kills.cluster)
    elif point.installed:
        kills.without_resources()
    kills.old_generation = kills.generation()
    crds = _crds(kills.cluster)
    kills.stack.configure(kills.change() if point.change else {})
    kills.cluster.cordon(REAL | VIRTUAL if point.cordoned else VIRTUAL, on=True)

    with kills.stack.started(*point.command.split(), "--yes", "--skip-preview") as running:
        survivors = kill_at(running.process, lambda: point.reached(kills), victim)
        # Whatever a killed CLI leaves behind works on; recover says to let it end, or to end it, as here.
        if victim != "provider":
            end(survivors)
        running.finished()
    kills.cluster.cordon(REAL, on=False)

    said = _follow(kills, point.command)

    kills.cluster.cordon(VIRTUAL, on=False)
    if point.command == DESTROY:
        assert not kills.stack.resources(), said
        eventually("the CRDs to be gone", lambda: not kills.has(_CRDS), evidence=lambda: said)
        return
    kills.stack.preview("--expect-no-changes").succeeded()
    assert kills.latest() == "deployed"
    expected = REAL - {"worker-3"} if point.change else REAL
    eventually(
        "the daemons", lambda: kills.cluster.running_daemons() == expected, evidence=kills.cluster.pods
    )
    if point.change:
        assert precious(kills.cluster) == kept
        assert _crds(kills.cluster) == crds


@pytest.mark.skipif("KILLS" not in os.environ, reason="a removal of its own; `make kills` runs it")
@pytest.mark.parametrize("changed", [False, True])
def test_a_destroy_that_was_killed_near_its_end_is_finished(kills: Kills, changed: bool) -> None:
    """The states of a kill after the namespace's deletion, and after the record's, which no cluster shows."""
    kills.arrange(installed=True)
    # A test before this one may have left other inputs in the state.
    kills.stack.up("--skip-preview").succeeded()
    held = kills.stack.held()
    kills.arrange(installed=False)
    gone = {"kruise-release", "kruise-namespace"}
    kills.stack.hold([one for one in held if one["urn"].split("::")[-1] not in gone])
    kills.stack.run("destroy", "--run-program", "--yes", "--skip-preview").succeeded()
    assert kills.stack.resources() == {}

    gone |= {"kruise-installation"}
    kills.stack.hold([one for one in held if one["urn"].split("::")[-1] not in gone])
    kills.stack.configure(kills.change() if changed else {})
    said = _follow(kills, DESTROY)
    # Only where the component's inputs have changed is it known to take part; then nothing is refused.
    assert ("this operation leaves the component out" in said) != changed, said
    assert kills.stack.resources() == {}


def test_what_a_killed_cli_did_not_live_to_see_is_taken_over(kills: Kills) -> None:
    kills.arrange(installed=False)
    with kills.stack.started("up", "--yes", "--skip-preview") as running:
        survivors = kill_at(running.process, lambda: kills.latest() == "pending-install", "cli")
        # The provider, left alone, has Helm finish what Pulumi will not hear of.
        eventually("Helm to have finished", lambda: kills.latest() == "deployed")
        end(survivors)
        running.finished()
    made = _crds(kills.cluster), kills.cluster.daemon_set()["metadata"]["uid"]

    _follow(kills, "up")

    assert (_crds(kills.cluster), kills.cluster.daemon_set()["metadata"]["uid"]) == made
    kills.stack.preview("--expect-no-changes").succeeded()
    kills.stack.configure()
    kills.stack.up("--skip-preview").succeeded()
    kills.stack.preview("--expect-no-changes").succeeded()


def test_one_interrupt_ends_an_update_in_order(kills: Kills) -> None:
    kills.arrange(installed=True)
    kills.stack.configure(kills.change())
    kills.cluster.cordon(REAL | VIRTUAL, on=True)

    with kills.stack.started("up", "--yes", "--skip-preview") as running:
        eventually("the upgrade to have begun", lambda: kills.latest() == "pending-upgrade")
        running.process.send_signal(signal.SIGINT)
        output, code = running.finished()

    assert code not in (0, -signal.SIGINT), output
    assert "Traceback" not in output, output
    assert kills.latest() == "failed"
    kills.cluster.cordon(REAL | VIRTUAL, on=False)
    output = kills.stack.preview().succeeded().output
    assert "kruise-system/kruise: is failed" in output, output
    output = kills.stack.up("--skip-preview").succeeded().output
    assert "is failed" not in output, output
    assert kills.latest() == "deployed"
    kills.stack.preview("--expect-no-changes").succeeded()


def test_a_release_whose_records_were_deleted_is_made_anew(kills: Kills) -> None:
    kills.arrange(installed=True)
    kills.with_resources()
    kept, crds = precious(kills.cluster), _crds(kills.cluster)
    for number in kills.records():
        path = f"{_NAMESPACE}/secrets/sh.helm.release.v1.kruise.v{number}"
        api.call(kills.cluster.client, "DELETE", path)

    answer = _run(kills, "pulumi-openkruise recover").succeeded().output
    assert "its records were deleted" in answer, answer
    commands = _next(answer)
    assert commands == ["pulumi refresh --yes", "pulumi up"]
    for command in commands:
        _run(kills, command).succeeded()

    assert kills.records() == {1: "deployed"}
    assert (precious(kills.cluster), _crds(kills.cluster)) == (kept, crds)
    kills.stack.preview("--expect-no-changes").succeeded()


def test_a_destroy_before_the_state_has_the_release_is_mended_by_an_update(kills: Kills) -> None:
    """docs/recovering.md says not to; what it leaves becomes a release again, which can be destroyed."""

    def made() -> bool:
        return kills.latest() == "pending-install" and kills.has(_WEBHOOKS)

    kills.arrange(installed=False)
    kills.cluster.cordon(REAL | VIRTUAL, on=True)
    with kills.stack.started("up", "--yes", "--skip-preview") as running:
        kill_at(running.process, made, "provider")
        running.finished()
    kills.cluster.cordon(REAL | VIRTUAL, on=False)
    assert "is pending-install" in _run(kills, f"pulumi {DESTROY}").failed().output
    assert kills.latest() == "pending-install"

    _run(kills, "pulumi-openkruise recover").succeeded()
    _run(kills, f"pulumi {DESTROY}").succeeded()
    assert not kills.stack.resources()
    assert not kills.has("/api/v1/namespaces", KRUISE_NAMESPACE)
    crds = _crds(kills.cluster)
    assert crds
    assert kills.has(_WEBHOOKS)

    _run(kills, "pulumi-openkruise recover").succeeded()
    _run(kills, "pulumi up").succeeded()
    assert _crds(kills.cluster) == crds
    kills.arrange(installed=False)
    eventually("the CRDs to be gone", lambda: not kills.has(_CRDS))
    assert not kills.has(_WEBHOOKS)


def test_a_first_update_that_failed_can_be_destroyed(kills: Kills) -> None:
    kills.arrange(installed=False)
    kills.stack.configure({"timeout": "20"})
    kills.cluster.cordon(REAL | VIRTUAL, on=True)
    kills.stack.up("--skip-preview").failed()
    assert kills.latest() == "failed"
    assert RELEASE in kills.stack.resources()

    kills.cluster.cordon(REAL, on=False)
    kills.stack.configure()
    kills.stack.run("destroy", "--run-program", "--yes", "--skip-preview").succeeded()
    kills.cluster.cordon(VIRTUAL, on=False)
    assert not kills.stack.resources()
    eventually("the CRDs to be gone", lambda: not kills.has(_CRDS))


def _follow(kills: Kills, command: str) -> str:
    """Repeat the command, and do what the messages say, until one succeeds; return all that was said."""
    repeated = f"pulumi {command}"
    said = []
    for _ in range(4):
        outcome = _run(kills, repeated)
        said.append(f"$ {repeated}\n{outcome.output}")
        if outcome.code == 0:
            return "\n".join(said)
        if "pulumi cancel" in outcome.output and "locked by" in outcome.output:
            _run(kills, "pulumi cancel --yes").succeeded()
            continue
        if "failed to load checkpoint" in outcome.output:
            # Pulumi names no command for its own file that was cut off; docs/recovering.md names this one.
            said.append(f"$ pulumi-openkruise recover\n{_run(kills, 'pulumi-openkruise recover').output}")
            continue
        # The preview warns with the commands with which the operation itself is then refused: once is enough.
        commands = list(dict.fromkeys(_COMMAND.findall(outcome.output)))
        if command == DESTROY and not commands:
            # What the provider itself says names no command, which is why docs/recovering.md names this one.
            answer = _run(kills, "pulumi-openkruise recover").succeeded()
            said.append(f"$ pulumi-openkruise recover\n{answer.output}")
            commands = _next(answer.output)
        for line in commands:
            for one in line.split(" && "):
                if one == "pulumi cancel --yes":
                    continue
                outcome = _run(kills, one)
                said.append(f"$ {one}\n{outcome.output}")
        if commands and outcome.code == 0 and one.split()[1] == repeated.split()[1]:
            return "\n".join(said)
    raise AssertionError("the messages lead nowhere:\n" + "\n".join(said))


def _next(answer: str) -> list[str]:
    """Return the commands after "Now:" or "Next:" in an answer of recover, the first of each choice."""
    _, _, lines = answer.partition("Now:\n") if "Now:\n" in answer else answer.partition("Next:\n")
    plain = [line.strip().partition(": ")[2] or line.strip() for line in lines.splitlines()]
    return [line.partition(", ")[0] for line in plain if line.startswith("pulumi ")]


def _run(kills: Kills, line: str) -> Outcome:
    """Return a command of a message, with what people have in their environment or type themselves."""
    program, *arguments = shlex.split(line)
    if program == "pulumi-openkruise":
        main = "from pulumi_openkruise.cli import main; main()"
        command = [sys.executable, "-c", main, *arguments, "--yes"]
        env = {**os.environ, **pulumi.environment(kills.state)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return Outcome(line, done.returncode, done.stdout + done.stderr)
    if arguments[:2] == ["config", "set"]:
        # The tests rewrite the stack's config each time.
        kills.stack.configure({arguments[2].removeprefix("openkruise:"): arguments[3]})
        return Outcome(line, 0, "")
    if arguments[0] == "cancel":
        done = pulumi.run(kills.state, [*arguments, "--stack", kills.stack.name], cwd=kills.stack.folder)
        return Outcome(line, done.returncode, done.stdout)
    agreed = [] if "--yes" in arguments else ["--yes"]
    return kills.stack.run(*arguments, *agreed)


def _crds(cluster: Cluster) -> dict[str, str]:
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in cluster.get(_CRDS)["items"]}
