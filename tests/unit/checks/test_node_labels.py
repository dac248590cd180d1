"""The admission policy that labels virtual nodes, and nodes that it has missed."""

from dataclasses import replace

from pulumi_openkruise.checks import Snapshot, check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.snapshot import NodeFacts

from tests.support.findings import POLICY, found, nodes_and
from tests.support.installed import expected, facts, node, node_object, virtual

BURST = virtual("burst-1", annotated=True)


def with_policy(*nodes: NodeFacts) -> Snapshot:
    return nodes_and(*nodes, node_label_policy=POLICY)


def test_a_node_that_was_missed_is_named_with_the_policy() -> None:
    finding = found(check(with_policy(BURST), expected()))["policy-missed-node"]
    assert finding.evidence == (
        "no label openkruise.io/virtual-node on burst-1",
        "MutatingAdmissionPolicy openkruise-virtual-nodes is there",
    )


def test_what_the_policy_is_not_to_label() -> None:
    declared = replace(BURST, labels={**BURST.labels, "openkruise.io/virtual-node": "false"})
    new = replace(BURST, created="2026-01-01T11:55:00Z")
    undated = replace(BURST, created="")
    strong_alone = virtual("burst-2")  # one label and one taint that everyone can set
    by_image = _by_image("burst-3")  # which does not decide for the policy, where a machine has marks
    for one in (declared, new, undated, strong_alone, by_image, node("real-3")):
        assert "policy-missed-node" not in found(check(with_policy(one), expected()))


def _by_image(name: str) -> NodeFacts:
    raw = node_object(name)
    raw["status"]["nodeInfo"]["osImage"] = "Fake Kubernetes Image"
    return facts(raw)


def test_without_the_policy_nothing_is_missed() -> None:
    assert "policy-missed-node" not in found(check(nodes_and(BURST), expected()))
    report = check(nodes_and(BURST, node_label_policy=Unavailable("not allowed")), expected())
    assert "policy-missed-node" not in found(report)
    assert "whether the admission policy has labelled virtual nodes" in [
        one.what for one in report.not_checked
    ]
