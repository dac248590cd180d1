"""What a preview announces of an update or of a new release."""

from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruiseArgs

from tests.support.api_server import ApiServer
from tests.support.hook_calls import CLONE_SETS, call_hook, make_config, record_revisions

LISTED = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}]}
WITH_AFFINITY = {
    "daemon": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": LISTED}}}
}


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_says_what_a_changed_affinity_does(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], preview: bool
) -> None:
    after = {"daemon": {"nodeSelector": {"disk": "ssd"}}}
    new = {"daemon": {**WITH_AFFINITY["daemon"], **after["daemon"]}}
    update: dict[str, Any] = {
        "old_inputs": {"values": WITH_AFFINITY},
        "new_inputs": {"values": new},
        "preview": preview,
    }
    assert call_hook(make_config(server), hooks, "update release", **update) == ""
    assert [note.splitlines()[1:] for note in said] == [
        ["  nodes that lose it: 'disk!=ssd' (unless 'a=1')"]
    ] * preview


def test_a_preview_that_does_not_know_the_values_yet_goes_by_the_affinity(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    # What the component knows of values that hold outputs.
    args: OpenKruiseArgs = {
        "base_exclusions": False,
        "virtual_node_selectors": ["a=1", "b=1"],
        "values": {"daemon": {"affinity": {}}},
    }

    class Unknown(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            nothing: Any = pulumi.runtime.rpc.UNKNOWN
            return pulumi.Output.from_input(nothing) if key == "values" else default

    update: dict[str, Any] = {"old_inputs": {"values": WITH_AFFINITY}, "new_inputs": Unknown(x=1)}
    assert call_hook(make_config(server), hooks, "update release", args, preview=True, **update) == ""
    assert [note.splitlines()[1:] for note in said] == [["  nodes that lose it: 'b=1' (unless 'a=1')"]]

    # Where an output may change the daemon's affinity too, nothing is known of it, and nothing is said.
    said.clear()
    hooks.clear()

    def later() -> OpenKruiseArgs:
        return {**args, "values": {"daemon": {"affinity": pulumi.Output.from_input({})}}}

    def whole() -> OpenKruiseArgs:
        return {**args, "values": pulumi.Output.from_input({"daemon": {"affinity": {}}})}

    for late in (later, whole):
        hooks.clear()
        assert call_hook(make_config(server), hooks, "update release", late, preview=True, **update) == ""
        assert said == []


@pytest.mark.parametrize("late", ["manager", "daemon"])
def test_a_preview_that_does_not_know_one_value_says_what_the_others_do(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], late: str
) -> None:
    unknown: Any = pulumi.output.UNKNOWN
    new: dict[str, Any] = {"daemon": {**WITH_AFFINITY["daemon"], "nodeSelector": {"disk": "ssd"}}}
    new |= {"manager": {"replicas": unknown}} if late == "manager" else {"daemon": unknown}
    update: dict[str, Any] = {"old_inputs": {"values": WITH_AFFINITY}, "new_inputs": {"values": new}}
    assert call_hook(make_config(server), hooks, "update release", preview=True, **update) == ""
    assert [note.splitlines()[1:] for note in said] == [
        ["  nodes that lose it: 'disk!=ssd' (unless 'a=1')"]
    ] * (late == "manager")


def add_real_node(server: ApiServer) -> None:
    """Give the cluster a real node with the label a=1."""
    info = {"containerRuntimeVersion": "containerd://2.1.4", "operatingSystem": "linux", "osImage": "Debian"}
    info |= {"kubeletVersion": "v1.33.1", "kernelVersion": "6.1", "architecture": "amd64"}
    real = {"metadata": {"name": "a", "labels": {"a": "1"}}, "status": {"nodeInfo": info}}
    server.objects("/api/v1/nodes", [real])


@pytest.mark.parametrize("preview", [True, False])
def test_only_a_preview_reports_the_nodes_that_a_new_release_leaves_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], preview: bool
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    add_real_node(server)
    args: OpenKruiseArgs = {"node_check": "warn", "virtual_node_selectors": ["a=1"]}
    created: dict[str, Any] = {"new_inputs": {"values": WITH_AFFINITY}}
    assert call_hook(make_config(server), hooks, "create release", args, preview=preview, **created) == ""
    asked = [path for _, path, *_ in server.asked]
    # In `up` the check after the release reads the nodes, once.
    assert asked.count("/api/v1/nodes") == 1
    assert any("real nodes get no daemon" in note for note in said) is preview


def test_a_preview_of_a_restart_reports_the_nodes_that_it_leaves_out(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    add_real_node(server)
    args: OpenKruiseArgs = {"node_check": "warn", "virtual_node_selectors": ["a=1"]}
    listed = {"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}
    before = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [listed]}}
    }
    for old, reported in (({"daemon": {"affinity": before}}, True), (WITH_AFFINITY, False)):
        said.clear()
        update: dict[str, Any] = {"old_inputs": {"values": old}, "new_inputs": {"values": WITH_AFFINITY}}
        assert call_hook(make_config(server), hooks, "update release", args, preview=True, **update) == ""
        assert any("real nodes get no daemon" in note for note in said) is reported


@pytest.mark.parametrize("known", ["nothing", "all but the placement"])
def test_a_preview_reports_no_nodes_while_the_placement_is_not_known(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str], known: str
) -> None:
    record_revisions(server)
    server.routes.pop(CLONE_SETS)
    add_real_node(server)

    def make() -> OpenKruiseArgs:
        late: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input({})
        values: Any = late if known == "nothing" else {"daemon": {"nodeSelector": late}}
        return {"node_check": "warn", "virtual_node_selectors": ["a=1"], "values": values}

    created: dict[str, Any] = {"new_inputs": {"values": {} if known == "nothing" else WITH_AFFINITY}}
    assert call_hook(make_config(server), hooks, "create release", make, preview=True, **created) == ""
    assert said == []
    assert "/api/v1/nodes" not in [path for _, path, *_ in server.asked]


@pytest.mark.parametrize("preview", [True, False])
def test_what_comes_with_another_version_is_said_in_preview(
    preview: bool, server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.1"}
    assert call_hook(make_config(server), hooks, "update release", stated, preview=preview, **update) == ""
    assert any(note.startswith("info: OpenKruise 1.8.3 becomes 1.9.1") for note in said) is preview


def test_objects_that_an_upgrade_takes_fields_from_are_named_in_preview(
    server: ApiServer, hooks: dict[str, pulumi.ResourceHook], said: list[str]
) -> None:
    adaptive = {"unschedulableLastSeconds": 60}
    spec = {"topology": {"scheduleStrategy": {"type": "Adaptive", "adaptive": adaptive}}}
    united = {"kind": "UnitedDeployment", "metadata": {"name": "shop", "namespace": "default"}, "spec": spec}
    server.objects("/apis/apps.kruise.io/v1alpha1/uniteddeployments", [united])
    update: dict[str, Any] = {"old_inputs": {"version": "1.8.3"}, "new_inputs": {"version": "1.9.1"}}
    stated: OpenKruiseArgs = {"chart_version": "1.9.1"}
    assert call_hook(make_config(server), hooks, "update release", stated, preview=True, **update) == ""
    (note,) = [note for note in said if "lacks fields" in note]
    assert note.startswith("warn: 1.9.1 lacks fields that custom resources set")
    field = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"
    assert f"  UnitedDeployment default/shop: {field}" in note


@pytest.mark.parametrize(("old", "new", "warned"), [("1.8.3", "1.9.1", True), ("1.7.5", "1.8.3", False)])
def test_only_an_upgrade_that_takes_fields_away_says_that_it_could_not_look_for_them(
    hooks: dict[str, pulumi.ResourceHook],
    said: list[str],
    old: str,
    new: str,
    warned: bool,
) -> None:
    update: dict[str, Any] = {"old_inputs": {"version": old}, "new_inputs": {"version": new}}
    stated: OpenKruiseArgs = {"chart_version": new}
    assert call_hook({}, hooks, "update release", stated, preview=True, **update) == ""
    assert any(note.startswith(f"warn: fields that {new} drops without") for note in said) is warned
    assert any(note.startswith(f"info: OpenKruise {old} becomes {new}") for note in said)
