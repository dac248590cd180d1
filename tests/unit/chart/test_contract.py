"""The values contract against what the published charts declare, and against the sandbox's chart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.chart.contract import ABSENT, KEYS
from pulumi_openkruise.chart.value_checks import check_values, list_known_keys
from pulumi_openkruise.chart.version import SEEN, check_version, parse_version
from pulumi_openkruise.config.fields import FIELDS
from pulumi_openkruise.config.helm_values import merge_values
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.diagnostics.problem import ConfigError
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
    return [(p.code, p.place) for p in check_values(values, parse_version(chart), "values")]


@pytest.mark.parametrize("text", CHANGES)
def test_keys_and_defaults_are_those_of_the_published_chart(text: str) -> None:
    chart = parse_version(text)
    # The one chart whose default image is not of its own version is 1.7.3.
    image = {"1.7.3": "1.7.2"}.get(text, text)
    contract = {path: KEYS[path].default for path in list_known_keys(chart)}
    contract["manager.image.tag"] = contract["manager.image.tag"].format(version=image)
    assert contract == published(text)


@pytest.mark.parametrize("text", SEEN)
def test_a_value_that_equals_the_charts_default_is_no_problem(text: str) -> None:
    for path in list_known_keys(parse_version(text)):
        assert found(nested(path, KEYS[path].default), text) == []
        if KEYS[path].dead:
            assert found(nested(path, "another"), text) == [("dead-value", f"values.{path}")]


@pytest.mark.parametrize("text", CHANGES)
def test_the_published_values_file_pasted_whole_changes_nothing(text: str) -> None:
    pasted: dict[str, Any] = {}
    for path, value in published(text).items():
        pasted = merge_values(pasted, nested(path, value))
    for beside in (
        {},
        {"namespace": "other"},
        {"platform": "k3s", "feature_gates": {"TemplateNoDefaults": True}},
        {"image_registry": "registry.example.com", "image_pull_secrets": ["pull"]},
    ):
        plain = read_settings({"chart_version": text, **beside}, source="test")
        found = read_settings({"chart_version": text, **beside, "values": pasted}, source="test")
        codes = {problem.code for problem in found.warnings}
        assert codes <= {"version-note", "platform"}
        assert found.affinities == plain.affinities
        assert found.helm_values() == merge_values(pasted, plain.helm_values())


def test_the_sandboxs_chart_declares_what_the_contract_says() -> None:
    declared = YAML(typ="safe").load((ROOT / "sandbox" / "chart" / "values.yaml").read_text())
    contract = {path: KEYS[path].default for path in list_known_keys(parse_version("1.8.3"))}
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
        ("namespace", "namespace"),
        ("createNamspace", "create_namespace"),
        ("installation.namspace", "namespace"),
        ("hostNetwork", "values.manager.hostNetwork"),
        ("tolerations", "values.manager.tolerations"),
        ("resources", "values.manager.resources or values.daemon.resources"),
        ("manager.imagePullSecrets", "image_pull_secrets"),
        ("webhook.port", "values.manager.webhook"),
        ("managers", "values.manager"),
        ("helmhooks", "values.helmHooks"),
        ("daemon.credentialProvider.enabled", "values.daemon.credentialProvider.enable"),
        ("featuregates", "feature_gates"),
    ],
)
def test_the_key_that_is_meant(path: str, meant: str) -> None:
    (problem,) = check_values(nested(path, 1), parse_version("1.8.3"), "values")
    assert (problem.code, problem.severity) == ("unknown-key", "error")
    assert problem.remedy == f"did you mean {meant}?"


DOTTED: list[tuple[dict[str, Any], str, str]] = [
    ({"manager.replicas": 3}, '"manager.replicas"', "nest the keys: manager: {replicas: ...}"),
    ({"daemon.socketFile": "x"}, '"daemon.socketFile"', "nest the keys: daemon: {socketFile: ...}"),
    ({"installation.namespace": "other"}, '"installation.namespace"', "set namespace instead"),
    ({"manager": {"image.tag": "v1"}}, 'manager."image.tag"', "nest the keys: image: {tag: ...}"),
    (
        {"daemon.affinity.nodeAffinity": {}},
        '"daemon.affinity.nodeAffinity"',
        "nest the keys: daemon: {affinity: {nodeAffinity: ...}}",
    ),
    ({"daemon.port.x": 1}, '"daemon.port.x"', "remove it"),
    ({"daemon": {"x.y": 1}}, 'daemon."x.y"', "remove it"),
    # Within what has a type of the Kubernetes API.
    (
        {"daemon": {"resources": {"limits.cpu": 1}}},
        'daemon.resources."limits.cpu"',
        "nest the keys: limits: {cpu: ...}",
    ),
    (
        {"daemon": {"extraEnvs": [{"name": "A", "valueFrom.fieldRef.fieldPath": "x"}]}},
        'daemon.extraEnvs[0]."valueFrom.fieldRef.fieldPath"',
        "nest the keys: valueFrom: {fieldRef: {fieldPath: ...}}",
    ),
    ({"manager": {"tolerations": [{"key.x": "a"}]}}, 'manager.tolerations[0]."key.x"', "remove it"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "place", "remedy"), DOTTED)
def test_a_dot_in_a_key_is_no_nesting(values: dict[str, Any], place: str, remedy: str) -> None:
    (problem,) = check_values(values, parse_version("1.8.3"), "values")
    assert (problem.code, problem.place) == ("unknown-key", f"values.{place}")
    assert problem.reason == "Helm takes the dot for a part of the key's name, so the chart never reads it"
    assert problem.remedy == remedy


def test_a_dot_in_a_key_is_no_nesting_for_a_fork_either() -> None:
    (problem,) = check_values({"manager.replicas": 3}, parse_version("1.8.3-custom"), "values")
    assert problem.severity == "error"


def test_a_dotted_affinity_is_not_taken_for_the_daemons() -> None:
    """A key that only begins like a component keeps nothing of that component from being checked."""
    required: dict[str, Any] = {"nodeSelectorTerms": []}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    with pytest.raises(ConfigError) as caught:
        read_settings(
            {"values": {"daemonX": 1, "daemon": {"affinity": affinity, "port": "x"}}}, source="test"
        )
    assert [problem.code for problem in caught.value.problems] == [
        "invalid-affinity",
        "wrong-type",
        "unknown-key",
    ]


@pytest.mark.parametrize("chart", ["1.7.0", "1.8.3", "1.9.1"])
def test_a_suggestion_stays_in_its_component_and_is_accepted(chart: str) -> None:
    known = list_known_keys(parse_version(chart))
    misspelt = [path[:-1] for path in known] + [path.upper() for path in known]
    misspelt += [f"{part}.{path.rpartition('.')[2]}" for path in known for part in ("daemon", "manager")]
    misspelt += [path.rpartition(".")[2] for path in known] + ["pprofAdr", "daemon.log.levl", "namspace"]
    for path in misspelt:
        for problem in check_values(nested(path, 1), parse_version(chart), "values"):
            if not problem.remedy.startswith("did you mean "):
                continue
            for meant in problem.remedy.removeprefix("did you mean ").removesuffix("?").split(" or "):
                if not meant.startswith("values."):
                    assert meant in FIELDS
                    continue
                component = path.partition(".")[0]
                if "." in path and f"{component}." in " ".join(known):
                    assert meant.split(".")[1] == component or meant.count(".") == 1, (path, meant)
                key = KEYS.get(meant.removeprefix("values."))
                value = key.default if key is not None else {}
                taken = nested(meant.removeprefix("values."), value)
                read_settings({"chart_version": chart, "values": taken}, source="test")
                assert key is None or not key.dead


def test_the_daemons_affinity_is_suggested_for_the_daemon() -> None:
    (problem,) = check_values({"daemon": {"nodeAffinity": {}}}, parse_version("1.8.3"), "values")
    assert problem.remedy == "set daemon.affinity.nodeAffinity"


def test_a_key_like_no_other_gets_the_list_of_its_section() -> None:
    (problem,) = check_values({"helmHooks": {"xyz": 1}}, parse_version("1.8.3"), "values")
    assert problem.remedy == "known keys of values.helmHooks: image"


@pytest.mark.parametrize("chart", ["1.8.3-custom", "1.9.0-alpha.4", "1.10.0", "2.0.0", "1.6.3", "1.8.1"])
def test_of_a_chart_that_is_not_wholly_known_only_types_are_certain(chart: str) -> None:
    values = {"manager": {"replica": 1, "pprofAddr": "x", "affinity": {}, "hostNetwork": "yes"}}
    problems = list(check_values(values, parse_version(chart), "values"))
    assert {p.code: p.severity for p in problems} == {
        "unknown-key": "warning",
        "dead-value": "warning",
        "absent-value": "warning",
        "wrong-type": "error",
    }


@pytest.mark.parametrize("values_given", [True, False])
def test_of_a_newer_chart_a_warning_says_what_is_assumed(values_given: bool) -> None:
    for text in ("1.9.2", "1.10.0", "2.0.0-rc.1", "2.1.0"):
        (found,) = check_version(parse_version(text), "chart_version", values_given=values_given)
        assert (found.code, found.severity) == ("unknown-contract", "warning")
        assert f"{text}: newer than 1.9.1, the newest that is known here" in found.reason
        announced = "announced for it: the removal of v1alpha1 of Advanced StatefulSet" in found.reason
        assert announced is text.startswith("2.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1.6.4", "older than 1.7.0, the oldest chart that is supported"),
        ("1.0.0", "older than 1.7.0"),
        ("1.9.0-alpha4", "webhooks have wrong paths, which its manager does not serve (charts#169)"),
        ("1.9.0-alpha.3", "(charts#169)"),
        ("1.7.0-alpha.1", "a pre-release, which is not supported"),
        ("1.8.0-rc.1", "a pre-release"),
        ("1.10.0-beta.1", "newer than 1.9.1"),
    ],
)
def test_what_is_not_supported_is_said_whatever_else_is_configured(text: str, says: str) -> None:
    for given in ({}, {"protect": False}, {"values": {"manager": {"replicas": 3}}}):
        settings = read_settings({"chart_version": text, **given}, source="test")
        (found,) = [problem for problem in settings.warnings if problem.code == "unknown-contract"]
        assert found.place == "chart_version"
        assert says in found.reason


@pytest.mark.parametrize("text", ["1.8.3-custom", "1.8.3-1", "1.7.4"])
def test_a_forks_own_version_is_no_pre_release(text: str) -> None:
    assert list(check_version(parse_version(text), "here", values_given=False)) == []
    assert len(list(check_version(parse_version(text), "here", values_given=True))) == 1


def test_of_a_known_chart_nothing_is_assumed() -> None:
    for text in SEEN:
        codes = [found.code for found in check_version(parse_version(text), "here", values_given=True)]
        assert "unknown-contract" not in codes


def test_a_chart_of_another_name_is_not_known() -> None:
    assert parse_version("1.8.3").knowledge == "whole"
    assert parse_version("1.8.3", published=False).knowledge == "nearest"


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
    value = {"boolean": True, "string": "v1.2.3"}[KEYS[path].kind]
    assert found(nested(path, value), chart) == expected


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
        {"podAntiAffinity": {PREFERRED: ()}},
        {"nodeAffinity": {PREFERRED: [{"weight": 1, "preference": {}}]}},
        {"nodeAffinity": {PREFERRED: [{"weight": 100, "preference": {}}]}},
    ],
    "daemon.resources": [{"claims": [{"name": "a"}]}],
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
    ("daemon.affinity", {"podAffinity": {PREFERRED: {}}},
     f"wrong-type values.daemon.affinity.podAffinity.{PREFERRED}"),
    ("daemon.affinity", {"podAntiAffinity": {PREFERRED: "x"}},
     f"wrong-type values.daemon.affinity.podAntiAffinity.{PREFERRED}"),
    ("daemon.affinity.nodeAffinity", {PREFERRED: [{"weight": 101, "preference": {}}]},
     f"wrong-value values.daemon.affinity.nodeAffinity.{PREFERRED}[0].weight"),
    ("manager.nodeAffinity", {PREFERRED: [{"weight": 100}]},
     f"wrong-value values.manager.nodeAffinity.{PREFERRED}[0].preference"),
    ("manager.nodeAffinity", {PREFERRED: [{"weight": 1, "preference": []}]},
     f"wrong-value values.manager.nodeAffinity.{PREFERRED}[0].preference"),
    ("manager.nodeAffinity", {PREFERRED: ["x"]}, f"wrong-type values.manager.nodeAffinity.{PREFERRED}[0]"),
    ("manager.nodeAffinity", {PREFERRED: {}}, f"wrong-type values.manager.nodeAffinity.{PREFERRED}"),
    ("manager.nodeAffinity", {PREFERRED: [{"weight": 1, "preference": {}, "wait": 1}]},
     f"unknown-key values.manager.nodeAffinity.{PREFERRED}[0].wait"),
    ("daemon.extraEnvs", ["A=x"], "wrong-type values.daemon.extraEnvs[0]"),
    ("manager.resources", {"limits": {"cpu": True}}, "wrong-type values.manager.resources.limits.cpu"),
    ("manager.resources", {"requests": {"cpu": []}}, "wrong-type values.manager.resources.requests.cpu"),
    ("manager.resources", [], "wrong-type values.manager.resources"),
    ("manager.nodeAffinity", {PREFERRED: [{"weight": 0, "preference": {}}]},
     f"wrong-value values.manager.nodeAffinity.{PREFERRED}[0].weight"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in GOOD.items() for value in values]
)
def test_good_values(path: str, value: Any) -> None:
    assert found(nested(path, value)) == []


@pytest.mark.parametrize(("path", "value", "expected"), [one for one in BAD if "[0]" in one[2]])
def test_every_bad_item_of_a_list_is_reported(path: str, value: Any, expected: str) -> None:
    codes = [f"{code} {where}" for code, where in found(nested(path, repeated(value)))]
    # What is no item at all does not hide the items after it either.
    assert codes == [expected, expected.replace("[0]", "[1]")]


def repeated(value: Any) -> Any:
    """Return a list twice over, or a mapping with such a list in it."""
    if isinstance(value, list):
        return [*value, *value]
    return {key: repeated(item) if isinstance(item, list) else item for key, item in value.items()}


@pytest.mark.parametrize("bad", [None, 7, "x", [], True])
@pytest.mark.parametrize("path", ["daemon.extraEnvs", "manager.tolerations", "imagePullSecrets"])
def test_an_item_of_another_type_hides_none_after_it(path: str, bad: Any) -> None:
    (wrong,) = [value for one, value, _expected in BAD if one == path and isinstance(value, list)][-1]
    alone, after = found(nested(path, [wrong])), found(nested(path, [bad, wrong]))
    assert [(code, where.replace("[0]", "[1]")) for code, where in alone] == after[-len(alone) :]
    assert bad is None or len(after) > len(alone)


@pytest.mark.parametrize(("path", "value", "expected"), BAD)
def test_bad_values(path: str, value: Any, expected: str) -> None:
    codes = [f"{code} {where}" for code, where in found(nested(path, value))]
    assert codes == [expected]
