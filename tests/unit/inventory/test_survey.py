"""The objects of a release's manifest as the API server has them."""

import pytest
from pulumi_openkruise.cluster import Cluster, ForbiddenError
from pulumi_openkruise.inventory.snapshot import Key
from pulumi_openkruise.inventory.survey import _read_objects

from tests.support.api_server import ApiServer

APPS = "/apis/apps/v1"
RESOURCES = [
    {"name": "deployments", "kind": "Deployment", "namespaced": True},
    {"name": "deployments/scale", "kind": "Scale", "namespaced": True},
    {"name": "deployments/status", "kind": "Deployment", "namespaced": False},
    {"name": "things", "kind": "Thing", "namespaced": False},
]
LIVE: dict[str, Key] = {
    f"{APPS}/namespaces/own/deployments/a": ("apps/v1", "Deployment", "own", "a"),
    f"{APPS}/namespaces/kruise-system/deployments/b": ("apps/v1", "Deployment", "", "b"),
    f"{APPS}/things/c": ("apps/v1", "Thing", "", "c"),
    "/api/v1/namespaces/kruise-system/secrets/d": ("v1", "Secret", "kruise-system", "d"),
}
ABSENT: list[Key] = [
    ("apps/v1", "Deployment", "own", "gone"),
    ("apps/v1", "Scale", "own", "a"),  # a subresource is no object
    ("apps/v1", "Unknown", "own", "a"),
    ("nowhere.io/v1", "Thing", "", "c"),
]


def test_each_object_is_read_where_the_server_has_it(server: ApiServer, cluster: Cluster) -> None:
    server.routes[APPS] = (200, {"resources": RESOURCES})
    server.routes["/api/v1"] = (
        200,
        {"resources": [{"name": "secrets", "kind": "Secret", "namespaced": True}]},
    )
    for path in LIVE:
        server.routes[path] = (200, {"metadata": {"selfLink": path}})
    seen: list[tuple[str, int, int]] = []
    wanted = [*LIVE.values(), *ABSENT]
    found = _read_objects(cluster, iter(wanted), "kruise-system", lambda *counts: seen.append(counts))
    assert found == {
        **{key: {"metadata": {"selfLink": path}} for path, key in LIVE.items()},
        **dict.fromkeys(ABSENT),
    }
    assert seen == [("objects of the release", count, len(wanted)) for count in range(1, len(wanted) + 1)]
    asked = [path for _method, path, _query, _headers, _body in server.asked]
    assert [asked.count(root) for root in (APPS, "/api/v1", "/apis/nowhere.io/v1")] == [1, 1, 1]


def test_an_object_that_may_not_be_read_is_not_called_absent(server: ApiServer, cluster: Cluster) -> None:
    server.routes[APPS] = (200, {"resources": RESOURCES})
    path, key = next(iter(LIVE.items()))
    server.routes[path] = (403, {"message": "no"})
    with pytest.raises(ForbiddenError):
        _read_objects(cluster, [key], "kruise-system", lambda *_counts: None)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("text", ["../../../api/v1/namespaces/x", "a/b", "a?x=/", "..", "a#b", "%2e%2e/x"])
def test_what_a_manifest_calls_a_name_leads_to_its_own_path_alone(
    server: ApiServer, cluster: Cluster, place: int, text: str
) -> None:
    """As its apiVersion, its kind, its namespace or its name."""
    server.routes[APPS] = (200, {"resources": RESOURCES})
    key = list(LIVE[f"{APPS}/namespaces/own/deployments/a"])
    key[place] = text
    found = _read_objects(cluster, [tuple(key)], "kruise-system", lambda *_counts: None)  # type: ignore[list-item]
    assert list(found.values()) == [None]
    roots = {APPS, "/apis/a/b"}  # which an API group may be called
    for _method, path, query, *_rest in server.asked:
        assert path in roots or path.startswith(f"{APPS}/namespaces/own/deployments/")
        assert path.count("/") <= 7
        assert not query
