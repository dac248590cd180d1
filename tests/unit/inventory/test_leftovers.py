"""What of a release's manifest is in the cluster."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi_openkruise.cluster.errors import NotFoundError
from pulumi_openkruise.inventory.leftovers import mark, remains, unmarked
from pulumi_openkruise.inventory.release import ReleaseId

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clonesets.apps.kruise.io"
SECRET = "/api/v1/namespaces/kruise-system/secrets/kruise-webhook-certs"
ROLE = "/apis/rbac.authorization.k8s.io/v1/namespaces/here/roles/leader"
MANIFEST = """---
# Source: kruise/templates/crds.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    controller-gen.kubebuilder.io/version: v0.16.5

  # of the generator
  name: clonesets.apps.kruise.io
spec:
  names: {kind: CloneSet}
  metadata:
    name: nothing
---
kind: Secret
apiVersion: v1
metadata: {name: kruise-webhook-certs, namespace: kruise-system}
data:
  text: |
    kind: x
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: leader
---
apiVersion: example.com/v1
kind: Unknown
metadata:
  name: of-no-interest
"""
OWNED = {"annotations": {"meta.helm.sh/release-name": "kruise"}}


class Objects:
    """Test double of a cluster that holds these objects, by path."""

    def __init__(self, **found: Any) -> None:
        self.found: dict[str, Any] = {CRD: OWNED, SECRET: OWNED, ROLE: OWNED}
        self.found.update(found)

    def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, accept: str = ""
    ) -> dict[str, Any]:
        if self.found.get(path) is None:
            raise NotFoundError(method, path, 404, "not found")
        return {"metadata": self.found[path]}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, ("all", True)),
        ({SECRET: None}, ("some", True)),
        ({CRD: None}, ("some", False)),
        ({CRD: {"deletionTimestamp": "now"}}, ("some", False)),
        ({CRD: None, SECRET: None, ROLE: None}, ("none", False)),
    ],
)
def test_what_is_left(changed: dict[str, Any], found: tuple[str, bool]) -> None:
    assert remains(Objects(**changed), MANIFEST, "here") == found


def test_what_has_lost_its_mark() -> None:
    assert unmarked(Objects(), MANIFEST, "here") == []
    lost = unmarked(Objects(**{SECRET: {}, CRD: None}), MANIFEST, "here")
    assert [str(thing) for thing in lost] == ["Secret kruise-webhook-certs"]
    assert lost[0].path == SECRET


def test_an_object_of_another_release_is_left_alone() -> None:
    other = {"annotations": {"meta.helm.sh/release-name": "other"}}
    assert unmarked(Objects(**{SECRET: other}), MANIFEST, "here") == []


def test_the_mark_is_helms() -> None:
    assert mark(ReleaseId("kruise-system", "kruise")) == {
        "metadata": {
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "meta.helm.sh/release-name": "kruise",
                "meta.helm.sh/release-namespace": "kruise-system",
            },
        }
    }


def test_a_manifest_that_is_none() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        remains(Objects(), "kind: Secret\nmetadata: {name: [\n", "here")
