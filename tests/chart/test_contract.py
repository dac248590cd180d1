"""The package's own data about the chart, against the chart as it renders and OpenKruise's source."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.chart.contract import KEYS
from pulumi_openkruise.chart.derived import derive_values
from pulumi_openkruise.chart.effective_gates import CHART_DEFAULT, FORCED_OFF, FORCED_ON
from pulumi_openkruise.chart.gates import list_known_gates
from pulumi_openkruise.chart.version import parse_version

from sandbox.programs import KRUISE_RELEASES

from .conftest import Renderer
from .rendering import Render

CONTRACT: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "values-1.8.3.yaml").read_text())
CHART = parse_version("1.8.3")


def images(of: Render) -> set[str]:
    return set(re.findall(r"^\s*(?:- )?image: \"?([^\s\"]+)", of.text, flags=re.MULTILINE))


def test_the_keys_without_effect_are_those_that_change_nothing() -> None:
    dead = {entry["key"] for entry in CONTRACT if entry["changes"] == []}
    assert dead == {path for path, key in KEYS.items() if key.dead}


def test_every_image_comes_from_the_registry(render: Renderer, defaults: Render) -> None:
    mirrored = render(derive_values({"image_registry": "registry.example.com/mirror"}, CHART))
    assert images(defaults) == {"openkruise/kruise-manager:v1.8.3", "openkruise/kruise-helm-hook:v0.1.0"}
    assert images(mirrored) == {f"registry.example.com/mirror/{image}" for image in images(defaults)}


def test_pull_secrets_reach_manager_and_daemon_and_not_the_hook(render: Renderer, defaults: Render) -> None:
    changed = defaults.changed_to(render(derive_values({"image_pull_secrets": [(0, "pull")]}, CHART)))
    assert changed == {"Deployment/kruise-controller-manager", "DaemonSet/kruise-daemon"}


@pytest.mark.parametrize("platform", ["k3s", "eks-custom-cni", "gke-autopilot"])
def test_a_platform_changes_only_the_objects_that_it_is_for(
    platform: str, render: Renderer, defaults: Render
) -> None:
    rendered = render(derive_values({"platform": platform}, CHART))
    if platform == "gke-autopilot":
        assert "DaemonSet/kruise-daemon" not in rendered.objects
        return
    kind = "DaemonSet/kruise-daemon" if platform == "k3s" else "Deployment/kruise-controller-manager"
    assert defaults.changed_to(rendered) == {kind}


@pytest.mark.parametrize("release", [release.version for release in KRUISE_RELEASES])
def test_gates_are_those_of_the_source(release: str, modules: dict[str, Path]) -> None:
    source = (modules[release] / "pkg" / "features" / "kruise_features.go").read_text()
    constants = dict(
        re.findall(r'^\t(\w+)(?: featuregate\.Feature)? += "(\w+)"$', source, flags=re.MULTILINE)
    )
    block = source.partition("var defaultFeatureGates")[2].partition("\n}\n")[0]
    registered = {constants[name] for name in re.findall(r"^\t(\w+):", block, flags=re.MULTILINE)}
    ours = set(list_known_gates(parse_version(release)))
    assert ours == registered | {"AllAlpha", "AllBeta"}
    assert set(CHART_DEFAULT) <= ours

    rules = source.partition("func SetDefaultFeatureGates")[2]
    for switches, body in re.findall(r"\n\tif (.+?) {\n(.*?)\n\t}", rules, flags=re.DOTALL):
        named = [constants[name] for name in re.findall(r"Enabled\((\w+)\)", switches)]
        ruled = tuple(constants[name] for name in re.findall(r'"%s=(?:true|false)", (\w+)\)', body))
        table = FORCED_ON if "=true" in body else FORCED_OFF
        assert {name: table[name] for name in named} == dict.fromkeys(named, ruled)
    assert rules.count("\n\tif ") == len(FORCED_OFF) + 1
