"""The role for nodeLabelPolicy, beside the installer's: enough for both modes, and each verb of it needed.

`make privileges` takes every verb away in turn; CI runs none of these tests.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_openkruise.policy.manifests import API_GROUP, NAME

from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State
from tests.e2e.observing import Cluster, eventually
from tests.e2e.stack import Outcome

from .grants import Grant, asked, granted, read, refused, without
from .installer import InstallerStack, bind
from .manifest import INSTALLER, some

ROLE = read(ROOT / "deploy" / "node-label-policy-role.yaml")
RELEASE = read(INSTALLER)
KINDS = {
    "label": ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
    "warn": ("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
}
TURNS = [(place, verb) for verb in ("create", "patch", "get", "delete", "list", "watch") for place in (0, 1)]
"""Policy or binding, and the verb that is taken away: first what makes them, last what removes them."""

# The API server looks for it where an apply creates an object, which it logs as a patch.
UNLOGGED = {Grant(API_GROUP, resource, "create") for kinds in KINDS.values() for resource in kinds}


@pytest.fixture(scope="module")
def installed(
    state: State, stack: InstallerStack, cluster: Cluster, charts: dict[str, Chart]
) -> Iterator[None]:
    """Provide a release without a policy, made by the account."""
    bind(state, [*RELEASE, *ROLE])
    stack.configure(chart=charts["1.8.3"])
    stack.up("--skip-preview").succeeded()
    yield
    bind(state, [*RELEASE, *ROLE])
    stack.configure()
    stack.destroy(cluster)


def _switch(stack: InstallerStack, mode: str, **settings: Any) -> Outcome:
    """Update to a mode; nothing else of the release changes."""
    stack.configure({"nodeLabelPolicy": mode, **settings})
    return stack.up("--skip-preview")


def _exist(cluster: Cluster, mode: str) -> list[bool]:
    """Tell whether the policy of a mode exists, and its binding."""
    return [cluster.exists(f"/apis/{API_GROUP}/v1/{resource}/{NAME}") for resource in KINDS[mode]]


def test_the_role_is_enough_for_both_modes_and_none_of_it_is_spare(
    installed: None, state: State, stack: InstallerStack, cluster: Cluster
) -> None:
    log = state.logs / "audit.log"
    start = log.stat().st_size
    for mode in KINDS:
        _switch(stack, mode).succeeded()
        assert _exist(cluster, mode) == [True, True]
    # An edit of the rule, and what is read of it.
    _switch(stack, mode, nodeLabelSelectors=["pool=burst"]).succeeded()
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    _switch(stack, "off").succeeded()
    assert [_exist(cluster, mode) for mode in KINDS] == [[False, False], [False, False]]
    policies = {resource for kinds in KINDS.values() for resource in kinds}
    used = {grant for grant in asked(log, start) if grant.resource in policies} | UNLOGGED
    assert {str(grant) for grant in used ^ granted(ROLE)} == set()


@pytest.mark.parametrize("mode", KINDS)
def test_without_a_verb_an_update_says_which(
    mode: str, installed: None, state: State, stack: InstallerStack, cluster: Cluster
) -> None:
    grants = [Grant(API_GROUP, KINDS[mode][place], verb) for place, verb in TURNS]
    assert set(grants) == {grant for grant in granted(ROLE) if grant.resource in KINDS[mode]}
    unexplained = []
    for grant in some(grants, 4):
        makes = grant.verb in ("create", "patch")
        if _exist(cluster, mode) != [not makes, not makes]:
            _switch(stack, "off" if makes else mode).succeeded()
        bind(state, [*RELEASE, *without(ROLE, grant)])
        if grant.verb in ("list", "watch"):
            _wait_for_a_deletion_without(grant, state, stack)
        else:
            outcome = (
                stack.run("refresh", "--yes", "--skip-preview")
                if grant.verb == "get"
                else _switch(stack, mode if makes else "off")
            )
            said = f'cannot {grant.verb} resource "{grant.resource}"'
            if outcome.code == 0 or said not in " ".join(outcome.output.split()):
                unexplained.append(f"{grant}: {outcome.output}")
        bind(state, [*RELEASE, *ROLE])
    assert not unexplained, "\n".join(unexplained)
    _switch(stack, "off").succeeded()


def _wait_for_a_deletion_without(grant: Grant, state: State, stack: InstallerStack) -> None:
    """Switch the policy off: the engine goes on asking how its deletion is, and ends once it may know."""
    stack.configure({"nodeLabelPolicy": "off"})
    log = state.logs / "audit.log"
    start = log.stat().st_size
    with stack.started("up", "--yes", "--skip-preview") as update:
        eventually(f"a request without {grant}", lambda: grant in refused(log, start))
        assert update.process.poll() is None
        bind(state, [*RELEASE, *ROLE])
        output, code = update.finished()
    assert code == 0, output
