"""The component: how its arguments reach the release, what it outputs, and what it refuses."""

import json
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.resource import DependencyProviderResource
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.component.args import Given
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.openkruise import _log
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.selectors import ALWAYS_TRUE, exclusion_affinity, solve

from tests.support.declared import BASE, PARENT, declare, require_exclusion
from tests.support.engine import COMPONENT, RECORD, RELEASE, Engine, new_engine


def test_all_arguments_reach_the_release(engine: Engine) -> None:
    declare(
        engine,
        {
            "base_exclusions": True,
            "exclude_manager": False,
            "chart": "mirror",
            "chart_repository": "http://localhost:8080",
            "chart_version": "1.7.5",
            "namespace": "openkruise",
            "release_name": "my-kruise",
            "release_namespace": "default",
            "timeout": 60,
            "reapply": "after the incident",
            "values": {"manager": {"replicas": 1}, "daemon": {"port": 1}, "imagePullSecrets": []},
        },
    )
    assert engine.of_type(RELEASE).inputs == {
        "name": "my-kruise",
        "namespace": "default",
        "createNamespace": False,
        "chart": "mirror",
        "version": "1.7.5",
        "repositoryOpts": {"repo": "http://localhost:8080"},
        "values": {
            "daemon": {"affinity": {"nodeAffinity": require_exclusion(*BASE)}, "port": 1},
            "imagePullSecrets": [],
            "installation": {"createNamespace": False, "namespace": "openkruise"},
            "manager": {"replicas": 1},
        },
        "allowNullValues": True,
        "timeout": 60,
        "description": "after the incident",
        "maxHistory": 10,
        "compat": "true",
    }


def test_a_notice_is_logged_as_one_and_a_warning_as_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text: said.append(("info", text)))
    monkeypatch.setattr(pulumi.log, "warn", lambda text: said.append(("warn", text)))
    notice = Problem("a", "platform", "sets something", severity="info")
    _log([notice, Problem("b", "timeout", "is long", severity="warning")])
    assert said == [("info", "platform: sets something"), ("warn", "timeout: is long")]


def test_dependents_of_the_component_wait_for_the_release(engine: Engine) -> None:
    class Dependent(pulumi.CustomResource):
        pass

    def program() -> None:
        kruise = OpenKruise("kruise", {})
        Dependent("test:index:Dependent", "after", {}, pulumi.ResourceOptions(depends_on=[kruise]))

    engine.run(program)
    assert engine.of_type(RELEASE).urn in engine.of_type("test:index:Dependent").request.dependencies


def test_outputs(engine: Engine) -> None:
    declare(engine, {"virtual_node_selectors": ["b = c", "a in (y,x)"], "base_exclusions": False})
    assert engine.outputs[PARENT] == {
        "affinity": exclusion_affinity(["a in (x,y)", "b=c"]),
        "selectors": ["a in (x,y)", "b=c"],
        "chartVersion": "1.8.3",
        "namespace": "kruise-system",
        "status": "deployed",
        "releaseRevision": 2,
    }


@pytest.mark.parametrize(("state", "status"), [({"status": {"status": "failed"}}, "failed"), ({}, None)])
def test_status_is_that_of_the_release(engine: Engine, state: dict[str, Any], status: str | None) -> None:
    engine.mocks.state = {RELEASE: state}
    declare(engine, {})
    assert engine.outputs[PARENT].get("status") == status


@pytest.mark.parametrize(
    ("timeout", "good"), [(1, True), (60.0, True), (0, False), (True, False), (1.5, False)]
)
def test_timeout_is_a_number_of_whole_seconds(engine: Engine, timeout: Any, good: bool) -> None:
    if good:
        declare(engine, {"timeout": timeout})
        assert engine.of_type(RELEASE).inputs["timeout"] == timeout
    else:
        with pytest.raises(InvalidConfigError, match="timeout: expected"):
            declare(engine, {"timeout": timeout})


@pytest.mark.parametrize("args", [[1], ["a"], 7, "a=b", {"a"}, [], 0, False], ids=repr)
def test_arguments_that_are_no_mapping(engine: Engine, args: Any) -> None:
    said = f"OpenKruise 'kruise': expected a mapping of arguments, found a {type(args).__name__}"
    with pytest.raises(TypeError, match=f"^{said}$"):
        declare(engine, args)
    assert engine.registered == []


ODD: dict[str, Callable[[], Any]] = {
    "a number": lambda: 10**5000,
    "a list of one": lambda: [10**5000],
    "a mapping to one": lambda: {"a": 10**5000},
    "an output": lambda: pulumi.Output.from_input(["a"]),
    "a list of an output": lambda: [pulumi.Output.from_input("a")],
}
"""Python writes no integer of more than 4,300 digits, and an Output has neither length nor truth value."""


@pytest.mark.parametrize("name", sorted(set(OpenKruiseArgs.__annotations__) - {"values"}))
@pytest.mark.parametrize("odd", ODD)
def test_no_argument_leads_to_pythons_own_error(engine: Engine, name: str, odd: str) -> None:
    given: Any = {name: ODD[odd]()}
    with pytest.raises(InvalidConfigError) as caught:
        declare(engine, given)
    places = {re.split(r"[\[.]", problem.place)[0] for problem in caught.value.problems}
    assert places == {name}
    assert engine.registered == []


@pytest.mark.parametrize("values", [7, "a: 1", ["a"], True, 1.5], ids=repr)
@pytest.mark.parametrize("preview", [True, False])
def test_values_that_are_no_mapping(values: Any, preview: bool) -> None:
    with new_engine(preview=preview) as engine:
        with pytest.raises(InvalidConfigError) as caught:
            engine.run(lambda: OpenKruise("kruise", {"values": values}))
        assert engine.registered == []
    (problem,) = caught.value.problems
    assert problem.place == "values"
    assert problem.reason.startswith("expected a mapping")


OUTPUTS: dict[str, Callable[[Any], Any]] = {
    "plain": pulumi.Output.from_input,
    "secret": pulumi.Output.secret,
    "awaited": lambda value: _future(value),
}


@pytest.mark.parametrize("make", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ('{"manager": {"replicas": "s3cret"}}', "a string"),
        (["s3cret"], "a list"),
        (7, "a number"),
        (True, "true or false"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("preview", [True, False])
def test_an_output_of_no_mapping_is_refused_without_its_content(
    preview: bool, values: Any, found: str, make: Callable[[Any], Any]
) -> None:
    with new_engine(preview=preview) as engine:
        with pytest.raises(InvalidConfigError) as caught:
            engine.run(lambda: OpenKruise("kruise", {"values": make(values)}) and None)
        assert engine.types == [RECORD, COMPONENT]
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("wrong-type", "values")
    assert problem.reason == f"expected a mapping of Helm values, found {found}"
    assert "require_secret_object" in problem.remedy
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("values", [None, {}], ids=repr)
def test_an_output_of_nothing_is_as_good_as_no_values(engine: Engine, values: Any) -> None:
    declare(engine, {"values": pulumi.Output.from_input(values)})
    assert set(engine.of_type(RELEASE).inputs["values"]) == {"daemon", "installation", "manager"}


def _hold_itself(late: Any) -> list[Any]:
    mapping: dict[str, Any] = {"replicas": late}
    mapping["manager"] = mapping
    listed: list[Any] = [late]
    listed.append(listed)
    deep: Any = {"a": late}
    for _level in range(500):
        deep = {"a": deep}
    return [mapping, {"manager": {"tolerations": listed}}, {"daemon": deep}]


@pytest.mark.parametrize("which", range(3), ids=["a mapping", "a list", "a deep one"])
@pytest.mark.parametrize("late", [True, False], ids=["with an output", "plain"])
@pytest.mark.parametrize("preview", [True, False])
def test_values_that_hold_themselves_are_refused_in_a_sentence(preview: bool, late: bool, which: int) -> None:
    with new_engine(preview=preview) as engine:
        values = _hold_itself(pulumi.Output.from_input(2) if late else 2)[which]
        with pytest.raises(InvalidConfigError, match="nested too deeply"):
            declare(engine, {"values": values})
        assert engine.registered == []


async def _later(value: Any) -> Any:
    return value


AWAITABLES: dict[str, Callable[[], Any]] = {
    "all of it": lambda: _later({"manager": {"replicas": 4}}),
    "a value": lambda: {"manager": {"replicas": _later(4)}},
    "a future": lambda: {"manager": {"replicas": _future(4)}},
    "a section": lambda: {"manager": _later({"replicas": pulumi.Output.from_input(4)})},
    "of an output": lambda: _later(pulumi.Output.from_input({"manager": {"replicas": 4}})),
}


@pytest.mark.parametrize("make", AWAITABLES.values(), ids=AWAITABLES)
@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.filterwarnings("error:.*never awaited:RuntimeWarning")
def test_values_may_be_awaitable_as_every_input(preview: bool, make: Callable[[], Any]) -> None:
    with new_engine(preview=preview) as engine:
        engine.run(lambda: OpenKruise("kruise", {"values": make()}) and None)
        values = engine.of_type(RELEASE).inputs["values"]
        assert values["manager"] == {"nodeAffinity": require_exclusion(*BASE), "replicas": 4}


def test_outputs_with_nothing_to_exclude(engine: Engine) -> None:
    declare(engine, {"base_exclusions": False})
    assert engine.outputs[PARENT]["affinity"] == ALWAYS_TRUE
    assert engine.outputs[PARENT]["selectors"] == []


def test_problems_of_arguments_stop_the_program_before_anything_is_registered(engine: Engine) -> None:
    args: Any = {"virtualNodeSelectors": [], "virtual_node_selectors": ["a in ("], "protect": "no"}
    with pytest.raises(pulumi.RunError) as caught:
        declare(engine, args)
    assert engine.registered == []
    remedy = "write key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>5 or key<5, "
    remedy += "joined by commas"
    assert str(caught.value).splitlines() == [
        "arguments of OpenKruise 'kruise': 3 problems",
        "",
        'protect: expected true or false, found "no"',
        "",
        "virtualNodeSelectors: unknown key",
        "  did you mean virtual_node_selectors?",
        "",
        "virtual_node_selectors[0]: found the end, expected: ',', ')' or identifier",
        "    a in (",
        "          ^",
        f"  {remedy}",
    ]


def test_none_is_as_good_as_not_given(engine: Engine) -> None:
    every: Any = dict.fromkeys(OpenKruiseArgs.__annotations__)
    late: Any = pulumi.Output.from_input(None)

    def program() -> None:
        OpenKruise("alone")
        OpenKruise("none", None)  # type: ignore[arg-type]
        OpenKruise("empty", {})
        OpenKruise("nothing", every)
        OpenKruise("late", {"values": late})

    engine.run(program)
    releases = [one.inputs for one in engine.registered if one.type == RELEASE]
    assert len(releases) == 5
    assert all(inputs == releases[0] for inputs in releases)


@pytest.mark.parametrize("name", ["namespace", "timeout", "virtual_node_selectors", "protect"])
def test_outputs_are_refused_where_preview_has_to_know_the_value(engine: Engine, name: str) -> None:
    args: Any = {name: pulumi.Output.from_input("x")}
    with pytest.raises(InvalidConfigError) as caught:
        declare(engine, args)
    (problem,) = caught.value.problems
    assert problem.place == name
    assert problem.reason.endswith("found an Output")


def test_values_may_hold_outputs(engine: Engine) -> None:
    declare(engine, {"values": {"manager": {"replicas": pulumi.Output.from_input(4)}}})
    values = engine.of_type(RELEASE).inputs["values"]
    assert values["manager"] == {"nodeAffinity": require_exclusion(*BASE), "replicas": 4}


def test_values_that_are_secret_stay_secret(engine: Engine) -> None:
    declare(engine, {"values": pulumi.Output.secret({"manager": {"replicas": 4}})})
    struct = engine.of_type(RELEASE).request.object
    assert "4dabf18193072939515e22adb298388d" in struct["values"]
    assert struct["values"]["value"]["manager"]["replicas"] == 4
    # The cluster shows it to everybody, and so do previews.
    assert engine.outputs[PARENT]["affinity"] == exclusion_affinity(BASE)


def test_problems_of_values_that_are_known_later_stop_the_program(engine: Engine) -> None:
    with pytest.raises(InvalidConfigError, match=r"values\.daemon\.affinity: expected a mapping"):
        declare(engine, {"values": pulumi.Output.from_input({"daemon": {"affinity": []}})})
    # A hook of the engine that the program's end cuts short would be reported as an error of its own.
    assert engine.types == [RECORD, COMPONENT]


def test_affinity_in_values_is_joined_and_known_beside_outputs(engine: Engine) -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}
    own = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    replicas = pulumi.Output.from_input(2)
    declare(engine, {"values": {"daemon": {"affinity": own}, "manager": {"replicas": replicas}}})
    values = engine.of_type(RELEASE).inputs["values"]
    joined = values["daemon"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert joined == solve(BASE, required={"nodeSelectorTerms": [term]}).affinity
    assert engine.outputs[PARENT]["affinity"] == joined


def test_affinity_that_is_known_later_is_an_output_all_the_same(engine: Engine) -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}
    own = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    declare(engine, {"values": pulumi.Output.from_input({"daemon": {"affinity": own}})})
    assert engine.outputs[PARENT]["affinity"] == solve(BASE, required={"nodeSelectorTerms": [term]}).affinity


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("preview", [True, False])
def test_the_affinity_is_the_one_that_the_release_has(preview: bool, late: bool) -> None:
    # An `up --target <component>` leaves the release, and with it the DaemonSet, as it was.
    old = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}]}
    required = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": old}}
    with new_engine(preview=preview) as engine:
        engine.mocks.state[RELEASE] |= {"values": {"daemon": {"affinity": required}}}
        args: OpenKruiseArgs = {"virtual_node_selectors": ["new"]}
        if late:
            args["values"] = pulumi.Output.from_input({"manager": {"replicas": 3}})
        declare(engine, args)
        declared = exclusion_affinity([*BASE, "new"])
        assert engine.outputs[PARENT]["affinity"] == (declared if preview else old)


def test_version_of_a_chart_from_a_path_is_what_the_chart_says(engine: Engine) -> None:
    engine.mocks.state = {RELEASE: {"status": {"status": "deployed", "version": "1.9.9"}}}
    declare(engine, {"chart": "./chart"})
    assert engine.outputs[PARENT]["chartVersion"] == "1.9.9"


def test_unknown_values_leave_everything_else_known() -> None:
    with new_engine(preview=True) as engine:
        unknown: pulumi.Output[int] = pulumi.Output(set(), _future(None), _future(False))
        taints = [{"key": "a", "effect": unknown}]
        manager = {"replicas": unknown, "metrics": {"port": 1}, "tolerations": taints}
        declare(engine, {"values": {"manager": manager}})
        inputs = engine.of_type(RELEASE).inputs
        manager = inputs["values"]["manager"]
        assert manager.pop("nodeAffinity") == require_exclusion(*BASE)
        assert isinstance(manager.pop("replicas"), pulumi.output.Unknown)
        assert isinstance(manager["tolerations"][0].pop("effect"), pulumi.output.Unknown)
        assert manager == {"metrics": {"port": 1}, "tolerations": [{"key": "a"}]}
        assert inputs["name"] == "kruise"
        assert engine.outputs[PARENT]["affinity"] == exclusion_affinity(BASE)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"daemon": "late"}, ("daemon",)),
        ({"daemon": {"affinity": "late"}}, ("daemon", "affinity")),
        (
            {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: "late"}}}},
            ("daemon", "affinity", "nodeAffinity", REQUIRED),
        ),
        ({"daemon": {"nodeSelector": {"pool": "late"}}}, ("daemon", "affinity", "nodeAffinity", REQUIRED)),
        ({"manager": {"nodeSelector": "late"}}, ("manager", "nodeAffinity", REQUIRED)),
    ],
)
def test_what_depends_on_an_unknown_value_is_unknown(values: Any, path: tuple[str, ...]) -> None:
    with new_engine(preview=True) as engine:
        unknown: pulumi.Output[Any] = pulumi.Output(set(), _future(None), _future(False))
        declare(engine, {"values": _filled(values, unknown)})
        found = engine.of_type(RELEASE).inputs["values"]
        assert set(found) == {"daemon", "installation", "manager"}
        for key in path:
            found = found[key]
        assert isinstance(found, pulumi.output.Unknown)
        affinity = engine.outputs[PARENT]["affinity"]
        assert isinstance(affinity, pulumi.output.Unknown) is ("daemon" in values)


def _filled(value: Any, late: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, late) for key, item in value.items()}
    return late if value == "late" else value


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"manager": {"replcas": "late"}}, "values.manager.replcas: the chart 1.8.3 has no such key"),
        ({"manager": {"replcas": 1, "replicas": "late"}}, "values.manager.replcas"),
        ({"manger": {"replicas": "late"}}, "values.manger"),
    ],
)
def test_keys_beside_and_of_outputs_are_checked(preview: bool, values: Any, place: str) -> None:
    with new_engine(preview=preview) as engine:
        unknown: pulumi.Output[Any] = pulumi.Output(set(), _future(None), _future(False))
        with pytest.raises(InvalidConfigError, match=re.escape(place)):
            declare(engine, {"values": _filled(values, unknown)})
        # At once, with everything that is wrong with the other arguments.
        assert engine.types == []


@pytest.mark.parametrize("preview", [True, False])
def test_an_outputs_value_is_checked_beside_one_that_is_unknown(preview: bool) -> None:
    with new_engine(preview=preview) as engine:
        unknown: pulumi.Output[Any] = pulumi.Output(set(), _future(None), _future(False))
        manager: Any = {"replicas": pulumi.Output.from_input("three"), "metrics": {"port": unknown}}
        with pytest.raises(InvalidConfigError, match=r"values\.manager\.replicas"):
            declare(engine, {"values": {"manager": manager}})
        assert RELEASE not in engine.types


def test_a_secret_among_the_values_is_the_only_one(engine: Engine) -> None:
    secret = pulumi.Output.secret("/run/k8s")
    declare(engine, {"values": {"manager": {"replicas": 2}, "daemon": {"socketLocation": secret}}})
    values = engine.of_type(RELEASE).request.object["values"]
    assert values["manager"]["replicas"] == 2
    assert values["daemon"]["socketLocation"]["value"] == "/run/k8s"
    assert "4dabf18193072939515e22adb298388d" in values["daemon"]["socketLocation"]


def test_preview_knows_everything_but_the_status() -> None:
    with new_engine(preview=True) as engine:
        engine.mocks.state = {}
        declare(engine, {"virtual_node_presets": ["kwok"]})
        expected = exclusion_affinity([*BASE, "type=kwok", "kwok.x-k8s.io/node=fake"])
        values = engine.of_type(RELEASE).inputs["values"]
        assert values["manager"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == expected
        outputs = engine.outputs[PARENT]
        for name in ("status", "releaseRevision", "daemonDesired", "daemonReady"):
            assert isinstance(outputs[name], pulumi.output.Unknown)
        assert outputs["affinity"] == expected


def test_arguments_from_config_are_accepted_by_the_component(engine: Engine) -> None:
    args: Any = parse_config({"virtualNodePresets": '["liqo"]', "timeout": "30"}, source="test")
    declare(engine, args)
    assert engine.of_type(RELEASE).inputs["timeout"] == 30


def kubeconfig(server: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "contexts": [{"name": "it", "context": {"cluster": "it"}}],
        "current-context": "it",
    }


def two(east: str, west: str) -> None:
    """Declare two components, each with a Kubernetes provider of its own."""
    import pulumi_kubernetes

    for name, server in (("east", east), ("west", west)):
        provider = pulumi_kubernetes.Provider(name, kubeconfig=json.dumps(kubeconfig(server)))
        args: OpenKruiseArgs = {"virtual_node_selectors": [name], "node_check": "off"}
        OpenKruise(name, args, pulumi.ResourceOptions(providers=[provider]))


@pytest.fixture
def real_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the double of the engine for a real one where components of one program are compared."""
    monkeypatch.setattr("pulumi_openkruise.component.declared.is_real_run", lambda: True)


@pytest.mark.usefixtures("real_run")
@pytest.mark.parametrize("preview", [True, False])
def test_two_components_with_one_provider_are_refused(preview: bool) -> None:
    def program() -> None:
        OpenKruise("east", {})
        OpenKruise("west", {})

    with new_engine(preview=preview) as engine, pytest.raises(InvalidConfigError) as caught:
        engine.run(program)
    assert [problem.code for problem in caught.value.problems] == ["second-installation"]
    assert str(caught.value).startswith(
        "OpenKruise 'west': 1 problem\n\nOpenKruise 'west': has the Kubernetes"
    )


@pytest.mark.usefixtures("real_run")
def test_two_components_on_one_server_are_refused() -> None:
    same = "http://127.0.0.1:1"
    with new_engine() as engine, pytest.raises(InvalidConfigError) as caught:
        engine.run(lambda: two(same, same))
    (problem,) = caught.value.problems
    assert problem.code == "second-installation"
    assert f"has the API server {same} of OpenKruise" in problem.reason


@pytest.mark.usefixtures("real_run")
@pytest.mark.parametrize("server", ["", "http://127.0.0.1:1"])
@pytest.mark.parametrize("preview", [True, False])
def test_two_components_that_get_one_provider_from_another_process_are_refused(
    preview: bool, server: str
) -> None:
    """Once: also where the server is known, which they have in common then."""
    import pulumi_kubernetes

    async def program() -> None:
        made = pulumi_kubernetes.Provider(
            "edge", kubeconfig=json.dumps(kubeconfig(server)) if server else "{"
        )
        reference = f"{await made.urn.future()}::{await made.id.future() or 'unknown'}"
        for name in ("east", "west"):
            provider = DependencyProviderResource(reference)
            args: OpenKruiseArgs = {"virtual_node_selectors": [name], "node_check": "off"}
            OpenKruise(name, args, pulumi.ResourceOptions(providers=[provider]))

    with new_engine(preview=preview) as engine, pytest.raises(InvalidConfigError) as caught:
        engine.run(lambda: pulumi.export("made", pulumi.Output.from_input(program())))
    (problem,) = caught.value.problems
    assert problem.code == "second-installation"
    assert "has the Kubernetes provider of OpenKruise" in problem.reason


@pytest.mark.usefixtures("real_run")
def test_a_new_run_of_the_program_declares_its_own() -> None:
    for _ in range(2):
        with new_engine() as engine:
            engine.run(lambda: OpenKruise("kruise", {}))


@pytest.mark.usefixtures("real_run")
def test_two_installations_in_one_program(engine: Engine) -> None:
    engine.run(lambda: two("http://127.0.0.1:1/east", "http://127.0.0.1:1/west"))
    names = {one.name for one in engine.registered if not one.type.startswith("pulumi:providers:")}
    children = ("", "-installation", "-namespace", "-release")
    assert names == {f"{place}{child}" for place in ("east", "west") for child in children}


@pytest.mark.usefixtures("real_run")
def test_two_installations_on_servers_that_are_not_known_are_not_taken_for_one(engine: Engine) -> None:
    def program() -> None:
        import pulumi_kubernetes

        for name in ("east", "west"):
            provider = pulumi_kubernetes.Provider(name, kubeconfig="{")
            OpenKruise(name, {"node_check": "off"}, pulumi.ResourceOptions(providers=[provider]))

    engine.run(program)
    assert engine.types.count(RELEASE) == 2


def _future(value: Any) -> Any:
    import asyncio

    future: asyncio.Future[Any] = asyncio.get_event_loop_policy().get_event_loop().create_future()
    future.set_result(value)
    return future


def test_no_daemon_is_not_counted(engine: Engine) -> None:
    declare(engine, {"feature_gates": {"KruiseDaemon": False}})
    outputs = engine.outputs[PARENT]
    assert (outputs["daemonDesired"], outputs["daemonReady"], outputs["releaseRevision"]) == (0, 0, 2)
    values = engine.of_type(RELEASE).inputs["values"]
    assert values["featureGates"] == "ImagePullJobGate=true,KruiseDaemon=false"
    # Where it is turned on again, it must not start where it never was.
    assert values["daemon"]["affinity"]["nodeAffinity"] == require_exclusion(*BASE)
    assert outputs["affinity"] == exclusion_affinity(BASE)


def test_what_other_keys_stand_for_reaches_the_release_and_values_go_over_it(engine: Engine) -> None:
    replicas = pulumi.Output.from_input(3)
    args: OpenKruiseArgs = {
        "platform": "k3s",
        "image_registry": "localhost:5000",
        "image_pull_secrets": ["pull"],
        "values": {"daemon": {"socketLocation": "/run"}, "manager": {"replicas": replicas}},
    }
    declare(engine, args)
    values = engine.of_type(RELEASE).inputs["values"]
    assert values["daemon"]["socketLocation"] == "/run"
    assert values["imagePullSecrets"] == [{"name": "pull"}]
    assert values["helmHooks"] == {"image": {"repository": "localhost:5000/openkruise/kruise-helm-hook"}}
    assert values["manager"] == {
        "image": {"repository": "localhost:5000/openkruise/kruise-manager"},
        "nodeAffinity": require_exclusion(*BASE),
        "replicas": 3,
    }


@pytest.mark.parametrize("late", [False, True])
def test_an_exclusion_that_only_joined_with_the_values_can_be_said(engine: Engine, late: bool) -> None:
    k = {"key": "k", "operator": "In", "values": ["3", "9"]}
    own = {"nodeSelectorTerms": [{"matchExpressions": [k]}]}
    daemon = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": own}}}
    port: Any = pulumi.Output.from_input(1) if late else 1
    args: OpenKruiseArgs = {
        "virtual_node_selectors": ["k>5,x=y"],
        "base_exclusions": False,
        "exclude_manager": False,
        "values": {"daemon": {**daemon, "port": port}},
    }
    declare(engine, args)
    affinity = solve(["k>5,x=y"], required=own).affinity
    written = engine.of_type(RELEASE).inputs["values"]["daemon"]
    assert written["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == affinity
    assert engine.outputs[PARENT]["affinity"] == affinity
    args["exclude_manager"] = True  # it would use the exclusion as it is
    with pytest.raises(InvalidConfigError, match="virtual_node_selectors: Kubernetes cannot express"):
        declare(engine, args)
    args["values"] = {"daemon": {**daemon, "port": port}, "manager": daemon["affinity"]}
    declare(engine, args)


def test_that_there_is_no_daemon_has_to_be_known_in_time(engine: Engine) -> None:
    values = pulumi.Output.from_input({"featureGates": "ImagePullJobGate=true,KruiseDaemon=false"})
    with pytest.raises(InvalidConfigError, match=r"values\.featureGates: whether there is a daemon"):
        declare(engine, {"values": values})
    assert RELEASE not in engine.types


def test_gates_that_are_known_count_beside_outputs(engine: Engine) -> None:
    gates = "ImagePullJobGate=true,KruiseDaemon=false"
    declare(engine, {"values": {"featureGates": gates, "manager": {"replicas": pulumi.Output.from_input(1)}}})
    assert engine.outputs[PARENT]["daemonDesired"] == 0


def test_under_mocks_nothing_outside_is_looked_at(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*_arguments: Any) -> None:
        raise AssertionError("a repository was asked")

    monkeypatch.setattr("pulumi_openkruise.chart.repository._fetch", reached)
    declare(engine, {"chart_repository": "http://127.0.0.1:1"})
    install_at_a_path: OpenKruiseArgs = {"chart": "./no/such/chart"}
    with new_engine() as another:
        declare(another, install_at_a_path)


def test_the_affinity_is_known_unless_an_output_can_change_it(engine: Engine) -> None:
    def program() -> None:
        plain = read_settings({}, source="test")
        assert Given(plain, "test").affinity_is_known
        assert Given(plain, "test", {"manager": {"replicas": 3}}).affinity_is_known
        assert not Given(plain, "test", pulumi.Output.from_input({})).affinity_is_known

    engine.run(program)
