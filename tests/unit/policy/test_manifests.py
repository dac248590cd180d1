"""The manifests: what keeps them from ever keeping a node out, and what they set; golden bytes.

A change of the bytes patches the policy of each cluster that has one. Only tests/oracle and tests/e2e have a
real API server evaluate it. After an intended change, once those pass:
``UPDATE_GOLDEN=1 python -m pytest tests/unit/policy``
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.policy import manifests
from pulumi_openkruise.policy.rule import NodeLabelRule
from pulumi_openkruise.policy.signals import NOT_BY_DEFAULT
from pulumi_openkruise.selectors import parse

POLICIES = {
    "mutating": manifests.write_mutating_policy,
    "validating": manifests.write_validating_policy,
    "kyverno": manifests.write_kyverno_policy,
}

GOLDEN = Path(__file__).with_name("golden_policies.json")
WHOLE = NodeLabelRule(
    presets=tuple(sorted(NOT_BY_DEFAULT)),
    selectors=tuple(map(parse, ["pool=burst", "!a,b notin (c,d)", "n>3,n<9,a"])),
    excluded=tuple(map(parse, ["type=virtual-kubelet", "b in (c,d)"])),
)
RULES = {"mutating": WHOLE, "validating": NodeLabelRule(set_type=False), "kyverno": NodeLabelRule()}


def test_golden_bytes() -> None:
    written = json.dumps({name: write(RULES[name]) for name, write in POLICIES.items()}, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(written)
    assert written == GOLDEN.read_text()


def _conditions(policy: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["expression"] for one in policy["spec"]["matchConditions"]}


@pytest.mark.parametrize("name", POLICIES)
def test_no_policy_can_keep_a_node_out(name: str) -> None:
    policy, *bindings = POLICIES[name](NodeLabelRule())
    assert policy["spec"]["failurePolicy"] == "Ignore"
    assert "paramKind" not in policy["spec"]
    assert policy["spec"]["matchConstraints"]["resourceRules"][0]["resources"] == ["nodes", "nodes/status"]
    for binding in bindings:
        assert binding["spec"]["policyName"] == policy["metadata"]["name"]
        assert "Deny" not in binding["spec"].get("validationActions", [])


def _labels_set(rule: NodeLabelRule) -> list[str]:
    policy, _binding = manifests.write_mutating_policy(rule)
    expressions = [one["applyConfiguration"]["expression"] for one in policy["spec"]["mutations"]]
    return [expression.split("labels: {", 1)[1].split("}", 1)[0] for expression in expressions]


def test_only_labels_that_a_kubelet_may_have_are_set() -> None:
    """NodeRestriction checks again, as the kubelet: others would keep a real node out."""
    assert _labels_set(NodeLabelRule()) == [
        '"openkruise.io/virtual-node": "true"',
        '"type": "virtual-kubelet"',
    ]
    assert _labels_set(NodeLabelRule(set_type=False)) == ['"openkruise.io/virtual-node": "true"']


def test_a_declaration_is_never_changed() -> None:
    policy, _binding = manifests.write_mutating_policy(NodeLabelRule(set_type=False))
    assert _conditions(policy)["needs-label"] == (
        '!(has(object.metadata.labels) && "openkruise.io/virtual-node" in object.metadata.labels)'
    )


def test_selectors_of_the_config_are_part_of_the_rule() -> None:
    rule = NodeLabelRule(selectors=(parse("pool=burst"),), excluded=(parse("type=virtual-kubelet"),))
    mutating, _ = manifests.write_mutating_policy(rule)
    assert '["burst"]' in _conditions(mutating)["is-virtual"]
    validating, binding = manifests.write_validating_policy(rule)
    assert validating["spec"]["validations"][0]["expression"].endswith('in ["virtual-kubelet"]))')
    assert binding["spec"]["validationActions"] == ["Warn", "Audit"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("mutating", ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]),
        ("validating", ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]),
        ("kyverno", ["MutatingPolicy"]),
    ],
)
def test_objects_are_of_kinds_that_the_servers_know(name: str, written: list[str]) -> None:
    objects = POLICIES[name](NodeLabelRule())
    group = "policies.kyverno.io/v1alpha1" if name == "kyverno" else "admissionregistration.k8s.io/v1"
    assert [one["kind"] for one in objects] == written
    assert {one["apiVersion"] for one in objects} == {group}
    assert len({one["metadata"]["name"] for one in objects}) == 1


def test_kyverno_takes_the_same_expressions() -> None:
    (policy,) = manifests.write_kyverno_policy(NodeLabelRule())
    mutating, _binding = manifests.write_mutating_policy(NodeLabelRule())
    assert _conditions(policy) == _conditions(mutating)
    assert policy["spec"]["mutations"] == mutating["spec"]["mutations"]
