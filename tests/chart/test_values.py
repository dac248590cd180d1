"""Every value of the contract changes the objects it should, and no others; the dead ones change nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Renderer
from .rendering import Render

CONTRACT: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "values-1.8.3.yaml").read_text())

HARD_CODED = "CustomResourceDefinition/statefulsets.apps.kruise.io"


def leaves(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key in dotted form with its default; an empty mapping is a leaf that users fill."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def nested(key: str, value: Any) -> dict[str, Any]:
    """``a.b`` and ``1`` to ``{"a": {"b": 1}}``."""
    for part in reversed(key.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    shared = [key for key in one.keys() & other.keys() if isinstance(one[key], dict)]
    return one | other | {key: merged(one[key], other[key]) for key in shared}


def test_the_chart_declares_the_contract(chart: Path) -> None:
    declared = dict(leaves(yaml.safe_load((chart / "values.yaml").read_text())))
    assert declared == {entry["key"]: entry["default"] for entry in CONTRACT}


@pytest.mark.parametrize("entry", CONTRACT, ids=lambda entry: entry["key"])
def test_a_changed_value_changes_exactly_its_objects(
    entry: dict[str, Any], defaults: Render, render: Renderer
) -> None:
    given = entry.get("given", {})
    before = render(given) if given else defaults
    after = render(merged(given, nested(entry["key"], entry["other"])))
    assert before.changed_to(after) == expected(entry["changes"], before, after)


def expected(changes: str | list[str], before: Render, after: Render) -> set[str]:
    """Spell out the two values that concern objects by the dozen."""
    if isinstance(changes, list):
        return set(changes)
    if changes == "every CustomResourceDefinition":
        crds = {key for key in before.objects if key.startswith("CustomResourceDefinition/")}
        assert len(crds) == 17
        return crds
    assert changes == "every namespaced object"
    # Whatever names the namespace, but the conversion webhook, whose namespace upstream has hard-coded.
    names_it = {key for key, obj in before.objects.items() if "kruise-system" in str(obj)} - {HARD_CODED}
    return names_it | {"Namespace/elsewhere"}


def test_another_namespace_leaves_one_trace_of_the_usual_one(render: Renderer) -> None:
    objects = render({"installation": {"namespace": "elsewhere"}}).objects
    assert [key for key, obj in objects.items() if "kruise-system" in str(obj)] == [HARD_CODED]
    service = objects[HARD_CODED]["spec"]["conversion"]["webhook"]["clientConfig"]["service"]
    assert service["namespace"] == "kruise-system"


@pytest.mark.parametrize(
    ("gates", "deployed"),
    [
        ("KruiseDaemon=false", False),
        ("PodWebhook=true,KruiseDaemon=false", False),
        ("KruiseDaemon=False", True),
        ("KruiseDaemon=0", True),
        ("KruiseDaemon= false", True),
        ("", True),
    ],
)
def test_a_substring_of_the_gates_decides_about_the_daemon(
    gates: str, deployed: bool, render: Renderer
) -> None:
    objects = render({"featureGates": gates}).objects
    assert ("DaemonSet/kruise-daemon" in objects) is deployed
    assert "ServiceAccount/kruise-daemon" in objects


@pytest.mark.parametrize("gates", ["EnableExternalCerts=true", "AllAlpha=true"])
def test_external_certificates_leave_the_secret_to_others(gates: str, render: Renderer) -> None:
    assert "Secret/kruise-webhook-certs" not in render({"featureGates": gates}).objects


def test_feature_gates_as_a_mapping_break_the_render(render: Renderer) -> None:
    assert "wrong type for value" in render({"featureGates": {"PodWebhook": False}}).error


def test_terms_replace_the_default_exclusion_and_other_affinities_keep_it(
    render: Renderer, defaults: Render
) -> None:
    def affinity(values: Any) -> Any:
        objects = render({"daemon": {"affinity": values}}).objects
        return objects["DaemonSet/kruise-daemon"]["spec"]["template"]["spec"].get("affinity")

    daemon = defaults.objects["DaemonSet/kruise-daemon"]
    default = daemon["spec"]["template"]["spec"]["affinity"]
    pods: dict[str, Any] = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
    assert affinity(pods) == default | pods
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    term = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    terms = {"nodeAffinity": {key: {"nodeSelectorTerms": [term]}}}
    assert affinity(terms) == terms
    assert affinity(None) is None


def test_the_managers_node_affinity_stands_beside_its_anti_affinity(
    render: Renderer, defaults: Render
) -> None:
    def affinity(of: Render) -> Any:
        return of.objects["Deployment/kruise-controller-manager"]["spec"]["template"]["spec"]["affinity"]

    node = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]}
    changed = render({"manager": {"nodeAffinity": node}})
    assert affinity(changed) == affinity(defaults) | {"nodeAffinity": node}


def test_the_detector_watches_both_programs(render: Renderer) -> None:
    objects = render({"enableKubeCacheMutationDetector": True}).objects
    for name in ("Deployment/kruise-controller-manager", "DaemonSet/kruise-daemon"):
        (container,) = objects[name]["spec"]["template"]["spec"]["containers"]
        assert {"name": "KUBE_CACHE_MUTATION_DETECTOR", "value": "true"} in container["env"]


def test_only_the_finalizer_is_named_after_the_release(render: Renderer, defaults: Render) -> None:
    other = render(release="another")
    assert defaults.changed_to(other) == {"Job/kruise-finalizer", "Job/another-finalizer"}
    labels = other.objects["Job/another-finalizer"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/instance"] == "another"
