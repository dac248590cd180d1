"""Live objects against the manifest, and the live affinity against the stack's."""

from typing import Any

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.checks.drift import check_objects, find_differences

from tests.support.findings import CASES, found
from tests.support.installed import broken, configuration, expected, healthy


def test_a_changed_stack_and_a_change_by_hand_get_different_remedies() -> None:
    snapshot, wanted = CASES["affinity-drift"]()
    by_hand = found(check(snapshot, wanted))["affinity-drift"]
    assert "reapply" in by_hand.remedy
    newer = expected(virtual_node_selectors=["type=kwok,!x"])
    not_applied = found(check(healthy(), newer))["affinity-drift"]
    assert "pulumi up" in not_applied.remedy
    assert "the stack has changed since" in not_applied.remedy


@pytest.mark.parametrize(
    ("wanted", "real"),
    [
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"cpu": "0.5"}, {"cpu": "500m"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
        ({"a": None, "b": {}, "c": [], "d": "", "e": False, "f": 0}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([{"a": 1}], [{"a": 1, "b": 2}]),
        ({"at": None}, {"at": "2026-01-01T00:00:00Z"}),
    ],
)
def test_what_means_the_same_is_no_difference(wanted: Any, real: Any) -> None:
    assert list(find_differences(wanted, real)) == []


@pytest.mark.parametrize(
    ("wanted", "real", "path"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ("a", "b")),
        ({"a": [1, 2]}, {"a": [1]}, ("a",)),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ("a", "[0]", "b")),
        ({"cpu": "1000m"}, {"cpu": "2"}, ("cpu",)),
        ({"a": True}, {}, ("a",)),
        ({"a": "x"}, {"a": {"b": 1}}, ("a",)),
        ({"a": {"b": 1}}, {"a": "x"}, ("a", "b")),
    ],
)
def test_what_differs_is_named_by_its_path(wanted: Any, real: Any, path: tuple[str, ...]) -> None:
    assert list(find_differences(wanted, real)) == [path]


def test_what_the_manager_writes_itself_is_no_drift() -> None:

    kind = "MutatingWebhookConfiguration"
    key = ("admissionregistration.k8s.io/v1", kind, "", "kruise-mutating-webhook-configuration")
    metadata = {"annotations": {"template": ""}}
    wanted = {key: {"metadata": metadata, "webhooks": [{"name": "a", "clientConfig": {}}]}}
    now = {**configuration("mutating"), "metadata": {"annotations": {"template": "[...]"}}}
    assert list(check_objects(broken(manifest=wanted, live={key: now}))) == []
