"""The admission policy that labels virtual nodes, and nodes that it has missed."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.snapshot import NodeFacts

from tests.support.findings import declared_virtual, found, guarded, nodes_and
from tests.support.installed import expected, facts, node, node_object, virtual

BURST = virtual("burst-1", annotated=True)


def test_a_node_that_was_missed_is_named_with_the_policy() -> None:
    finding = found(check(guarded(BURST), expected()))["policy-missed-node"]
    assert finding.evidence == (
        "no label openkruise.io/virtual-node on burst-1",
        "MutatingAdmissionPolicy openkruise-virtual-nodes is there",
    )


def test_what_the_policy_is_not_to_label() -> None:
    declared = replace(BURST, labels={**BURST.labels, "openkruise.io/virtual-node": "false"})
    new = replace(BURST, created="2026-01-01T11:55:00Z")
    undated = replace(BURST, created="")
    one_sign = _by_image("machine-1")  # which does not decide where a machine has marks
    for one in (declared, new, undated, one_sign, node("real-3")):
        assert "policy-missed-node" not in found(check(guarded(one), expected()))


def test_signs_that_decide_together_count_too() -> None:
    both = virtual("burst-2")  # one label and one taint that everyone can set, and no runtime
    assert found(check(guarded(both), expected()))["policy-missed-node"].objects == (("Node", "burst-2", ""),)


def test_a_kind_that_counts_where_it_is_named() -> None:
    raw = node_object("eklet-1", node__kubernetes__io___instance_type="eklet")
    raw["metadata"]["labels"] = {"node.kubernetes.io/instance-type": "eklet"}
    raw["spec"]["taints"] = [{"key": "eks.tke.cloud.tencent.com/eklet", "effect": "NoSchedule"}]
    assert facts(raw).policy_signals == (False, True)
    rule = {"node_label_policy": "label", "virtual_node_presets": ["tke-supernode"]}
    assert "policy-missed-node" not in found(check(guarded(facts(raw)), expected()))
    assert "policy-missed-node" in found(check(guarded(facts(raw)), expected(**rule)))


def test_a_selector_of_the_stacks_policy_counts() -> None:
    config = {"node_label_policy": "label", "node_label_selectors": ["pool=next"]}
    snapshot = guarded(node("next-1", pool="next"))
    assert "policy-missed-node" in found(check(snapshot, expected(**config)))
    assert "policy-missed-node" not in found(check(snapshot, expected()))


def test_labels_are_listed_after_the_policy_is_gone() -> None:
    snapshot = nodes_and(
        declared_virtual(virtual("burst-1")), declared_virtual(virtual("b-2", labelled=False))
    )
    finding = found(check(snapshot, expected()))["policy-labels-left"]
    assert finding.evidence == (
        "openkruise.io/virtual-node=true on b-2",
        "openkruise.io/virtual-node=true, type=virtual-kubelet on burst-1",
    )
    assert finding.severity == "info"
    assert "kubectl label nodes" in finding.remedy
    soon = expected(node_label_policy="label")  # whose next update brings the policy
    assert "policy-labels-left" not in found(check(snapshot, soon))


OTHERS = {"manager": "kubelet", "fieldsV1": {"f:metadata": {"f:labels": {"f:kubernetes.io/os": {}}}}}
OWNER = {
    "manager": "kubectl-label",
    "fieldsV1": {"f:metadata": {"f:labels": {"f:openkruise.io/virtual-node": {}}}},
}


@pytest.mark.parametrize(
    ("managers", "unowned"), [([OTHERS], True), ([OTHERS, OWNER], False), ([], False), (None, False)]
)
def test_a_label_that_a_person_has_set_is_not_the_policys(managers: Any, unowned: bool) -> None:
    raw = node_object("burst-1")
    raw["metadata"]["labels"]["openkruise.io/virtual-node"] = "true"
    raw["metadata"]["managedFields"] = managers
    assert facts(raw).unowned_label is unowned


def test_what_the_policy_has_set_is_no_reason_to_set_it() -> None:
    raw = node_object("odd-1")
    raw["metadata"]["labels"] |= {"openkruise.io/virtual-node": "true", "type": "virtual-kubelet"}
    assert facts(raw).policy_signals == (False, False)


def _by_image(name: str) -> NodeFacts:
    raw = node_object(name)
    raw["spec"]["providerID"] = "aws:///eu-west-1a/i-0123456789abcdef0"
    raw["status"]["nodeInfo"]["osImage"] = "Fake Kubernetes Image"
    return facts(raw)


def test_without_the_policy_nothing_is_missed() -> None:
    assert "policy-missed-node" not in found(check(nodes_and(BURST), expected()))
    report = check(nodes_and(BURST, node_label_policy=Unavailable("not allowed")), expected())
    assert "policy-missed-node" not in found(report)
    assert "whether the admission policy has labelled virtual nodes" in [
        one.what for one in report.not_checked
    ]
