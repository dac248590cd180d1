"""How many daemons there are: asked of the cluster once the release is known, and never a reason to fail."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs

from tests.support.api_server import ApiServer, api_server
from tests.support.engine import COMPONENT, RELEASE, new_engine

PARENT = f"urn:pulumi:test::openkruise::{COMPONENT}::kruise"
DAEMONS = "/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as server:
        server.routes[DAEMONS] = (200, {"status": {"desiredNumberScheduled": 3, "numberReady": 2}})
        yield server


def counted(
    server: ApiServer | None,
    args: OpenKruiseArgs | None = None,
    *,
    context: str = "here",
    preview: bool = False,
    first: bool = False,
) -> tuple[Any, Any]:
    """Install, and return both outputs."""
    with new_engine(preview=preview) as engine:
        if first:
            engine.mocks.state = {}
        if server is not None:
            config = {"kubernetes:kubeconfig": json.dumps(server.kubeconfig()), "kubernetes:context": context}
            pulumi.runtime.set_all_config(config)
        engine.run(lambda: OpenKruise("kruise", {"node_check": "off", **(args or {})}))
        assert RELEASE in engine.types
        outputs = engine.outputs[PARENT]
        return outputs.get("daemonDesired"), outputs.get("daemonReady")


def asked(server: ApiServer) -> bool:
    return any("daemonsets" in path for _method, path, *_ in server.asked)


@pytest.mark.parametrize("preview", [True, False])
def test_the_cluster_counts(server: ApiServer, preview: bool) -> None:
    assert counted(server, preview=preview) == (3, 2)


def test_the_daemons_of_another_namespace(server: ApiServer) -> None:
    server.routes[DAEMONS.replace("kruise-system", "kruise")] = server.routes.pop(DAEMONS)
    assert counted(server, {"namespace": "kruise"}) == (3, 2)


@pytest.mark.parametrize("found", [{}, {"status": None}, {"status": {}}])
def test_uncounted_daemons_are_none(server: ApiServer, found: dict[str, Any]) -> None:
    server.routes[DAEMONS] = (200, found)
    assert counted(server) == (0, 0)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        (404, {"message": "not found"}),
        (403, {"message": "forbidden"}),
        (200, {"status": "what"}),
        (200, b"<"),
    ],
)
def test_an_answer_without_counts_gives_no_counts(
    server: ApiServer, answer: tuple[int, Any], preview: bool
) -> None:
    server.routes[DAEMONS] = answer
    assert counted(server, preview=preview) == (None, None)
    assert asked(server)


@pytest.mark.parametrize("context", ["there", "nowhere"])
def test_a_cluster_that_does_not_answer_breaks_nothing(server: ApiServer, context: str) -> None:
    assert counted(server, context=context) == (None, None)


def test_without_a_kubeconfig_no_server_is_asked() -> None:
    assert counted(None) == (None, None)


def test_nothing_is_asked_before_the_release_is_known(server: ApiServer) -> None:
    desired, ready = counted(server, preview=True, first=True)
    assert isinstance(desired, pulumi.output.Unknown)
    assert isinstance(ready, pulumi.output.Unknown)
    assert not asked(server)


@pytest.mark.parametrize(
    ("args", "counts"),
    [
        ({"feature_gates": {"KruiseDaemon": False}}, (0, 0)),
        ({"chart": "fork", "chart_repository": "https://charts.example.com"}, (None, None)),
    ],
)
def test_what_is_not_there_or_has_another_name_is_not_asked_for(
    server: ApiServer, args: OpenKruiseArgs, counts: tuple[Any, Any]
) -> None:
    assert counted(server, args) == counts
    assert not asked(server)
