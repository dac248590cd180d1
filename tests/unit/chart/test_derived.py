"""The values that the keys beside ``values`` stand for, and how they go together with values."""

from typing import Any

import pytest
from pulumi_openkruise.chart.derived import has_daemon
from pulumi_openkruise.chart.local import ChartFileError, LocalChart
from pulumi_openkruise.chart.platforms import PLATFORMS
from pulumi_openkruise.config.settings import Settings
from pulumi_openkruise.config.settings_reader import choose_default_timeout, read_settings
from pulumi_openkruise.diagnostics.problem import ConfigError

MIRRORED = "registry.example.com/mirror/openkruise"


def settings(**given: Any) -> Settings:
    return read_settings(given, source="test")


def codes(**given: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(**given)
    return [f"{problem.code} {problem.place}" for problem in caught.value.problems]


def test_nothing_is_set_where_nothing_is_asked_for() -> None:
    assert settings().derived == {}
    assert settings(feature_gates={}, image_pull_secrets=[]).derived == {}


@pytest.mark.parametrize(
    ("platform", "version", "expected"),
    [
        ("k3s", "1.8.3", {"daemon": {"socketLocation": "/run/k3s"}}),
        ("rke2", "1.7.0", {"daemon": {"socketLocation": "/run/k3s"}}),
        ("eks-custom-cni", "1.8.3", {"manager": {"hostNetwork": True}}),
        ("gke-autopilot", "1.8.3", {"featureGates": "ImagePullJobGate=true,KruiseDaemon=false"}),
        ("aks", "1.8.3", {}),
        ("aks", "1.9.0", {"webhookConfiguration": {"aksIntegration": True}}),
    ],
)
def test_platforms(platform: str, version: str, expected: dict[str, Any]) -> None:
    found = settings(platform=platform, chart_version=version)
    assert found.derived == expected
    assert found.has_daemon is (platform != "gke-autopilot")
    assert [line.code for line in found.warnings if line.severity == "info"] == ["platform"]


@pytest.mark.parametrize(
    ("platform", "meant"),
    [
        ("eks", "eks-custom-cni"),
        ("EKS", "eks-custom-cni"),
        ("gke", "gke-autopilot"),
        ("GKE_Autopilot", "gke-autopilot"),
        ("K3S", "k3s"),
        ("rke", "rke2"),
        ("k3d", None),
        ("aws", None),
        ("kubeadm", None),
        ("", None),
    ],
)
def test_a_platform_that_is_none_is_taken_for_no_other(platform: str, meant: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(platform=platform)
    (problem,) = caught.value.problems
    suggestion, _mark, rest = problem.remedy.rpartition("? ")
    assert suggestion == (f"did you mean {meant}" if meant else "")
    assert rest.startswith("known platforms: aks, eks-custom-cni, gke-autopilot, k3s, rke2; ")


def test_every_platform_has_a_source() -> None:
    assert all(platform.source and platform.why for platform in PLATFORMS.values())
    assert list(PLATFORMS) == sorted(PLATFORMS)


def test_gates_of_ones_own_go_over_those_of_the_platform() -> None:
    found = settings(platform="gke-autopilot", feature_gates={"KruiseDaemon": True, "PodWebhook": False})
    assert found.derived == {"featureGates": "ImagePullJobGate=true,KruiseDaemon=true,PodWebhook=false"}
    assert found.has_daemon


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.7.0", {"manager": {"image": {"repository": f"{MIRRORED}/kruise-manager"}}}),
        (
            "1.8.3",
            {
                "manager": {"image": {"repository": f"{MIRRORED}/kruise-manager"}},
                "helmHooks": {"image": {"repository": f"{MIRRORED}/kruise-helm-hook"}},
            },
        ),
    ],
)
def test_every_image_comes_from_the_registry(version: str, expected: dict[str, Any]) -> None:
    assert settings(image_registry="registry.example.com/mirror", chart_version=version).derived == expected


CHINA = "openkruise-registry.cn-shanghai.cr.aliyuncs.com"
HOOK = {"helmHooks": {"image": {"repository": "docker.io/openkruise/kruise-helm-hook"}}}


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"image_registry": CHINA}, ["image_registry"]),
        ({"image_registry": CHINA, "values": HOOK}, []),
        ({"image_registry": CHINA, "chart_version": "1.7.0"}, []),  # it has no value for that image
        ({"image_registry": "registry.example.com"}, []),
        (
            {"values": {"helmHooks": {"image": {"repository": f"{CHINA}/openkruise/kruise-helm-hook"}}}},
            ["values.helmHooks.image.repository"],
        ),
        ({"values": {"manager": {"image": {"repository": f"{CHINA}/openkruise/kruise-manager"}}}}, []),
        ({}, []),
    ],
)
def test_a_registry_that_lacks_the_hooks_image(config: dict[str, Any], places: list[str]) -> None:
    found = [one for one in settings(**config).warnings if one.code == "hook-image-missing"]
    assert [one.place for one in found] == places
    assert all(one.severity == "warning" for one in found)


def test_the_platforms_values_and_the_registrys_stand_side_by_side() -> None:
    found = settings(platform="eks-custom-cni", image_registry="localhost:5000").derived
    image = {"repository": "localhost:5000/openkruise/kruise-manager"}
    assert found["manager"] == {"hostNetwork": True, "image": image}
    assert PLATFORMS["eks-custom-cni"].values == {"manager": {"hostNetwork": True}}


def test_pull_secrets() -> None:
    assert settings(image_pull_secrets=["b", "a.b"]).derived == {
        "imagePullSecrets": [{"name": "b"}, {"name": "a.b"}]
    }


@pytest.mark.parametrize(
    "registry", ["https://x.example.com", "x.example.com/", "X", "", "x y", "x:y", "a/b@sha256:1", "x/a:1"]
)
def test_registries_that_are_none(registry: str) -> None:
    assert codes(image_registry=registry) == ["invalid-registry image_registry"]


@pytest.mark.parametrize("registry", ["localhost", "10.0.0.1:5000", "x.example.com/a-b/c_d/e.f", "x:443/a"])
def test_registries(registry: str) -> None:
    assert (
        settings(image_registry=registry).derived["manager"]["image"]["repository"].startswith(f"{registry}/")
    )


def test_a_platforms_gates_are_not_dropped_by_a_text_of_ones_own() -> None:
    text = {"featureGates": "ImagePullJobGate=true,PodWebhook=false"}
    assert codes(platform="gke-autopilot", values=text) == ["owned-value values.featureGates"]
    assert settings(platform="k3s", values=text).has_daemon
    default = {"featureGates": "ImagePullJobGate=true"}
    assert not settings(platform="gke-autopilot", values=default).has_daemon


@pytest.mark.parametrize(
    ("gates", "there"),
    [("KruiseDaemon=false", False), ("KruiseDaemon=False", True), ("", True), (None, True)],
)
def test_the_chart_looks_for_a_part_of_the_text(gates: Any, there: bool) -> None:
    assert has_daemon({"featureGates": gates}) is there
    assert has_daemon({}) is True


@pytest.mark.parametrize(("nodes", "seconds"), [(1, 600), (99, 600), (100, 660), (500, 900), (5000, 3600)])
def test_the_timeout_grows_with_the_cluster(nodes: int, seconds: int) -> None:
    assert choose_default_timeout(nodes) == seconds
    assert settings(expected_nodes=nodes).timeout == seconds
    assert settings(expected_nodes=nodes, timeout=5).timeout == 5


def test_a_chart_on_this_machine_decides_which_values_count() -> None:
    def chart_1_9(_path: str) -> LocalChart:
        return LocalChart("kruise", "1.9.0", None)

    values = {"webhookConfiguration": {"aksIntegration": True}}
    found = read_settings({"chart": "./kruise", "values": values}, source="test", read_chart=chart_1_9)
    assert found.contract.text == "1.9.0"
    assert {line.code for line in found.warnings} == {"version-note"}


def test_a_fork_may_have_more_keys_but_no_other_types() -> None:
    found = settings(chart="oci://registry.example.com/fork", values={"manager": {"podLabels": {"a": "b"}}})
    assert [line.code for line in found.warnings] == ["unknown-contract", "unknown-key"]
    with pytest.raises(ConfigError):
        settings(chart="oci://registry.example.com/fork", values={"manager": {"replicas": "two"}})


@pytest.mark.parametrize(
    ("chart", "text", "knowledge"),
    [
        ("kruise", "1.8.3", "whole"),
        ("oci://registry.example.com/charts/kruise", "1.8.3", "whole"),
        ("https://example.com/kruise-1.7.5.tgz", "1.7.5", "whole"),
        ("https://example.com/other-1.7.5.tgz", "1.7.5", "nearest"),
        ("mirror", "1.8.3", "nearest"),
    ],
)
def test_the_version_whose_values_count(chart: str, text: str, knowledge: str) -> None:
    contract = settings(chart=chart).contract
    assert (contract.text, contract.knowledge) == (text, knowledge)


def test_a_bare_name_with_something_on_the_disk_is_refused_whatever_it_is() -> None:
    def broken(_path: str) -> LocalChart:
        raise ChartFileError("the folder has no Chart.yaml")

    for look in (broken, lambda _path: LocalChart("kruise", "1.8.3", None)):
        with pytest.raises(ConfigError) as caught:
            read_settings({}, source="test", read_chart=look)
        assert [problem.code for problem in caught.value.problems] == ["shadowed-chart"]
