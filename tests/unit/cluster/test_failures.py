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
    "TLS": (failures.SSLError(MARKER), "it speaks no TLS, or another one"),
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
