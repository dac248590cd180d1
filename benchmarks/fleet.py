"""Fleets of simulated clusters: how long, and in how much memory, on the real CLI, engine and backend.

``python -m benchmarks.fleet`` rolls out to 50 clusters in waves of 1, 5 and 44, eight at once, whose program
waits five seconds instead of installing; rolls out again, when nothing has changed; rolls out 1,000 clusters
that have not changed; and checks 50 clusters of which some have a fault. For the check, one real cluster is
installed, what it answers is recorded, and a server on loopback answers so for all of them. Last, OpenKruise
is installed on three real clusters of the sandbox, a canary first. Each part can be run alone: ``--part``. A
`pulumi` before the real one on the path counts the commands that the fleet runs.
"""

import contextlib
import copy
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx
import psutil
import yaml

from sandbox import api, build, chart_choice
from sandbox.state import ROOT, State
from tests.support.fleets import SimulatedFleet, copy_programs, document

WAVES = [("first", 1), ("few", 5), ("all", 44)]
PARALLEL = 8
WAIT_SECONDS = 5.0
MANY = 1000
PLANTED = {"first-0": "drift", "few-3": "virtual", "all-7": "daemon", "all-20": "drift", "all-41": "virtual"}
"""Clusters with a fault: an affinity changed by hand, a virtual node that is not covered, a lost daemon."""
CODES = {"drift": "affinity-drift", "virtual": "virtual-node-admitted", "daemon": "real-node-without-daemon"}
_DAEMON_SET = "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"


class Verdicts:
    """What was measured, and whether every target was met."""

    def __init__(self) -> None:
        self.met = True

    def add(self, what: str, measured: float, target: float, unit: str) -> None:
        """Print one measurement beside its target: at most so much."""
        self.met = self.met and measured <= target
        word = "met" if measured <= target else "MISSED"
        print(f"{what}: {measured:,.1f} {unit} (at most {target:,.0f} {unit}): {word}", flush=True)


class Memory:
    """Samples the memory of running updates: of each, the sum over its CLI, language host and program.

    The fleet's own session holds no update, but up to eight short looks into histories side by side.
    """

    def __init__(self, fleet: SimulatedFleet) -> None:
        self._fleet, self._leaving = fleet, threading.Event()
        self._own = os.getsid(0)
        self.private: dict[int, float] = {}
        """The largest private memory (USS) of each update in MB, by the process that leads its session."""
        self.proportional: dict[int, float] = {}
        """The same with a share of what is shared (PSS)."""

    def __enter__(self) -> "Memory":
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._leaving.wait(1.0):
            private, proportional = Counter[int](), Counter[int]()
            for process in self._fleet.family():
                with contextlib.suppress(psutil.Error, OSError):
                    session = _session(process.pid)
                    if session == self._own:
                        continue
                    used = process.memory_full_info()
                    private[session] += used.uss
                    proportional[session] += used.pss
            for found, largest in ((private, self.private), (proportional, self.proportional)):
                for session, size in found.items():
                    largest[session] = max(largest.get(session, 0.0), size / 1e6)


def _session(pid: int) -> int:
    """Return the session of a process: each update leads its own."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])


class CountedFleet(SimulatedFleet):
    """A fleet whose program finds another `pulumi` first: one that counts, or one that does nothing."""

    def intercept(self, *, idle: bool = False) -> None:
        """Put the other `pulumi` on the path; ``idle``: it succeeds without doing anything."""
        folder = self.folder / "intercepted"
        folder.mkdir(exist_ok=True)
        program = folder / "pulumi"
        end = "echo '[]'" if idle else f'exec {self.bin / "pulumi"} "$@"'
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.folder / "commands"}\n{end}\n')
        program.chmod(0o755)
        (self.folder / "commands").write_text("")

    def environment(self) -> dict[str, str]:
        """As any fleet's, with the other `pulumi` first."""
        given = super().environment()
        return {**given, "PATH": f"{self.folder / 'intercepted'}:{given['PATH']}"}

    def commands(self) -> int:
        """Return how many commands the fleet has run since."""
        return len((self.folder / "commands").read_text().splitlines())


@contextmanager
def _make(folder: Path, waves: list[tuple[str, int]]) -> Iterator[tuple[CountedFleet, list[str]]]:
    built = build.build()
    programs = copy_programs(folder / "bin", [built["pulumi"], built["pulumi-language-python"]])
    fleet = CountedFleet(folder / "fleet", programs, Path(sys.executable))
    _file, clusters = document(waves)
    try:
        yield fleet, clusters
    finally:
        fleet.end()


def _fleet_file(waves: list[tuple[str, int]]) -> dict[str, Any]:
    return document(waves, **{name: {"parallel": PARALLEL} for name, _size in waves})[0]


def _timed(run: Callable[[], "subprocess.CompletedProcess[str]"], *, good: tuple[int, ...] = (0,)) -> float:
    begin, used = time.monotonic(), _processor_seconds()
    done = run()
    if done.returncode not in good:
        raise RuntimeError(done.stdout[-3000:])
    # On a machine that has other work too, this tells how long it would take alone: spread over its cores.
    print(f"  next: {_processor_seconds() - used:.1f} s of processor time", flush=True)
    return time.monotonic() - begin


def _processor_seconds() -> float:
    """Return the processor time of everything that this process has started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_roll_out(folder: Path, verdicts: Verdicts, sequential: int) -> None:
    """Roll out to 50 clusters, and again; ``sequential`` of them are updated one after the other before."""
    with _make(folder, WAVES) as (fleet, clusters):
        fleet.make(_fleet_file(WAVES), {name: {"wait": WAIT_SECONDS, "value": "0"} for name in clusters})
        begin = time.monotonic()
        for name in clusters[:sequential]:
            fleet.pulumi("up", "--yes", "--skip-preview", "--stack", name).check_returncode()
        alone = (time.monotonic() - begin) / sequential
        print(f"one after the other: {alone:.1f} s a cluster, measured on {sequential}", flush=True)
        for name in clusters:
            fleet.configure(name, {"wait": WAIT_SECONDS, "value": "1"})
        fleet.intercept()
        with Memory(fleet) as memory:
            took = _timed(fleet.up)
        print(f"in waves: {took:.1f} s, {fleet.commands()} commands", flush=True)
        verdicts.add("time of that one after the other", 100 * took / (alone * len(clusters)), 30, "%")
        verdicts.add("private memory of an update (USS)", max(memory.private.values()), 200, "MB")
        print(f"  with a share of what is shared (PSS): {max(memory.proportional.values()):.0f} MB")
        fleet.intercept()
        verdicts.add("50 unchanged clusters", _timed(fleet.up), 3, "s")
        verdicts.add("  commands run for them", fleet.commands(), 0, "commands")


def measure_many(folder: Path, verdicts: Verdicts) -> None:
    """Roll out to 1,000 clusters that have not changed; their first updates are commands that do nothing."""
    waves = [("first", 10), ("few", 90), ("all", MANY - 100)]
    with _make(folder, waves) as (fleet, clusters):
        fleet.make(_fleet_file(waves), {})
        for name in clusters:
            fleet.configure(name, {"wait": 0, "value": "1"})
        fleet.intercept(idle=True)
        print(f"{MANY:,} clusters recorded: {_timed(fleet.up):.0f} s", flush=True)
        fleet.intercept()
        verdicts.add(f"{MANY:,} unchanged clusters", _timed(fleet.up), 20, "s")
        verdicts.add("  commands run for them", fleet.commands(), 0, "commands")


class Replay(ThreadingHTTPServer):
    """Answers for many clusters as one real one did, but for what is planted in each."""

    daemon_threads = True

    def __init__(self) -> None:
        self._recorded: dict[str, tuple[int, Any]] = {}
        self._encoded: dict[tuple[str, str], bytes] = {}
        self.real: httpx.Client | None = None
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, target: str) -> tuple[int, bytes, str]:
        """Return status, body and content type for a path with the cluster's name before it."""
        _empty, cluster, rest = target.split("/", 2)
        path = f"/{rest}"
        if path not in self._recorded and self.real is not None:
            found = self.real.get(path)
            is_json = "json" in found.headers.get("content-type", "")
            self._recorded[path] = found.status_code, found.json() if is_json else found.text
        status, body = self._recorded.get(path, (404, {"kind": "Status", "message": "not recorded"}))
        kind = "text/plain" if isinstance(body, str) else "application/json"
        fault = PLANTED.get(cluster, "")
        # Real API servers are other machines: encoding an answer fifty times would count as the check's time.
        if (fault, path) not in self._encoded or _is_lease(body):
            planted = _plant(fault, urlsplit(path).path, body)
            encoded = planted if isinstance(planted, str) else json.dumps(planted)
            self._encoded[fault, path] = encoded.encode()
        return status, self._encoded[fault, path], kind


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """As in API servers: head and body are sent apart, and the second must not wait for a delayed ACK."""
    server: Replay

    def do_GET(self) -> None:
        status, content, kind = self.server.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@contextmanager
def _replay() -> Iterator[Replay]:
    with Replay() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _plant(fault: str, path: str, body: Any) -> Any:
    """Return an answer with a fault in it, and with a leader that is alive."""
    if _is_lease(body):
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {**body, "spec": {**body["spec"], "renewTime": now}}
    if fault == "drift" and path == _DAEMON_SET:
        changed = copy.deepcopy(body)
        changed["spec"]["template"]["spec"].pop("affinity")
        return changed
    if fault == "virtual" and path == "/api/v1/nodes":
        taint = {"key": "virtual-kubelet.io/provider", "value": "other", "effect": "NoSchedule"}
        node = {
            "metadata": {"name": "burst", "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {}},
            "spec": {"taints": [taint]},
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": "v1.11.0", "containerRuntimeVersion": ""},
            },
        }
        return {**body, "items": [*body["items"], node]}
    if fault == "daemon" and path.endswith("/pods"):
        kept = [one for one in body["items"] if not _is_daemon_on_worker(one)]
        return {**body, "items": kept}
    return body


def _is_lease(body: Any) -> bool:
    return isinstance(body, dict) and body.get("kind") == "Lease"


def _is_daemon_on_worker(pod: Mapping[str, Any]) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return pod["spec"].get("nodeName") == "worker-1" and labels.get("control-plane") == "daemon"


def _kubeconfig(address: str, cluster: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"{address}/{cluster}"}}],
            "users": [{"name": "u", "user": {}}],
        }
    )


@contextmanager
def _real_cluster(folder: Path) -> Iterator[tuple[State, dict[str, Any]]]:
    """Install OpenKruise in a sandbox of its own; yield it, and the config of the stack."""
    command = [sys.executable, "-m", "sandbox", "--state-dir", str(folder)]
    try:
        subprocess.run([*command, "up"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        state = State(folder)
        committed = yaml.safe_load((ROOT / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]
        yield state, {**committed, **chart_choice.choose(state, build.build()).config()}
    finally:
        subprocess.run([*command, "down"], cwd=ROOT, check=True)


def _check(fleet: SimulatedFleet, reports: list[Mapping[str, Any]]) -> "subprocess.CompletedProcess[str]":
    """Check a fleet; append the report of each cluster by its name."""
    done = subprocess.run(
        [str(fleet.python.parent / "pulumi-openkruise"), "fleet", "check", "--live", "-o", "json"],
        cwd=fleet.project,
        env=fleet.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in (0, 1):
        reports.append({one["cluster"]: one for one in json.loads(done.stdout)["clusters"]})
    return done


def measure_check(folder: Path, verdicts: Verdicts) -> None:
    """Check 50 clusters, some of which have a fault: each is reported, and nothing else."""
    with _replay() as replay, _make(folder, WAVES) as (fleet, clusters):
        with _real_cluster(folder / "sandbox") as (state, config), api.connect(state) as real:
            replay.real = real
            fleet.make(_fleet_file(WAVES), {name: {} for name in clusters})
            for name in clusters:
                way = {"kubernetes:kubeconfig": _kubeconfig(replay.address, name)}
                fleet.configure(name, {**config, **way})
            _timed(fleet.up)
            _check(fleet, [])  # everything is asked once of the real cluster, and recorded
            replay.real = None
        reports: list[Mapping[str, Any]] = []
        verdicts.add("check of 50 clusters", _timed(lambda: _check(fleet, reports), good=(0, 1)), 20, "s")
        found = reports[0]
    wrong = 0
    for name, one in found.items():
        # A changed affinity is also a field that is not as the manifest has it, which is a warning.
        codes = {
            finding["code"] for finding in one["findings"] if finding["severity"] in ("critical", "error")
        }
        wanted = {CODES[PLANTED[name]]} if name in PLANTED else set()
        if codes != wanted or one["state"] != ("findings" if wanted else "good"):
            wrong += 1
            print(f"  {name}: expected {wanted or 'nothing'}, found {one['state']}: {codes or one['notes']}")
    verdicts.add(f"  wrong reports, with {len(PLANTED)} faults planted", wrong, 0, "reports")


def measure_clusters(folder: Path, verdicts: Verdicts) -> None:
    """Install on three real clusters with the real program and provider, canary first; and once more."""
    # The clusters and stacks are those of the end-to-end test.
    from tests.e2e.conftest import fresh_sandbox
    from tests.e2e.test_fleet_clusters import NAMES, RealFleet

    with ExitStack() as sandboxes:
        states = {name: sandboxes.enter_context(contextmanager(fresh_sandbox)(name)) for name in NAMES}
        fleet = RealFleet(folder / "fleet", states)
        fleet.make_real()
        verdicts.add("three real clusters, canary first", _timed(fleet.up), 45, "s")
        verdicts.add("  unchanged", _timed(fleet.up), 3, "s")
        fleet.end()


@click.command()
@click.option(
    "--part",
    type=click.Choice(["all", "roll-out", "many", "check", "clusters"]),
    default="all",
    show_default=True,
    help="What to measure.",
)
@click.option(
    "--sequential", default=50, show_default=True, help="Clusters that are updated one after the other."
)
def main(part: str, sequential: int) -> None:
    """Measure, and print what was seen; ends with 1 if a target was missed."""
    verdicts = Verdicts()
    parts: dict[str, Callable[[Path], None]] = {
        "roll-out": lambda folder: measure_roll_out(folder, verdicts, sequential),
        "many": lambda folder: measure_many(folder, verdicts),
        "check": lambda folder: measure_check(folder, verdicts),
        "clusters": lambda folder: measure_clusters(folder, verdicts),
    }
    for name, run in parts.items():
        if part in ("all", name):
            folder = Path(tempfile.mkdtemp(prefix="openkruise-fleet-"))
            try:
                run(folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    sys.exit(not verdicts.met)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.fleet")
