"""One cluster's update beside scripted commands: locks, what is done already, the gate, the soak."""

import asyncio
import re
import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.config.fleet_file import Cluster, Wave
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.fleet import update
from pulumi_openkruise.fleet.project import Project
from pulumi_openkruise.fleet.record import MESSAGE, CommandError, Lock, Stack, Update
from pulumi_openkruise.fleet.update import StoppedError, Updater

from tests.support.installed import broken, expected

from .test_record import LOCKED, dead_process

CLUSTER = Cluster("prod-1", {})
WAVE = Wave("prod", (CLUSTER,), gate="off")
WHAT = "wave prod, prod-1: changed: its stack file"
NOW = datetime.now(timezone.utc)


def entry(message: str, *, succeeded: bool = True, ended: datetime = NOW) -> Update:
    return Update(succeeded, message, ended, "", "update")


class Commands:
    """Answers for the commands of a stack: each `up` in turn with what it prints, empty for a success."""

    def __init__(self, *ups: str) -> None:
        self.ups = list(ups)
        self.history: Update | None = None
        self.run: list[str] = []
        self.said: list[str] = []
        self.slept: list[float] = []


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    script = Commands()

    async def run(_stack: Stack, *arguments: str, log: Path) -> tuple[int, str]:
        script.run.append(arguments[0])
        output = script.ups.pop(0) if arguments[0] == "up" and script.ups else ""
        with log.open("a") as file:
            file.write(output)
        return int(bool(output)), output

    async def last_update(_stack: Stack) -> Update | None:
        return script.history

    async def config(_stack: Stack) -> dict[str, Any]:
        return {}

    async def sleep(seconds: float) -> None:
        script.slept.append(seconds)

    monkeypatch.setattr(Stack, "run", run)
    monkeypatch.setattr(Stack, "last_update", last_update)
    monkeypatch.setattr(Stack, "config", config)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(pulumi.log, "info", script.said.append)
    return script


@pytest.fixture
def updater(tmp_path: Path) -> Updater:
    (tmp_path / "fleet" / "logs").mkdir(parents=True)
    return Updater(Project("openkruise", tmp_path, tmp_path / "stacks", (WAVE,), {}))


def roll_out(updater: Updater, wave: Wave = WAVE) -> None:
    asyncio.run(updater.roll_out(CLUSTER, wave, WHAT, f"{MESSAGE}abc"))


def locked(host: str, pid: int) -> str:
    return LOCKED.format(host=host, pid=pid)


def test_an_update_that_is_done_is_not_run_again(commands: Commands, updater: Updater) -> None:
    commands.history = entry(f"{MESSAGE}abc")
    roll_out(updater)
    assert commands.run == []
    assert commands.said == [f"{WHAT}; updated already"]


@pytest.mark.parametrize("last", [None, entry("by hand"), entry(f"{MESSAGE}abc", succeeded=False)])
def test_an_update_that_is_not_done_is_run(commands: Commands, updater: Updater, last: Update | None) -> None:
    commands.history = last
    roll_out(updater)
    assert commands.run == ["up"]


def test_a_failure_says_what_where_and_how_to_continue(commands: Commands, updater: Updater) -> None:
    commands.ups = ["Updating:\nerror: no such chart\n"]
    with pytest.raises(StoppedError) as caught:
        roll_out(updater)
    text = str(caught.value)
    for part in ("prod-1: error: no such chart", "log: ", "Pulumi.prod-1.yaml", "the same command again"):
        assert part in text


class Locker:
    """Another process that holds the stack's lock for so many looks at it, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
        self.left = looks
        monkeypatch.setattr(Lock, "state", lambda _lock: self._look())

    def _look(self) -> str:
        self.left -= 1
        return "live" if self.left > 0 else "stale"


def test_a_running_update_is_waited_for_to_its_end_and_said_once(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    Locker(monkeypatch, 5)
    commands.ups = [locked(socket.gethostname(), 4711)]
    roll_out(updater)
    # The first look says what it is; it is looked at again before each wait.
    assert commands.run == ["up"] * 2
    assert len(commands.slept) == 3
    assert sum("waiting for process 4711 of root" in line for line in commands.said) == 1


def test_what_an_update_that_outlived_its_fleet_has_done_is_not_done_again(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[Path] = []

    async def wait_for_survivor(_stack: Stack, logs: Path) -> None:
        waited.append(logs)
        commands.history = entry(f"{MESSAGE}abc")

    monkeypatch.setattr(Stack, "wait_for_survivor", wait_for_survivor)
    roll_out(updater)
    assert commands.run == []
    assert waited == [updater.project.folder / "fleet" / "logs"]


@pytest.mark.parametrize("looks", range(2, 6))
def test_what_the_running_update_has_done_is_not_done_again(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    locker = Locker(monkeypatch, looks)
    commands.ups = [locked(socket.gethostname(), 4711)]

    async def last_update(_stack: Stack) -> Update | None:
        # An update is in the history once its process has ended, and not before.
        return entry(f"{MESSAGE}abc") if locker.left <= 0 else None

    monkeypatch.setattr(Stack, "last_update", last_update)
    roll_out(updater)
    assert commands.run == ["up"]


def test_the_lock_of_a_process_that_is_gone_is_removed(commands: Commands, updater: Updater) -> None:
    commands.ups = [locked(socket.gethostname(), dead_process())]
    roll_out(updater)
    assert commands.run == ["up", "cancel", "up"]


def test_a_lock_that_stays_after_its_removal_stops(commands: Commands, updater: Updater) -> None:
    commands.ups = [locked(socket.gethostname(), dead_process())] * 2
    with pytest.raises(StoppedError, match="is locked by root"):
        roll_out(updater)
    assert commands.run == ["up", "cancel", "up"]


def test_the_lock_of_another_host_stops_and_is_left_alone(commands: Commands, updater: Updater) -> None:
    commands.ups = [locked("elsewhere.example.com", dead_process())]
    with pytest.raises(StoppedError, match="pulumi cancel --yes --stack prod-1"):
        roll_out(updater)
    assert commands.run == ["up"]


def test_the_gate_waits_for_findings_that_pass(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = check(broken(), expected())
    bad = check(broken(pods=[]), expected())
    assert bad.fails_on("error")
    reports = [bad, bad, good]
    monkeypatch.setattr(update, "check_cluster", lambda _name, _config: reports.pop(0))
    roll_out(updater, Wave("prod", (CLUSTER,), gate="error"))
    assert reports == []


def test_the_gate_stops_at_findings_that_stay(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = check(broken(pods=[]), expected())
    monkeypatch.setattr(update, "check_cluster", lambda _name, _config: bad)
    monkeypatch.setattr(update, "PATIENCE_SECONDS", -1.0)
    commands.history = entry(f"{MESSAGE}abc")
    with pytest.raises(StoppedError, match="stopped by the gate error of wave prod") as caught:
        roll_out(updater, Wave("prod", (CLUSTER,), gate="error"))
    assert "log: " not in str(caught.value)  # nothing was run, so there is none


def test_a_cluster_that_does_not_answer_stops_the_gate_at_once(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "check_cluster", lambda _name, _config: Unavailable("no route to host"))
    with pytest.raises(StoppedError, match="cannot be inspected: no route to host"):
        roll_out(updater, Wave("prod", (CLUSTER,), gate="critical"))
    assert commands.slept == []


def test_a_gate_after_a_soak_stops_the_wave_and_names_no_log(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command was run for it. Every cluster with findings is named, and the first one's check."""
    bad, good = check(broken(pods=[]), expected()), check(broken(), expected())
    monkeypatch.setattr(update, "check_cluster", lambda stack, _config: good if stack.name == "b" else bad)
    monkeypatch.setattr(update, "PATIENCE_SECONDS", -1.0)
    clusters = [Cluster(name, {}) for name in "abc"]
    with pytest.raises(StoppedError) as caught:
        asyncio.run(updater.check(clusters, Wave("prod", tuple(clusters), gate="error")))
    first, *lines = str(caught.value).splitlines()
    assert first == "a: stopped by the gate error of wave prod"
    assert {line[:3] for line in lines[:-2]} == {"a: ", "c: "}
    assert lines[-2].startswith("what is wrong in the cluster: pulumi-openkruise check --stack-file ")
    assert lines[-2].endswith("Pulumi.a.yaml")
    assert "log: " not in str(caught.value)


@pytest.mark.parametrize(("minutes_ago", "rest"), [(10, 20 * 60), (40, None)])
def test_a_soak_counts_from_the_last_update(
    commands: Commands, updater: Updater, minutes_ago: int, rest: int | None
) -> None:
    ended = datetime.now(timezone.utc) - timedelta(minutes=minutes_ago)
    commands.history = entry("x", ended=ended)
    asyncio.run(updater.soak(Wave("prod", (CLUSTER,), soak_seconds=30 * 60)))
    assert [round(seconds / 60) * 60 for seconds in commands.slept] == ([] if rest is None else [rest])


def test_a_soak_without_a_readable_history_begins_now(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_stack: Stack) -> None:
        raise CommandError("no backend")

    monkeypatch.setattr(Stack, "last_update", fail)
    asyncio.run(updater.soak(Wave("prod", (CLUSTER,), soak_seconds=90)))
    assert [round(seconds) for seconds in commands.slept] == [90]


def test_a_preview_says_which_nodes_gain_or_lose_a_daemon(
    commands: Commands, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "1 real node loses the daemon: edge-1"
    monkeypatch.setattr(update, "preview_daemons", lambda _stack, _config: [line])
    asyncio.run(updater.preview(CLUSTER, WHAT, f"{MESSAGE}abc"))
    assert commands.run == ["preview"]
    assert commands.said == [f"{WHAT}\n    {line}"]


def test_a_preview_of_what_is_done_runs_nothing(commands: Commands, updater: Updater) -> None:
    commands.history = entry(f"{MESSAGE}abc")
    asyncio.run(updater.preview(CLUSTER, WHAT, f"{MESSAGE}abc"))
    assert commands.run == []


def test_a_log_has_the_name_by_which_a_survivor_is_found(tmp_path: Path) -> None:
    """``Stack.wait_for_survivor`` looks for the newest of an update's, whose times sort as their names do."""
    project = Project("openkruise", tmp_path, tmp_path, (WAVE,), {})
    for command in ("up", "preview"):
        log = Updater(project)._log(CLUSTER, command)
        assert log.parent == tmp_path / "fleet" / "logs"
        assert re.fullmatch(rf"prod-1-{command}-\d{{8}}T\d{{6}}Z\.log", log.name)
