"""Two clusters in one program, each by its own provider; the ambient kubeconfig names a third that is not."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox import pulumi
from sandbox.chart_choice import Chart
from sandbox.state import State

from .conftest import fresh_sandbox, observed
from .observing import REAL, VIRTUAL, Cluster, eventually

FOLDER = Path(__file__).parent / "programs" / "clusters"
STACK = "clusters"
# What each cluster excludes in addition to the presets, so that no answer can pass for the other's.
SELECTORS = {"east": "kubernetes.io/hostname=worker-1", "west": "kubernetes.io/hostname=worker-2"}


class _Program:
    """The program's stack, kept with the first cluster's sandbox."""

    def __init__(self, home: State, config: dict[str, str]) -> None:
        self._home = home
        salt = pulumi.prepare_stack(home, STACK, STACK)
        # Whatever looks at the ambient cluster, in the stack's config or in the environment, finds nothing.
        nowhere = {"kubernetes:kubeconfig": "/nowhere/kubeconfig", "kubernetes:context": "nowhere"}
        additions = {**nowhere, **{f"clusters:{key}": value for key, value in config.items()}}
        self._config = pulumi.write_config(home, STACK, additions, base=None, salt=salt)

    def run(self, *arguments: str) -> str:
        command = [*arguments, "--stack", STACK, "--non-interactive", "--config-file", str(self._config)]
        empty_home = self._home.pulumi / "empty-home"
        empty_home.mkdir(exist_ok=True)
        env = {"KUBECONFIG": "/nowhere/kubeconfig", "HOME": str(empty_home)}
        done = pulumi.run(self._home, command, cwd=FOLDER, env=env)
        assert done.returncode == 0, f"`pulumi {' '.join(arguments)}`:\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def west_state() -> Iterator[State]:
    yield from fresh_sandbox("west")


@pytest.fixture(scope="module")
def clusters(life_cluster: Cluster, west_state: State) -> dict[str, Cluster]:
    return {"east": life_cluster, "west": observed(west_state)}


@pytest.fixture(scope="module")
def program(clusters: dict[str, Cluster], chart: Chart, empty: None) -> Iterator[_Program]:
    config = {"chart": chart.reference}
    for name, cluster in clusters.items():
        config[f"{name}Kubeconfig"] = str(cluster.state.kubeconfig)
        config[f"{name}Selector"] = SELECTORS[name]
    program = _Program(clusters["east"].state, config)
    yield program
    for cluster in clusters.values():
        cluster.cordon(VIRTUAL, on=True)
    program.run("destroy", "--run-program", "--yes", "--skip-preview")
    for cluster in clusters.values():
        cluster.cordon(VIRTUAL, on=False)


def _runs_daemons_on(cluster: Cluster, nodes: set[str]) -> bool:
    return cluster.running_daemons() == nodes


def test_one_up_installs_on_both_clusters(program: _Program, clusters: dict[str, Cluster]) -> None:
    program.run("up", "--yes", "--skip-preview")

    excluded = {"east": {"worker-1"}, "west": {"worker-2"}}
    for name, cluster in clusters.items():
        expected = REAL - excluded[name]
        eventually(
            f"the daemons of {name}",
            partial(_runs_daemons_on, cluster, expected),
            evidence=cluster.pods,
        )
        assert set(cluster.daemons()) == expected


def test_a_second_up_finds_each_installation_where_it_is(program: _Program) -> None:
    program.run("up", "--yes", "--expect-no-changes")
    program.run("refresh", "--yes", "--skip-preview")
