"""Live objects against the manifest, and the live affinity against the stack's."""

from typing import Any

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.checks.drift import _compare, check_objects, find_differences

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


def requirement(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def selector(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    return {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}


A, B, NO_C = (
    requirement("a", "In", "x", "y"),
    requirement("b", "NotIn", "z"),
    requirement("c", "DoesNotExist"),
)


@pytest.mark.parametrize(
    ("real", "wanted", "said"),
    [
        (selector([A, B]), selector([A, NO_C]), "lacks c DoesNotExist; also requires b NotIn [z]"),
        (selector([A]), selector([A, NO_C, B]), "lacks b NotIn [z] and c DoesNotExist"),
        (selector([A, B]), selector([B]), "also requires a In [x, y]"),
        (selector([A, B]), selector([B, A]), "differs in form"),
        (selector([A], [B]), selector([NO_C]),
         "requires a In [x, y] or b NotIn [z]; the stack gives c DoesNotExist"),
        (selector([A, B]), selector([A], []),
         "requires a In [x, y] and b NotIn [z]; the stack gives a In [x, y] or (nothing)"),
        (selector(), selector([B], [A]), "requires nothing; the stack gives b NotIn [z] or a In [x, y]"),
        ({"nodeSelectorTerms": [{"matchFields": [A]}]}, selector([B]),
         "lacks b NotIn [z]; also requires a In [x, y]"),
    ],
)  # fmt: skip
def test_a_difference_is_written_by_requirement(real: Any, wanted: Any, said: str) -> None:
    assert _compare(real, wanted) == said


@pytest.mark.parametrize(("length", "shown"), [(287, 300), (288, 300)])
def test_three_hundred_characters_are_shown(length: int, shown: int) -> None:
    written = f"{'k' * (length - 7)} Exists"
    said = _compare(selector([requirement("k" * (length - 7), "Exists")], []), selector([A]))
    text = said.removeprefix("requires ").partition(";")[0]
    assert len(text) <= shown
    assert text.startswith(written[:280])
    assert text.endswith("...") == (length + len(" or (nothing)") > 300)


def test_a_long_selector_is_shortened() -> None:
    long = selector(*([requirement(f"k{at}", "Exists")] for at in range(99)), [])
    said = _compare(long, selector([A]))
    assert said.startswith("requires k0 Exists or k1 Exists or ")
    assert said.endswith("...; the stack gives a In [x, y]")
    assert len(said) == len("requires ") + 300 + len("; the stack gives a In [x, y]")


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
