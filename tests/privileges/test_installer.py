"""The installer's role: with it everything works, and without any one verb of it something does not.

PRIVILEGES=all takes every verb away in turn; else a few of each kind of step are.
"""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State
from tests.e2e.observing import REAL, VIRTUAL, Cluster, eventually

from .grants import HOME, Grant, asked, granted, read, without
from .installer import InstallerStack, bind, secrets_answers
from .life import meddle, remove_one_of, steps
from .manifest import INSTALLER, some

ROLE = read(INSTALLER)
HOOKED = ("clonesets", "daemonsets", "statefulsets")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

# What the API server looks for without a request of its own.
UNLOGGED = {
    Grant("rbac.authorization.k8s.io", resource, verb, namespace)
    for resource, namespace in (("clusterroles", ""), ("roles", ""), ("roles", HOME))
    for verb in ("bind", "escalate")
}

# What a destroy asks for and was seen to do without, one at a time.
DISPENSABLE = {
    Grant("", "namespaces", "list"),
    Grant("", "namespaces", "watch"),
    Grant("batch", "jobs", "watch", HOME),
}


class _Lived:
    """The life as it was lived once with the role: what was asked for before the destroy, and by it alone."""

    def __init__(self, by_up: set[Grant], by_destroy: set[Grant]) -> None:
        # What an object is made by comes last: it is deleted for that, and the next update makes it again.
        self.by_up = sorted(by_up | UNLOGGED, key=lambda one: (one.group, one.resource, _making(one), one))
        self.by_destroy = sorted(by_destroy - by_up)


@pytest.fixture(scope="module")
def lived(state: State, stack: InstallerStack, cluster: Cluster, charts: dict[str, Chart]) -> _Lived:
    """Run the whole life with the role and nothing else."""
    bind(state, ROLE)
    by_step: dict[str, set[Grant]] = {}
    for name, step in steps(stack, cluster, charts):
        start = (state.logs / "audit.log").stat().st_size
        step()
        by_step[name] = set(asked(state.logs / "audit.log", start))
    by_destroy = by_step.pop("destroy")
    return _Lived(set().union(*by_step.values()), by_destroy)


def test_with_the_role_everything_works_and_none_of_it_is_spare(lived: _Lived) -> None:
    used = {*lived.by_up, *lived.by_destroy}
    assert {str(grant) for grant in granted(ROLE) - used} == set()
    assert {str(grant) for grant in used - granted(ROLE)} == set()


def test_no_secret_outside_of_its_namespace_can_be_read(
    lived: _Lived, state: State, kubeconfig: Path
) -> None:
    for_home, elsewhere = (
        secrets_answers(state, kubeconfig, namespace) for namespace in (HOME, "kube-system")
    )
    assert for_home[0] == 200
    assert elsewhere == [403, 403, 403]


@pytest.fixture(scope="module")
def installed(
    lived: _Lived, state: State, stack: InstallerStack, cluster: Cluster, charts: dict[str, Chart]
) -> None:
    """Provide a release of 1.8.3, made by the account, whose next updates time out after half a minute."""
    stack.configure({"timeout": "30"}, chart=charts["1.8.3"])
    stack.up("--skip-preview").succeeded()
    wait_for_manager(state)


def test_without_a_verb_up_fails(
    lived: _Lived, installed: None, state: State, stack: InstallerStack, cluster: Cluster
) -> None:
    works, unexplained = [], []
    for turn, grant in enumerate(some(lived.by_up, 8)):
        # An update that has something to change, and something to make, of every kind.
        meddle(cluster, turn)
        remove_one_of(grant, cluster)
        stack.configure(_changed(turn, namespace=grant == Grant("", "namespaces", "patch")))
        bind(state, without(ROLE, grant))
        outcome = stack.up("--skip-preview")
        print(f"without {grant}: {outcome.code} {'forbidden' in outcome.output}", flush=True)
        if outcome.code == 0:
            works.append(str(grant))
        elif "forbidden" not in outcome.output:
            unexplained.append(f"{grant}: {outcome.output}")
        bind(state, ROLE)
        if grant.resource == "secrets":
            # Helm could not write down how it ended.
            recover(state)
    assert not works, "up succeeds without"
    assert not unexplained, "up fails for another reason"
    stack.configure(_changed(-1))
    stack.up("--skip-preview").succeeded()
    eventually("the daemons", lambda: cluster.running_daemons() == REAL, evidence=cluster.pods)


def _making(grant: Grant) -> bool:
    return grant.verb in ("create", "escalate", "bind")


def recover(state: State) -> None:
    """Repair the release, as the administrator."""
    program = Path(sys.executable).parent / "pulumi-openkruise"
    command = [str(program), "recover", "--yes", "--kubeconfig", str(state.kubeconfig)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def _changed(turn: int, *, namespace: bool = False) -> dict[str, Any]:
    """Return settings that rename both webhook configurations, both accounts and optionally the namespace."""
    return {
        "timeout": "30",
        "importRelease": "true" if namespace else "false",
        "values": {
            "serviceAccount": {"annotations": {"example.com/turn": str(turn)}},
            "webhookConfiguration": {"timeoutSeconds": 10 + turn % 20},
        },
    }


def test_without_a_verb_destroy_fails(
    lived: _Lived, installed: None, state: State, stack: InstallerStack, cluster: Cluster
) -> None:
    cluster.cordon(VIRTUAL, on=True)
    looked_for = [cluster.get(f"{DEFINITIONS}/{plural}.apps.kruise.io") for plural in HOOKED]
    works = []
    for grant in some(lived.by_destroy, 3):
        # Helm deletes whatever else it may, these included: the hook's program has to find its kinds again.
        for definition in looked_for:
            _restore(cluster, definition)
        # After them: where they are gone, it takes the hook away whose verbs are tried.
        recover(state)
        bind(state, without(ROLE, grant))
        output, code = _ended(stack)
        print(f"without {grant}: {code} {'forbidden' in output}", flush=True)
        bind(state, ROLE)
        if code == 0:
            works.append(grant)
            stack.up("--skip-preview").succeeded()
    assert set(works) <= DISPENSABLE, "destroy succeeds without"
    for definition in looked_for:
        _restore(cluster, definition)
    recover(state)
    stack.run("destroy", "--run-program", "--yes", "--skip-preview").succeeded()
    cluster.cordon(VIRTUAL, on=False)


def _ended(stack: InstallerStack) -> tuple[str, int]:
    """Return what a destroy says, and its exit code; one that waits for what it cannot see is interrupted."""
    with stack.started("destroy", "--run-program", "--yes", "--skip-preview") as destroy:
        try:
            return destroy.finished(patience=90)
        except subprocess.TimeoutExpired:
            destroy.process.send_signal(signal.SIGINT)
            return destroy.finished(patience=90)


def _restore(cluster: Cluster, definition: dict[str, Any]) -> None:
    """Create a deleted CRD again, and wait until it is served."""
    path = f"{DEFINITIONS}/{definition['metadata']['name']}"

    def free() -> bool:
        return not cluster.exists(path) or "deletionTimestamp" not in cluster.get(path)["metadata"]

    eventually("the old definition to be gone", free)
    if not cluster.exists(path):
        metadata = {key: definition["metadata"][key] for key in ("name", "labels", "annotations")}
        spec = {**definition["spec"], "conversion": {"strategy": "None"}}
        kind = {key: definition[key] for key in ("apiVersion", "kind")}
        api.call(cluster.client, "POST", DEFINITIONS, {**kind, "metadata": metadata, "spec": spec})

    def established() -> bool:
        conditions = cluster.get(path).get("status", {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

    eventually("the definition", established)
