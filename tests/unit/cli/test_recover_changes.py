"""What ``recover`` reads before it plans, and the requests by which it changes what was read."""

import base64
import gzip
import json
from typing import Any

import pytest
from pulumi_openkruise.cli.recover_changes import (
    Circumstances,
    ReleaseChangedError,
    list_steps,
    make_changes,
    read_circumstances,
)
from pulumi_openkruise.cluster import Cluster, connect
from pulumi_openkruise.inventory.leftovers import ManifestObject
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.recovery import Edit

from tests.support.api_server import ApiServer

RELEASE = ReleaseId("releases", "kruise")
SECRETS = "/api/v1/namespaces/releases/secrets"
RECORD = f"{SECRETS}/sh.helm.release.v1.kruise.v2"
CERTS = ManifestObject("Secret", "kruise-webhook-certs", "/api/v1/namespaces/x/secrets/kruise-webhook-certs")


def secret(status: str, **release: Any) -> dict[str, Any]:
    content = {"name": "kruise", "namespace": "releases", "version": 2, "info": {"status": status}, **release}
    packed = base64.b64encode(gzip.compress(json.dumps(content).encode(), 1))
    labels = {"owner": "helm", "name": "kruise", "version": "2", "status": status}
    return {
        "metadata": {"name": "sh.helm.release.v1.kruise.v2", "resourceVersion": "41", "labels": labels},
        "type": "helm.sh/release.v1",
        "data": {"release": base64.b64encode(packed).decode()},
    }


def client(server: ApiServer) -> Cluster:
    return connect(json.dumps(server.kubeconfig()))


def state_of(*revisions: Revision, owner: ReleaseId | None = None) -> ReleaseState:
    return ReleaseState(RELEASE, revisions, owner)


@pytest.mark.parametrize("status", ["pending-install", "uninstalling"])
@pytest.mark.parametrize(
    ("namespace", "values", "defaults", "allowed"),
    [
        ("releases", {}, {}, {"releases", "kruise-daemon-config"}),
        ("", {}, {}, {"releases", "kruise-daemon-config"}),
        ("records", {}, {}, set()),  # a record of another release
        ("releases", {"namespace": "mine"}, {}, {"releases", "mine", "kruise-daemon-config"}),
        ("releases", {}, {"namespace": "usual"}, {"releases", "usual", "kruise-daemon-config"}),
        (
            "releases",
            {"namespace": "mine"},
            {"namespace": "usual"},
            {"releases", "mine", "kruise-daemon-config"},
        ),
    ],
)
def test_objects_of_a_release_are_in_its_namespaces_alone(
    server: ApiServer,
    status: str,
    namespace: str,
    values: dict[str, str],
    defaults: dict[str, str],
    allowed: set[str],
) -> None:
    """Those of the record, of the installation by values or else by the chart, and of the daemon's config."""
    server.objects("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", [])
    understood = set()
    for place in ("releases", "records", "mine", "usual", "kruise-daemon-config", "kube-system"):
        manifest = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {place}}}\n"
        content = {"manifest": manifest, "namespace": namespace, "config": {"installation": values}}
        content["chart"] = {"values": {"installation": defaults}}
        server.routes[RECORD] = (200, secret(status, **content))
        server.routes[f"/api/v1/namespaces/{place}/secrets/s"] = (200, {"metadata": {"name": "s"}})
        try:
            found = read_circumstances(client(server), state_of(Revision(2, status)))
        except ValueError:
            continue
        understood.add(place)
        thing = ManifestObject("Secret", "s", f"/api/v1/namespaces/{place}/secrets/s")
        assert found.unowned == ((thing,) if status == "pending-install" else ())
        assert found.left.remaining == ("unknown" if status == "pending-install" else "all")
    assert understood == allowed


def test_of_a_release_without_records_the_certificates_are_looked_for(server: ApiServer) -> None:
    """No record says in which namespace it runs: in the release's, and in the usual one."""
    server.objects("/api/v1/namespaces/releases/configmaps", [])
    paths = [
        f"/api/v1/namespaces/{place}/secrets/kruise-webhook-certs" for place in ("releases", "kruise-system")
    ]
    for path in paths:
        server.routes[path] = (200, {"metadata": {"name": "kruise-webhook-certs"}})
    found = read_circumstances(client(server), state_of(owner=RELEASE))
    assert found == Circumstances(
        unowned=tuple(ManifestObject("Secret", "kruise-webhook-certs", path) for path in paths)
    )
    server.routes["/api/v1/namespaces/releases/configmaps"] = (403, {"message": "forbidden"})
    assert read_circumstances(client(server), state_of(owner=RELEASE)) == found
    server.objects("/api/v1/namespaces/releases/configmaps", [{"metadata": {"name": "x"}}])
    assert read_circumstances(client(server), state_of(owner=RELEASE)) == Circumstances(
        records_in_config_maps=True
    )


@pytest.mark.parametrize(
    "state",
    [
        state_of(),
        state_of(owner=ReleaseId("others", "kruise")),
        *(
            state_of(Revision(2, status))
            for status in ("deployed", "failed", "pending-upgrade", "uninstalled")
        ),
        state_of(Revision(2, "deployed"), owner=RELEASE),
    ],
)
def test_nothing_is_read_that_no_plan_depends_on(server: ApiServer, state: ReleaseState) -> None:
    assert read_circumstances(client(server), state) == Circumstances()
    assert server.asked == []


def test_a_record_that_is_gone_already_counts_as_deleted(server: ApiServer) -> None:
    server.objects(SECRETS, [secret("pending-install")])
    state = state_of(Revision(2, "pending-install", None, "41"))
    make_changes(client(server), state, (), [Edit(2, "delete")])
    method, path, _query, _headers, body = server.asked[-1]
    assert (method, path, body) == ("DELETE", RECORD, {"preconditions": {"resourceVersion": "41"}})


def test_each_change_is_one_request_that_was_announced(server: ApiServer) -> None:
    first = f"{SECRETS}/sh.helm.release.v1.kruise.v1"
    record = secret("pending-install")
    older = {**record, "metadata": {**record["metadata"], "resourceVersion": "7"}}
    older["metadata"]["labels"] = {**record["metadata"]["labels"], "version": "1"}
    server.objects(SECRETS, [older, record])
    for path in (first, RECORD, CERTS.path):
        server.routes[path] = (200, record)
    state = state_of(Revision(1, "pending-install", None, "7"), Revision(2, "pending-install", None, "41"))
    edits = [Edit(1, "delete"), Edit(2, "mark", "failed")]
    steps = list_steps(RELEASE, [CERTS], edits)
    assert [words for words, _method, _path in steps] == [
        "mark Secret kruise-webhook-certs as this release's again",
        "delete the record of revision 1",
        "mark revision 2 as failed",
    ]
    make_changes(client(server), state, [CERTS], edits)
    sent = [(method, path) for method, path, *_ in server.asked if method != "GET"]
    assert sent == [(method, path) for _words, method, path in steps]
    patch, deletion, record = (body for method, *_, body in server.asked if method != "GET")
    assert patch["metadata"]["annotations"] == {
        "meta.helm.sh/release-name": "kruise",
        "meta.helm.sh/release-namespace": "releases",
    }
    assert deletion == {"preconditions": {"resourceVersion": "7"}}
    assert record["metadata"]["resourceVersion"] == "41"
    assert record["metadata"]["name"] == "sh.helm.release.v1.kruise.v2"


@pytest.mark.parametrize("gone", [True, False])
def test_a_release_that_has_changed_is_described_before_and_after(server: ApiServer, gone: bool) -> None:
    server.objects(SECRETS, [] if gone else [secret("deployed")])
    state = state_of(Revision(1, "superseded", None, "7"), Revision(2, "pending-upgrade", None, "41"))
    with pytest.raises(ReleaseChangedError) as caught:
        make_changes(client(server), state, [CERTS], [Edit(2, "mark", "failed")])
    now = "not there" if gone else "deployed at revision 2 (resourceVersion 41)"
    assert str(caught.value) == (
        "Helm release releases/kruise has changed since it was read: nothing was done\n"
        "  it was superseded at revision 1 (resourceVersion 7), "
        f"pending-upgrade at revision 2 (resourceVersion 41), and is {now}"
    )
    assert {method for method, *_ in server.asked} == {"GET"}


def test_a_secret_that_is_not_a_record_is_named(server: ApiServer) -> None:
    server.routes[RECORD] = (200, {**secret("uninstalling"), "type": "Opaque"})
    with pytest.raises(ValueError, match="not a record of Helm's") as caught:
        read_circumstances(client(server), state_of(Revision(2, "uninstalling")))
    assert str(caught.value).startswith(f"{RECORD} is not of type helm.sh/release.v1: ")
