"""Repositories asked over real sockets on loopback: those that answer, and those that do not."""

import base64
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from pulumi_openkruise.chart import repository
from pulumi_openkruise.chart.digests import CHART_REPOSITORY, PUBLISHED
from pulumi_openkruise.chart.repository import (
    SKIP,
    IndexAnswer,
    _fetch,
    _read_origin,
    fetch_index,
    read_digests,
)
from pulumi_openkruise.chart.source import check_chart, check_index, check_missing_index
from pulumi_openkruise.diagnostics.field_names import argument_name
from pulumi_openkruise.foreign.addresses import split_login, strip_login

from tests.support.api_server import api_server
from tests.support.certificates import identity
from tests.support.chains import CHAINS, Chain, Shown
from tests.support.misbehaving import misbehaving, never_ends_its_body

DIGEST = PUBLISHED["1.8.3"][0]
OTHER = "0" * 64


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_index.cache_clear()
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", SKIP):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def index(*entries: tuple[str, str | None]) -> bytes:
    lines = ["apiVersion: v1", "entries:", "  kruise:"]
    for version, digest in entries:
        lines += [f"    - version: {version}", *([f"      digest: {digest}"] if digest else [])]
    return "\n".join(lines).encode()


@contextmanager
def server(answer: Callable[[Any], None], *, encrypted: bool = False) -> Iterator[tuple[str, list[Any]]]:
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization")))
            answer(self)

        def log_message(self, *_arguments: Any) -> None:
            pass

    one = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if encrypted:
        one.socket = identity().context().wrap_socket(one.socket, server_side=True)
    thread = threading.Thread(target=one.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{one.server_port}", seen
    finally:
        one.shutdown()
        one.server_close()


def replying(status: int, body: bytes = b"") -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_an_index_is_asked_for_once() -> None:
    with server(replying(200, b"entries: {}")) as (host, seen):
        for _time in range(2):
            assert fetch_index(f"http://{host}/charts/") == IndexAnswer(content=b"entries: {}")
        assert seen == [("/charts/index.yaml", None)]


def test_slashes_at_the_end_of_an_address_do_not_matter_and_nothing_else_is_cut_off() -> None:
    with server(replying(200, b"x")) as (host, seen):
        for path in ("/HELIX", "/HELIX/", "/HELIX//"):
            fetch_index(f"http://{host}{path}")
    assert seen == [("/HELIX/index.yaml", None)] * 3


def test_a_login_is_used_and_never_shown() -> None:
    with server(replying(200, b"x")) as (host, seen):
        assert fetch_index(f"http://me:p%40ss@{host}").content == b"x"
        assert seen == [("/index.yaml", "Basic bWU6cEBzcw==")]
        assert strip_login(f"http://me:p%40ss@{host}/a") == f"http://{host}/a"


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        ("", None),
        ("@", None),
        (":@", None),
        ("token@", "token:"),
        ("token:@", "token:"),
        (":pw@", ":pw"),
        ("me:p:w@", "me:p:w"),
        ("m%C3%BC:%20@", "m\u00fc: "),
    ],
)
def test_whatever_of_a_login_there_is_is_sent(login: str, sent: str | None) -> None:
    with server(replying(200, b"x")) as (host, seen):
        fetch_index(f"http://{login}{host}")
    expected = None if sent is None else f"Basic {base64.b64encode(sent.encode()).decode()}"
    assert seen == [("/index.yaml", expected)]


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("https://me:p%40ss@h:8443/a", ("https://h:8443/a", "me", "p@ss")),
        ("https://h/a", ("https://h/a", "", "")),
        ("https://token@h", ("https://h", "token", "")),
        ("https://:pw@h", ("https://h", "", "pw")),
    ],
)
def test_a_login_is_split_off(address: str, parts: tuple[str, str, str]) -> None:
    assert split_login(address) == parts


@pytest.mark.parametrize(
    "address", ["https://me:s3cret@[::1", "ftp://me:s3cret@h", "https://me:s3cret@h:0/", "me:s3cret@h"]
)
def test_a_login_in_an_address_that_is_none_is_not_shown(address: str) -> None:
    assert "s3cret" not in strip_login(address)
    problems = list(check_chart({"chart_repository": address}, argument_name))
    assert [problem.code for problem in problems] == ["invalid-repository"]
    assert "s3cret" not in str(problems[0])


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_refusal_is_the_providers_to_tell(status: int) -> None:
    with server(replying(status)) as (host, _seen):
        assert fetch_index(f"http://{host}") == IndexAnswer(refusal=f"it answers with status {status}")


def test_no_server_listens() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert fetch_index(f"http://127.0.0.1:{port}") == IndexAnswer("connection refused")


def test_a_silent_one() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        assert fetch_index(f"http://127.0.0.1:{one.getsockname()[1]}", 0.3) == IndexAnswer(
            "no answer within 0.3 seconds"
        )


def test_one_that_sends_a_byte_now_and_then() -> None:
    done = threading.Event()

    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not done.wait(0.05):
            handler.wfile.write(b"#")

    with server(answer) as (host, _seen):
        assert fetch_index(f"http://{host}", 0.5) == IndexAnswer("no answer within 0.5 seconds")
        done.set()


def test_a_name_whose_lookup_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def hang(*_arguments: Any, **_options: Any) -> Any:
        done.wait(30)
        raise OSError("never mind")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    before = set(threading.enumerate())
    assert fetch_index("http://charts.example.com", 0.3).failure == "no answer within 0.3 seconds"
    # The program ends all the same.
    hanging = set(threading.enumerate()) - before
    assert [thread.daemon for thread in hanging] == [True]
    done.set()


def test_a_server_that_speaks_no_http_is_reported() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()

        def reply() -> None:
            with one.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0\r\n")

        thread = threading.Thread(target=reply, daemon=True)
        thread.start()
        assert fetch_index(f"http://127.0.0.1:{one.getsockname()[1]}").failure.startswith("it speaks no HTTP")


def test_a_certificate_is_the_providers_to_judge() -> None:
    with server(replying(200)) as (host, _seen):
        # It is no TLS at all: what matters is that a server answers.
        expected = IndexAnswer(refusal="it speaks no TLS, or an incompatible version of it")
        assert fetch_index(f"https://{host}") == expected


def test_a_certificate_that_is_not_trusted_is_said() -> None:
    with server(replying(200), encrypted=True) as (host, seen):
        assert fetch_index(f"https://{host}") == IndexAnswer(refusal="its certificate is not trusted here")
        assert seen == []


def test_a_redirect_to_another_kind_of_address_is_not_followed() -> None:
    def answer(handler: Any) -> None:
        handler.send_response(302)
        handler.send_header("Location", "ftp://127.0.0.1:1/index.yaml")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with server(answer) as (host, _seen):
        failure = "it redirects to an address that is neither http:// nor https://"
        assert fetch_index(f"http://{host}").failure == failure


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h/a", "HTTP://H:80/b", True),
        ("https://h/a", "https://h:443", True),
        ("https://h/a", "https://h:80", False),
        ("http://h/a", "http://h:443", False),
        ("http://h/a", "https://h/a", False),
        ("http://h/a", "http://i/a", False),
        ("http://h:8080/a", "http://h:8081/a", False),
    ],
)
def test_a_login_stays_at_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert (_read_origin(one) == _read_origin(other)) is same


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("HTTP://H/a", ("http", "h", 80)),
        ("https://H.example", ("https", "h.example", 443)),
        ("https://h:8443/a", ("https", "h", 8443)),
        ("ftp://h/a", ("ftp", "h", None)),
        ("http:///a", ("http", "", 80)),
    ],
)
def test_the_origin_of_an_address(address: str, origin: tuple[str, str, int | None]) -> None:
    assert _read_origin(address) == origin


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset by peer"),
        (TimeoutError(), "no answer within 30 seconds"),
        (UnicodeError("label empty or too long"), "its address has no valid host name"),
        (ValueError("unknown url type"), "ValueError"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_errors_of_the_connection(
    error: Exception, failure: str, wrapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection has the same time as the whole, so that its thread ends, too."""
    given: list[Any] = []

    def fail(*_arguments: Any, **options: Any) -> Any:
        given.append(options)
        raise URLError(error) if wrapped else error

    monkeypatch.setattr("urllib.request.OpenerDirector.open", fail)
    assert _fetch("http://127.0.0.1:1", 30).failure == failure
    assert given == [{"timeout": 30}]


def test_a_reason_that_is_no_exception_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of urllib's are strings, and may quote the address with its login."""

    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise URLError("unknown url type: me:pw@host")

    monkeypatch.setattr("urllib.request.OpenerDirector.open", fail)
    assert _fetch("http://127.0.0.1:1", 30).failure == "no answer"


def test_a_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    with server(replying(200, b"by proxy")) as (host, seen):
        monkeypatch.setenv("http_proxy", f"http://{host}")
        assert fetch_index("http://charts.example.com/").content == b"by proxy"
        assert seen == [("http://charts.example.com/index.yaml", None)]
        monkeypatch.setenv("http_proxy", f"socks5://{host}")
        fetch_index.cache_clear()
        refusal = "its proxy is neither http:// nor https://, the kinds known here"
        assert fetch_index("http://charts.example.com/") == IndexAnswer(refusal=refusal)
        monkeypatch.setenv("no_proxy", host.partition(":")[0])
        fetch_index.cache_clear()
        assert fetch_index(f"http://{host}/").content == b"by proxy"


def test_it_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that docs/chart.md and docs/recovering.md give to users."""
    monkeypatch.setenv("PULUMI_OPENKRUISE_NO_PROBE", "1")
    assert fetch_index("http://127.0.0.1:1") == IndexAnswer()


LISTED = b"entries: {kruise: [{version: [1.8.3]}]}"


def test_the_digests_in_an_index() -> None:
    both = index(("1.8.3", f"sha256:{DIGEST.upper()}"), ("v1.8.3", OTHER), ("1.8.0", "x"), ("1.7.5", None))
    assert read_digests(both, "kruise", "1.8.3") == [DIGEST, OTHER]
    assert read_digests(both, "kruise", "1.7.5") == []
    for broken in (
        b"",
        b"[",
        b"entries: []",
        b"entries: {kruise: 5}",
        b"entries: {other: []}",
        b"\xff\x00",
        LISTED,
    ):
        assert read_digests(broken, "kruise", "1.8.3") is None


@pytest.mark.parametrize(
    ("listed", "repository", "digest", "codes"),
    [
        (DIGEST, CHART_REPOSITORY, None, []),
        (OTHER, CHART_REPOSITORY, None, ["other-digest"]),
        (OTHER, CHART_REPOSITORY.rstrip("/"), None, ["other-digest"]),
        (OTHER, CHART_REPOSITORY, OTHER, []),
        (OTHER, "https://charts.example.com", None, []),
        (OTHER, "https://charts.example.com", DIGEST, ["other-digest"]),
        (None, "https://charts.example.com", DIGEST, ["no-digest"]),
        (None, CHART_REPOSITORY, None, ["no-digest"]),
    ],
)
def test_what_an_index_lists_is_compared(
    listed: str | None, repository: str, digest: str | None, codes: list[str]
) -> None:
    problems = check_index(
        index(("1.8.3", listed)),
        repository=repository,
        chart="kruise",
        chart_version="1.8.3",
        digest=digest,
    )
    assert [problem.code for problem in problems] == codes


@pytest.mark.parametrize(
    "content", [b"entries: {}", b"<html>", b"", b"entries: {kruise: [{version: 1.8.3}]}"]
)
@pytest.mark.parametrize("digest", [None, DIGEST])
def test_an_index_without_the_digest_is_an_error(content: bytes, digest: str | None) -> None:
    problems = check_index(
        content, repository=CHART_REPOSITORY, chart="kruise", chart_version="1.8.3", digest=digest
    )
    assert [problem.code for problem in problems] == ["no-digest"]


def entry(version: str, digest: str, *more: str) -> str:
    return "{" + ", ".join([f'"version": "{version}"', f'"digest": "{digest}"', *more]) + "}"


def listing(other: str) -> str:
    """Return an index with the wanted chart, and another entry beside it."""
    return f'{{"entries": {{"kruise": [{entry("1.8.3", DIGEST)}, {other}]}}}}'


GOOD, BAD = entry("1.8.3", DIGEST), entry("1.8.3", OTHER)


@pytest.mark.parametrize(
    "content",
    [
        f'{{"entries": {{"kruise": [{GOOD}]}}, "Entries": {{"kruise": [{BAD}]}}}}',
        f'{{"ENTRIES": {{"kruise": [{BAD}]}}, "entries": {{"kruise": [{GOOD}]}}}}',
        f'{{"entries": {{"kruise": [{GOOD}]}}, "entrie\u017f": {{"kruise": [{BAD}]}}}}',
        f'{{"Entries": {{"kruise": [{GOOD}]}}}}',
        listing(entry("9.9.9", OTHER, '"Version": "1.8.3"')),
        listing(entry("9.9.9", OTHER, '"ver\u017fion": "1.8.3"')),
        listing(entry("1.8.3", OTHER, '"version": null')),
        listing(entry("1.8.3", "")),
        listing('{"version": "1.8.3"}'),
        listing('{"version": "1.8.3+x"}'),
        f'{{"entries": {{"kruise": [{BAD}]}}, "entries": {{"kruise": [{GOOD}]}}}}',
        f'{{"entries": {{"kruise": [{BAD}], "kruise": [{GOOD}]}}}}',
        f"entries: {{kruise: [{GOOD}, {{version: 9.9.9, <<: {{version: 1.8.3}}, digest: {OTHER}}}]}}",
        f"entries: {{kruise: [{GOOD}], <<: {{kruise: [{BAD}]}}}}",
        f"entries: {{kruise: [{GOOD}]}}\n<<: {{entries: {{kruise: [{BAD}]}}}}",
        f"entries: {{kruise: [{GOOD}, {{version: !!binary MS44LjM=, digest: {OTHER}}}]}}",
        f"entries: {{kruise: [{GOOD}], !!binary a3J1aXNl: [{BAD}]}}",
    ],
)
def test_an_index_that_helm_may_read_in_another_way_is_refused(content: str) -> None:
    """Go matches the names of fields regardless of case; tags, merge keys and null are read here as text."""
    problems = check_index(
        content.encode(), repository="https://r/", chart="kruise", chart_version="1.8.3", digest=DIGEST
    )
    assert [problem.code for problem in problems] == ["no-digest"]


def test_what_helm_reads_in_no_other_way_is_read() -> None:
    more = ('"annotations": {"A": "1", "a": "2"}', '"urls": ["x"]')
    content = (
        f'{{"entries": {{"kruise": [{entry("1.8.3", DIGEST, *more)}], "Kruise": [{BAD}]}}, "generated": ""}}'
    )
    assert read_digests(content.encode(), "kruise", "1.8.3") == [DIGEST]
    plain = f"entries:\n  kruise:\n  - &a {{version: !!str 1.8.3, digest: {DIGEST}}}\n  - *a\n"
    assert read_digests(plain.encode(), "kruise", "1.8.3") == [DIGEST, DIGEST]


@pytest.mark.parametrize(
    ("listed", "wanted", "same"),
    [
        ("1.8.3", "1.8.3", True),
        ("v1.8.3", "1.8.3", True),
        ("1.8.3+x", "1.8.3", True),
        ("v1.8.3+x.1-2", "1.8.3", True),
        ("1.8.3", "1.8.3+x", True),
        ("1.8.3+y", "1.8.3+x", True),
        ("01.08.03", "1.8.3", True),
        ("1.8.4", "1.8.3", False),
        ("1.8.30", "1.8.3", False),
        ("1.8.3-rc.1", "1.8.3", False),
        ("1.8.3", "1.8.3-rc.1", False),
        ("1.8.3-rc.1+x", "1.8.3-rc.1", True),
        ("1.8.3-rc.01", "1.8.3-rc.1", True),
        ("1.8.3-rc.2", "1.8.3-rc.1", False),
        ("1.8.3-RC.1", "1.8.3-rc.1", False),
        ("1.8", "1.8.3", False),
        ("1.8", "1.8.0", True),
        ("v1", "1.0.0", True),
        ("1.80", "1.8.0", True),
        ("1.8+x", "1.8.0", True),
        ("0x1", "1.0.0", True),
        ("latest", "1.8.0", False),
        ("", "1.8.0", False),
    ],
)
def test_a_version_counts_wherever_helm_takes_it_for_the_wanted_one(
    listed: str, wanted: str, same: bool
) -> None:
    content = index((f"'{listed}'", OTHER), ("9.9.9", DIGEST))
    assert read_digests(content, "kruise", wanted) == ([OTHER] if same else [])


@pytest.mark.parametrize(
    ("repository", "same"),
    [
        ("https://openkruise.github.io/charts", True),
        ("https://u:p@openkruise.github.io/charts/", True),
        ("https://token@openkruise.github.io/charts/", True),
        ("https://openkruise.github.io:443/charts/", True),
        ("https://u:p@openkruise.github.io:443/charts//", True),
        ("https://OpenKruise.GitHub.io/charts/", True),
        ("https://openkruise.github.io./charts/", True),
        ("https://openkruise.github.io//charts/./", True),
        ("https://openkruise.github.io/%63harts/", True),
        ("http://openkruise.github.io/charts/", True),
        ("http://openkruise.github.io:80/charts/", True),
        ("https://openkruise.github.io:8443/charts/", False),
        ("https://openkruise.github.io/other/", False),
        ("https://openkruise.github.io.example.com/charts/", False),
        ("https://example.com/openkruise.github.io/charts/", False),
    ],
)
def test_openkruises_own_repository_is_known_however_it_is_written(repository: str, same: bool) -> None:
    problems = check_index(
        index(("1.8.3", OTHER)), repository=repository, chart="kruise", chart_version="1.8.3", digest=None
    )
    assert [problem.code for problem in problems] == (["other-digest"] if same else [])


@pytest.mark.parametrize(
    ("repository", "chart", "version", "digest", "severities"),
    [
        ("https://charts.example.com", "kruise", "1.8.3", OTHER, ["error"]),
        ("https://charts.example.com", "other", "7.7.7", OTHER, ["error"]),
        (CHART_REPOSITORY, "kruise", "1.8.3", DIGEST, ["error"]),
        (CHART_REPOSITORY, "kruise", "1.8.3", None, ["warning"]),
        (CHART_REPOSITORY, "kruise", "7.7.7", None, []),
        (CHART_REPOSITORY, "kruise-state-metrics", "1.8.3", None, []),
        ("https://charts.example.com", "kruise", "1.8.3", None, []),
    ],
)
def test_a_digest_that_no_index_was_compared_with_is_reported(
    repository: str, chart: str, version: str, digest: str | None, severities: list[str]
) -> None:
    problems = list(
        check_missing_index(
            "it answers with status 403",
            repository=repository,
            chart=chart,
            chart_version=version,
            digest=digest,
        )
    )
    assert [problem.severity for problem in problems] == severities
    for problem in problems:
        assert (problem.code, problem.place) == ("no-digest", "chart_digest")
        reason = f"{repository} gives no index to compare the digest with: it answers with status 403"
        assert problem.reason == reason
        assert "give the archive as chart" in problem.remedy
        assert (SKIP in problem.remedy) is (problem.severity == "error")


@pytest.mark.parametrize(
    ("version", "listed", "codes"),
    [
        ("1.8.3", [DIGEST, OTHER], ["other-digest"]),
        ("1.8.3", [OTHER, DIGEST], ["other-digest"]),
        ("1.9.0-alpha2", list(PUBLISHED["1.9.0-alpha2"]), []),
        ("1.9.0-alpha2", [PUBLISHED["1.9.0-alpha2"][1]], []),
        ("1.9.0-alpha2", [*PUBLISHED["1.9.0-alpha2"], OTHER], ["other-digest"]),
    ],
)
def test_every_digest_that_is_listed_is_a_wanted_one(
    version: str, listed: list[str], codes: list[str]
) -> None:
    content = index(*[(version, one) for one in listed])
    problems = check_index(
        content, repository=CHART_REPOSITORY, chart="kruise", chart_version=version, digest=None
    )
    assert [problem.code for problem in problems] == codes


def redirecting(target: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        if handler.path.startswith("/moved"):
            replying(200, b"entries: {}")(handler)
            return
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_a_login_goes_to_no_other_place_than_its_own() -> None:
    """Neither to another host, nor to another port of the same host; within one place it stays."""
    with server(replying(200, b"x")) as (other, elsewhere):
        targets = [f"http://{other}/a", f"http://{other.replace('127.0.0.1', 'localhost')}/b"]
        for target in targets:
            fetch_index.cache_clear()
            with server(redirecting(target)) as (host, seen):
                assert fetch_index(f"http://me:pw@{host}").content == b"x"
                assert seen[0][1] is not None
        assert [login for _path, login in elsewhere] == [None, None]
    fetch_index.cache_clear()
    with server(redirecting("/moved/index.yaml")) as (host, seen):
        assert fetch_index(f"http://me:pw@{host}").content == b"entries: {}"
        assert seen[0][1] == seen[1][1] is not None


PROXY_LOGIN = f"Basic {base64.b64encode(b'corp:proxy-pw').decode()}"


@contextmanager
def proxy(answer: Callable[[Any], None], port: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """Serve as a proxy: ``answer`` gives what it answers by itself; each CONNECT leads to a port here."""
    asked: list[Any] = []

    def pipe(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Proxy-Authorization")))
            answer(self)

        def do_CONNECT(self) -> None:
            asked.append((self.path, self.headers.get("Proxy-Authorization")))
            with socket.create_connection(("127.0.0.1", port)) as other:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                thread = threading.Thread(target=pipe, args=(other, self.connection), daemon=True)
                thread.start()
                pipe(self.connection, other)
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            pass

    one = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://corp:proxy-pw@127.0.0.1:{one.server_port}", asked
    finally:
        one.shutdown()
        one.server_close()


@contextmanager
def recording() -> Iterator[tuple[str, list[Any]]]:
    """Serve an index, and record what each request says to a proxy."""
    received: list[Any] = []

    def answer(handler: Any) -> None:
        received.append(handler.headers.get("Proxy-Authorization"))
        replying(200, b"x")(handler)

    with server(answer) as (host, _seen):
        yield host, received


def test_a_redirect_takes_no_login_of_a_proxy_to_a_host_that_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with recording() as (host, received), proxy(redirecting(f"http://{host}/a")) as (address, asked):
        monkeypatch.setenv("http_proxy", address)
        assert fetch_index("http://charts.example.test/").content == b"x"
        assert asked == [("http://charts.example.test/index.yaml", PROXY_LOGIN)]
        assert received == [None]


def test_a_redirect_out_of_a_tunnel_takes_no_login_of_its_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From https:// through a proxy to http://, for which there is none."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(base64.b64decode(identity().authority_data))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("no_proxy", "")
    with ExitStack() as stack:
        host, received = stack.enter_context(recording())
        charts, seen = stack.enter_context(server(redirecting(f"http://{host}/a"), encrypted=True))
        port = int(charts.rpartition(":")[2])
        address, asked = stack.enter_context(proxy(replying(500), port))
        monkeypatch.setenv("https_proxy", address)
        assert fetch_index(f"https://{charts}").content == b"x"
        assert (asked, seen) == ([(charts, PROXY_LOGIN)], [("/index.yaml", None)])
        assert received == [None]


def test_a_redirect_to_where_the_proxy_is_asked_gives_it_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(handler: Any) -> None:
        target = "http://other.example.test/moved"
        (replying(200, b"x") if handler.path == target else redirecting(target))(handler)

    with proxy(answer) as (address, asked):
        monkeypatch.setenv("http_proxy", address)
        assert fetch_index("http://charts.example.test/").content == b"x"
        assert asked == [
            ("http://charts.example.test/index.yaml", PROXY_LOGIN),
            ("http://other.example.test/moved", PROXY_LOGIN),
        ]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x"])
def test_a_redirect_leads_to_http_alone(target: str) -> None:
    with server(redirecting(target)) as (host, _seen):
        assert fetch_index(f"http://{host}").content is None


def test_a_redirect_to_an_encrypted_address_is_followed() -> None:
    """To one where nothing listens: so the failure is that of the second place."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        target = f"https://127.0.0.1:{one.getsockname()[1]}/index.yaml"
    with server(redirecting(target)) as (host, _seen):
        assert fetch_index(f"http://{host}").failure == "connection refused"


def test_a_bomb_in_an_index_lists_nothing() -> None:
    bomb = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 46))
    assert read_digests(bomb.encode(), "kruise", "1.8.3") is None


def test_an_index_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LARGEST", 1 << 20)
    with misbehaving(never_ends_its_body) as address:
        assert fetch_index(address) == IndexAnswer("its index has more than 1 MiB")


@pytest.mark.parametrize("more", [0, 1])
def test_an_index_of_the_largest_size_is_read_whole(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LARGEST", 1 << 20)
    content = b"#" * ((1 << 20) + more)
    with server(replying(200, content)) as (host, _seen):
        expected = IndexAnswer("its index has more than 1 MiB") if more else IndexAnswer(content=content)
        assert fetch_index(f"http://{host}") == expected


def test_the_largest_index_is_the_one_that_the_documents_name() -> None:
    assert repository.LARGEST == 16 * 1024 * 1024


def test_patience_is_seconds() -> None:
    assert repository.PATIENCE <= 10


def test_an_encrypted_proxy_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nothing listens behind is a failure, and not the silence of an unknown kind of proxy."""
    monkeypatch.setenv("no_proxy", "")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    for scheme in ("http", "https"):
        monkeypatch.setenv("http_proxy", f"{scheme}://127.0.0.1:{port}")
        fetch_index.cache_clear()
        assert fetch_index("http://charts.example.com/").failure == "connection refused"


def test_published_digests_are_digests() -> None:
    """``sha256sum`` writes nothing else, and no two archives have the same."""
    every = [digest for digests in PUBLISHED.values() for digest in digests]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in every)
    assert len(set(every)) == len(every)
    assert all(PUBLISHED.values())


@pytest.mark.parametrize("make", CHAINS, ids=lambda make: make.__name__[1:].replace("_", " "))
def test_certificates_as_helm(
    make: Callable[[], Chain], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = make()
    if chain.name not in ("", "localhost"):
        pytest.skip("no name of this machine")
    (tmp_path / "trusted.pem").write_bytes(chain.trusted.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with api_server(Shown(chain, tmp_path)) as one:
        one.routes["/index.yaml"] = (200, b"an index")
        address = one.address.replace("127.0.0.1", chain.name or "127.0.0.1")
        assert fetch_index(address).content == (b"an index" if CHAINS[make] else None)
