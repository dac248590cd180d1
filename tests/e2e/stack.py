"""Drives one Pulumi stack on a sandbox through the command line, as people do."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import pulumi
from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .observing import VIRTUAL, Cluster

_TIMES = ("created", "modified")
_PATIENCE = 900.0
"""Seconds after which a command hangs: more than twice what Helm's longest wait takes."""


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    command: str
    code: int
    output: str

    def succeeded(self) -> "Outcome":
        """Itself; fails the test, with what the command said, when it did not succeed."""
        assert self.code == 0, f"`{self.command}` ended with {self.code}:\n{self.output}"
        return self

    def failed(self) -> "Outcome":
        """Itself; fails the test when the command succeeded, or failed the way a program crashes."""
        assert self.code != 0, f"`{self.command}` should have failed:\n{self.output}"
        assert "Traceback" not in self.output, f"`{self.command}` shows a traceback:\n{self.output}"
        return self


@dataclass(frozen=True)
class Running:
    """A command that has not ended yet."""

    process: "subprocess.Popen[str]"

    def finished(self, patience: float = 180) -> tuple[str, int]:
        """Wait for the command's end; return its output and its exit code."""
        output, _ = self.process.communicate(timeout=patience)
        return output, self.process.returncode


class Stack:
    """A stack of the program in *folder*, with the committed config and whatever a test sets on top."""

    def __init__(self, state: State, chart: Chart, *, folder: Path = ROOT, name: str = pulumi.STACK) -> None:
        self.state = state
        self.folder = folder
        self.name = name
        self._chart = chart
        project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
        self._salt = pulumi.prepare_stack(state, project, name)
        self.configure()

    def configure(
        self,
        settings: Mapping[str, Any] | None = None,
        chart: Chart | None = None,
        kubeconfig: Path | None = None,
    ) -> None:
        """Put *settings* (keys of ``openkruise:``) over the committed config, in place of earlier ones.

        *chart* is another chart than the stack's own, from now on; *kubeconfig* another than its cluster's.
        """
        self._chart = chart or self._chart
        additions: dict[str, Any] = dict(self._chart.config())
        if kubeconfig is not None:
            additions["kubernetes:kubeconfig"] = str(kubeconfig)
        additions.update({f"openkruise:{key}": value for key, value in (settings or {}).items()})
        base = ROOT / "stacks" / f"Pulumi.{self.name}.yaml"
        self._config = pulumi.write_config(self.state, self.name, additions, base=base, salt=self._salt)

    def encrypt(self, key: str, value: Any) -> None:
        """Add a secret (key of ``openkruise:``) to the config."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.run("config", "set", "--secret", f"openkruise:{key}", text).succeeded()

    def run(
        self, *arguments: str, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """One command on the stack; *folder* runs another program in the place of the stack's own.

        Raises subprocess.TimeoutExpired, with the output, for a command that hangs.
        """
        command = [*arguments, "--stack", self.name, "--non-interactive", "--config-file", str(self._config)]
        done = pulumi.run(self.state, command, cwd=folder or self.folder, env=env, patience=_PATIENCE)
        return Outcome(f"pulumi {' '.join(arguments)}", done.returncode, done.stdout)

    @contextmanager
    def started(self, *arguments: str, folder: Path | None = None) -> Iterator["Running"]:
        """Start a command that runs while the test goes on; it is stopped with the test.

        *folder* runs another program in the place of the stack's own.
        """
        command = [*arguments, "--stack", self.name, "--non-interactive", "--config-file", str(self._config)]
        process = subprocess.Popen(
            [str(self.state.bin / "pulumi"), *command],
            cwd=folder or self.folder,
            env={**os.environ, **pulumi.environment(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Running(process)
        finally:
            process.kill()
            process.wait()

    def up(self, *arguments: str, folder: Path | None = None) -> Outcome:
        """``pulumi up`` with the preview that comes before it."""
        return self.run("up", "--yes", *arguments, folder=folder)

    def preview(self, *arguments: str, folder: Path | None = None) -> Outcome:
        """``pulumi preview``."""
        return self.run("preview", *arguments, folder=folder)

    def destroy(self, cluster: Cluster, *flags: str) -> None:
        """``pulumi destroy``, in the way that the README gives; it has succeeded when this returns.

        The chart offers no way to keep its pre-delete Job off an untainted virtual node, where it would wait
        for ever: these nodes are cordoned first.
        """
        cluster.cordon(VIRTUAL, on=True)
        command = ("destroy", "--run-program", "--yes", "--skip-preview", *flags)
        destroyed = self.run(*command)
        if "context deadline exceeded" in destroyed.output:
            # Helm's wait can end before the last object is gone.
            self.run("refresh", "--yes", "--skip-preview").succeeded()
            destroyed = self.run(*command)
        destroyed.succeeded()
        cluster.cordon(VIRTUAL, on=False)

    def hold(self, resources: Sequence[Mapping[str, Any]]) -> None:
        """Put *resources* into the stack's state in place of what it holds: `pulumi stack import`."""
        document = self._exported()
        document["deployment"]["resources"] = list(resources)
        document["deployment"].pop("pending_operations", None)
        path = self.state.pulumi / "import.json"
        path.write_text(json.dumps(document))
        command = ["stack", "import", "--file", str(path), "--stack", self.name]
        imported = pulumi.run(self.state, command, cwd=self.folder)
        path.unlink()
        assert imported.returncode == 0, imported.stdout

    def forget(self, urn: str, *flags: str) -> None:
        """Has the state forget a resource, and what depends on it."""
        command = ["state", "delete", "--yes", *flags, "--target-dependents", urn, "--stack", self.name]
        done = pulumi.run(self.state, command, cwd=self.folder)
        assert done.returncode == 0, done.stdout

    def held(self) -> list[dict[str, Any]]:
        """Return the resources in the stack's state, all of each."""
        return list(self._exported()["deployment"]["resources"])

    def file(self) -> list[dict[str, Any]]:
        """Return what the backend's file has of each resource, without a process; times are left out."""
        deployment = json.loads(self.checkpoint())["checkpoint"]["latest"]
        found = [*deployment["resources"], *deployment.get("pending_operations", [])]
        return [{key: value for key, value in one.items() if key not in _TIMES} for one in found]

    def checkpoint(self) -> bytes:
        """Return the backend's file of the stack as it is."""
        return self._checkpoint_path().read_bytes()

    def put_back(self, checkpoint: bytes) -> None:
        """Replace the backend's file with an earlier one, without the attributes that belong to the later."""
        path = self._checkpoint_path()
        path.write_bytes(checkpoint)
        path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)

    def _checkpoint_path(self) -> Path:
        return next((self.state.pulumi / "state").rglob(f"{self.name}.json"))

    def _exported(self) -> dict[str, Any]:
        exported = pulumi.run(self.state, ["stack", "export", "--stack", self.name], cwd=self.folder)
        assert exported.returncode == 0, exported.stdout
        document: dict[str, Any] = json.loads(exported.stdout)
        return document

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources in the stack's state by URN."""
        # Secrets in plain text: their cipher text is another one each time.
        done = pulumi.run(
            self.state, ["stack", "export", "--show-secrets", "--stack", self.name], cwd=self.folder
        )
        assert done.returncode == 0, done.stdout
        found = json.loads(done.stdout)["deployment"].get("resources") or []
        by_urn = {}
        for resource in found:
            # The engine empties a stack's outputs whenever a program ends before it exports anything.
            keys = ["id", "inputs", "protect", "parent", "delete", "initErrors"]
            keys += [] if resource["type"] == "pulumi:pulumi:Stack" else ["outputs"]
            by_urn[resource["urn"]] = {key: resource.get(key) for key in keys}
        return by_urn
