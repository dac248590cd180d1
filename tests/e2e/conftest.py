"""A sandbox of the suite's own, that no other one notices; evidence beside each failure."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox import api, build, chart_choice, pulumi
from sandbox.chart_choice import Chart
from sandbox.installed import SETTING
from sandbox.state import ROOT, State
from tests.support.allotment import Allotment, order

from .observing import KRUISE_NAMESPACE, Cluster, eventually
from .stack import Stack

# The suite runs with the versions of the lock files, also where another Pulumi is installed.
os.environ[SETTING] = "build"
# Go's programs collect less often, which takes a tenth less of the processors' time and some memory.
os.environ.setdefault("GOGC", "400")

Helm = Callable[..., str]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_clusters: list[Cluster] = []
_UNTIL = "E2E_UNTIL"
"""The variable with which CI says after which second of the epoch no further file begins."""
_allotment = Allotment(float(os.environ.get(_UNTIL, "inf")), time.time)


def sandbox_command(state: State, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m sandbox`` on this sandbox, as the Makefile calls it."""
    command = [sys.executable, "-m", "sandbox", "--state-dir", str(state.directory), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def fresh_sandbox(name: str) -> Iterator[State]:
    """Run an empty cluster; it is stopped and thrown away afterwards unless E2E_KEEP is set."""
    directory = Path(tempfile.mkdtemp(prefix=f"openkruise-e2e-{name}-"))
    state = State(directory)
    try:
        started = sandbox_command(state, "start")
        assert started.returncode == 0, f"{started.stdout}\n{started.stderr}"
        yield state
    finally:
        if os.environ.get("E2E_KEEP"):
            print(f"kept: python -m sandbox --state-dir {directory}")
        else:
            stopped = sandbox_command(state, "down")
            assert stopped.returncode == 0, stopped.stderr


@pytest.fixture(scope="session")
def state() -> Iterator[State]:
    """Provide the sandbox of the story, a release's life from `up` to `destroy`."""
    yield from fresh_sandbox("story")


@pytest.fixture(scope="session")
def control_state() -> Iterator[State]:
    """Provide a second cluster of the same kind, for the control; each module leaves it empty."""
    yield from fresh_sandbox("control")


def chart_for(state: State) -> Chart:
    """Return the chart that ``make up`` would install there."""
    return chart_choice.choose(state, build.build())


def observed(state: State) -> Cluster:
    """Return the cluster of a sandbox; a test that fails shows what runs on it."""
    found = Cluster(state)
    _clusters.append(found)
    return found


@pytest.fixture(scope="session")
def cluster(state: State) -> Cluster:
    """Provide the story's cluster."""
    return observed(state)


@pytest.fixture(scope="session")
def stack(state: State) -> Stack:
    """Provide the stack ``sandbox`` of this repository's program."""
    return Stack(state, chart_for(state))


@pytest.fixture(scope="session")
def control_cluster(control_state: State) -> Cluster:
    """Provide the control's cluster."""
    return observed(control_state)


@pytest.fixture(scope="module")
def control_stack(control_state: State, control_cluster: Cluster) -> Iterator[Stack]:
    """Provide the stack of the program that installs the chart with its default values."""
    folder = Path(__file__).parent / "programs" / "control"
    yield Stack(control_state, chart_for(control_state), folder=folder, name="control")
    clear(control_cluster, helm_on(control_state))


@pytest.fixture(scope="session")
def life_state() -> Iterator[State]:
    """Provide a third cluster, for an installation's life over the years; each module leaves it empty."""
    yield from fresh_sandbox("life")


@pytest.fixture(scope="session")
def life_cluster(life_state: State) -> Cluster:
    """Provide the cluster of the long life."""
    return observed(life_state)


@pytest.fixture(scope="session")
def helm(life_state: State) -> Helm:
    """Helm's own command line on the cluster of the long life; what it prints."""
    return helm_on(life_state)


def helm_on(state: State) -> Helm:
    """Return Helm's own command line on a sandbox's cluster; it returns what Helm prints."""
    program = build.build(["helm"])["helm"] / "helm"
    env = {"KUBECONFIG": str(state.kubeconfig), "HOME": str(state.pulumi)}

    def run(*arguments: str) -> str:
        done = subprocess.run([program, *arguments], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="module")
def empty(life_cluster: Cluster, life_state: State, helm: Helm) -> Iterator[None]:
    """Nothing is installed on it; what the module leaves fails this module, and none of those after it."""
    assert not _definitions(life_cluster), "left by another module"
    yield
    with contextlib.suppress(AssertionError):  # a deletion may still go on; what stays is reported below
        eventually("no definitions", lambda: not _definitions(life_cluster), patience=20)
    left = _definitions(life_cluster)
    if left:
        clear(life_cluster, helm)
    assert not left, "left by this module"


def _definitions(cluster: Cluster) -> list[str]:
    return [item["metadata"]["name"] for item in cluster.get(CRDS)["items"]]


def clear(cluster: Cluster, helm: Helm) -> None:
    """Remove every Helm release, OpenKruise's definitions and the stacks, whatever state they are in."""
    state = cluster.state
    for kind in ("mutating", "validating"):
        # Fail-closed: without their manager nothing that they cover could be deleted.
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
        for item in cluster.get(path)["items"]:
            api.call(cluster.client, "DELETE", f"{path}/{item['metadata']['name']}")
    for release in json.loads(helm("list", "--all", "--all-namespaces", "--output", "json")):
        helm("uninstall", release["name"], "--namespace", release["namespace"], "--no-hooks")
    for name in _definitions(cluster):
        with contextlib.suppress(httpx.HTTPStatusError):  # gone since, with its release
            api.call(cluster.client, "DELETE", f"{CRDS}/{name}")
    if cluster.exists(f"/api/v1/namespaces/{KRUISE_NAMESPACE}"):
        cluster.delete_namespace()
    eventually("no definitions", lambda: not _definitions(cluster))
    for salt in state.pulumi.glob("*.salt"):
        project, _, stack = salt.stem.partition(".")
        name = f"organization/{project}/{stack}"
        removed = pulumi.run(
            state, ["stack", "rm", "--force", "--yes", "--preserve-config", "--stack", name], cwd=state.pulumi
        )
        assert removed.returncode == 0, removed.stdout
        salt.unlink()  # by it the next module sees whether the stack exists


@pytest.fixture(scope="session")
def charts(life_state: State) -> dict[str, Chart]:
    """Every version of the stand-in chart by number; the published one is not reachable everywhere."""
    return chart_choice.stand_ins(life_state, build.build())


@pytest.fixture(scope="session")
def chart(life_state: State, charts: dict[str, Chart]) -> Chart:
    """Return the chart that ``$CHART`` or ``$KRUISE`` names, else the stand-in for 1.8.3."""
    asked = os.environ.get("CHART") or os.environ.get("KRUISE")
    return chart_for(life_state) if asked else charts["1.8.3"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in the order of this commit where not all of them may begin in time."""
    if _UNTIL not in os.environ:
        return
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    places = {name: place for place, name in enumerate(order((item.path.name for item in items), commit))}
    items.sort(key=lambda item: places[item.path.name])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip the files that have not begun when the time was up, before a fixture starts anything for them."""
    if not _allotment.admits(item.path.name):
        pytest.skip(f"{item.path.name} had not begun when the time was up; `make e2e` runs it")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the clusters' pods and the end of the manager's log to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when != "call" or not report.failed:
        return
    for cluster in _clusters:
        try:
            report.sections.append((f"pods ({cluster.state.directory})", cluster.pods()))
        except Exception as error:
            report.sections.append((f"pods ({cluster.state.directory})", f"cannot be read: {error}"))
        log = cluster.state.logs / "kruise-manager-output.log"
        if log.exists():
            tail = log.read_text(errors="replace").splitlines()[-20:]
            report.sections.append((f"end of {log}", "\n".join(tail)))
