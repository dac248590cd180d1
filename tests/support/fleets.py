"""A fleet of simulated clusters: real CLI, engine and backend; the program waits instead of installing."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

PROJECT = "openkruise"
PROGRAM = '''
"""Stands in for the program of a cluster: writes down when it ran, waits, and fails where a test says so."""
import json, os, time, pulumi

config, stack = pulumi.Config("simulated"), pulumi.get_stack()

def note(event):
    line = json.dumps([time.time(), stack, event, os.getpid()]) + "\\n"
    with open(os.path.join(os.getcwd(), "..", "events.jsonl"), "a") as file:
        file.write(line)

if not pulumi.runtime.is_dry_run():
    note("start")
    time.sleep(config.get_float("wait") or 0)
    note("end")
if config.get_bool("fail") and not pulumi.runtime.is_dry_run():
    raise pulumi.RunError("this update fails")
pulumi.export("value", config.get("value"))
'''


@dataclass
class Event:
    """One thing that a simulated cluster's program did."""

    at: float
    stack: str
    what: str


@dataclass
class SimulatedFleet:
    """A project with stacks, and the fleet's program beside it, in a folder of their own."""

    folder: Path
    bin: Path
    python: Path
    passphrase: str = "simulated"
    backend: str = ""
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def project(self) -> Path:
        """The folder of the project whose stacks are updated."""
        return self.folder / "project"

    def environment(self) -> dict[str, str]:
        """Return the variables of every command: a home and a backend of this fleet's own."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
            "PULUMI_BACKEND_URL": self.backend or f"file://{self.folder / 'state'}",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PATH": os.pathsep.join([str(self.python.parent), str(self.bin), os.environ.get("PATH", "")]),
        }

    def make(self, document: Mapping[str, Any], stacks: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the project, its stack files and the fleet's file, and make the stacks."""
        for path in (self.folder / "state", self.folder / "home", self.project / "stacks"):
            path.mkdir(parents=True, exist_ok=True)
        settings = {"name": PROJECT, "runtime": "python", "stackConfigDir": "stacks"}
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        (self.project / "__main__.py").write_text(PROGRAM)
        program = self.project / "fleet"
        program.mkdir(exist_ok=True)
        (program / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "fleet", "runtime": "python"}))
        (program / "__main__.py").write_text(
            f'from pulumi_openkruise.fleet import Fleet\n\nFleet("{PROJECT}", file="../fleet.yaml")\n'
        )
        self.write(document)
        for name, config in stacks.items():
            self.configure(name, config)
            self.pulumi("stack", "init", "--stack", name).check_returncode()
        self.pulumi("stack", "init", "--stack", "fleet", folder=program).check_returncode()

    def write(self, document: Mapping[str, Any]) -> None:
        """Write the fleet's file."""
        (self.project / "fleet.yaml").write_text(yaml.safe_dump(document, sort_keys=False))

    def configure(self, name: str, config: Mapping[str, Any]) -> None:
        """Write a stack's config; what the CLI keeps there beside it stays."""
        path = self.project / "stacks" / f"Pulumi.{name}.yaml"
        document = yaml.safe_load(path.read_text()) if path.exists() else {}
        document["config"] = {
            (key if ":" in key else f"simulated:{key}"): value for key, value in config.items()
        }
        path.write_text(yaml.safe_dump(document))

    def pulumi(self, *arguments: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end; its output is one stream."""
        return subprocess.run(
            [str(self.bin / "pulumi"), *arguments, "--non-interactive"],
            cwd=folder or self.project,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def fleet(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command of the fleet's own stack."""
        return self.pulumi(*arguments, "--stack", "fleet", folder=self.project / "fleet")

    def up(self) -> "subprocess.CompletedProcess[str]":
        """Roll out, without the preview before it."""
        return self.fleet("up", "--yes", "--skip-preview")

    def start_up(self) -> "subprocess.Popen[str]":
        """Begin to roll out; ended with the test if it has not ended before."""
        process = subprocess.Popen(
            [
                str(self.bin / "pulumi"),
                "up",
                "--yes",
                "--skip-preview",
                "--stack",
                "fleet",
                "--non-interactive",
            ],
            cwd=self.project / "fleet",
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def events(self) -> list[Event]:
        """Return what the clusters' programs did, oldest first."""
        path = self.folder / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return sorted((Event(*json.loads(line)[:3]) for line in lines), key=lambda event: event.at)

    def updated(self) -> list[str]:
        """Return the stacks whose programs ran, in their order, one entry a run."""
        return [event.stack for event in self.events() if event.what == "start"]

    def forget_events(self) -> None:
        """Begin a new list of events."""
        (self.folder / "events.jsonl").unlink(missing_ok=True)

    def history(self, stack: str) -> list[dict[str, Any]]:
        """Return a stack's history, newest first."""
        done = subprocess.run(
            [
                str(self.bin / "pulumi"),
                "stack",
                "history",
                "--json",
                "--page-size",
                "10000",
                "--stack",
                stack,
            ],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[dict[str, Any]] = json.loads(done.stdout or "[]") or []
        return found

    def family(self) -> list[psutil.Process]:
        """Return every process that works in this fleet's folder, no matter which test started it."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return bool(process.environ().get("PULUMI_HOME") == str(self.folder / "home"))
        return False

    def wait_until_quiet(self, patience: float = 120) -> None:
        """Wait until no process of this fleet is left; fails where one stays."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not any("pulumi" in process.name() for process in self.family()):
                return
            time.sleep(0.2)
        raise AssertionError(f"still running: {[' '.join(process.cmdline()) for process in self.family()]}")

    def end(self) -> None:
        """End everything that still runs in it."""
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            with contextlib.suppress(ValueError):  # a test may have read all of it
                process.communicate()
        kill(self.family())


def kill(processes: Sequence[psutil.Process]) -> None:
    """Kill processes, as far as they still run."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


def copy_programs(target: Path, folders: Sequence[Path]) -> Path:
    """Put the CLI and its language host into one folder, where the CLI finds it beside itself."""
    target.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        for path in folder.iterdir():
            if path.is_file():
                shutil.copy2(path, target / path.name)
    return target


def document(waves: Sequence[tuple[str, int]], **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """Return a fleet's file for waves of these names and sizes, and its clusters in their order."""
    clusters = {f"{name}-{number}": {"wave": name} for name, size in waves for number in range(size)}
    listed = [{"name": name, "select": f"wave={name}", **settings.get(name, {})} for name, _size in waves]
    gate = settings.get("gate", "off")
    return {"clusters": clusters, "waves": listed, "gate": gate}, list(clusters)
