"""What a look at one cluster may say: nothing of what is secret."""

import json
from pathlib import Path
from typing import Literal

import pytest
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.fleet.gate import check_cluster, find_stopping, preview_daemons
from pulumi_openkruise.fleet.record import Stack

from tests.support.api_server import api_server
from tests.support.reports import make_report

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


def test_what_an_update_does_to_daemons_is_not_known_without_a_cluster() -> None:
    (line,) = preview_daemons(STACK, {})
    assert "stack prod has no kubernetes:kubeconfig" in line


def test_findings_stop_a_wave_from_the_gates_severity_on() -> None:
    report = make_report()
    counts = [0]
    severities: tuple[Literal["critical", "error", "warning"], ...] = ("critical", "error", "warning")
    for gate in severities:
        lines = find_stopping(report, gate)
        assert lines == [
            f"{one.severity} {one.code}: {one.what}; {one.remedy}" for one in report.find_failing(gate)
        ]
        counts.append(len(lines))
    assert counts == sorted(set(counts))
    assert find_stopping(report, "off") == []
    lost = Unavailable("connection refused")
    assert find_stopping(lost, "critical") == ["the cluster cannot be inspected: connection refused"]
    assert find_stopping(lost, "off") == []
