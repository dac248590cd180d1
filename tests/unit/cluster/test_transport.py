"""Connections to one server: kept while the client's certificate stays the same."""

from typing import Any

import pytest
from pulumi_openkruise.cluster import transport
from pulumi_openkruise.cluster.connection import Endpoint
from pulumi_openkruise.cluster.credentials import Credentials
from pulumi_openkruise.cluster.deadline import RequestLimits
from pulumi_openkruise.cluster.transport import Answer, Transport, asks_to_wait


@pytest.mark.parametrize("address", ["https://x", "http://x"])
def test_a_pool_is_made_again_for_another_certificate_alone(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    opened: list[tuple[str, str]] = []

    def open_pool(endpoint: Endpoint, certificate: str, key: str) -> object:
        assert endpoint.address == address
        opened.append((certificate, key))
        return object()

    monkeypatch.setattr(transport, "open_pool", open_pool)
    asked: list[None] = []
    monkeypatch.setattr(Credentials, "load_certificate", lambda _self: asked.append(None))
    credentials = Credentials("k", certificate="first", key="one")
    sender = Transport(
        Endpoint(address, "k"),
        credentials,
        context="c",
        connect_seconds=1,
        read_seconds=1,
        limits=RequestLimits(1),
    )
    pools: list[Any] = [sender._get_pool(), sender._get_pool()]
    credentials.certificate, credentials.key = "second", "two"
    pools += [sender._get_pool(), sender._get_pool()]
    assert opened == [("first", "one"), ("second", "two")]
    assert pools[0] is pools[1]
    assert pools[2] is pools[3]
    assert pools[0] is not pools[2]
    # Over plain HTTP nothing lets in, and no plugin is asked.
    assert len(asked) == (4 if address.startswith("https") else 0)


@pytest.mark.parametrize(
    ("status", "retry_after", "waits"),
    [
        (429, "1", True),
        (500, "0", True),
        (503, "10", True),
        (499, "1", False),
        (200, "1", False),
        (428, "1", False),
        (430, "1", False),
        (429, "", False),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", False),
        (503, "-1", False),
    ],
)
def test_a_busy_server_is_asked_again_when_it_says_when(status: int, retry_after: str, waits: bool) -> None:
    assert asks_to_wait(Answer(status, "", b"", retry_after)) == waits
