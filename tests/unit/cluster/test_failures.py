"""Exceptions of urllib3 in this program's words: each with its cause, and none with what it quotes."""

import socket
import ssl

import pytest
import urllib3.exceptions as failures
from pulumi_openkruise.cluster.failures import find_failure_cause, is_time_out
from urllib3.connection import HTTPConnection

MARKER = "s3cretM4rker"
CONNECTION = HTTPConnection("h")
VERIFY = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "


def refused() -> Exception:
    error = failures.NewConnectionError(CONNECTION, f"[Errno 111] Connection refused {MARKER}")
    return failures.MaxRetryError(None, f"/{MARKER}", error)  # type: ignore[arg-type]


def alerted(alert: ssl.AlertDescription) -> Exception:
    """Return what urllib3 makes of an alert that a real server answers the name of a client with."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.sni_callback = lambda *_: alert
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname="h")
    answers = server.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        asks.do_handshake()
    with pytest.raises(ssl.SSLError):
        answers.do_handshake()
    with pytest.raises(ssl.SSLError) as caught:
        asks.do_handshake()
    return failures.MaxRetryError(None, f"/{MARKER}", failures.SSLError(caught.value))  # type: ignore[arg-type]


def caused(cause: BaseException) -> Exception:
    error = failures.HTTPError(MARKER)
    error.__cause__ = cause
    return error


CASES: dict[str, tuple[Exception, str]] = {
    "name": (
        failures.NameResolutionError(MARKER, CONNECTION, socket.gaierror(-2, MARKER)),
        "its name cannot be resolved",
    ),
    "refused": (refused(), "connection refused"),
    "certificate": (
        failures.SSLError(ssl.SSLError(f"{VERIFY}self-signed certificate (_ssl.c:1006) {MARKER}")),
        "its certificate is not trusted (self-signed certificate)",
    ),
    "host": (
        failures.SSLError(ssl.SSLError(f"{VERIFY}certificate is not valid for '::1'. (_ssl.c:1)")),
        "its certificate is not trusted (certificate is not valid for '::1'.)",
    ),
    "alert of its name": (
        alerted(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME),
        "it refuses TLS with this client (unrecognized name)",
    ),
    "alert": (
        alerted(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE),
        "it refuses TLS with this client (alert handshake failure)",
    ),
    "another protocol": (
        failures.SSLError(ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")),
        "it speaks no TLS, or an incompatible version of it",
    ),
    "TLS": (failures.SSLError(MARKER), "it speaks no TLS, or an incompatible version of it"),
    "protocol": (failures.ProtocolError(MARKER), "it ends the connection, or speaks no HTTP"),
    "connect": (failures.ConnectTimeoutError(MARKER), "no connection within the time allowed"),
    "read": (
        failures.ReadTimeoutError(None, MARKER, MARKER),  # type: ignore[arg-type]
        "connected, but no answer within the time allowed",
    ),
    "system": (caused(OSError(113, "No route to host", MARKER)), "no route to host"),
    "another": (caused(ValueError(MARKER)), "HTTPError"),
    "unknown": (failures.LocationParseError(MARKER), "LocationParseError"),
}


@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_each_failure_has_its_cause(name: str, proxy: bool) -> None:
    error, said = CASES[name]
    if proxy:
        error = failures.MaxRetryError(None, "/", failures.ProxyError(MARKER, error))  # type: ignore[arg-type]
        said = f"the proxy fails: {said}"
    assert find_failure_cause(error) == said


@pytest.mark.parametrize("name", CASES)
def test_only_time_that_is_over_is_a_time_out(name: str) -> None:
    error, _said = CASES[name]
    proxied = failures.MaxRetryError(None, "/", failures.ProxyError(MARKER, error))  # type: ignore[arg-type]
    for one in (error, proxied):
        assert is_time_out(one) == (name in ("connect", "read"))
