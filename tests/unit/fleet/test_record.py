"""What is understood of the command line's output: locks, causes, summaries; and what it is given."""

import asyncio
import errno
import fcntl
import os
import socket
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pulumi_openkruise.fleet import record
from pulumi_openkruise.fleet.record import (
    CommandError,
    Lock,
    Stack,
    Update,
    build_environment,
    find_cause,
    find_lock,
    find_summary,
)

LOCKED = (
    "Updating (dev-1):\n"
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or "
    "delete the lock file with `pulumi cancel`.\n"
    "  file:///state/.pulumi/locks/organization/p/dev-1/1.json: created by root@{host} (pid {pid}) at "
    "2026-11-29T09:00:00Z\n"
)


def dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_lock_names_its_holder() -> None:
    assert find_lock(LOCKED.format(host="build-7", pid=4711)) == Lock("root", "build-7", 4711)
    assert find_lock("error: update failed") is None
    # Text of a program that only looks like it.
    assert find_lock("created by root@build-7 (pid 1) at noon") is None


def test_a_lock_is_stale_only_where_its_process_is_known_to_be_gone() -> None:
    here = socket.gethostname()
    assert Lock("me", here, os.getpid()).state() == "live"
    assert Lock("me", here, dead_process()).state() == "stale"
    assert Lock("me", "elsewhere.example.com", dead_process()).state() == "elsewhere"
    assert Lock("root", here, 1).state() == "live"


def test_a_process_that_ended_holds_nothing_although_its_parent_has_not_asked() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert Lock("me", socket.gethostname(), process.pid).state() == "stale"
    finally:
        process.wait()


@pytest.mark.parametrize(
    ("error", "state"), [(None, "live"), (PermissionError, "live"), (ProcessLookupError, "stale")]
)
def test_another_users_process_is_alive_too(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError] | None, state: str
) -> None:
    def kill(pid: int, number: int) -> None:
        assert (pid, number) == (os.getpid(), 0)
        if error is not None:
            raise error

    monkeypatch.setattr(os, "kill", kill)
    assert Lock("me", socket.gethostname(), os.getpid()).state() == state


def test_the_cause_begins_with_the_error() -> None:
    text = "Updating (x):\n + created\nDiagnostics:\n  kruise:\n    error: no such namespace\n    more\n"
    assert find_cause(text) == "error: no such namespace\nmore"
    assert find_cause("error: no chart\nOutputs:\n  a: 1\nResources:\n  1 errored\n") == "error: no chart"
    assert find_cause("one\n\ntwo\n") == "one\ntwo"
    assert find_cause("") == "it said nothing"
    assert len(find_cause("error: x\n" + "line\n" * 1000).splitlines()) == 12


MARKER = "s3cretM4rker"


@pytest.mark.parametrize(
    "login", [f"me:{MARKER}@", f"me:1234/{MARKER}@", f"{MARKER}@", f"me:{MARKER}/x@", f"me:{MARKER}%40"]
)
@pytest.mark.parametrize(
    "said",
    [
        "error: could not read https://{}h.example/charts/index.yaml: no such host",
        'error: parse "https://{}h.example": net/url: invalid port',
        "Diagnostics:\n  helm:Release (kruise):\n    error: cannot reach https://{}h.example:8443/",
        "no line of it begins with the word\ncannot open postgres://{}h.example/state",
    ],
)
def test_what_pulumi_says_is_shown_without_logins(login: str, said: str) -> None:
    text = said.format(login)
    for shown in (find_cause(text), "\n".join(find_summary(f"Diagnostics:\n  {text}"))):
        assert MARKER not in shown
        assert "h.example" in shown


def test_what_pulumi_says_cannot_act_on_a_terminal() -> None:
    assert find_cause("error: a\x1b]8;;http://h\x07b\x9bc") == "error: a?]8;;http://h?b?c"
    assert find_summary("Resources:\n\x1b[2J  1 to create") == ["Resources:", "?[2J 1 to create"]


def test_a_long_reason_of_pulumi_is_shown() -> None:
    """A chart's problems stand on one line."""
    assert find_cause(f"error: {'x' * 1900}") == f"error: {'x' * 1900}"
    assert len(find_cause(f"error: {'x' * 9000}")) == 2000


def test_a_command_that_fails_is_quoted_without_logins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(
        f"#!/bin/sh\necho 'error: open postgres://me:12/{MARKER}@db/state: refused' >&2; exit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(CommandError) as caught:
        asyncio.run(Stack("dev-1", tmp_path).config())
    assert str(caught.value) == "error: open postgres://***@db/state: refused"


ENTRY = (
    '[{"result": "succeeded", "message": "m", "kind": "update", "environment": {"git.head": "c"}, '
    '"endTime": "2026-11-29T09:00:00Z"}, {}]'
)


@pytest.mark.parametrize(
    ("printed", "update"),
    [
        ("[]", None),
        ("{}", None),
        ("null", None),
        ("[{}]", Update(False, "", None, "", "")),
        (
            ENTRY,
            Update(True, "m", datetime(2026, 11, 29, 9, tzinfo=timezone.utc), "c", "update"),
        ),
        ('[{"result": "failed", "environment": null}]', Update(False, "", None, "", "")),
    ],
)
def test_the_newest_entry_of_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, update: Update | None
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert asyncio.run(Stack("dev-1", tmp_path).last_update()) == update


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exec sleep 600", "`pulumi config` did not answer for 0 s"),
        ("echo {", "`pulumi config` printed something other than JSON"),
        ("echo {}; echo broken >&2; exit 3", "broken"),
    ],
)
def test_a_command_without_a_usable_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    if "sleep" in script:
        monkeypatch.setattr(record, "_READ_SECONDS", 0.4)
    with pytest.raises(CommandError) as caught:
        asyncio.run(Stack("dev-1", tmp_path).config())
    assert str(caught.value) == says
    # The time may be over before the script begins.
    if (tmp_path / "pid").exists() and (number := (tmp_path / "pid").read_text()):
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)


def test_a_preview_is_summed_up_by_its_end() -> None:
    text = "Previewing update (x):\n\n + a create\nDiagnostics:\n  b:\n    note\n\n"
    text += "Resources:\n    + 1 to create\n"
    assert find_summary(text) == ["Diagnostics:", "  b:", "    note", "Resources:", "    + 1 to create"]
    assert find_summary("nothing of the kind") == []


def test_a_command_gets_nothing_of_the_fleets_own_run(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PULUMI_HOME": "/home",
        "PULUMI_BACKEND_URL": "file:///state",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/pass",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_CONFIG": "{}",
        "PULUMI_CONFIG_SECRET_KEYS": "[]",
        "PULUMI_LOG_OTLP_ENDPOINT": "http://127.0.0.1:1",
        "PULUMI_STACK": "fleet",
        "PULUMI_MONITOR": "127.0.0.1:1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    kept = {name for name in build_environment() if name in given}
    assert kept == {
        "PULUMI_HOME",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_SKIP_UPDATE_CHECK",
    }
    assert build_environment()["PATH"] == os.environ["PATH"]


def test_the_output_of_a_command_is_what_it_adds_to_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pulumi"
    program.write_text('#!/bin/sh\necho "$1"; echo "error of $1" >&2; exit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    log = tmp_path / "logs" / "log"
    stack = Stack("dev-1", tmp_path)
    assert asyncio.run(stack.run("one", log=log)) == (3, "one\nerror of one\n")
    assert asyncio.run(stack.run("two", log=log)) == (3, "two\nerror of two\n")
    assert log.read_text() == "one\nerror of one\ntwo\nerror of two\n"
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)


SURVIVOR = """#!/bin/sh
echo begun
while [ ! -e "$3" ]; do sleep 0.01; done
echo ended
"""
NEWEST = "dev-1-up-20261129T090000Z.log"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a folder of logs, and a ``pulumi`` that runs until its third argument exists."""
    program = tmp_path / "pulumi"
    program.write_text(SURVIVOR)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(record, "WAIT_SECONDS", 0.01)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "dev-1-up-20261128T090000Z.log").write_text("an earlier one\n")
    return folder


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def test_an_update_that_outlived_its_fleet_is_waited_for(tmp_path: Path, logs: Path) -> None:
    go, stack = tmp_path / "go", Stack("dev-1", tmp_path)

    async def see() -> tuple[bool, str]:
        log = logs / NEWEST
        update = asyncio.create_task(stack.run("up", "--yes", str(go), log=log))
        await _until(lambda: log.exists() and "begun" in log.read_text())
        waiting = asyncio.create_task(stack.wait_for_survivor(logs))
        # Another stack's update, whose name begins alike, is none of this one's.
        await Stack("dev", tmp_path).wait_for_survivor(logs)
        early = waiting.done()
        go.touch()
        await waiting
        said = log.read_text()
        await update
        return early, said

    assert asyncio.run(asyncio.wait_for(see(), 60)) == (False, "begun\nended\n")


def test_nothing_is_waited_for_where_no_update_runs(tmp_path: Path, logs: Path) -> None:
    (logs / NEWEST).write_text("begun\n")
    for stack in ("dev-1", "dev-2", "dev[1]"):
        asyncio.run(asyncio.wait_for(Stack(stack, tmp_path).wait_for_survivor(logs), 60))
    asyncio.run(asyncio.wait_for(Stack("dev-1", tmp_path).wait_for_survivor(tmp_path / "absent"), 60))


def test_a_file_system_without_locks_holds_up_nothing(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: object, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    go = tmp_path / "go"
    go.touch()
    stack = Stack("dev-1", tmp_path)
    assert asyncio.run(stack.run("up", "--yes", str(go), log=logs / NEWEST)) == (0, "begun\nended\n")
    asyncio.run(asyncio.wait_for(stack.wait_for_survivor(logs), 60))
