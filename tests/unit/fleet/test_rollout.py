"""A fleet's run under Pulumi's mocks: the order of waves and gates, the slots, holds, soaks and failures.

The commands of the clusters' stacks are a test double; ``tests/e2e/test_fleet.py`` runs the real ones.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_openkruise.config.fleet_file import Cluster, Wave
from pulumi_openkruise.fleet import Fleet, rollout
from pulumi_openkruise.fleet.project import Project
from pulumi_openkruise.fleet.release import abbreviate
from pulumi_openkruise.fleet.update import StoppedError

from tests.support.engine import Engine, Registered, new_engine

BEGIN, CLUSTER, GATE = (f"openkruise:fleet:{name}" for name in ("Wave", "Cluster", "Gate"))
Hooks = dict[str, pulumi.ResourceHook]
Event = tuple[str, str]


class Commands:
    """Stands in for ``Updater``: writes down what it is asked for, and fails where a test says so."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failing: set[str] = set()
        self.running = 0
        self.most = 0
        """The most updates at one time."""

    async def roll_out(self, cluster: Cluster, _wave: Wave, _what: str, _message: str) -> None:
        self.events.append(("begin", cluster.name))
        self.running += 1
        self.most = max(self.most, self.running)
        # What does not wait for this update begins before it ends.
        await asyncio.sleep(0.05)
        self.running -= 1
        if cluster.name in self.failing:
            raise StoppedError(f"{cluster.name}: the update failed")
        self.events.append(("end", cluster.name))

    async def preview(self, cluster: Cluster, what: str, _message: str) -> None:
        self.events.append((what, cluster.name))

    async def soak(self, wave: Wave) -> None:
        self.events.append(("soak", names(wave.members)))
        await asyncio.sleep(0.05)
        self.events.append(("soaked", names(wave.members)))

    async def check(self, clusters: Sequence[Cluster], wave: Wave) -> None:
        self.events.append((f"gate {wave.name}", names(clusters)))
        if wave.name in self.failing:
            raise StoppedError(f"stopped by the gate of wave {wave.name}")


def names(clusters: Sequence[Cluster]) -> str:
    return " ".join(one.name for one in clusters)


def wave(name: str, size: int, **fields: Any) -> Wave:
    return Wave(name, tuple(Cluster(f"{name}-{number}", {}) for number in range(size)), **fields)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    script = Commands()
    monkeypatch.setattr(rollout, "Updater", lambda _project: script)
    return script


Declare = Callable[..., Callable[[], object]]


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch, hooks: Hooks) -> Declare:
    """Provide a function that prepares a run of a fleet on an engine, and returns the program."""

    def prepare(
        engine: Engine,
        *waves: Wave,
        recorded: Mapping[str, Mapping[str, str]] | None = None,
        updates: Mapping[str, dict[str, Any]] | None = None,
    ) -> Callable[[], object]:
        releases = {one.name: PARTS for wave in waves for one in wave.clusters}
        found = Project("openkruise", Path(), Path("stacks"), waves, releases)
        outputs = {
            f"urn:pulumi:fleet::fleet::openkruise:fleet:Fleet${part}": {"outputs": {"attempts": attempts}}
            for part, attempts in (recorded or {}).items()
        }

        def call(asked: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
            assert asked.token == "pulumi:pulumi:readStackResourceOutputs"
            assert asked.args == {"stackName": f"organization/{pulumi.get_project()}/{pulumi.get_stack()}"}
            return {"outputs": outputs}

        monkeypatch.setattr(pulumi, "get_organization", lambda: "organization")
        monkeypatch.setattr(rollout, "read_project", lambda *_arguments: found)
        monkeypatch.setattr(engine.mocks, "call", call)
        engine.hooks, engine.updates = hooks, dict(updates or {})
        engine.creates = {CLUSTER, GATE} - engine.updates.keys()
        return lambda: Fleet("openkruise")

    return prepare


def find(engine: Engine, type_: str, name: str) -> Registered:
    (only,) = [one for one in engine.registered if (one.type, one.name) == (type_, name)]
    return only


PARTS = {"config": "config", "program": "program", "packages": "packages"}
RELEASE = abbreviate(PARTS)
"""Each cluster's release, and its short name."""
FIRST = {"dev-0": f"{RELEASE} #1"}


def test_a_wave_begins_after_the_gate_of_the_one_before(
    engine: Engine, commands: Commands, declare: Declare
) -> None:
    waves = (wave("dev", 2, parallel=2, soak_seconds=60), wave("prod", 1, soak_seconds=60))
    engine.run(declare(engine, *waves))
    in_dev = ["begin", "begin", "end", "end"]
    assert [what for what, _who in commands.events[:4]] == in_dev
    assert commands.events[4:] == [
        ("soak", "dev-0 dev-1"),
        ("soaked", "dev-0 dev-1"),
        ("gate dev", "dev-0 dev-1"),
        ("begin", "prod-0"),
        ("end", "prod-0"),
        ("soak", "prod-0"),
        ("soaked", "prod-0"),
        ("gate prod", "prod-0"),
    ]
    for type_, name, after in (
        (BEGIN, "dev", ""),
        (CLUSTER, "dev-0", "dev"),
        (CLUSTER, "dev-1", "dev"),
        (GATE, "dev", "dev-0, dev-1"),
        (BEGIN, "prod", "dev"),
        (CLUSTER, "prod-0", "prod"),
        (GATE, "prod", "prod-0"),
    ):
        assert find(engine, type_, name).inputs["after"] == after, (type_, name)


@pytest.mark.parametrize("parallel", [1, 2])
def test_no_more_clusters_than_parallel_allows_are_updated_at_once(
    engine: Engine, commands: Commands, declare: Declare, parallel: int
) -> None:
    engine.run(declare(engine, wave("dev", 4, parallel=parallel)))
    assert len(commands.events) == 8
    assert commands.most <= parallel


def test_a_cluster_on_hold_is_recorded_and_not_updated(
    engine: Engine, commands: Commands, declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", said.append)
    held = Wave("dev", (Cluster("dev-0", {}), Cluster("dev-1", {}, hold="moves")), soak_seconds=60)
    engine.run(declare(engine, held))
    assert {who for _what, who in commands.events} == {"dev-0"}
    assert [what for what, _who in commands.events] == ["begin", "end", "soak", "soaked", "gate dev"]
    inputs = find(engine, CLUSTER, "dev-1").inputs
    assert (inputs["hold"], inputs["release"], inputs["attempt"]) == ("moves", {}, "")
    assert find(engine, GATE, "dev").inputs["attempts"] == FIRST
    assert said == ["wave dev, dev-1: on hold: moves"]


def test_after_a_failed_update_no_other_begins(commands: Commands, declare: Declare) -> None:
    commands.failing = {"dev-0", "dev-1", "dev-2"}
    with new_engine() as engine:
        with pytest.raises(StoppedError):
            engine.run(declare(engine, wave("dev", 3), wave("prod", 1)))
        assert len(commands.events) == 1
        assert "prod-0" not in {one.name for one in engine.registered}


def test_a_gate_that_stops_keeps_the_next_wave_from_beginning(commands: Commands, declare: Declare) -> None:
    commands.failing = {"dev"}
    with new_engine() as engine:
        with pytest.raises(StoppedError, match="stopped by the gate of wave dev"):
            engine.run(declare(engine, wave("dev", 1, soak_seconds=60), wave("prod", 1)))
        assert commands.events[-1] == ("gate dev", "dev-0")
        assert "prod" not in {one.name for one in engine.registered}


def test_a_wave_that_has_passed_its_gate_neither_soaks_nor_is_checked_again(
    engine: Engine, commands: Commands, declare: Declare
) -> None:
    recorded = {f"{BEGIN}::dev": FIRST, f"{GATE}::dev": FIRST}
    done = {CLUSTER: {"release": {}}, GATE: {"attempts": FIRST}}
    engine.run(declare(engine, wave("dev", 1, soak_seconds=60), recorded=recorded, updates=done))
    assert commands.events == [("begin", "dev-0"), ("end", "dev-0")]
    assert find(engine, GATE, "dev").inputs["attempts"] == FIRST


def test_a_wave_that_began_and_has_not_passed_its_gate_still_soaks(
    engine: Engine, commands: Commands, declare: Declare
) -> None:
    engine.run(declare(engine, wave("dev", 1, soak_seconds=60), recorded={f"{BEGIN}::dev": FIRST}))
    assert [what for what, _who in commands.events[2:]] == ["soak", "soaked", "gate dev"]
    assert find(engine, BEGIN, "dev").inputs["attempts"] == FIRST


def test_another_release_is_recorded_as_a_new_attempt_before_its_update(
    engine: Engine, commands: Commands, declare: Declare
) -> None:
    engine.run(declare(engine, wave("dev", 1), recorded={f"{BEGIN}::dev": {"dev-0": "other #4"}}))
    attempts = {"dev-0": f"{RELEASE} #5"}
    assert find(engine, BEGIN, "dev").inputs["attempts"] == attempts
    assert find(engine, CLUSTER, "dev-0").inputs["attempt"] == attempts["dev-0"]
    assert find(engine, GATE, "dev").inputs["attempts"] == attempts
    # The next run reads them from the outputs, of which the state shows no input.
    outputs = {urn.rpartition("$")[2]: found for urn, found in engine.outputs.items()}
    assert [outputs[f"{kind}::dev"] for kind in (BEGIN, GATE)] == [{"attempts": attempts}] * 2


def test_an_attempt_that_another_wave_has_recorded_counts(
    engine: Engine, commands: Commands, declare: Declare
) -> None:
    """The cluster was in the wave before, moved with a release that failed, and all of that is taken back."""
    recorded = {f"{BEGIN}::before": {"dev-0": "other #2"}, f"{BEGIN}::dev": FIRST}
    engine.run(declare(engine, wave("dev", 1), recorded=recorded))
    assert find(engine, CLUSTER, "dev-0").inputs["attempt"] == f"{RELEASE} #3"


def test_a_preview_previews_each_cluster_and_waits_for_no_soak(commands: Commands, declare: Declare) -> None:
    with new_engine(preview=True) as engine:
        engine.run(declare(engine, wave("dev", 1, soak_seconds=60), wave("prod", 1, soak_seconds=60)))
    assert commands.events == [
        (f"wave {name}, {name}-0: first update by this fleet", f"{name}-0") for name in ("dev", "prod")
    ]


@pytest.mark.parametrize(
    ("old", "why"),
    [
        ({}, "first update by this fleet"),
        ({"hold": "moves", "release": {}}, "its hold has ended"),
        ({"release": {"config": "a", "program": "q"}}, "changed: the project's program"),
        ({"release": {"config": "a", "program": "p"}, "attempt": "x #1"}, "its last update failed or did"),
        (
            {"release": {"config": "a", "program": "p"}, "attempt": "x #2", "wave": "dev"},
            "moved from wave dev",
        ),
    ],
)
def test_the_reason_of_an_update(old: dict[str, Any], why: str) -> None:
    new = {"release": {"config": "a", "program": "p"}, "attempt": "x #2", "wave": "prod"}
    assert rollout._explain(old, new).startswith(why)
