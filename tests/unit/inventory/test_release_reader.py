"""What a look at the cluster makes of OpenKruise's CRDs: whose they are, and what applies them."""

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_openkruise.cluster import Cluster
from pulumi_openkruise.inventory.release import ReleaseId, describe_installer
from pulumi_openkruise.inventory.release_reader import read_release

from tests.support.api_server import ApiServer, api_server

RELEASE = ReleaseId("kruise-system", "kruise")
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clonesets.apps.kruise.io"
HELM = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "default"}


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as server:
        server.objects("/api/v1/namespaces/kruise-system/secrets", [])
        yield server


def test_no_crds_have_no_installer(server: ApiServer, cluster: Cluster) -> None:
    found = read_release(cluster, RELEASE)
    assert (found.owner, found.installer, found.latest) == (None, "", None)


@pytest.mark.parametrize(
    ("annotations", "owner", "installer"),
    [
        (HELM, ReleaseId("default", "kruise"), ""),
        ({"kubectl.kubernetes.io/last-applied-configuration": "{}"}, None, "kubectl has applied it"),
        # Half a mark is none to Helm either.
        ({"meta.helm.sh/release-name": "kruise"}, None, "nothing shows what has created it"),
    ],
)
def test_whose_the_crds_are(
    server: ApiServer,
    cluster: Cluster,
    annotations: dict[str, str],
    owner: ReleaseId | None,
    installer: str,
) -> None:
    metadata = {"name": "clonesets.apps.kruise.io", "annotations": annotations}
    server.routes[CRD] = (200, {"metadata": metadata})
    found = read_release(cluster, RELEASE)
    assert (found.owner, found.installer) == (owner, installer)


@pytest.mark.parametrize(
    ("metadata", "installer"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "kruise:..."}}, "Argo CD applies it"),
        ({"labels": {"argocd.argoproj.io/instance": "kruise"}}, "Argo CD applies it"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "kruise"}}, "Flux applies it"),
        (
            {"managedFields": [{"manager": "addon-manager"}, {"manager": "kruise-manager"}, None]},
            "written by addon-manager",
        ),
        (
            {"managedFields": [{"manager": "kubectl", "subresource": "status"}]},
            "nothing shows what has created it",
        ),
        ({}, "nothing shows what has created it"),
    ],
)
def test_what_shows_the_tool_that_applies_an_object(metadata: dict[str, Any], installer: str) -> None:
    assert describe_installer({"metadata": metadata}) == installer
