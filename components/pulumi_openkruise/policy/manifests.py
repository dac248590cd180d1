"""The rule as manifests: admission policies of Kubernetes with their bindings, and a policy of Kyverno.

What must hold for all of them: a node always joins. So ``failurePolicy`` is Ignore, no parameters are used
(an informer of parameters can stay dead until the API server restarts, kubernetes#130887), and only labels
are set whose domain NodeRestriction lets a kubelet have: it checks again after a mutation, as the kubelet
itself.
"""

from typing import Any

from ..catalogue.indicators import DECLARED
from .expressions import HAS_LABELS, quote
from .rule import TYPE_KEY, TYPE_VALUE, NodeLabelRule

API_GROUP = "admissionregistration.k8s.io"
API_VERSION = f"{API_GROUP}/v1"
MUTATING, VALIDATING = "MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"
MUTATING_SINCE, VALIDATING_SINCE = "1.36", "1.30"
"""The versions of Kubernetes that serve them as v1, on by default."""
NAME = "openkruise-virtual-nodes"

_CONSTRAINTS = {
    "resourceRules": [
        {
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            # A node that existed before is seen at its next status patch.
            "resources": ["nodes", "nodes/status"],
        }
    ]
}


def write_mutating_policy(rule: NodeLabelRule, name: str = NAME) -> list[dict[str, Any]]:
    """Return a MutatingAdmissionPolicy that labels virtual nodes, and its binding."""
    return [
        _write_object(API_VERSION, MUTATING, name, _write_mutating_spec(rule)),
        _write_object(API_VERSION, f"{MUTATING}Binding", name, {"policyName": name}),
    ]


def write_validating_policy(rule: NodeLabelRule, name: str = NAME) -> list[dict[str, Any]]:
    """Return a ValidatingAdmissionPolicy that warns of virtual nodes, and its binding."""
    spec = {
        "failurePolicy": "Ignore",
        "matchConstraints": _CONSTRAINTS,
        "matchConditions": [
            {"name": "undeclared", "expression": NodeLabelRule(set_type=False).needs_label()},
            {"name": "looks-virtual", "expression": rule.looks_virtual()},
        ],
        "validations": [
            {
                "expression": rule.is_excluded(),
                "message": "this node looks virtual, and no selector of OpenKruise's stack excludes it: "
                f"kruise-daemon will be sent there; label it {DECLARED}=true (virtual) or {DECLARED}=false",
            }
        ],
    }
    binding = {"policyName": name, "validationActions": ["Warn", "Audit"]}
    return [
        _write_object(API_VERSION, VALIDATING, name, spec),
        _write_object(API_VERSION, f"{VALIDATING}Binding", name, binding),
    ]


def write_kyverno_policy(rule: NodeLabelRule, name: str = NAME) -> list[dict[str, Any]]:
    """Return the same rule as a MutatingPolicy of Kyverno 1.15 and up, which takes the same expressions."""
    spec = {key: value for key, value in _write_mutating_spec(rule).items() if key != "reinvocationPolicy"}
    return [_write_object("policies.kyverno.io/v1alpha1", "MutatingPolicy", name, spec)]


def _write_mutating_spec(rule: NodeLabelRule) -> dict[str, Any]:
    return {
        "failurePolicy": "Ignore",
        "reinvocationPolicy": "Never",
        "matchConstraints": _CONSTRAINTS,
        "matchConditions": [
            {"name": "needs-label", "expression": rule.needs_label()},
            {"name": "is-virtual", "expression": rule.is_virtual()},
        ],
        "mutations": [
            _set_label(DECLARED, "true"),
            *([_set_label(TYPE_KEY, TYPE_VALUE)] if rule.set_type else []),
        ],
    }


def _set_label(key: str, value: str) -> dict[str, Any]:
    """Return a mutation that sets a label where it is absent; an existing one is kept."""
    present = f"{HAS_LABELS} && {quote(key)} in object.metadata.labels"
    added = f"Object{{metadata: Object.metadata{{labels: {{{quote(key)}: {quote(value)}}}}}}}"
    return {
        "patchType": "ApplyConfiguration",
        "applyConfiguration": {"expression": f"{present} ? Object{{}} : {added}"},
    }


def _write_object(api_version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}
