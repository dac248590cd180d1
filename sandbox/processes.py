"""Start and stop the sandbox's processes, and never touch one that this sandbox did not start.

Each process leaves a record with its id and the moment it started: if the kernel gives the id to
another process, the moment differs and the record is ignored.
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from sandbox.errors import SandboxError
from sandbox.state import State


def start(
    state: State, name: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None
) -> None:
    """Start *command* in a session of its own, its output in ``logs/<name>.log``; nothing if it runs."""
    if alive(state, name):
        return
    state.logs.mkdir(parents=True, exist_ok=True)
    state.run.mkdir(parents=True, exist_ok=True)
    with (state.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=state.directory,
            start_new_session=True,
        )
    record = {
        "pid": process.pid,
        "created": psutil.Process(process.pid).create_time(),
        "order": time.time(),
        "command": [str(part) for part in command],
    }
    (state.run / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


def names(state: State) -> list[str]:
    """Return the processes on record, in the order in which they were started."""
    records = [(json.loads(path.read_text())["order"], path.stem) for path in state.run.glob("*.json")]
    return [name for _, name in sorted(records)]


def alive(state: State, name: str) -> bool:
    """Whether the very process on record still runs."""
    process = _find(state, name)
    return process is not None


def stop(state: State, name: str, *, patience: float = 20) -> None:
    """Stop the process on record of that name, and return when it is gone."""
    process = _find(state, name)
    if process is not None:
        _stop(process, patience)
    (state.run / f"{name}.json").unlink(missing_ok=True)


def stop_all(state: State, *, patience: float = 20) -> None:
    """Stop what is on record, last one first, each one gone before the next is asked."""
    for name in reversed(names(state)):
        stop(state, name, patience=patience)


def wait_until(
    what: str, ready: Callable[[], bool], state: State, name: str, *, timeout: float = 90, pause: float = 0.1
) -> None:
    """Wait for *ready*; raises ``SandboxError`` with the log's end when the process dies or time is up."""
    deadline = time.monotonic() + timeout
    while not ready():
        dead = not alive(state, name)
        if dead or time.monotonic() > deadline:
            log = state.logs / f"{name}.log"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
            reason = "has stopped" if dead else f"is not ready after {timeout:.0f} s"
            raise SandboxError(f"{what}: {name} {reason}. The end of {log}:\n{tail}")
        time.sleep(pause)


def _stop(process: psutil.Process, patience: float) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        if not _ends(process, patience):
            process.kill()
            _ends(process, patience)


def _ends(process: psutil.Process, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        # One that its parent has not taken note of yet has ended all the same.
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def _find(state: State, name: str) -> psutil.Process | None:
    path = state.run / f"{name}.json"
    if not path.exists():
        return None
    record = json.loads(path.read_text())
    try:
        process = psutil.Process(record["pid"])
        same = abs(process.create_time() - record["created"]) < 0.02
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
