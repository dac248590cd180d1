"""What a look at one cluster may say: nothing of what is secret."""

import json
from pathlib import Path

import pytest
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.fleet.gate import check_cluster
from pulumi_openkruise.fleet.record import Stack

from tests.support.api_server import api_server

STACK = Stack("prod", Path("project"))
MARKER = "hunter2-in-the-values"


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_that_cannot_be_read_is_not_shown(secret: bool) -> None:
    config = {
        "kubernetes:kubeconfig": {"value": "{}", "secret": True},
        "openkruise:values": {"value": MARKER, "secret": secret},
    }
    seen = check_cluster(STACK, config)
    assert isinstance(seen, Unavailable)
    assert "openkruise:values" in seen.reason
    assert (MARKER in seen.reason) is not secret


@pytest.mark.parametrize("live", [True, False])
def test_the_clusters_own_release_is_looked_at_in_its_own_context(live: bool) -> None:
    with api_server() as server, api_server() as other:
        server.objects("/api/v1/nodes", [])
        server.objects("/api/v1/namespaces/tools/secrets", [])
        kubeconfig = server.kubeconfig()
        kubeconfig["clusters"][1]["cluster"]["server"] = server.address
        kubeconfig["clusters"][0]["cluster"]["server"] = other.address
        given = {
            "kubernetes:kubeconfig": json.dumps(kubeconfig),
            "kubernetes:context": "there",
            "openkruise:namespace": "kruise",
            "openkruise:releaseName": "shop",
            "openkruise:releaseNamespace": "tools",
        }
        seen = check_cluster(STACK, {key: {"value": value} for key, value in given.items()}, live=live)
        assert not isinstance(seen, Unavailable), seen
        asked = {
            (path, query.get("labelSelector", "")) for _method, path, query, _headers, _body in server.asked
        }
        assert other.asked == []
    assert any(
        path == "/api/v1/namespaces/tools/secrets" and "name=shop" in selector for path, selector in asked
    )
    assert any(path.startswith("/apis/apps/v1/namespaces/kruise/") for path, _selector in asked)


def test_without_a_kubeconfig_nothing_is_looked_at() -> None:
    seen = check_cluster(STACK, {"openkruise:values": {"value": MARKER, "secret": True}})
    assert seen == Unavailable("stack prod has no kubernetes:kubeconfig")
