"""RBAC, of which the inventory has names only: what is bound exists, the manager may do what it needs to."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Renderer
from .rendering import Render

Grant = tuple[str, str, str]


def grants(rules: list[dict[str, Any]]) -> set[Grant]:
    """Flatten rules into (API group, resource, verb)."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_bindings_join_roles_and_accounts_that_exist(kind: str, defaults: Render) -> None:
    objects = defaults.objects
    bindings = [obj for key, obj in objects.items() if key.startswith(f"{kind}Binding/")]
    assert bindings
    for binding in bindings:
        role = objects[f"{kind}/{binding['roleRef']['name']}"]
        assert binding["roleRef"]["kind"] == kind
        assert binding["metadata"].get("namespace") == role["metadata"].get("namespace")
        assert binding["metadata"].get("annotations") is None or role["metadata"]["annotations"]
        for subject in binding["subjects"]:
            account = objects[f"ServiceAccount/{subject['name']}"]
            assert account["metadata"]["namespace"] == subject["namespace"]


def test_the_manager_may_do_what_upstream_generates(module_dir: Path, render: Renderer) -> None:
    generated = yaml.safe_load((module_dir / "config" / "rbac" / "role.yaml").read_text())
    resizing = render({"featureGates": "StatefulSetAutoResizePVCGate=true"})
    assert cluster_wide(resizing) == grants(generated["rules"])


def test_storage_classes_are_read_for_resizing_only(render: Renderer, defaults: Render) -> None:
    resizing = render({"featureGates": "StatefulSetAutoResizePVCGate=true"})
    storage_classes = {("storage.k8s.io", "storageclasses", verb) for verb in ("get", "list", "watch")}
    assert cluster_wide(resizing) - cluster_wide(defaults) == storage_classes


def cluster_wide(of: Render) -> set[Grant]:
    """Return what the manager may do in every namespace."""
    names = ("kruise-manager-role", "kruise-certs-role")
    for name in names:
        (subject,) = of.objects[f"ClusterRoleBinding/{name}binding"]["subjects"]
        assert subject["name"] == "kruise-manager"
    return set().union(*(grants(of.objects[f"ClusterRole/{name}"]["rules"]) for name in names))


def test_listing_is_limited_to_the_groups_given(render: Renderer) -> None:
    limited = cluster_wide(render({"installation": {"roleListGroups": ["apps", "batch"]}}))
    assert {grant for grant in limited if grant[1] == "*"} == {("apps", "*", "list"), ("batch", "*", "list")}


def test_the_finalizer_may_look_for_what_it_looks_for(defaults: Render) -> None:
    allowed = grants(defaults.objects["ClusterRole/kruise-helm-hook-role"]["rules"])
    kinds = ("clonesets", "statefulsets", "daemonsets")
    assert {("apps.kruise.io", kind, "list") for kind in kinds} <= allowed
