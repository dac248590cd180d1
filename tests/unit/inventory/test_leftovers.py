"""What of a release's manifest is in the cluster, and that nothing is done about what was not understood."""

import json
from typing import Any

import pytest
from pulumi_openkruise.cluster import Cluster
from pulumi_openkruise.inventory.leftovers import (
    find_install_namespace,
    find_leftovers,
    find_unowned,
    list_objects,
)
from pulumi_openkruise.inventory.release import Leftovers, ReleaseId, write_ownership_patch

from tests.support.api_server import ApiServer

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = f"{DEFINITIONS}/clonesets.apps.kruise.io"
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
"""
RELEASE = ReleaseId("here", "kruise")
PLACES = ("here", "kruise-system")
OWNED = {"annotations": {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "here"}}
GOING = {**OWNED, "deletionTimestamp": "2026-11-25T08:00:00Z"}
ALL = {CRD: OWNED, SECRET: OWNED, ROLE: OWNED}


def hold(server: ApiServer, objects: dict[str, Any]) -> None:
    """Serve these objects by path, and the CRDs among them as a list, too."""
    definitions = []
    for path, metadata in objects.items():
        if metadata is not None:
            named = {"metadata": {"name": path.rpartition("/")[2], **metadata}}
            server.routes[path] = (200, named)
            if path.startswith(f"{DEFINITIONS}/"):
                definitions.append(named)
    server.objects(DEFINITIONS, definitions)


ADMISSION = "/apis/admissionregistration.k8s.io/v1"
PATHS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles/a",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/a",
    "CustomResourceDefinition": f"{DEFINITIONS}/a",
    "DaemonSet": "/apis/apps/v1/namespaces/here/daemonsets/a",
    "Deployment": "/apis/apps/v1/namespaces/here/deployments/a",
    "Job": "/apis/batch/v1/namespaces/here/jobs/a",
    "MutatingWebhookConfiguration": f"{ADMISSION}/mutatingwebhookconfigurations/a",
    "Namespace": "/api/v1/namespaces/a",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/here/poddisruptionbudgets/a",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/here/roles/a",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/here/rolebindings/a",
    "Secret": "/api/v1/namespaces/here/secrets/a",
    "Service": "/api/v1/namespaces/here/services/a",
    "ServiceAccount": "/api/v1/namespaces/here/serviceaccounts/a",
    "ValidatingWebhookConfiguration": f"{ADMISSION}/validatingwebhookconfigurations/a",
}
"""Kinds of the chart, and where the API server has them."""


@pytest.mark.parametrize("kind", [*PATHS, "ConfigMap", "Pod", "secret", "Secrets"])
def test_each_kind_of_the_chart_has_its_path_and_no_other_kind_one(kind: str) -> None:
    manifest = f"kind: {kind}\napiVersion: v1\nmetadata: {{name: a, namespace: here}}\n"
    if kind in PATHS:
        assert [thing.path for thing in list_objects(manifest, ["here"])] == [PATHS[kind]]
    else:
        with pytest.raises(ValueError, match="has a kind that the chart does not have"):
            list_objects(manifest, ["here"])


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, ("all", True)),
        ({SECRET: None}, ("some", True)),
        ({CRD: None}, ("some", False)),
        ({CRD: GOING}, ("some", False)),
        ({CRD: None, SECRET: None, ROLE: None}, ("none", False)),
        ({CRD: GOING, SECRET: None, ROLE: None}, ("terminating", False)),
        ({CRD: None, SECRET: GOING, ROLE: None}, ("terminating", False)),
        # Of no manifest, and the release's all the same.
        ({CRD: None, SECRET: None, ROLE: None, f"{DEFINITIONS}/x.apps.kruise.io": OWNED}, ("some", False)),
        (
            {CRD: None, SECRET: None, ROLE: None, f"{DEFINITIONS}/x.apps.kruise.io": GOING},
            ("terminating", False),
        ),
        ({CRD: None, SECRET: None, ROLE: None, f"{DEFINITIONS}/x.example.com": OWNED}, ("none", False)),
        ({CRD: None, SECRET: None, ROLE: None, f"{DEFINITIONS}/y.apps.kruise.io": {}}, ("none", False)),
    ],
)
def test_what_is_left(
    server: ApiServer, cluster: Cluster, changed: dict[str, Any], found: tuple[str, bool]
) -> None:
    hold(server, {**ALL, **changed})
    left = find_leftovers(cluster, MANIFEST, RELEASE, PLACES)
    assert (left.remaining, left.hook_can_pass) == found
    assert bool(left.terminating) == (GOING in changed.values())


@pytest.mark.parametrize(
    "manifest",
    [
        json.dumps({"apiVersion": "v1", "kind": "Role", "metadata": {"name": "leader"}}),
        '"apiVersion": v1\n"kind": "Role"\n"metadata":\n  "name": "leader"\n',
        "apiVersion: v1\nkind: Role\nmetadata: {labels: {a: b}, name: leader}\n...\n---\n",
    ],
    ids=["JSON", "quoted keys", "flow"],
)
def test_a_manifest_in_any_form_of_yaml_is_understood(
    server: ApiServer, cluster: Cluster, manifest: str
) -> None:
    hold(server, {ROLE: OWNED})
    assert find_leftovers(cluster, manifest, RELEASE, PLACES) == Leftovers("all")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "names no object"),
        ("# nothing\n", "names no object"),
        ("kind: Secret\nmetadata: {name: [\n", "cannot be read: not valid YAML at line"),
        ("just words\n", "document 1 is not an object"),
        ("kind: Role\nmetadata: {name: leader}\n", "document 1 is not an object"),
        ("apiVersion: v1\nkind: Role\nmetadata: {}\n", "document 1 is not an object"),
        ("apiVersion: v1\nkind: List\nitems: []\nmetadata: {name: x}\n", "document 1 is a list"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", "a kind that the chart does not have"),
        ("apiVersion: v1\nkind: Role\nmetadata: {name: x, namespace: kube-system}\n", "not the chart's"),
        ("apiVersion: v1\nkind: Role\nmetadata: {name: ../../pods/etcd-0?x}\n", "not valid in Kubernetes"),
        ("apiVersion: v1\nkind: Role\nmetadata: {name: ..}\n", "not valid in Kubernetes"),
        ("apiVersion: v1\nkind: Role\nmetadata: {name: A}\n", "not valid in Kubernetes"),
        ("apiVersion: v1\nkind: Role\nmetadata: {name: 7}\n", "document 1 is not an object"),
        (
            "a0: &a0 {x: 1}\n"
            + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 46)),
            "stands",
        ),
    ],
)
def test_a_manifest_that_was_not_understood_leads_to_nothing(
    server: ApiServer, cluster: Cluster, manifest: str, said: str
) -> None:
    hold(server, {})
    with pytest.raises(ValueError, match=said):
        find_leftovers(cluster, manifest, RELEASE, PLACES)
    assert server.asked == []


def test_an_error_quotes_nothing_of_a_manifest_that_may_hold_secrets(cluster: Cluster) -> None:
    with pytest.raises(ValueError) as caught:
        list_objects("kind: Secret\nstringData: {password: *s3cret}\n", PLACES)
    assert "s3cret" not in str(caught.value)


def test_what_has_lost_its_mark(server: ApiServer, cluster: Cluster) -> None:
    hold(server, ALL)
    objects = list_objects(MANIFEST, PLACES)
    assert find_unowned(cluster, objects) == []
    server.routes.pop(CRD)
    hold(server, {SECRET: {}})
    lost = find_unowned(cluster, objects)
    assert [(str(thing), thing.path) for thing in lost] == [("Secret kruise-webhook-certs", SECRET)]


def test_an_object_of_another_release_is_left_alone(server: ApiServer, cluster: Cluster) -> None:
    hold(server, {**ALL, SECRET: {"annotations": {"meta.helm.sh/release-name": "other"}}})
    assert find_unowned(cluster, list_objects(MANIFEST, PLACES)) == []


def test_the_mark_is_helms() -> None:
    assert write_ownership_patch(ReleaseId("kruise-system", "kruise")) == {
        "metadata": {
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {
                "meta.helm.sh/release-name": "kruise",
                "meta.helm.sh/release-namespace": "kruise-system",
            },
        }
    }


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        ({"installation": {"namespace": "apps"}}, "apps"),
        ({"installation": {"namespace": None}}, ""),
        ({"installation": {"namespace": 5}}, ""),
        ({"installation": {}}, ""),
        ({"installation": "apps"}, ""),
        ({"namespace": "apps"}, ""),
        ({}, ""),
    ],
)
def test_the_namespace_that_values_install_into(values: dict[str, Any], namespace: str) -> None:
    assert find_install_namespace(values) == namespace
