"""A look ends: in time, bytes and pages, whatever the server does, and it never holds up an exit."""

import gzip
import json
import signal
import socket
import subprocess
import sys
import threading
import zlib

import pytest
from pulumi_openkruise.cluster import Cluster, ClusterError, ClusterUnreachableError, connect
from pulumi_openkruise.cluster import transport as transport_module
from pulumi_openkruise.cluster.deadline import OutOfTimeError, RequestLimits, run_within

from tests.support.api_server import ApiServer, api_server
from tests.support.misbehaving import BEHAVIOURS, Behaviour, drips_its_body, misbehaving, silent

NODES = "/api/v1/nodes"


def kubeconfig(address: str) -> str:
    double = ApiServer(1)
    double.address = address
    return json.dumps(double.kubeconfig())


def at(address: str) -> Cluster:
    return connect(kubeconfig(address), connect_seconds=1, read_seconds=1, total_seconds=1)


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.__name__.replace("_", " "))
def test_each_misbehaving_server_ends_with_a_sentence(behaviour: Behaviour) -> None:
    """That each ends is the test: without bounds most of them go on for ever."""
    with misbehaving(behaviour) as address, pytest.raises(ClusterError) as caught:
        list(at(address).list(NODES))
    assert "\n" not in caught.value.cause
    assert address in str(caught.value) or "the API server refuses" in str(caught.value)


def test_an_answer_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "ANSWER_BYTES", 1 << 20)
    with api_server() as server:
        server.routes["/version"] = (200, b" " * (1 << 20) + b"{}")
        with pytest.raises(ClusterUnreachableError, match="it answers with more than 1 MiB"):
            at(server.address).get("/version")
        server.routes["/version"] = (200, b" " * ((1 << 20) - 2) + b"{}")
        assert at(server.address).get("/version") == {}


def compress(content: bytes, times: int) -> bytes:
    for _time in range(times):
        content = gzip.compress(content)
    return content


def sends(encodings: list[str], content: bytes, *, chunked: bool = False, status: int = 200) -> Behaviour:
    """Return a server that answers with a content that it calls encoded."""
    size = b"Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(content)}".encode()
    headers = [f"Content-Encoding: {encoding}".encode() for encoding in encodings]
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if chunked else content
    lines = [f"HTTP/1.1 {status} x".encode(), size, *headers, b"", body]

    def behave(connection: socket.socket, _stop: threading.Event) -> None:
        connection.sendall(b"\r\n".join(lines))

    return behave


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
@pytest.mark.parametrize("status", [200, 302, 403])
@pytest.mark.parametrize(
    ("encodings", "content"),
    [
        (["gzip"], compress(b"{}", 1)),
        (["GZIP"], compress(b"{}", 1)),
        (["gzip, gzip"], compress(b" " * (1 << 20), 2)),
        (["gzip", "gzip"], compress(b"{}", 2)),
        (["identity, x-gzip"], compress(b"{}", 1)),
        (["deflate"], zlib.compress(b"{}")),
        (["br"], b"{}"),
        (["what"], b"{}"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_an_answer_that_is_compressed_is_refused_unread(
    encodings: list[str], content: bytes, status: int, chunked: bool
) -> None:
    """Some versions of urllib3 make gigabytes of two kilobytes before any bound here counts them."""
    behaviour = sends(encodings, content, chunked=chunked, status=status)
    with misbehaving(behaviour) as address, pytest.raises(ClusterUnreachableError) as caught:
        at(address).get("/version")
    expected = "it answers with a Content-Encoding, which was not asked for: is it an API server?"
    assert caught.value.cause == f"{address} does not answer: {expected}"


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
@pytest.mark.parametrize("encodings", [[], ["identity"], ["Identity", ""]], ids="+".join)
def test_an_answer_that_is_not_compressed_is_read(encodings: list[str], chunked: bool) -> None:
    with misbehaving(sends(encodings, b'{"a": 1}', chunked=chunked)) as address:
        assert at(address).get("/version") == {"a": 1}


def test_no_compressed_answer_is_asked_for() -> None:
    """An API server compresses what a client asks for so, and nothing else."""
    with api_server() as server:
        server.routes["/version"] = (200, {})
        at(server.address).get("/version")
        at(server.address).request("POST", "/version", {"a": 1})
        assert [headers["Accept-Encoding"] for _m, _p, _q, headers, _b in server.asked] == ["identity"] * 2


def test_all_requests_together_have_an_end() -> None:
    now = [0.0]
    limits = RequestLimits(10, clock=lambda: now[0])
    assert (limits.begin_request(), limits.get_remaining()) == ("", 10)
    now[0] = 10.5
    assert limits.get_remaining() == 0
    assert limits.begin_request() == "no end within 10 seconds"


def test_requests_and_bytes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_openkruise.cluster.deadline.TOTAL_REQUESTS", 2)
    monkeypatch.setattr("pulumi_openkruise.cluster.deadline.TOTAL_BYTES", 3 << 30)
    limits = RequestLimits(10)
    assert [limits.begin_request() for _ in range(3)] == ["", "", "it needs more than 2 requests"]
    assert [limits.count_bytes(1 << 30) for _ in range(4)] == ["", "", "", "it sends more than 3 GiB"]


def test_a_wish_to_wait_is_granted_within_the_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    for wish, granted in (
        ("1", [1.0] * 10),
        ("29", [29.0] * 10),
        ("30", []),
        ("9" * 5000, []),
        ("soon", []),
    ):
        waits.clear()
        with api_server() as server:
            server.retry_after = wish
            server.routes["/version"] = (429, {"message": "busy"})
            with pytest.raises(ClusterError, match="429 busy"):
                connect(kubeconfig(server.address)).get("/version")
        assert waits == granted, wish


def test_work_that_is_given_up_is_signalled() -> None:
    answered = threading.Event()

    def work(given_up: threading.Event) -> None:
        given_up.wait()
        answered.set()

    with pytest.raises(OutOfTimeError):
        run_within(0.01, work)
    assert answered.wait(10)


def test_what_work_raises_is_raised() -> None:
    def work(_given_up: threading.Event) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run_within(10, work)


PROGRAM = """
import signal
import sys
from concurrent.futures import Future
from pulumi_openkruise.cluster import connect
from pulumi_openkruise.cluster.daemon_executor import DaemonExecutor
# A job in the background of a script inherits SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
cluster = connect(sys.argv[2], read_seconds=600, total_seconds=600)
look = lambda: cluster.get("/version")
print("asking", flush=True)
look() if sys.argv[1] == "main" else DaemonExecutor("look").submit(look).result()
"""


@pytest.mark.parametrize("thread", ["main", "executor"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("behaviour", [silent, drips_its_body], ids=["silent", "drips"])
def test_a_signal_ends_a_look(thread: str, number: signal.Signals, behaviour: Behaviour) -> None:
    """With a thread that is joined at the exit, the process would stay for the ten minutes it was given."""
    with misbehaving(behaviour) as address:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, thread, kubeconfig(address)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        with process:
            assert process.stdout.readline() == b"asking\n"
            process.send_signal(number)
            try:
                assert process.wait(60) != 0
            finally:
                process.kill()
