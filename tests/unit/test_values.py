"""Helm values as pure data."""

import json
from typing import Any

import pytest
from pulumi_openkruise.selectors import ALWAYS_TRUE, exclusion_affinity
from pulumi_openkruise.values import helm_values, values_problems

AFFINITY = exclusion_affinity(["b=c,d", "a=b"])
REQUIRED = {"requiredDuringSchedulingIgnoredDuringExecution": AFFINITY}


def problems(values: Any) -> list[str]:
    found = values_problems(values, namespace="kruise-system", where="values", key_for_namespace="namespace")
    return [f"{problem.code} {problem.where}" for problem in found]


def test_keys_stand_in_canonical_order() -> None:
    values = {"z": {"b": 1, "a": [{"d": 1, "c": 2}]}, "daemon": {"port": 1}, "a": 0}
    assert json.dumps(helm_values(AFFINITY, namespace="n", values=values)) == json.dumps(
        {
            "a": 0,
            "daemon": {"affinity": {"nodeAffinity": REQUIRED}, "port": 1},
            "installation": {"createNamespace": False, "namespace": "n"},
            "manager": {"nodeAffinity": REQUIRED},
            "z": {"a": [{"c": 2, "d": 1}], "b": 1},
        }
    )


def test_maps_merge_and_lists_replace() -> None:
    values = {"manager": {"tolerations": [{"operator": "Exists"}]}, "installation": {"roleListGroups": []}}
    merged = helm_values(AFFINITY, namespace="n", values=values)
    assert merged["manager"] == {"nodeAffinity": REQUIRED, "tolerations": [{"operator": "Exists"}]}
    assert merged["installation"] == {"createNamespace": False, "namespace": "n", "roleListGroups": []}


def test_manager_that_is_not_kept_off() -> None:
    assert "manager" not in helm_values(AFFINITY, namespace="n", exclude_manager=False)


def test_nothing_to_exclude() -> None:
    merged = helm_values(None, namespace="n")
    assert merged["daemon"]["affinity"]["nodeAffinity"] == {
        "requiredDuringSchedulingIgnoredDuringExecution": ALWAYS_TRUE
    }
    assert "manager" not in merged


def test_nothing_given_is_changed_or_shared() -> None:
    values = {"manager": {"replicas": 1}}
    before = json.dumps([values, AFFINITY, ALWAYS_TRUE])
    for affinity in (AFFINITY, None):
        merged = helm_values(affinity, namespace="n", values=values)
        merged["daemon"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].clear()
        merged["installation"].clear()
    assert json.dumps([values, AFFINITY, ALWAYS_TRUE]) == before


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"daemon": {"port": 1}, "manager": {}, "installation": {"namespace": "kruise-system"}},
        {"installation": {"createNamespace": False}, "imagePullSecrets": [], "a": {"b": ["", 0, 1.5, False]}},
    ],
)
def test_good_values(values: Any) -> None:
    assert problems(values) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"daemon": {"affinity": {}}}, ["owned-value values.daemon.affinity"]),
        ({"manager": {"nodeAffinity": {}}}, ["owned-value values.manager.nodeAffinity"]),
        ({"installation": {"namespace": "x"}}, ["owned-value values.installation.namespace"]),
        ({"installation": {"createNamespace": True}}, ["owned-value values.installation.createNamespace"]),
        ({"installation": {"createNamespace": 0}}, ["owned-value values.installation.createNamespace"]),
        ({"daemon": "x", "manager": []}, ["invalid-values values.daemon", "invalid-values values.manager"]),
        ({"daemon": None}, ["null-value values.daemon"]),
        ({"a": [{"b": None}]}, ["null-value values.a[0].b"]),
        ({1: "x"}, ["invalid-values values"]),
        ({"a": {None: 1}}, ["invalid-values values.a"]),
        ({"a": float("nan"), "b": float("inf")}, ["invalid-values values.a", "invalid-values values.b"]),
        ({"a": {1, 2}, "b": b"x"}, ["invalid-values values.a", "invalid-values values.b"]),
    ],
)
def test_bad_values(values: Any, expected: list[str]) -> None:
    assert problems(values) == expected


def test_values_that_hold_themselves() -> None:
    values: dict[str, Any] = {}
    values["a"] = values
    assert len(problems(values)) == 1
