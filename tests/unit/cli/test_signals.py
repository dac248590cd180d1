"""SIGINT and SIGTERM end each command whatever it waits for; no process or temporary file remains."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD
from typing import NamedTuple

import pytest
from pulumi_openkruise.cli.signals import run_until_signal

from tests.support.api_server import ApiServer, api_server
from tests.support.storage_server import StorageServer

PROGRAM = """
import signal
# A job in the background of a script inherits SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pulumi_openkruise.cli import main
main()
"""
BOUND = 60.0
"""Seconds that count as hanging; what the commands wait for would keep them longer, or for ever."""
HANGS = "#!/bin/sh\necho $$ > {pid}\nexec sleep 600\n"
FLEET = "clusters: {dev: {env: dev}}\nwaves: [{name: dev, select: env=dev}]\n"

Ready = Callable[[subprocess.Popen[bytes]], object]
"""Returns once the command waits for what never comes."""


class Waiting(NamedTuple):
    """A command that waits for something."""

    arguments: list[str]
    ready: Ready
    child: Path | None = None
    """The file in which a process that it starts writes its id."""


def await_file(path: Path) -> int:
    """Return the number in a file that another process writes."""
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return int(text)
        time.sleep(0.01)
    pytest.fail(f"{path} is not written")


def await_sleep(pid: int) -> None:
    """Wait until a process's main thread waits for something, where a signal always interrupts it."""
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        if read_state(pid) == "S":
            return
        time.sleep(0.01)
    pytest.fail("it does not wait")


def read_state(pid: int) -> str:
    """Return the kernel's letter for the state of a process, Z where it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def await_end(pid: int) -> None:
    """Wait for the end of a process that was killed; whether its parent has noticed is no matter."""
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        if read_state(pid) == "Z":
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("a process remains")


def ready_at_once(_process: subprocess.Popen[bytes]) -> None:
    """Wait for nothing but the process that the command starts."""


def write_kubeconfig(folder: Path, address: str, **user: object) -> Path:
    double = ApiServer(1)
    double.address = address
    (folder / "kubeconfig").write_text(json.dumps(double.kubeconfig(**user)))
    return folder / "kubeconfig"


@contextmanager
def silent_server(folder: Path) -> Iterator[Ready]:
    """Write a kubeconfig of a server that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(BOUND)
        write_kubeconfig(folder, f"http://127.0.0.1:{listening.getsockname()[1]}")
        taken: list[socket.socket] = []

        def ready(_process: subprocess.Popen[bytes]) -> None:
            taken.append(listening.accept()[0])
            assert taken[-1].recv(65536)

        try:
            yield ready
        finally:
            for connection in taken:
                connection.close()


def write_program(folder: Path, name: str, script: str) -> None:
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@contextmanager
def silent(folder: Path, *arguments: str) -> Iterator[Waiting]:
    with silent_server(folder) as ready:
        yield Waiting([*arguments, "--kubeconfig", str(folder / "kubeconfig")], ready)


@contextmanager
def plugin(folder: Path, *arguments: str) -> Iterator[Waiting]:
    """Give a command whose exec plugin waits, as for a person in a browser."""
    write_program(folder, "login", HANGS.format(pid=folder / "pid"))
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(folder / "bin" / "login"),
            "interactiveMode": "Never",
        }
    }
    path = write_kubeconfig(folder, "https://127.0.0.1:1", **user)
    yield Waiting([*arguments, "--kubeconfig", str(path)], ready_at_once, folder / "pid")


@contextmanager
def standard_input(_folder: Path, *arguments: str) -> Iterator[Waiting]:
    """Give a command that reads an input without an end."""

    def ready(process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        process.stdin.write(b" " * (1 << 20))  # more than a pipe holds: it is being read
        process.stdin.flush()
        while int.from_bytes(ioctl(process.stdin, FIONREAD, bytes(4)), sys.byteorder):
            time.sleep(0.01)  # read to the last byte that there is

    yield Waiting(list(arguments), ready)


def write_fleet(folder: Path) -> list[str]:
    (folder / "fleet").mkdir()
    (folder / "Pulumi.yaml").write_text("name: openkruise\nruntime: python\n")
    (folder / "fleet.yaml").write_text(FLEET)
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    return ["--file", str(folder / "fleet.yaml")]


@contextmanager
def fleet_cluster(folder: Path, *arguments: str) -> Iterator[Waiting]:
    """Give a fleet of one cluster, whose API server is silent."""
    more = write_fleet(folder)
    with silent_server(folder) as ready:
        config = {"kubernetes:kubeconfig": {"value": str(folder / "kubeconfig")}}
        (folder / "config").write_text(json.dumps(config))
        cases = f'case "$2" in --json) cat {folder}/config;; history) echo "[]";; *) exit 1;; esac'
        write_program(folder, "pulumi", f"#!/bin/sh\n{cases}\n")
        yield Waiting([*arguments, *more], ready)


@contextmanager
def fleet_plugin(folder: Path, *arguments: str) -> Iterator[Waiting]:
    """Give a fleet of one cluster, whose exec plugin waits."""
    more = write_fleet(folder)
    with plugin(folder):
        config = {"kubernetes:kubeconfig": {"value": str(folder / "kubeconfig")}}
        (folder / "config").write_text(json.dumps(config))
        cases = f'case "$2" in --json) cat {folder}/config;; history) echo "[]";; *) exit 1;; esac'
        write_program(folder, "pulumi", f"#!/bin/sh\n{cases}\n")
        yield Waiting([*arguments, *more], ready_at_once, folder / "pid")


@contextmanager
def fleet_command(folder: Path, name: str, *arguments: str) -> Iterator[Waiting]:
    """Give a fleet whose ``pulumi`` or ``git`` waits, as for a backend that does not answer."""
    more = write_fleet(folder)
    write_program(folder, name, HANGS.format(pid=folder / "pid"))
    yield Waiting([*arguments, *more], ready_at_once, folder / "pid")


@contextmanager
def migration(folder: Path, *arguments: str) -> Iterator[Waiting]:
    """Give a migration whose first write is not answered; the versions and objects before it are."""
    with api_server() as server:
        storage = StorageServer(server)
        both = ["v1alpha1", "v1beta1"]
        storage.add_crd("sidecarsets", "SidecarSet", both, "v1beta1", both)
        for number in range(20):
            storage.add("sidecarsets", f"s{number}", "v1alpha1", {"containers": []})
        path = write_kubeconfig(folder, server.address)

        def hang(method: str, _path: str) -> None:
            if method == "PATCH":
                (folder / "asked").write_text("1\n")
                time.sleep(2 * BOUND)

        storage.hook = hang
        yield Waiting([*arguments, "--kubeconfig", str(path)], lambda _process: await_file(folder / "asked"))


CASES = {
    "check": lambda folder: silent(folder, "check", "--live"),
    "check, a plugin": lambda folder: plugin(folder, "check"),
    "discover": lambda folder: silent(folder, "discover"),
    "discover, standard input": lambda folder: standard_input(folder, "discover", "--nodes-file", "-"),
    "recover": lambda folder: silent(folder, "recover", "--dry-run"),
    "migrate-storage": lambda folder: silent(folder, "migrate-storage", "--dry-run"),
    "migrate-storage, a write": lambda folder: migration(folder, "migrate-storage", "--yes"),
    "affinity, standard input": lambda folder: standard_input(folder, "affinity"),
    "values, standard input": lambda folder: standard_input(folder, "values", "--config-json", "-"),
    "policy, standard input": lambda folder: standard_input(folder, "policy", "--stack-file", "-"),
    "fleet check": lambda folder: fleet_cluster(folder, "fleet", "check"),
    "fleet check, a plugin": lambda folder: fleet_plugin(folder, "fleet", "check"),
    "fleet check, pulumi": lambda folder: fleet_command(folder, "pulumi", "fleet", "check"),
    "fleet list, git": lambda folder: fleet_command(folder, "git", "fleet", "list"),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
@pytest.mark.parametrize("name", CASES)
def test_a_signal_ends_it_and_leaves_nothing(name: str, number: signal.Signals, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    with CASES[name](folder) as waiting:
        before = {path.name for path in folder.iterdir()} - {"pid", "asked"}
        with (
            (tmp_path / "errors").open("wb") as errors,
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *waiting.arguments],
                env={
                    **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
                    "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                    "TMPDIR": str(temporary),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            ) as process,
        ):
            child = None
            try:
                waiting.ready(process)
                if waiting.child is not None:
                    child = await_file(waiting.child)
                await_sleep(process.pid)
                process.send_signal(number)
                process.wait(BOUND)
            finally:
                process.kill()
    assert process.returncode == 128 + number
    said = (tmp_path / "errors").read_text()
    assert "Traceback" not in said
    assert "Exception" not in said
    assert list(temporary.iterdir()) == []
    assert {path.name for path in folder.iterdir()} - {"pid", "asked"} == before
    if child is not None:
        await_end(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_a_handled_signal_cancels_a_coroutine_where_it_waits(number: signal.Signals) -> None:
    steps: list[str] = []

    def handle(_number: int, _frame: object) -> None:
        steps.append("amid asyncio's own code")

    async def wait() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.sleep(BOUND)
        except asyncio.CancelledError:
            steps.append("cancelled")
            raise

    before = signal.signal(number, handle)
    try:
        with pytest.raises(SystemExit) as caught:
            run_until_signal(wait())
        assert signal.getsignal(number) is handle
    finally:
        signal.signal(number, before)
    assert (caught.value.code, steps) == (128 + number, ["cancelled"])
