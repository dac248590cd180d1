"""What a stack, a list of selectors or the cluster's own DaemonSet wants, and which nodes that admits."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import Expected, expect_daemon_set, expect_selectors
from pulumi_openkruise.checks.expected import expect_values, match_nodes
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.selectors import solve

from tests.support.installed import expected, node


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"nodeSelectorTerms": [{"matchExpressions": [term]} for term in terms]}


UNKNOWN: dict[str, Any] = {
    "release_name": "kruise",
    "required": None,
    "chart_version": None,
    "is_stack": False,
    "owns_namespace": False,
    "has_daemon": True,
    "socket": None,
    "label_rule": None,
}
"""Where no stack is known: nothing live has to match it, and nothing is its own."""
BURST = {"key": "pool", "operator": "NotIn", "values": ["burst"]}
ZONE = {"key": "zone", "operator": "In", "values": ["a"]}


def test_what_a_stack_wants() -> None:
    values = {
        "daemon": {
            "affinity": {"nodeAffinity": {REQUIRED: required(ZONE)}},
            "nodeSelector": {"disk": "ssd"},
            "socketLocation": "/run/k3s",
            "socketFile": "x.sock",
        }
    }
    found = expected(
        virtual_node_selectors=["pool=burst"],
        values=values,
        namespace="n",
        release_name="r",
        release_namespace="m",
        chart_version="1.8.3",
        create_namespace=False,
    )
    assert (found.source, found.is_stack, found.has_daemon) == ("Pulumi.test.yaml", True, True)
    assert (found.namespace, found.release_name, found.release_namespace) == ("n", "r", "m")
    assert (found.chart_version, found.owns_namespace) == ("1.8.3", False)
    assert found.selectors[0] == "pool=burst"
    assert len(found.selectors) == len(found.origins) > 1
    assert found.origins[0] == "openkruise:virtualNodeSelectors[0]"
    assert set(found.origins[1:]) == {"base exclusion"}
    assert found.required == required(ZONE)
    assert found.node_selector == {"disk": "ssd"}
    assert found.socket == ("/run/k3s", "x.sock")
    assert found.label_rule is None
    for affinity, zone in ((found.daemon, True), (found.manager, False)):
        assert affinity is not None
        (term,) = affinity["nodeSelectorTerms"]
        keys = {one["key"] for one in term["matchExpressions"]}
        assert {"pool", "type"} <= keys
        assert ("zone" in keys) is zone


def test_what_a_stack_wants_that_says_nothing() -> None:
    found = expected()
    assert (found.namespace, found.release_name, found.release_namespace) == (
        "kruise-system",
        "kruise",
        "kruise-system",
    )
    assert (found.required, found.node_selector, found.owns_namespace) == (None, {}, True)
    assert found.socket == ("/var/run", "")
    assert expected(exclude_manager=False).manager is None
    assert not expected(platform="gke-autopilot").has_daemon


@pytest.mark.parametrize("odd", ["x", 5, ["x"], None])
def test_what_is_not_a_node_selector_counts_as_none(odd: Any) -> None:
    settings = read_settings({}, source="test", field_name=config_field_name())
    values = {
        "daemon": {"affinity": {"nodeAffinity": {REQUIRED: odd}}, "nodeSelector": odd, "socketLocation": odd},
        "manager": {"nodeAffinity": {REQUIRED: odd}},
    }
    found = expect_values(replace(settings, values=values), values, "x")
    assert (found.required, found.daemon, found.manager, found.node_selector) == (None, None, None, {})
    assert found.socket == (odd if isinstance(odd, str) else "/var/run", "")


@pytest.mark.parametrize(("policy", "labels"), [("label", True), ("warn", False), ("off", False)])
def test_only_a_policy_that_labels_nodes_has_a_rule(policy: str, labels: bool) -> None:
    found = expected(node_label_policy=policy)
    assert (found.label_rule is not None) is labels


def test_what_selectors_alone_want() -> None:
    listed = [("pool=burst", "an argument"), ("type=virtual-kubelet", "base exclusion")]
    exclusion = solve([selector for selector, _origin in listed])
    assert expect_selectors(exclusion, "the arguments", listed, "n") == Expected(
        source="the arguments",
        selectors=("pool=burst", "type=virtual-kubelet"),
        origins=("an argument", "base exclusion"),
        daemon=exclusion.affinity,
        manager=exclusion.affinity,
        namespace="n",
        release_namespace="n",
        **UNKNOWN,
    )


@pytest.mark.parametrize(("given", "records"), [("", "n"), ("m", "m")])
def test_what_a_daemon_set_wants(given: str, records: str) -> None:
    spec = {
        "affinity": {"nodeAffinity": {REQUIRED: required(BURST)}},
        "nodeSelector": {"disk": "ssd", "number": 5},
    }
    assert expect_daemon_set({"spec": {"template": {"spec": spec}}}, "n", given) == Expected(
        source="the DaemonSet in the cluster",
        daemon=required(BURST),
        node_selector={"disk": "ssd"},
        namespace="n",
        release_namespace=records,
        **UNKNOWN,
    )
    for odd in ({}, {"affinity": {"nodeAffinity": {REQUIRED: "x"}}}):
        assert expect_daemon_set({"spec": {"template": {"spec": odd}}}, "n").daemon is None


def test_a_node_is_admitted_by_affinity_and_node_selector_together() -> None:
    nodes = [
        node("a", pool="burst", disk="ssd"),
        node("b", pool="burst"),
        node("c", disk="ssd"),
        node("d"),
    ]
    wanted = Expected("x", selectors=("pool=burst",), origins=("x",), daemon=required(BURST))

    def admitted(one: Expected) -> list[bool]:
        found = match_nodes(one, nodes)
        assert [match.indexes() for match in found] == [(0,), (0,), (), ()]
        return [match.admitted for match in found]

    assert admitted(wanted) == [False, False, True, True]
    assert admitted(replace(wanted, node_selector={"disk": "ssd"})) == [False, False, True, False]
    assert admitted(replace(wanted, daemon=None, node_selector={"disk": "ssd"})) == [True, False, True, False]
    assert admitted(replace(wanted, has_daemon=False)) == [False] * 4
