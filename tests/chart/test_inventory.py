"""Rendered with its defaults, the stand-in is the published chart of 1.8.3, as far as the inventory tells.

``inventory-1.8.3.json`` lists what was seen in the published chart's render. It is a record of facts, not of
text: schemas, RBAC rules and some fields are not in it. ``NOT_RECORDED`` names them all, and a test fails
as soon as the stand-in renders anything that is neither compared nor named.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .rendering import Object, Render, identity

INVENTORY: list[Object] = json.loads((Path(__file__).parent / "inventory-1.8.3.json").read_text())

WEBHOOK_FIELDS = ("name", "failurePolicy", "namespaceSelector", "rules", "timeoutSeconds")
CRD_VERSION_FIELDS = ("name", "served", "storage")

NOT_RECORDED = {
    "MutatingWebhookConfiguration": {
        "webhooks[].admissionReviewVersions": "upstream's generated one; the API server checks it",
        "webhooks[].sideEffects": "the same",
        "webhooks[].clientConfig": "service and generated path; caBundle is the manager's to write",
    },
    "ValidatingWebhookConfiguration": {
        "webhooks[].admissionReviewVersions": "upstream's generated one; the API server checks it",
        "webhooks[].sideEffects": "the same",
        "webhooks[].clientConfig": "service and generated path; caBundle is the manager's to write",
        "webhooks[].objectSelector": "upstream's patch: deletion protection asks for a label",
    },
    "CustomResourceDefinition": {
        "spec.versions[].schema": "upstream's generated one, as it stands in the module",
        "spec.versions[].additionalPrinterColumns": "the same",
        "spec.versions[].subresources": "the same",
    },
    "Role": {"rules": "see test_permissions.py"},
    "ClusterRole": {"rules": "see test_permissions.py"},
    "RoleBinding": {"roleRef": "see test_permissions.py", "subjects": "the same"},
    "ClusterRoleBinding": {"roleRef": "see test_permissions.py", "subjects": "the same"},
}


def recorded(obj: Object) -> Object:
    """Return what the inventory would say of a rendered object."""
    metadata = obj["metadata"]
    record: Object = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "name": metadata["name"]}
    record |= {key: metadata[key] for key in ("namespace", "labels", "annotations") if metadata.get(key)}
    if obj["kind"] == "CustomResourceDefinition":
        spec = obj["spec"]
        record |= {
            "annotations": sorted(metadata["annotations"]),
            "group": spec["group"],
            "scope": spec["scope"],
            "names": spec["names"],
            "versions": [pick(version, CRD_VERSION_FIELDS) for version in spec["versions"]],
            "conversion": "conversion" in spec,
        }
    elif "webhooks" in obj:
        record["webhooks"] = [pick(hook, WEBHOOK_FIELDS) for hook in obj["webhooks"]]
    elif "spec" in obj:
        record["spec"] = obj["spec"]
    return record


def pick(data: Object, names: Iterable[str]) -> Object:
    return {name: data.get(name) for name in names}


def comparable(record: Object) -> Object:
    """Sort where order means nothing: validating webhooks are all asked, in parallel."""
    if record["kind"] != "ValidatingWebhookConfiguration":
        return record
    return record | {"webhooks": sorted(record["webhooks"], key=lambda hook: hook["name"])}


def test_the_same_objects(defaults: Render) -> None:
    recorded_names = [f"{record['kind']}/{record['name']}" for record in INVENTORY]
    assert sorted(defaults.objects) == sorted(recorded_names)


@pytest.mark.parametrize("record", INVENTORY, ids=lambda record: f"{record['kind']}/{record['name']}")
def test_each_object_equals_its_record(record: Object, defaults: Render) -> None:
    obj = defaults.objects.get(f"{record['kind']}/{record['name']}")
    assert obj is not None, "not rendered"
    assert comparable(recorded(obj)) == comparable(record)


def test_nothing_is_rendered_beyond_what_is_compared_or_named(defaults: Render) -> None:
    unknown = {
        f"{identity(obj)}: {field}"
        for obj in defaults.objects.values()
        for field in fields(obj) - compared(obj) - set(NOT_RECORDED.get(obj["kind"], {}))
    }
    assert not unknown


def fields(obj: Object) -> set[str]:
    """Return the fields of an object, down to the level at which the inventory speaks of them."""
    found = {f"metadata.{key}" for key in obj["metadata"]} | (set(obj) - {"metadata", "spec", "webhooks"})
    found |= {f"webhooks[].{key}" for hook in obj.get("webhooks", []) for key in hook}
    spec: dict[str, Any] = obj.get("spec", {})
    if obj["kind"] != "CustomResourceDefinition":
        return found | ({"spec"} if spec else set())
    found |= {f"spec.{key}" for key in spec if key != "versions"}
    return found | {f"spec.versions[].{key}" for version in spec["versions"] for key in version}


def compared(obj: Object) -> set[str]:
    """Return the fields that ``recorded`` carries over."""
    both = {"apiVersion", "kind"}
    both |= {f"metadata.{field}" for field in ("name", "namespace", "labels", "annotations")}
    if obj["kind"] == "CustomResourceDefinition":
        both |= {f"spec.{field}" for field in ("group", "scope", "names", "conversion")}
        return both | {f"spec.versions[].{field}" for field in CRD_VERSION_FIELDS}
    return both | {"spec"} | {f"webhooks[].{field}" for field in WEBHOOK_FIELDS}


def test_the_chart_names_itself_a_test_double(chart: Path) -> None:
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    assert metadata["description"].startswith("Test double")
    assert (metadata["name"], metadata["version"], metadata["appVersion"]) == ("kruise", "1.8.3", "1.8.3")
    assert metadata["kubeVersion"] == ">= 1.18.0-0"
