"""A cluster whose only installer is the account with the role of the manifest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import build, chart_choice
from sandbox.chart_choice import Chart
from sandbox.state import State
from tests.e2e.conftest import fresh_sandbox
from tests.e2e.observing import Cluster

from .installer import InstallerStack, make_account


@pytest.fixture(scope="session")
def state() -> Iterator[State]:
    yield from fresh_sandbox("privileges")


@pytest.fixture(scope="session")
def cluster(state: State) -> Cluster:
    return Cluster(state)


@pytest.fixture(scope="session")
def charts(state: State) -> dict[str, Chart]:
    return chart_choice.stand_ins(state, build.build())


@pytest.fixture(scope="session")
def kubeconfig(state: State) -> Path:
    return make_account(state)


@pytest.fixture(scope="session")
def stack(state: State, charts: dict[str, Chart], kubeconfig: Path) -> InstallerStack:
    return InstallerStack(state, charts["1.7.5"], kubeconfig)
