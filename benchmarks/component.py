"""The component against namespace and release written by hand: ``up`` and ``preview``, in turns."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.progress import Progress

from sandbox import build, chart_choice, processes, pulumi
from sandbox.cluster import start_cluster
from sandbox.manager import start_manager
from sandbox.state import State

from .report import Section, Table, Target, middle, milliseconds

PRESETS = ("eks-fargate", "kwok", "liqo", "tke-supernode", "virtual-kubelet", "windows")
PROGRAMS = Path(__file__).parent / "programs"
_COMMANDS = ("up", "preview")

Times = dict[tuple[str, str], list[float]]
"""Seconds of each round by program and command."""


def run(progress: Progress, rounds: int) -> Section:
    """Measure on two sandboxes of its own, one for each program, which are thrown away again."""
    times: Times = {}
    task = progress.add_task("component", total=2 * rounds * len(_COMMANDS) + 2)
    with ExitStack() as sandboxes:
        programs = []
        for name in ("component", "handwritten"):
            progress.update(task, description=f"installing: {name}")
            programs.append(_Program(sandboxes.enter_context(temporary_sandbox()), name))
            programs[-1].configure(replicas=2, values=programs[0].release_values)
            programs[-1].seconds("up")
            progress.advance(task)
        for number in range(rounds):
            # Each is first as often as second.
            for program in programs if number % 2 else reversed(programs):
                program.configure(replicas=3 - number % 2, values=programs[0].release_values)
                for command in _COMMANDS:
                    progress.update(task, description=f"round {number + 1}: {program.name} {command}")
                    times.setdefault((program.name, command), []).append(program.seconds(command))
                    progress.advance(task)
    progress.remove_task(task)
    return _section(times, rounds)


@contextmanager
def temporary_sandbox() -> Iterator[State]:
    """Start a cluster in a temporary folder and stop what it started."""
    with tempfile.TemporaryDirectory(prefix="openkruise-benchmark-") as folder:
        state = State(Path(folder))
        try:
            folders = build.build()
            start_cluster(state, folders)
            start_manager(state)
            pulumi.prepare(state, folders["pulumi-resource-kubernetes"])
            yield state
        finally:
            processes.stop_all(state)


class _Program:
    """One of the two programs, its stack and its cluster."""

    def __init__(self, state: State, name: str) -> None:
        self.name = name
        self._state, self._folder = state, PROGRAMS / name
        self._salt = pulumi.prepare_stack(state, f"benchmark-{name}", name)
        self._chart = chart_choice.choose(state, build.build()).config()
        self._values = state.pulumi / "values.json"

    def configure(self, *, replicas: int, values: Callable[[], dict[str, Any]]) -> None:
        """Ask for this many replicas of the manager; ``values`` are what the component gives its release."""
        config = dict(self._chart)
        if self.name == "component":
            config["openkruise:protect"] = "false"
            config["openkruise:timeout"] = "120"
            config["openkruise:virtualNodePresets"] = json.dumps(PRESETS)
            config["openkruise:values"] = json.dumps({"manager": {"replicas": replicas}})
        else:
            given = values()
            given["manager"]["replicas"] = replicas
            self._values.write_text(json.dumps(given))
        self._config = pulumi.write_config(self._state, self.name, config, base=None, salt=self._salt)

    def release_values(self) -> dict[str, Any]:
        """Return the values of the release in this stack."""
        done = pulumi.run(self._state, ["stack", "export", "--stack", self.name], cwd=self._folder)
        resources = json.loads(done.stdout)["deployment"]["resources"]
        release = next(found for found in resources if found["type"].endswith(":Release"))
        values: dict[str, Any] = release["inputs"]["values"]
        return values

    def seconds(self, command: str) -> float:
        """Run a command as users do and return how long it took; raises RuntimeError with what it said."""
        options = {
            "up": ["--yes", "--skip-preview"],
            "preview": ["--expect-no-changes"],
        }[command]
        arguments = [command, *options, "--non-interactive", "--stack", self.name]
        begin = time.perf_counter()
        done = pulumi.run(
            self._state,
            [*arguments, "--config-file", str(self._config)],
            cwd=self._folder,
            env={"VALUES": str(self._values)},
        )
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise RuntimeError(f"`pulumi {' '.join(arguments)}` failed:\n{done.stdout}")
        return seconds


def _section(times: Times, rounds: int) -> Section:
    rows = []
    medians = {case: middle(seconds) for case, seconds in times.items()}
    targets = []
    for command in _COMMANDS:
        ours, hand = medians["component", command], medians["handwritten", command]
        rows.append(
            [command, f"{ours / hand:.3f}", milliseconds(ours - hand), milliseconds(ours), milliseconds(hand)]
        )
        seen = f"{(ours - hand) * 1000:+,.0f} ms, {ours / hand - 1:+.1%}"
        goal = f"`{command}` at most 5 % or 150 ms over a hand-written Release"
        targets.append(Target(goal, seen, ours <= hand * 1.05 or ours - hand <= 0.15))
    spread = [
        [f"{name} {command}", *(milliseconds(f(seconds)) for f in (min, middle, max))]
        for (name, command), seconds in sorted(times.items())
    ]
    return Section(
        "The component",
        f"Medians of {rounds} rounds in turns, each program on a sandbox of its own: `up` with one replica "
        "of the manager more or less, for which Helm waits, then `preview --expect-no-changes`. By hand: "
        "`Namespace` and `helm.v3.Release` with exactly the values that the component computes.",
        [
            Table(
                "Component and Release",
                ["", "component : by hand", "difference, ms", "component, ms", "by hand, ms"],
                rows,
                ratios=True,
            ),
            Table("Spread", ["milliseconds", "least", "median", "most"], spread),
        ],
        targets,
    )
