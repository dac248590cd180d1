"""The hooks: their names, what they are bound to, and what comes of a refusal."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.registrations import Registrations
from pulumi_openkruise.config.stack_config import parse_config

from tests.support.api_server import ApiServer
from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, Engine, new_engine
from tests.support.hook_calls import CLONE_SETS, call_hook, make_args, make_config, record_revisions


def placed(name: str, **options: Any) -> pulumi.ResourceOptions:
    """Give a component a Kubernetes provider of its own."""
    import pulumi_kubernetes

    kubeconfig = {
        "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:1/{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name}}],
        "current-context": name,
    }
    provider = pulumi_kubernetes.Provider(name, kubeconfig=json.dumps(kubeconfig))
    return pulumi.ResourceOptions(providers=[provider], **options)


def test_hooks_are_set_where_something_could_be_lost(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    engine.run(lambda: OpenKruise("kruise", {"node_label_policy": "warn"}))
    set_on = {
        one.type: {field.name: list(names) for field, names in one.request.hooks.ListFields()}
        for one in engine.registered
    }
    policies = [type_ for type_ in engine.types if "AdmissionPolicy" in type_]
    assert len(policies) == 2  # itself, and its binding

    def named(what: str, *operations: str) -> dict[str, list[str]]:
        return {f"before_{one}": [f"openkruise kruise: {one} {what}"] for one in operations}

    assert set_on == {
        COMPONENT: named("component", "create", "update"),
        RECORD: named("record", "create"),
        NAMESPACE: named("namespace", "create", "update", "delete"),
        RELEASE: named("release", "create", "update", "delete"),
        **dict.fromkeys(policies, named("node label policy", "create", "update", "delete")),
    }
    assert all(hook.opts is not None and hook.opts.on_dry_run for hook in hooks.values())


def test_components_of_one_name_below_different_parents_have_hooks_of_their_own(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    def program() -> None:
        for name in ("east", "west"):
            parent = pulumi.ComponentResource(f"x:index:{name}", name)
            OpenKruise("kruise", make_args(), placed(name, parent=parent))

    engine.run(program)
    assert "openkruise kruise in east: create release" in hooks
    assert "openkruise kruise in west: create release" in hooks


def test_components_below_parents_of_one_name_have_hooks_of_their_own(
    engine: Engine, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    """The engine tells resources apart by the types of all their parents, and hooks by their names alone."""

    def program() -> None:
        for number, above in enumerate(("a", "b", "c", "d")):
            top = pulumi.ComponentResource(f"x:index:{above}", "top")
            type_ = "x:index:Other" if above == "b" else "x:index:Team"
            parent = pulumi.ComponentResource(type_, "edge", opts=pulumi.ResourceOptions(parent=top))
            OpenKruise("kruise", make_args(), placed(f"p{number}", parent=parent))

    engine.run(program)
    assert [name.removesuffix(": create release") for name in hooks if name.endswith(": create release")] == [
        "openkruise kruise in edge",
        "openkruise kruise in x:index:Other edge",
        "openkruise kruise in x:index:Team edge",
        "openkruise kruise in x:index:Team edge (2)",
    ]


def declare(places: Sequence[tuple[str, str, str, str]]) -> None:
    """Declare components: type of the parent's parent, the parent's type and name, the own name."""
    for number, (above, kind, parent, name) in enumerate(places):
        top = pulumi.ComponentResource(f"x:index:{above}", f"top{number}")
        below = pulumi.ComponentResource(f"x:index:{kind}", parent, opts=pulumi.ResourceOptions(parent=top))
        OpenKruise(name, make_args(), placed(f"p{number}", parent=below))


PLACES = st.tuples(*[st.sampled_from(["a", "b", "a in b", "x:index:a b"])] * 4)


@given(st.lists(PLACES, min_size=1, max_size=4, unique=True))
@example([("a", "a", "b", "a"), ("b", "a", "b", "a"), ("a in b", "a", "b", "a"), ("a", "b", "b", "a")])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_components_share_a_hook_and_none_renames_anothers(
    hooks: dict[str, pulumi.ResourceHook], places: list[tuple[str, str, str, str]]
) -> None:
    """The names are in the engine's state: it would not find one that a further component changes."""
    names: list[list[str]] = []
    for shown in (places[:1], places):
        hooks.clear()
        with new_engine() as engine:
            engine.run(partial(declare, shown))
        names.append(list(hooks))  # ``hooks`` refuses a second one of a name, as the engine does
    assert names[1][: len(names[0])] == names[0]
    assert len(names[1]) == len(names[0]) * len(places) > 0


def test_a_parent_in_another_process_has_no_name(engine: Engine) -> None:
    # As the SDK makes it where the component is constructed in a plugin.
    urn = "urn:pulumi:test::openkruise::pulumi:pulumi:Stack::openkruise-test"
    parent = pulumi.resource.DependencyResource(urn)
    options = pulumi.ResourceOptions(parent=parent, protect=False)
    engine.run(lambda: OpenKruise("kruise", make_args(), options))
    assert list(engine.of_type(RELEASE).request.hooks.before_create) == ["openkruise kruise: create release"]


def test_the_engine_keeps_what_a_later_update_is_judged_by(engine: Engine) -> None:
    args: OpenKruiseArgs = {"base_exclusions": False, "virtual_node_selectors": ["b", "a"]}
    engine.run(lambda: OpenKruise("kruise", args))
    assert engine.of_type(COMPONENT).inputs == {
        "createNamespace": True,
        "namespace": "kruise-system",
        "selectors": ["a", "b"],
        "stateVersion": 2,
    }


def test_a_refusal_names_the_keys_of_stack_config(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    args: Any = parse_config({"nodeCheck": "off"}, source="config of stack test", namespace="mine")
    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.hooks, engine.creates = hooks, {RELEASE}
        with pytest.raises(
            InvalidConfigError, match="pulumi config set mine:importRelease true && pulumi up"
        ):
            engine.run(lambda: OpenKruise("kruise", args))


def test_crds_that_the_release_does_not_manage_may_be_anybodys(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    record_revisions(server)
    metadata = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}
    server.routes[CLONE_SETS] = (200, {"metadata": metadata})
    for managed in (True, False):
        args: OpenKruiseArgs = {"values": {"crds": {"managed": managed}}}
        refused = call_hook(make_config(server), hooks, "create release", args, new_inputs={})
        assert ("exists without Helm's mark of ownership" in refused) is managed


def test_a_program_whose_change_is_refused_fails_too(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook]
) -> None:
    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server))
        engine.hooks, engine.creates = hooks, {RELEASE}
        with pytest.raises(InvalidConfigError, match="about to create it"):
            engine.run(lambda: OpenKruise("kruise", make_args()))


@pytest.mark.parametrize("retained", [True, False, None])
def test_a_refused_deletion_says_what_retain_on_delete_changes(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], retained: bool | None
) -> None:
    record_revisions(server)
    refusals: list[BaseException | None] = []

    async def delete() -> None:
        args = pulumi.ResourceHookArgs("another urn", "id", "name", "type", old_inputs={})
        names = [f"openkruise kruise: delete {what}" for what in ("release", "namespace")]
        calls: list[Any] = [hooks[name].callback(args) for name in names]
        refusals.extend(await asyncio.gather(*calls, return_exceptions=True))

    def program() -> None:
        OpenKruise("kruise", make_args(), pulumi.ResourceOptions(retain_on_delete=retained))
        pulumi.export("called", pulumi.Output.from_input(asyncio.ensure_future(delete())))

    with new_engine() as engine:
        pulumi.runtime.set_all_config(make_config(server))
        # The program fails for that, too.
        with pytest.raises(InvalidConfigError, match="and with it every CloneSet"):
            engine.run(program)
    assert ["the component has retain_on_delete" in str(one) for one in refusals] == [bool(retained)] * 2


def test_only_a_refused_deletion_gives_up_registrations_without_an_answer(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine may have left them in the middle of a replacement; it answers all others by itself."""
    given_up: list[str] = []
    monkeypatch.setattr(Registrations, "give_up_later", lambda _self, error: given_up.append(str(error)))
    config = make_config(server)
    assert call_hook(config, hooks, "create release") != ""
    assert given_up == []
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    for what, type_ in (("release", RELEASE), ("namespace", NAMESPACE)):
        urn = f"urn:pulumi:test::openkruise::{COMPONENT}${type_}::kruise-{what}"
        assert call_hook(config, hooks, f"delete {what}", urn=urn) == ""
        assert given_up == []
        refused = call_hook(config, hooks, f"delete {what}", urn=f"{urn}-of-another")
        assert given_up == [refused] != [""]
        given_up.clear()
