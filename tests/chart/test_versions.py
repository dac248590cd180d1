"""The other versions of the stand-in: each differs from 1.8.3 in what is known to differ and nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.chart_build import ChartBuildError, prepare_chart

from .conftest import Renderer
from .rendering import Object, Render
from .test_permissions import cluster_wide
from .test_values import CONTRACT, leaves

OTHERS = ("1.7.5", "1.9.0")

# Told from the contract of 1.8.3: the defaults that are others, and the keys that are new.
DEFAULTS: dict[str, dict[str, Any]] = {
    "1.7.5": {"manager.image.tag": "v1.7.5"},
    "1.8.3": {},
    "1.9.0": {"manager.image.tag": "v1.9.0", "webhookConfiguration.aksIntegration": False},
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
        assert yaml.safe_dump(ours).replace(version, "1.8.3") == yaml.safe_dump(usual)


def test_1_7_5_lacks_the_aggregated_roles_and_the_rule_for_storage_classes(
    renders: dict[str, Render], render: Renderer, charts: dict[str, Path]
) -> None:
    roles = {f"ClusterRole/aggregate-kruise-{role}" for role in ("view", "edit", "admin")}
    assert renders["1.8.3"].changed_to(renders["1.7.5"]) == roles | STAMPED
    assert not roles & set(renders["1.7.5"].objects)
    gates = {"featureGates": "StatefulSetAutoResizePVCGate=true"}
    assert cluster_wide(render(gates, of=charts["1.7.5"])) == cluster_wide(renders["1.7.5"])


def test_1_9_0_stores_more_kinds_as_v1beta1_and_has_one_kind_more(renders: dict[str, Render]) -> None:
    usual, ours = renders["1.8.3"], renders["1.9.0"]
    moved = {f"CustomResourceDefinition/{plural}.apps.kruise.io" for plural in NEWLY_STORED_AS_V1BETA1}
    assert usual.changed_to(ours) == moved | STAMPED | {
        "ClusterRole/kruise-manager-role",
        "CustomResourceDefinition/ephemeraljobs.apps.kruise.io",
        "ValidatingWebhookConfiguration/kruise-validating-webhook-configuration",
    }
    assert len(crds(ours)) == 18
    stored = {
        name.split(".")[0]: version["name"]
        for name, crd in crds(ours).items()
        for version in crd["spec"]["versions"]
        if version["storage"]
    }
    beta = {plural for plural, version in stored.items() if version == "v1beta1"}
    assert beta == NEWLY_STORED_AS_V1BETA1 | {"statefulsets"}
    assert cluster_wide(ours) - cluster_wide(usual) == {
        ("", "pods/resize", "patch"),
        ("", "pods/resize", "update"),
    }


def test_both_versions_of_a_moved_kind_are_served_with_one_schema(renders: dict[str, Render]) -> None:
    for name, crd in crds(renders["1.9.0"]).items():
        if name.split(".")[0] in NEWLY_STORED_AS_V1BETA1:
            alpha, beta = crd["spec"]["versions"]
            assert (alpha["name"], beta["name"]) == ("v1alpha1", "v1beta1")
            assert alpha["served"]
            assert beta["served"]
            assert alpha["schema"] == beta["schema"]
            assert "conversion" not in crd["spec"]


def test_aks_integration_changes_the_webhook_configurations(
    render: Renderer, charts: dict[str, Path], renders: dict[str, Render]
) -> None:
    changed = render({"webhookConfiguration": {"aksIntegration": True}}, of=charts["1.9.0"])
    assert renders["1.9.0"].changed_to(changed) == {
        "MutatingWebhookConfiguration/kruise-mutating-webhook-configuration",
        "ValidatingWebhookConfiguration/kruise-validating-webhook-configuration",
    }


def test_an_unknown_version_is_refused_with_those_that_there_are(module_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ChartBuildError, match=r"1\.6\.3: the stand-in plays 1\.7\.5, 1\.8\.3, 1\.9\.0"):
        prepare_chart(module_dir, tmp_path / "out", "1.6.3")
    assert not (tmp_path / "out").exists()
