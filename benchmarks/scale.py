"""On thousands of nodes: whether any daemon's pod comes to a virtual one, and what virtual nodes cost.

``python -m benchmarks.scale`` installs with `pulumi up` on a sandbox of its own and watches every pod. Then
the DaemonSet is recreated with and without the virtual nodes in turn: the ratio is that of the times until
all its daemons run. The controllers ask as much of the API server as upstream lets them by default, which is
what makes a DaemonSet of thousands take minutes in any cluster; with ``--controller-qps 500`` they ask for as
much as the machine has. No part of `make bench`: it takes half an hour.
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import yaml

from sandbox import api, build, chart_choice, processes, pulumi, scale
from sandbox.cluster import start_cluster
from sandbox.manager import start_manager, wait_for_manager
from sandbox.state import ROOT, State

_NAMESPACE = "kruise-system"
_PODS = f"/api/v1/namespaces/{_NAMESPACE}/pods"
_DAEMON_SET = f"/apis/apps/v1/namespaces/{_NAMESPACE}/daemonsets"
_PATIENCE = 1500.0


class Daemons:
    """Watches the daemon's pods from the moment it is entered: what they are made for, which are ready."""

    def __init__(self, state: State) -> None:
        self._client = api.connect(state)
        self._lock = threading.Lock()
        self._error: Exception | None = None
        self._leaving = False
        self._ready: set[str] = set()
        self.ever: set[str] = set()
        """Every node that a pod was ever made for."""

    def __enter__(self) -> "Daemons":
        version = api.get(self._client, _PODS, limit="1")["metadata"]["resourceVersion"]
        self._thread = threading.Thread(target=self._follow, args=(version,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # The thread leaves by itself: a connection that is closed under it gives its number to the next one,
        # and the thread would read what is meant for that.
        self._leaving = True
        self._thread.join()
        self._client.close()

    def ready(self) -> int:
        """Count the ready daemons; raises if the watch has broken off."""
        if self._error is not None:
            raise RuntimeError(f"the watch has broken off: {self._error}")
        with self._lock:
            return len(self._ready)

    def _follow(self, version: str) -> None:
        """Watch to the end; the API server closes watches that are slow, and goes on where they ended."""
        try:
            while not self._leaving:
                for event in api.watch(self._client, _PODS, resourceVersion=version, timeoutSeconds="5"):
                    if event["type"] == "ERROR":
                        raise RuntimeError(str(event["object"]))
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._take(event)
        except Exception as error:
            self._error = error

    def _take(self, event: dict[str, Any]) -> None:
        pod = event["object"]
        owners = pod["metadata"].get("ownerReferences") or [{}]
        if owners[0].get("kind") != "DaemonSet":
            return
        name = pod["metadata"]["name"]
        conditions = pod["status"].get("conditions") or []
        is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        gone = event["type"] == "DELETED" or "deletionTimestamp" in pod["metadata"]
        with self._lock:
            self.ever.add(_target(pod))
            if is_ready and not gone:
                self._ready.add(name)
            else:
                self._ready.discard(name)


def _target(pod: dict[str, Any]) -> str:
    """Return the node that a pod is bound to, or was made for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _until(what: str, done: Callable[[], bool], pause: float = 0.2) -> float:
    """Wait, and return the seconds that it took."""
    begin = time.monotonic()
    while not done():
        if time.monotonic() - begin > _PATIENCE:
            raise RuntimeError(f"waited {_PATIENCE:.0f} s for {what}")
        time.sleep(pause)
    return time.monotonic() - begin


@contextmanager
def _sandbox(controller_qps: int) -> Iterator[State]:
    with tempfile.TemporaryDirectory(prefix="openkruise-scale-") as folder:
        state = State(Path(folder))
        try:
            state.claim()
            folders = build.build()
            start_cluster(state, folders, lease_seconds=3600, controller_qps=controller_qps)
            start_manager(state)
            pulumi.prepare(state, folders["pulumi-resource-kubernetes"])
            yield state
        finally:
            processes.stop_all(state)


def _stack_file(state: State) -> Path:
    chart = chart_choice.choose(state, build.build())
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"]
    salt = pulumi.prepare_stack(state, project, pulumi.STACK)
    base = ROOT / "stacks" / f"Pulumi.{pulumi.STACK}.yaml"
    additions = {**chart.config(), "openkruise:timeout": "1500"}
    return pulumi.write_config(state, pulumi.STACK, additions, base=base, salt=salt)


def _pulumi(state: State, file: Path, command: str) -> tuple[float, str]:
    begin = time.monotonic()
    options = [
        "--yes",
        "--skip-preview",
        "--non-interactive",
        "--stack",
        pulumi.STACK,
        "--config-file",
        str(file),
    ]
    done = pulumi.run(state, [command, *options])
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-3000:])
    return time.monotonic() - begin, done.stdout


def _checked(state: State, file: Path) -> tuple[float, str]:
    command = [str(Path(sys.executable).parent / "pulumi-openkruise"), "check", "--stack-file", str(file)]
    begin = time.monotonic()
    done = subprocess.run(
        [*command, "--kubeconfig", str(state.kubeconfig), "--live"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return time.monotonic() - begin, done.stdout


def _again(state: State, wanted: int) -> tuple[float, set[str]]:
    """Recreate the DaemonSet; return the seconds until all daemons are ready, and the nodes with a pod."""
    with api.connect(state) as connection:
        found = api.get(connection, f"{_DAEMON_SET}/kruise-daemon")
    with api.connect(state) as connection:
        api.call(connection, "DELETE", f"{_DAEMON_SET}/kruise-daemon", {"propagationPolicy": "Foreground"})

        def gone() -> bool:
            left = api.get(connection, _PODS, labelSelector="control-plane=daemon", limit="1")["items"]
            sets = api.get(connection, _DAEMON_SET)["items"]
            return not left and not sets

        _until("the daemons to be gone", gone, pause=1)
        own = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
        metadata = {key: value for key, value in found["metadata"].items() if key not in own}
        fresh = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": found["spec"]}
        with Daemons(state) as daemons:
            api.call(connection, "POST", _DAEMON_SET, fresh)
            return _until("all daemons to be ready", lambda: daemons.ready() >= wanted), set(daemons.ever)


@click.command()
@click.option("--nodes", default=5000, show_default=True, help="Nodes altogether.")
@click.option("--virtual", default=20, show_default=True, help="Percent of them that are virtual.")
@click.option("--rounds", default=1, show_default=True, help="Rounds with and without the virtual ones.")
@click.option("--controller-qps", default=20, show_default=True, help="Calls of a controller in a second.")
def main(nodes: int, virtual: int, rounds: int, controller_qps: int) -> None:
    """Measure, and print what was seen; ends with 1 if a target was missed."""
    many = nodes * virtual // 100
    real = nodes - many
    seen: set[str] = set()
    times: dict[str, list[float]] = {"without": [], "with": []}
    with _sandbox(controller_qps) as state:
        begin = time.monotonic()
        scale.add(state, real=real)
        usual = sum(1 for _node in _listed(state))
        _until("the nodes to be ready", lambda: scale.ready(state) >= usual, pause=3)
        print(f"{usual:,} nodes are ready after {time.monotonic() - begin:.0f} s", flush=True)
        file, wanted = _stack_file(state), real + 3
        scale.add(state, virtual=many)
        print(f"{many:,} virtual nodes were added", flush=True)
        with Daemons(state) as daemons:
            seconds, output = _pulumi(state, file, "up")
            took = seconds + _until("all daemons", lambda: daemons.ready() >= wanted)
            seen |= daemons.ever
        summary = next((line for line in output.splitlines() if "nodeCheck" in line), "no nodeCheck").strip()
        print(f"pulumi up: {seconds:.0f} s, all daemons ready: {took:.0f} s", flush=True)
        print(f"  {summary}", flush=True)
        wait_for_manager(state, timeout=600)
        seconds, report = _checked(state, file)
        print(f"check --live: {seconds:.1f} s\n{report}", flush=True)
        for number in range(rounds):
            for name in ("with", "without") if number % 2 == 0 else ("without", "with"):
                if name == "with":
                    scale.add(state, virtual=many)
                else:
                    scale.remove_virtual(state)
                took, ever = _again(state, wanted)
                seen |= ever
                times[name].append(took)
                print(f"round {number + 1}, {name} virtual nodes: all daemons after {took:.1f} s", flush=True)
    wrong = {node for node in seen if node.startswith("virtual-")}
    ratio = statistics.median(times["with"]) / statistics.median(times["without"])
    print(f"pods were made for {len(seen):,} nodes, {len(wrong)} of them virtual")
    print(f"time until all daemons run, with : without virtual nodes: {ratio:.3f}")
    sys.exit(bool(wrong) or ratio > 1.05)


def _listed(state: State) -> Iterator[dict[str, Any]]:
    with api.connect(state) as connection:
        yield from (node for node in scale.listed(connection) if node["metadata"]["annotations"])


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.scale")
