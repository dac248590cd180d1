"""The commands' role: with it they look at everything; without one verb of it they say what they miss."""

from pathlib import Path

import pytest

from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State
from tests.e2e.observing import REAL, Cluster, eventually
from tests.e2e.stack import Stack

from .grants import HOME, Grant, asked, granted, read, without
from .installer import bind, secrets_answers
from .manifest import READER, some
from .reading import COMMANDS, run, trouble

ROLE = read(READER)


@pytest.fixture(scope="module")
def installed(state: State, cluster: Cluster, charts: dict[str, Chart], kubeconfig: Path) -> None:
    """Provide a release with a daemon that restarts repeatedly."""
    Stack(state, charts["1.9.1"]).up("--skip-preview").succeeded()
    wait_for_manager(state)
    eventually("the daemons", lambda: cluster.running_daemons() == REAL)
    trouble(cluster)
    bind(state, ROLE)


@pytest.mark.parametrize("command", COMMANDS)
def test_with_the_role_a_command_looks_at_everything(
    command: str, installed: None, state: State, kubeconfig: Path
) -> None:
    assert run(command, kubeconfig) == []


def test_no_secret_outside_of_its_namespace_can_be_read(
    installed: None, state: State, kubeconfig: Path
) -> None:
    assert secrets_answers(state, kubeconfig, HOME)[0] == 200
    assert secrets_answers(state, kubeconfig, "kube-system") == [403, 403, 403]


@pytest.fixture(scope="module")
def asking(installed: None, state: State, kubeconfig: Path) -> dict[Grant, str]:
    """Each grant, with the first command that asks for it."""
    found: dict[Grant, str] = {}
    for command in COMMANDS:
        start = (state.logs / "audit.log").stat().st_size
        run(command, kubeconfig)
        found = {**dict.fromkeys(asked(state.logs / "audit.log", start), command), **found}
    return found


def test_none_of_the_role_is_spare_and_none_of_it_writes(asking: dict[Grant, str]) -> None:
    assert {str(grant) for grant in granted(ROLE) - set(asking)} == set()
    assert {grant.verb for grant in granted(ROLE)} == {"get", "list"}


@pytest.mark.parametrize("grant", some(sorted(granted(ROLE)), 8), ids=str)
def test_without_a_verb_a_command_says_what_it_could_not_look_at(
    grant: Grant, asking: dict[Grant, str], state: State, kubeconfig: Path
) -> None:
    bind(state, without(ROLE, grant))
    said = run(asking[grant], kubeconfig)
    bind(state, ROLE)
    assert said, f"nothing was missed without {grant}"
