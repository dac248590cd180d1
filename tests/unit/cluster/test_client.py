"""Objects and lists from an API server: pages, expired ones, and every kind of refusal."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_openkruise.cluster import (
    Cluster,
    ClusterUnreachableError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    UnauthorizedError,
    connect,
)
from pulumi_openkruise.foreign import json_input
from urllib3.exceptions import NewConnectionError

from tests.support.api_server import Answer, ApiServer, api_server

NODES = "/api/v1/nodes"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as server:
        yield server


@pytest.fixture
def cluster(server: ApiServer) -> Cluster:
    return connect(json.dumps(server.kubeconfig()))


def named(*numbers: int) -> list[dict[str, Any]]:
    return [{"metadata": {"name": f"n{number}", "uid": str(number)}} for number in numbers]


def test_pages_and_progress(server: ApiServer, cluster: Cluster) -> None:
    server.objects(NODES, named(*range(1201)))
    counts_seen: list[tuple[int, int]] = []
    found = list(
        cluster.list(NODES, progress=lambda *counts: counts_seen.append(counts), labelSelector="a=b,!c")
    )
    assert found == named(*range(1201))
    assert counts_seen == [(500, 1201), (1000, 1201), (1201, 1201)]
    assert [query["limit"] for _method, _path, query, _headers, _body in server.asked] == ["500"] * 3
    assert {query["labelSelector"] for _method, _path, query, _headers, _body in server.asked} == {"a=b,!c"}


def test_a_server_that_cannot_be_reached_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib3.connection import HTTPConnection

    tried: list[str] = []

    def refuse(connection: HTTPConnection) -> None:
        tried.append(connection.host)
        raise NewConnectionError(connection, "Connection refused")

    monkeypatch.setattr(HTTPConnection, "connect", refuse)
    with pytest.raises(ClusterUnreachableError, match="connection refused"):
        connect(json.dumps(ApiServer(1).kubeconfig())).get(NODES)
    assert tried == ["127.0.0.1"]


def test_metadata_alone_where_that_is_enough(server: ApiServer, cluster: Cluster) -> None:
    server.objects(NODES, named(1))
    assert list(cluster.list(NODES, metadata_only=True)) == named(1)
    accept = server.asked[-1][3]["Accept"]
    assert accept.startswith("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,")


@pytest.mark.parametrize("goes_on", [True, False], ids=["with a token to go on", "from the beginning"])
def test_an_expired_list_is_finished_and_tells_nothing_twice(
    server: ApiServer, cluster: Cluster, goes_on: bool
) -> None:
    expired = False

    def answer(query: dict[str, str]) -> Answer:
        nonlocal expired
        if query.get("continue") == "2" and not expired:
            expired = True
            metadata = {"continue": "fresh"} if goes_on else {}
            return 410, {"kind": "Status", "message": "too old", "metadata": metadata}
        if query.get("continue") in ("2", "fresh"):
            return 200, {"items": named(3, 4), "metadata": {}}
        return 200, {"items": named(1, 2), "metadata": {"continue": "2"}}

    server.routes[NODES] = answer
    assert list(cluster.list(NODES)) == named(1, 2, 3, 4)


def test_a_list_that_expires_for_ever_ends(server: ApiServer, cluster: Cluster) -> None:
    def answer(query: dict[str, str]) -> Answer:
        if "continue" in query:
            return 410, {"message": "too old"}
        return 200, {"items": named(1), "metadata": {"continue": "1"}}

    server.routes[NODES] = answer
    with pytest.raises(RefusedError, match="too old"):
        list(cluster.list(NODES))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (500, RefusedError),
    ],
)
def test_refusals(server: ApiServer, cluster: Cluster, status: int, kind: type[RefusedError]) -> None:
    server.routes[NODES] = (status, {"kind": "Status", "message": "because\nof this"})
    with pytest.raises(RefusedError) as caught:
        cluster.get(NODES)
    assert type(caught.value) is kind
    assert caught.value.cause == f"GET {NODES}: {status} because of this"


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_busy_server_is_asked_again_as_often_as_client_go_does(
    server: ApiServer, cluster: Cluster, status: int
) -> None:
    server.busy.add(status)
    answers = [(status, {"message": "busy"})] * 10 + [(200, {"ok": True})]
    server.routes[NODES] = lambda _query: answers.pop(0)
    assert cluster.get(NODES) == {"ok": True}


@pytest.mark.parametrize(("status", "requests"), [(429, 11), (503, 1)])
def test_a_change_that_may_have_been_made_is_not_sent_again(
    server: ApiServer, cluster: Cluster, status: int, requests: int
) -> None:
    server.busy.add(status)
    server.routes[f"{NODES}/n1"] = (status, {"message": "busy"})
    with pytest.raises(RefusedError, match="busy"):
        cluster.request("PATCH", f"{NODES}/n1", {"a": 1}, content_type="application/merge-patch+json")
    assert len(server.asked) == requests


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"a":', b"\xff\xfe"])
def test_an_answer_that_is_no_object(server: ApiServer, cluster: Cluster, content: bytes) -> None:
    server.routes[NODES] = (200, content)
    with pytest.raises(ClusterUnreachableError, match="is it an API server"):
        cluster.get(NODES)


@pytest.mark.parametrize(("status", "error"), [(200, ClusterUnreachableError), (403, RefusedError)])
def test_an_answer_with_more_values_than_the_memory_bears(
    server: ApiServer,
    cluster: Cluster,
    status: int,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_input, "MOST_VALUES", 1000)
    server.routes[NODES] = (status, json.dumps({"items": [{}] * 998}).encode())
    if status == 200:
        assert len(cluster.get(NODES)["items"]) == 998
    server.routes[NODES] = (status, json.dumps({"items": [{}] * 1000}).encode())
    with pytest.raises(error, match="it answers with more than 1,000 values" if status == 200 else "403"):
        cluster.get(NODES)


def test_an_error_without_words(server: ApiServer, cluster: Cluster) -> None:
    server.routes[NODES] = (502, b"")
    with pytest.raises(RefusedError, match="502 Bad Gateway"):
        cluster.get(NODES)


def test_a_change_carries_its_body(server: ApiServer, cluster: Cluster) -> None:
    server.routes[f"{NODES}/n1"] = (200, {"done": True})
    answer = cluster.request(
        "PATCH", f"{NODES}/n1", {"a": 1}, content_type="application/merge-patch+json", query={"dryRun": "All"}
    )
    assert answer == {"done": True}
    method, _path, query, headers, body = server.asked[-1]
    assert (method, query, body) == ("PATCH", {"dryRun": "All"}, {"a": 1})
    assert headers["Content-Type"] == "application/merge-patch+json"
