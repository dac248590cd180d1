"""The admission policy as children of the component: what is declared, what waits for it, what is refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.policy import manifests
from pulumi_openkruise.policy.rule import NodeLabelRule
from pulumi_openkruise.selectors import parse

from tests.support.api_server import ApiServer, api_server
from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, Engine, Registered, new_engine

TOKEN = "kubernetes:admissionregistration.k8s.io/v1:"
MUTATING, VALIDATING = f"{TOKEN}MutatingAdmissionPolicy", f"{TOKEN}ValidatingAdmissionPolicy"
DISCOVERY = "/apis/admissionregistration.k8s.io/v1"
BASE = ("type=virtual-kubelet", "openkruise.io/virtual-node=true", "kubernetes.io/os=windows")


def install(engine: Engine, args: OpenKruiseArgs, **options: Any) -> None:
    quiet: OpenKruiseArgs = {"node_check": "off", **args}
    engine.run(lambda: OpenKruise("kruise", quiet, pulumi.ResourceOptions(**options)))


def objects(engine: Engine) -> list[dict[str, Any]]:
    return [one.inputs for one in engine.registered if one.type.startswith(TOKEN)]


def test_by_default_there_is_none(engine: Engine) -> None:
    install(engine, {})
    assert engine.types == [NAMESPACE, RELEASE, RECORD, COMPONENT]


def test_label_declares_what_the_command_line_prints(engine: Engine) -> None:
    install(engine, {"node_label_policy": "label", "node_label_selectors": ["pool=burst"]})
    rule = NodeLabelRule(selectors=(parse("pool=burst"),), excluded=tuple(map(parse, BASE)))
    assert objects(engine) == manifests.write_mutating_policy(rule)


def test_warn_declares_what_the_command_line_prints(engine: Engine) -> None:
    install(engine, {"node_label_policy": "warn", "virtual_node_selectors": ["pool=burst"]})
    rule = NodeLabelRule(excluded=(parse("pool=burst"), *map(parse, BASE)))
    assert objects(engine) == manifests.write_validating_policy(rule)


def test_the_type_label_can_be_left_out(engine: Engine) -> None:
    install(engine, {"node_label_policy": "label", "set_type_label": False})
    assert "virtual-kubelet" not in json.dumps(engine.of_type(MUTATING).inputs["spec"]["mutations"])


@pytest.mark.parametrize("preset", ["tke-supernode", "tke-supernode@1"])
def test_a_kind_that_the_config_names_counts(engine: Engine, preset: str) -> None:
    install(engine, {"node_label_policy": "label", "shared_node_presets": [preset]})
    assert "eklet" in json.dumps(engine.of_type(MUTATING).inputs["spec"]["matchConditions"])


@pytest.mark.parametrize(("mode", "policy"), [("label", MUTATING), ("warn", VALIDATING)])
def test_names_and_order_are_what_the_state_keeps(engine: Engine, mode: Any, policy: str) -> None:
    install(engine, {"node_label_policy": mode})
    first, second = engine.of_type(policy), engine.of_type(f"{policy}Binding")
    above = engine.of_type(COMPONENT).urn
    assert [(one.name, one.request.parent) for one in (first, second)] == [
        ("kruise-node-label-policy", above),
        ("kruise-node-label-binding", above),
    ]
    record = engine.of_type(RECORD).urn
    assert _dependencies(first) == {record}
    assert _dependencies(second) == {record, first.urn}
    waits = second.urn in _dependencies(engine.of_type(RELEASE))
    assert waits is (mode == "label")
    # Neither holds anything: one update switches the policy off.
    assert not first.request.protect
    assert not second.request.protect


def _dependencies(resource: Registered) -> set[str]:
    return set(resource.request.dependencies)


def test_protect_of_the_component_itself_counts_for_all_of_it(engine: Engine) -> None:
    install(engine, {"node_label_policy": "label"}, protect=True)
    assert all(engine.of_type(type_).request.protect for type_ in (RELEASE, MUTATING))


def test_with_values_that_are_wrong_nothing_is_declared(engine: Engine) -> None:
    values: pulumi.Output[Any] = pulumi.Output.from_input({"daemon": {"affinity": []}})
    with pytest.raises(InvalidConfigError, match=r"values\.daemon\.affinity: expected a mapping"):
        install(engine, {"node_label_policy": "label", "values": values})
    assert engine.types == [RECORD, COMPONENT]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("node_label_policy", "label"),
        ("set_type_label", False),
        ("node_label_selectors", ["pool=burst"]),
    ],
)
@pytest.mark.parametrize("secret", [False, True])
def test_what_a_preview_has_to_know_cannot_be_an_output(
    engine: Engine, field: str, value: Any, secret: bool
) -> None:
    def program() -> None:
        output = pulumi.Output.secret(value) if secret else pulumi.Output.from_input(value)
        OpenKruise("kruise", {field: output})  # type: ignore[misc]

    with pytest.raises(InvalidConfigError) as caught:
        engine.run(program)
    (problem,) = caught.value.problems
    assert (problem.place, problem.code) == (field, "wrong-type")
    assert problem.reason.endswith("found an Output")
    assert engine.types == []


def test_a_selector_cannot_be_an_output_either(engine: Engine) -> None:
    selectors: Any = [pulumi.Output.from_input("pool=burst")]
    with pytest.raises(InvalidConfigError, match=r"node_label_selectors\[0\]: expected a string"):
        install(engine, {"node_label_policy": "label", "node_label_selectors": selectors})


def test_the_checks_are_those_of_every_other_command() -> None:
    from pulumi_openkruise.diagnostics.problem import ConfigError

    args: dict[str, Any] = {"node_label_policy": "label", "node_label_selectors": ["!gpu"]}
    with pytest.raises(ConfigError) as expected:
        read_settings(args, source="x")
    with new_engine() as engine, pytest.raises(InvalidConfigError) as caught:
        install(engine, args)  # type: ignore[arg-type]
    assert caught.value.problems == expected.value.problems


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Provide a cluster with a release that is as it should be, and without any admission policies."""
    with api_server() as server:
        labels = {"owner": "helm", "version": "1", "status": "deployed"}
        server.objects("/api/v1/namespaces/kruise-system/secrets", [{"metadata": {"labels": labels}}])
        yield server


def serve(server: ApiServer, *kinds: str) -> None:
    server.routes[DISCOVERY] = (200, {"resources": [{"name": kind.lower(), "kind": kind} for kind in kinds]})


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, pulumi.ResourceHook]:
    """Provide the hooks that are set, by name."""
    found: dict[str, pulumi.ResourceHook] = {}
    original = pulumi.ResourceHook.__init__

    def recorded(self: pulumi.ResourceHook, name: str, *rest: Any) -> None:
        found[name] = self
        original(self, name, *rest)

    monkeypatch.setattr(pulumi.ResourceHook, "__init__", recorded)
    return found


@pytest.fixture
def create(server: ApiServer, hooks: dict[str, pulumi.ResourceHook]) -> Callable[..., str]:
    """Provide a function that runs a program whose policy the state lacks, and returns what is refused."""

    def run(mode: str, *, preview: bool = True) -> str:
        config = {"kubernetes:kubeconfig": json.dumps(server.kubeconfig()), "kubernetes:context": "here"}
        with new_engine(preview=preview) as engine:
            pulumi.runtime.set_all_config(config)
            engine.hooks, engine.creates = hooks, {MUTATING, VALIDATING}
            try:
                install(engine, {"node_label_policy": mode})  # type: ignore[typeddict-item]
            except InvalidConfigError as error:
                return str(error)
        return ""

    return run


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("mode", "kinds", "refused"),
    [
        ("label", ["MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"], ""),
        ("label", ["ValidatingAdmissionPolicy"], "nodeLabelPolicy warn"),
        ("label", [], "pulumi-openkruise policy --format kyverno"),
        ("warn", ["ValidatingAdmissionPolicy"], ""),
        ("warn", [], "nodeLabelPolicy off"),
    ],
)
def test_what_the_server_cannot_do_is_refused_before_anything_is_tried(
    server: ApiServer,
    create: Callable[..., str],
    mode: str,
    kinds: list[str],
    refused: str,
    preview: bool,
) -> None:
    serve(server, *kinds)
    found = create(mode, preview=preview)
    assert (found == "") is (refused == "")
    assert refused.replace("nodeLabelPolicy", "node_label_policy") in found


def test_a_server_without_the_groups_version_is_one_that_cannot(create: Callable[..., str]) -> None:
    assert "which this API server does not serve" in create("label")


def test_a_server_whose_discovery_is_forbidden_is_not_refused(
    server: ApiServer, create: Callable[..., str]
) -> None:
    server.routes[DISCOVERY] = (403, {"message": "forbidden"})
    assert create("label") == ""


def test_discovery_is_asked_only_where_there_is_a_policy(
    server: ApiServer, create: Callable[..., str]
) -> None:
    serve(server, "MutatingAdmissionPolicy")
    create("off")
    assert DISCOVERY not in [path for _method, path, *_ in server.asked]


def test_hooks_of_its_own_guard_it(engine: Engine) -> None:
    install(engine, {"node_label_policy": "label"})
    for type_ in (MUTATING, f"{MUTATING}Binding"):
        hooks = engine.of_type(type_).request.hooks
        names = {field.name: list(found) for field, found in hooks.ListFields()}
        assert names == {
            f"before_{one}": [f"openkruise kruise: {one} node label policy"]
            for one in ("create", "update", "delete")
        }
