"""The other versions of the stand-in: each differs from 1.8.3 in what its module or its data say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.chart_build import ChartBuildError, prepare_chart
from sandbox.chart_versions import VERSIONS, WITHOUT_V1ALPHA1

from .conftest import Renderer
from .rendering import Object, Render
from .test_permissions import cluster_wide
from .test_values import CONTRACT, leaves

OTHERS = ("1.7.5", "1.9.1", WITHOUT_V1ALPHA1)

# Compared with the contract of 1.8.3: the defaults that differ, and the keys that are new.
DEFAULTS: dict[str, dict[str, Any]] = {
    "1.7.5": {"manager.image.tag": "v1.7.5"},
    "1.8.3": {},
    "1.9.1": {"manager.image.tag": "v1.9.1", "webhookConfiguration.aksIntegration": False},
    WITHOUT_V1ALPHA1: {"manager.image.tag": "v1.9.1", "webhookConfiguration.aksIntegration": False},
}

NEWLY_STORED_AS_V1BETA1 = {
    "advancedcronjobs",
    "broadcastjobs",
    "daemonsets",
    "imagelistpulljobs",
    "imagepulljobs",
    "nodeimages",
    "sidecarsets",
}
# Whatever carries the version's number: the two workloads, and the Job by its labels.
STAMPED = {"Deployment/kruise-controller-manager", "DaemonSet/kruise-daemon", "Job/kruise-finalizer"}


@pytest.fixture(scope="session")
def renders(render: Renderer, charts: dict[str, Path]) -> dict[str, Render]:
    return {version: render(of=chart) for version, chart in charts.items()}


def crds(of: Render) -> dict[str, Object]:
    return {
        obj["metadata"]["name"]: obj
        for obj in of.objects.values()
        if obj["kind"] == "CustomResourceDefinition"
    }


@pytest.mark.parametrize("version", DEFAULTS)
def test_each_version_declares_its_contract(version: str, charts: dict[str, Path]) -> None:
    declared = dict(leaves(yaml.safe_load((charts[version] / "values.yaml").read_text())))
    assert declared == {entry["key"]: entry["default"] for entry in CONTRACT} | DEFAULTS[version]
    metadata = yaml.safe_load((charts[version] / "Chart.yaml").read_text())
    assert (metadata["version"], metadata["appVersion"]) == (version, version)
    assert metadata["description"].startswith("Test double")


@pytest.mark.parametrize("version", OTHERS)
def test_workloads_differ_in_the_number_alone(version: str, renders: dict[str, Render]) -> None:
    for name in STAMPED:
        ours, usual = renders[version].objects[name], renders["1.8.3"].objects[name]
        assert ours != usual
        text = yaml.safe_dump(ours).replace(version, "1.8.3").replace(VERSIONS[version].tag, "v1.8.3")
        assert text == yaml.safe_dump(usual)


def test_1_7_5_lacks_the_aggregated_roles_and_the_rule_for_storage_classes(
    renders: dict[str, Render], render: Renderer, charts: dict[str, Path]
) -> None:
    roles = {f"ClusterRole/aggregate-kruise-{role}" for role in ("view", "edit", "admin")}
    assert renders["1.8.3"].changed_to(renders["1.7.5"]) == roles | STAMPED
    assert not roles & set(renders["1.7.5"].objects)
    gates = {"featureGates": "StatefulSetAutoResizePVCGate=true"}
    assert cluster_wide(render(gates, of=charts["1.7.5"])) == cluster_wide(renders["1.7.5"])


def test_1_9_1_stores_more_kinds_as_v1beta1_and_has_one_kind_more(renders: dict[str, Render]) -> None:
    usual, ours = renders["1.8.3"], renders["1.9.1"]
    assert set(ours.objects) - set(usual.objects) == {"CustomResourceDefinition/ephemeraljobs.apps.kruise.io"}
    assert not set(usual.objects) - set(ours.objects)
    assert len(crds(ours)) == 18
    before = {name for name, stored in stored_versions(usual).items() if stored == "v1beta1"}
    after = {name for name, stored in stored_versions(ours).items() if stored == "v1beta1"}
    assert before == {"statefulsets"}
    assert after == NEWLY_STORED_AS_V1BETA1 | before
    assert cluster_wide(ours) - cluster_wide(usual) == {
        ("", "pods/resize", verb) for verb in ("get", "patch", "update")
    }


def test_1_9_1_names_a_service_for_conversion_that_does_not_exist(renders: dict[str, Render]) -> None:
    """charts#192: the published chart has the generator's placeholders, which the manager replaces."""
    services = {
        name.split(".")[0]: tuple(
            crd["spec"]["conversion"]["webhook"]["clientConfig"]["service"][key]
            for key in ("namespace", "name")
        )
        for name, crd in crds(renders["1.9.1"]).items()
        if crd["spec"].get("conversion")
    }
    assert services == {
        "statefulsets": ("kruise-system", "kruise-webhook-service"),
        "daemonsets": ("system", "webhook-service"),
        "sidecarsets": ("system", "webhook-service"),
    }


def test_the_chart_without_v1alpha1_keeps_every_kind(renders: dict[str, Render]) -> None:
    ours, usual = renders[WITHOUT_V1ALPHA1], renders["1.9.1"]
    assert set(ours.objects) == set(usual.objects)
    assert stored_versions(ours) == stored_versions(usual)
    for name, crd in crds(ours).items():
        versions = [version["name"] for version in crd["spec"]["versions"]]
        assert versions == [stored_versions(usual)[name.split(".")[0]]]
        assert "conversion" not in crd["spec"]


def stored_versions(of: Render) -> dict[str, str]:
    return {
        name.split(".")[0]: version["name"]
        for name, crd in crds(of).items()
        for version in crd["spec"]["versions"]
        if version["storage"]
    }


def test_aks_integration_changes_the_webhook_configurations(
    render: Renderer, charts: dict[str, Path], renders: dict[str, Render]
) -> None:
    changed = render({"webhookConfiguration": {"aksIntegration": True}}, of=charts["1.9.1"])
    assert renders["1.9.1"].changed_to(changed) == {
        "MutatingWebhookConfiguration/kruise-mutating-webhook-configuration",
        "ValidatingWebhookConfiguration/kruise-validating-webhook-configuration",
    }


def test_an_unknown_version_is_refused_with_those_that_there_are(module_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ChartBuildError, match=r"1\.6\.3: the stand-in has the versions 1\.7\.5, 1\.8\.3, 1\.9\.1"
    ):
        prepare_chart(module_dir, tmp_path / "out", "1.6.3")
    assert not (tmp_path / "out").exists()
