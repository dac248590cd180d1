"""The values contract against what the published charts declare, and against the sandbox's chart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.chart.contract import ABSENT, KEYS
from pulumi_openkruise.chart.value_checks import check_values, known_keys
from pulumi_openkruise.chart.version import SEEN, version, version_problems
from ruamel.yaml import YAML

from tests.support.engine import ROOT

CHANGES: dict[str, dict[str, Any]] = YAML(typ="safe").load(
    (Path(__file__).parent / "published_values.yaml").read_text()
)
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
WHOLE = (".resources", ".affinity")


def published(wanted: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each, changed in CHANGES.items():
        values |= changed
        if each == wanted:
            return values
    raise AssertionError(f"nothing is known of {wanted}")


def leaves(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value and not path.endswith(WHOLE):
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def nested(path: str, value: Any) -> dict[str, Any]:
    for part in reversed(path.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def found(values: dict[str, Any], chart: str = "1.8.3") -> list[tuple[str, str]]:
    return [(p.code, p.place) for p in check_values(values, version(chart), "values")]


@pytest.mark.parametrize("text", CHANGES)
def test_keys_and_defaults_are_those_of_the_published_chart(text: str) -> None:
    chart = version(text)
    # The one chart whose default image is not of its own version is 1.7.3.
    image = {"1.7.3": "1.7.2"}.get(text, text)
    contract = {path: KEYS[path].default for path in known_keys(chart)}
    contract["manager.image.tag"] = contract["manager.image.tag"].format(version=image)
    assert contract == published(text)


@pytest.mark.parametrize("text", SEEN)
def test_the_published_defaults_are_good_but_for_those_without_effect(text: str) -> None:
    for path in known_keys(version(text)):
        expected = [("dead-value", f"values.{path}")] if KEYS[path].dead else []
        assert found(nested(path, KEYS[path].default), text) == expected


def test_the_sandboxs_chart_declares_what_the_contract_says() -> None:
    declared = YAML(typ="safe").load((ROOT / "sandbox" / "chart" / "values.yaml").read_text())
    contract = {path: KEYS[path].default for path in known_keys(version("1.8.3"))}
    contract["manager.image.tag"] = "v1.8.3"
    assert dict(leaves(declared)) == contract


def test_what_is_absent_is_no_key() -> None:
    assert not set(ABSENT) & set(KEYS)
    for path in ABSENT:
        assert found(nested(path, {"x": "y"})) == [("absent-value", f"values.{path}")]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("manager.replica", "values.manager.replicas"),
        ("daemon.socketlocation", "values.daemon.socketLocation"),
        ("replicas", "values.manager.replicas"),
        ("hostNetwork", "values.manager.hostNetwork"),
        ("tolerations", "values.manager.tolerations"),
        ("resources", "values.manager.resources or values.daemon.resources"),
        ("manager.imagePullSecrets", "values.imagePullSecrets"),
        ("daemon.replicas", "values.manager.replicas"),
        ("webhook.port", "values.manager.webhook"),
        ("managers", "values.manager"),
        ("helmhooks", "values.helmHooks"),
        ("daemon.credentialProvider.enabled", "values.daemon.credentialProvider.enable"),
        ("featuregates", "values.featureGates"),
    ],
)
def test_the_key_that_is_meant(path: str, meant: str) -> None:
    (problem,) = check_values(nested(path, 1), version("1.8.3"), "values")
    assert (problem.code, problem.severity) == ("unknown-key", "error")
    assert problem.remedy == f"did you mean {meant}?"


def test_a_key_like_no_other_gets_the_list_of_its_section() -> None:
    (problem,) = check_values({"helmHooks": {"xyz": 1}}, version("1.8.3"), "values")
    assert problem.remedy == "known keys of helmHooks: image"


@pytest.mark.parametrize("chart", ["1.8.3-custom", "1.9.0-alpha.4", "1.10.0", "2.0.0", "1.6.3", "1.8.1"])
def test_of_a_chart_that_is_not_wholly_known_only_types_are_certain(chart: str) -> None:
    values = {"manager": {"replica": 1, "pprofAddr": "x", "affinity": {}, "hostNetwork": "yes"}}
    problems = list(check_values(values, version(chart), "values"))
    assert {p.code: p.severity for p in problems} == {
        "unknown-key": "warning",
        "dead-value": "warning",
        "absent-value": "warning",
        "wrong-type": "error",
    }


@pytest.mark.parametrize("values_given", [True, False])
def test_of_a_newer_chart_a_warning_says_what_is_assumed(values_given: bool) -> None:
    for text in ("1.9.2", "1.10.0", "2.0.0-rc.1", "2.1.0"):
        (found,) = version_problems(version(text), "chart_version", values_given=values_given)
        assert (found.code, found.severity) == ("unknown-contract", "warning")
        assert f"{text}: newer than 1.9.1, the newest that is known here" in found.reason
        announced = "announced for it: the removal of v1alpha1 of Advanced StatefulSet" in found.reason
        assert announced is text.startswith("2.")


def test_of_a_known_chart_nothing_is_assumed() -> None:
    for text in SEEN:
        codes = [found.code for found in version_problems(version(text), "here", values_given=True)]
        assert "unknown-contract" not in codes


def test_a_chart_of_another_name_is_not_known() -> None:
    assert version("1.8.3").knowledge == "whole"
    assert version("1.8.3", published=False).knowledge == "nearest"


@pytest.mark.parametrize(
    ("chart", "path", "there"),
    [
        ("1.9.0", "webhookConfiguration.aksIntegration", True),
        ("1.8.3", "webhookConfiguration.aksIntegration", False),
        ("1.9.0-alpha.4", "webhookConfiguration.aksIntegration", False),
        ("1.7.3", "helmHooks.image.tag", True),
        ("1.7.2", "helmHooks.image.tag", False),
    ],
)
def test_keys_that_came_later(chart: str, path: str, there: bool) -> None:
    expected = [] if there else [("other-version", f"values.{path}")]
    assert found(nested(path, KEYS[path].default), chart) == expected


GOOD: dict[str, list[Any]] = {
    "manager.replicas": [0, 3, 2.0],
    "manager.log.level": ["5", 5],
    "manager.resyncPeriod": ["10h", "1h30m", "0", 0],
    "manager.image.repository": ["localhost:5000/a/b", "a@sha256"],
    "manager.resources": [{"limits": {"cpu": 1, "memory": "2Gi"}}, {"requests": {"cpu": 0.5}}],
    "manager.tolerations": [[{"operator": "Exists"}], [{"key": "a", "tolerationSeconds": 5, "effect": ""}]],
    "manager.nodeSelector": [{"a": "true"}, {}],
    "daemon.extraEnvs": [[{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"fieldRef": {}}}]],
    "daemon.socketLocation": ["/run/k3s"],
    "daemon.socketFile": ["crio/crio.sock", ""],
    "imagePullSecrets": [[{"name": "a"}]],
    "serviceAccount.annotations": [{"eks.amazonaws.com/role-arn": "arn"}],
    "daemon.credentialProvider": [{"enable": True, "hostPath": "/opt/bin"}, {"enable": False}],
    "daemon.affinity": [
        {"podAffinity": {PREFERRED: []}},
        {"nodeAffinity": {PREFERRED: [{"weight": 1, "preference": {}}]}},
    ],
}  # fmt: skip
BAD: list[tuple[str, Any, str]] = [
    ("manager.replicas", "two", "wrong-type values.manager.replicas"),
    ("manager.replicas", True, "wrong-type values.manager.replicas"),
    ("manager.replicas", 1.5, "wrong-type values.manager.replicas"),
    ("manager.replicas", -1, "wrong-value values.manager.replicas"),
    ("manager.replicas", float("inf"), "wrong-type values.manager.replicas"),
    ("manager.hostNetwork", "true", "wrong-type values.manager.hostNetwork"),
    ("manager.log", "4", "wrong-type values.manager.log"),
    ("manager.log.level", "debug", "wrong-value values.manager.log.level"),
    ("manager.resyncPeriod", "ten", "wrong-value values.manager.resyncPeriod"),
    ("manager.image", "openkruise/kruise-manager:v1", "wrong-type values.manager.image"),
    ("manager.image.repository", "https://x", "wrong-value values.manager.image.repository"),
    ("manager.image.tag", 1.8, "wrong-type values.manager.image.tag"),
    ("manager.webhook.port", 0, "wrong-value values.manager.webhook.port"),
    ("manager.webhook.port", "9876", "wrong-type values.manager.webhook.port"),
    ("webhookConfiguration.timeoutSeconds", 31, "wrong-value values.webhookConfiguration.timeoutSeconds"),
    ("manager.resources", {"limit": {}}, "unknown-key values.manager.resources.limit"),
    ("manager.resources", {"limits": {"cpu": "1 core"}}, "wrong-value values.manager.resources.limits.cpu"),
    ("manager.resources", {"limits": []}, "wrong-type values.manager.resources.limits"),
    ("manager.nodeSelector", {"a": True}, "wrong-type values.manager.nodeSelector.a"),
    ("manager.tolerations", {"operator": "Exists"}, "wrong-type values.manager.tolerations"),
    ("manager.tolerations", ["x"], "wrong-type values.manager.tolerations[0]"),
    ("manager.tolerations", [{"operater": "x"}], "unknown-key values.manager.tolerations[0].operater"),
    ("manager.tolerations", [{"operator": "exists"}], "wrong-value values.manager.tolerations[0].operator"),
    ("manager.tolerations", [{"effect": "no"}], "wrong-value values.manager.tolerations[0].effect"),
    ("manager.tolerations", [{"value": True}], "wrong-type values.manager.tolerations[0].value"),
    ("manager.tolerations", [{"tolerationSeconds": "5"}],
     "wrong-type values.manager.tolerations[0].tolerationSeconds"),
    ("daemon.extraEnvs", {"HTTP_PROXY": "x"}, "wrong-type values.daemon.extraEnvs"),
    ("daemon.extraEnvs", [{"value": "x"}], "wrong-value values.daemon.extraEnvs[0].name"),
    ("daemon.extraEnvs", [{"name": "A", "value": 1}], "wrong-type values.daemon.extraEnvs[0].value"),
    ("daemon.extraEnvs", [{"name": "A", "val": "1"}], "unknown-key values.daemon.extraEnvs[0].val"),
    ("daemon.extraEnvs", [{"name": "A", "valueFrom": 1}], "wrong-type values.daemon.extraEnvs[0].valueFrom"),
    ("daemon.socketLocation", "run", "wrong-value values.daemon.socketLocation"),
    ("daemon.socketLocation", "/run/containerd.sock", "wrong-value values.daemon.socketLocation"),
    ("daemon.socketFile", "/run/a.sock", "wrong-value values.daemon.socketFile"),
    ("daemon.credentialProvider", {"enable": True}, "wrong-value values.daemon.credentialProvider.hostPath"),
    ("imagePullSecrets", ["a"], "wrong-type values.imagePullSecrets[0]"),
    ("imagePullSecrets", [{"name": "a", "key": "b"}], "unknown-key values.imagePullSecrets[0].key"),
    ("imagePullSecrets", [{}], "wrong-value values.imagePullSecrets[0].name"),
    ("featureGates", {"A": True}, "wrong-type values.featureGates"),
    ("installation.roleListGroups", "*", "wrong-type values.installation.roleListGroups"),
    ("installation.roleListGroups", [1], "wrong-type values.installation.roleListGroups[0]"),
    ("serviceAccount.annotations", [], "wrong-type values.serviceAccount.annotations"),
    ("daemon.affinity", {"podAffinity": []}, "wrong-type values.daemon.affinity.podAffinity"),
    ("daemon.affinity", {"podAffinity": {"required": []}},
     "unknown-key values.daemon.affinity.podAffinity.required"),
    ("manager.nodeAffinity", {PREFERRED: [{"weight": 0, "preference": {}}]},
     f"wrong-value values.manager.nodeAffinity.{PREFERRED}[0].weight"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in GOOD.items() for value in values]
)
def test_good_values(path: str, value: Any) -> None:
    assert found(nested(path, value)) == []


@pytest.mark.parametrize(("path", "value", "expected"), BAD)
def test_bad_values(path: str, value: Any, expected: str) -> None:
    codes = [f"{code} {where}" for code, where in found(nested(path, value))]
    assert codes == [expected]
