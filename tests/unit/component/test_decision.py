"""The decision of a run: an installation leaves neither its cluster nor its namespace."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.cluster_view import ClusterView
from pulumi_openkruise.component.decision import Decision
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.inventory.release import ReleaseId
from pulumi_openkruise.lifecycle.installation import Declared

from tests.support.api_server import ApiServer
from tests.support.engine import COMPONENT, RECORD, RELEASE, new_engine
from tests.support.hook_calls import CLONE_SETS, HERE, call_hook, make_args, make_config, record_revisions

PINNED: OpenKruiseArgs = {"namespace": "elsewhere", "release_namespace": "kruise-system"}


@pytest.mark.parametrize("context", ["here", "there"])
@pytest.mark.parametrize(
    ("recorded", "values"),
    [
        (HERE, {}),
        # What an early version of the module has left in the state does not say it.
        ({}, {"installation": {"namespace": "kruise-system"}}),
    ],
)
def test_an_installation_does_not_leave_its_namespace(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    context: str,
    recorded: dict[str, Any],
    values: dict[str, Any],
) -> None:
    update: dict[str, Any] = {"old_inputs": {"values": values}, "recorded": recorded}
    refused = call_hook(make_config(server, context), hooks, "update release", PINNED, **update)
    assert "OpenKruise runs in kruise-system, and this stack would move it to elsewhere" in refused
    assert "set namespace to kruise-system in the program" in refused


def test_a_release_that_was_never_installed_may_be_created_anywhere(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    assert call_hook(make_config(server), hooks, "create release", PINNED, recorded=HERE) == ""
    assert call_hook(make_config(server), hooks, "create release", PINNED) == ""


@pytest.mark.parametrize("which", ["create namespace", "create release", "update release", "delete release"])
@pytest.mark.parametrize("preview", [True, False])
def test_an_installation_does_not_leave_its_cluster(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], which: str, preview: bool
) -> None:
    def changed(before: str, context: str = "here") -> str:
        config = make_config(server, context)
        return call_hook(config, hooks, which, recorded={**HERE, "server": before}, preview=preview)

    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    both = f"on the cluster at https://old.example, and now has the kubeconfig of {server.address}, where it"
    refused = changed("https://old.example")
    assert both in refused
    urn = f"urn:pulumi:test::openkruise::{COMPONENT}::kruise"
    assert f"pulumi state delete --target-dependents '{urn}' && pulumi up" in refused
    assert "cannot be inspected" in changed("https://old.example", "there")
    record_revisions(server, "deployed")
    assert "on the cluster at" not in changed(
        "https://old.example"
    )  # the address has changed, not the cluster


@pytest.mark.parametrize("preview", [True, False])
def test_a_state_of_an_earlier_version_is_judged_by_the_components_inputs(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], preview: bool
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.hooks, engine.creates = hooks, {RELEASE, RECORD}
        engine.updates = {COMPONENT: {**HERE, "server": "https://old.example"}}
        with pytest.raises(InvalidConfigError, match=r"on the cluster at https://old\.example"):
            engine.run(lambda: OpenKruise("kruise", make_args()))


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("context", "released", "interrupted"),
    [("here", True, False), ("here", False, True), ("there", False, False)],
)
def test_a_component_of_an_earlier_version_is_not_left_out(
    server: ApiServer,
    hooks: dict[str, pulumi.ResourceHook],
    preview: bool,
    context: str,
    released: bool,
    interrupted: bool,
) -> None:
    """Where its release is known to be gone, a destroy may have been interrupted."""
    if not released:
        record_revisions(server)
        server.routes.pop(CLONE_SETS)
    # Its record is created, the component is not touched, and has outputs.
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(make_config(server, context))
        engine.hooks, engine.creates = hooks, {RECORD}
        engine.mocks.state[COMPONENT] = {"affinity": {}, "namespace": "kruise-system"}
        with pytest.raises(InvalidConfigError, match="this operation leaves the component out") as caught:
            engine.run(lambda: OpenKruise("kruise", make_args()))
        assert ("if a `pulumi destroy` was interrupted, finish it" in str(caught.value)) is interrupted
        engine.creates = set()


def test_a_component_of_an_update_that_was_refused_early_is_not_left_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one registered the component alone, which has no outputs, and the next one does not change it."""

    async def nothing(_component: pulumi.Resource) -> dict[str, Any]:
        return {}

    # The engine's double gives a component its inputs as outputs.
    monkeypatch.setattr("pulumi_openkruise.component.decision.read_outputs", nothing)
    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.hooks, engine.creates = hooks, {RECORD}
        engine.run(lambda: OpenKruise("kruise", make_args()) and None)
        assert engine.of_type(RELEASE).inputs["name"] == "kruise"


@pytest.mark.parametrize("preview", [True, False])
def test_an_operation_with_the_component_does_not_leave_it_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], preview: bool
) -> None:
    """An earlier version has left no record: its first update creates one, and updates the component."""
    with new_engine(preview=preview) as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.hooks, engine.creates = hooks, {RECORD}
        engine.updates = {COMPONENT: {**HERE, "server": server.address}}
        engine.mocks.state[COMPONENT] = {"affinity": {}, "namespace": "kruise-system"}
        engine.run(lambda: OpenKruise("kruise", make_args()) and None)
        assert engine.of_type(RELEASE).inputs["name"] == "kruise"


def test_an_unknown_cluster_is_a_warning_in_preview_and_refused_in_an_update(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    recorded = {**HERE, "server": server.address}
    unreadable = call_hook({"kubernetes:kubeconfig": "/nowhere"}, hooks, "create release", recorded=recorded)
    assert "its kubeconfig cannot be read" in unreadable
    for which in ("create namespace", "create release", "delete namespace", "delete release"):
        refused = call_hook({}, hooks, which, recorded=recorded)
        assert (
            f"the installation is on the cluster at {server.address}, and it is not known which cluster"
            in refused
        )
        assert "a test's mocks have no kubeconfig" in refused
        said.clear()
        assert call_hook({}, hooks, which, recorded=recorded, preview=True) == ""
        assert any(note.startswith("warn: `up` refuses this, unless it is known by then: ") for note in said)


RELEASE_ID = ReleaseId("kruise-system", "kruise")
DECLARED = Declared("kruise", RELEASE_ID, "kruise-system", create_namespace=True)


def test_before_the_record_is_declared_nothing_is_refused() -> None:
    assert asyncio.run(Decision(DECLARED, ClusterView(RELEASE_ID)).await_problems()) == []


@pytest.mark.parametrize("registered", [True, False])
def test_where_component_or_record_are_not_registered_nothing_is_refused(registered: bool) -> None:
    """That is reported where it happens, and every hook still gets an answer."""

    class Lost:
        async def read(self) -> None:
            raise RuntimeError("its registration failed")

    async def decide() -> list[Problem]:
        view, record = ClusterView(RELEASE_ID), Lost()
        component: Any = object()
        view.component = component if registered else None
        decision = Decision(DECLARED, view)
        decision.begin(record)  # type: ignore[arg-type]
        return await decision.await_problems()

    assert asyncio.run(decide()) == []
