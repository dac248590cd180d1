"""The sandbox's own promises: it stops only what it started, and builds again only what has changed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox import build, processes, pulumi, table
from sandbox.programs import GO_ROOT, PROGRAMS, find_program
from sandbox.state import State

from .conftest import sandbox_command

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Provide a process that no sandbox started."""
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_down_stops_what_was_started_and_keeps_files_of_others(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.claim()
    processes.start(state, "sleeper", SLEEP)
    assert processes.alive(state, "sleeper")
    pid = json.loads((state.run / "sleeper.json").read_text())["pid"]
    (tmp_path / "notes.txt").write_text("a user's file")

    done = sandbox_command(state, "down")
    assert done.returncode == 0, done.stderr

    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("command", ["down", "stop", "start", "up"])
def test_a_folder_that_no_sandbox_has_made_is_left_as_it_is(
    tmp_path: Path, command: str, stranger: subprocess.Popen[bytes]
) -> None:
    record = {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time(), "order": 0}
    files = {"bin/mytool": "a tool", "logs/app.log": "a log", "run/app.json": json.dumps(record)}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)

    done = sandbox_command(State(tmp_path), command)

    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "no sandbox has made" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {name: path.read_text() for name, path in found.items()} == files
    assert stranger.poll() is None


def test_down_of_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    done = sandbox_command(State(tmp_path / "nowhere"), "down")

    assert (done.returncode, done.stderr) == (0, "")


def test_loopback_goes_past_a_proxy_and_the_users_exceptions_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "registry.example, localhost")
    monkeypatch.setenv("no_proxy", ".internal.example")

    environment = pulumi.environment(State(tmp_path))

    for name in ("NO_PROXY", "no_proxy"):
        assert environment[name] == "registry.example,localhost,.internal.example,127.0.0.1"


@pytest.mark.parametrize("colours", ["", "1"])
def test_a_log_shows_the_table_of_nodes_unbroken(
    colours: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", colours)
    monkeypatch.setenv("COLUMNS", "80")
    selector = "a.long.selector.example/key=" + "v" * 60
    row = {"node": "virtual-kubelet-0", "excluded by": selector, "daemon": "none"}

    table.show([row], "table")

    printed = capsys.readouterr().out
    assert all(cell in printed for cell in row.values())


def test_env_can_be_evaluated_and_names_the_config_file(tmp_path: Path) -> None:
    state = State(tmp_path)

    done = sandbox_command(state, "env")

    assert done.returncode == 0, done.stderr
    assert all(line.startswith("export ") for line in done.stdout.splitlines())
    assert f"--stack sandbox --config-file {pulumi.config_file(state)}" in done.stderr


def test_a_process_that_was_given_a_recorded_id_later_is_left_alone(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    state = State(tmp_path)
    processes.start(state, "sleeper", SLEEP)
    processes.start(state, "other", SLEEP)
    record_path = state.run / "sleeper.json"
    record = json.loads(record_path.read_text())
    psutil.Process(record["pid"]).kill()
    earlier = record["created"] - 3600
    record_path.write_text(json.dumps({**record, "pid": stranger.pid, "created": earlier}))

    assert not processes.alive(state, "sleeper")
    processes.stop_all(state)

    assert stranger.poll() is None
    assert processes.names(state) == []


def test_a_program_is_built_again_only_when_its_own_pins_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(GO_ROOT, tmp_path / "go")
    monkeypatch.setattr("sandbox.programs.GO_ROOT", tmp_path / "go")
    monkeypatch.setattr("sandbox.build.GO_ROOT", tmp_path / "go")
    before = {one.name: build.fingerprint(one, "go1.26.8") for one in PROGRAMS}

    with (tmp_path / "go" / "openkruise" / "go.mod").open("a") as pins:
        pins.write("// another pin\n")
    after = {one.name: build.fingerprint(one, "go1.26.8") for one in PROGRAMS}

    assert [name for name in before if before[name] != after[name]] == ["kruise-manager", "kruise-helm-hook"]
    assert build.fingerprint(find_program("pulumi"), "go1.27.0") != before["pulumi"]
