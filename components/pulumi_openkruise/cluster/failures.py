"""Why there is no answer, in a few words of this program's own: exceptions of HTTP may quote a token."""

import re
import ssl
from typing import Any

from ..foreign.error_text import describe_error, write_on_one_line

# OpenSSL's reasons for an alert that the other side sent (``SSL_AD_REASON_OFFSET`` in ``openssl/ssl.h``).
_ALERT = re.compile(r"\[SSL: (?:SSLV3|TLSV1|TLSV13)_([A-Z0-9_]+)\]")


def find_failure_cause(error: Exception) -> str:
    """Return why a request had no answer, by the exception of urllib3, http.client or ssl."""
    import urllib3.exceptions as failures

    if isinstance(error, failures.MaxRetryError) and error.reason is not None:
        error = error.reason
    if isinstance(error, failures.ProxyError):
        return f"the proxy fails: {find_failure_cause(error.original_error)}"
    if isinstance(error, failures.NewConnectionError):  # a ConnectTimeoutError, too
        return _find_connection_cause(error)
    if isinstance(error, failures.ConnectTimeoutError):
        return "no connection within the time allowed"
    if isinstance(error, failures.ReadTimeoutError):
        return "connected, but no answer within the time allowed"
    return _find_connection_cause(error)


def is_time_out(error: Exception) -> bool:
    """Return whether an exception of urllib3 says that the time for a connection or an answer was over."""
    import urllib3.exceptions as failures

    if isinstance(error, failures.MaxRetryError) and error.reason is not None:
        error = error.reason
    if isinstance(error, failures.ProxyError):
        error = error.original_error
    # In urllib3 1.26 a refused connection is a ConnectTimeoutError, too.
    return isinstance(error, failures.TimeoutError) and not isinstance(error, failures.NewConnectionError)


def _find_connection_cause(error: Any) -> str:
    import urllib3.exceptions as failures

    text = str(error)
    if isinstance(error, failures.NameResolutionError):
        return "its name cannot be resolved"
    if "Connection refused" in text:
        return "connection refused"
    if "certificate verify failed: " in text:
        return _find_certificate_cause(text)
    if alert := _ALERT.search(text):
        return f"it refuses TLS with this client ({alert[1].lower().replace('_', ' ')})"
    if isinstance(error, (ssl.SSLError, failures.SSLError)):
        return "it speaks no TLS, or an incompatible version of it"
    if isinstance(error, failures.ProtocolError):
        return "it ends the connection, or speaks no HTTP"
    cause = getattr(error, "__cause__", None)
    if isinstance(cause, OSError):
        return describe_error(cause, secret=True)
    return describe_error(error, secret=True)


def _find_certificate_cause(text: str) -> str:
    """Return OpenSSL's own words on a certificate, which name no more than a host."""
    reason = write_on_one_line(text.rpartition("certificate verify failed: ")[2].partition(" (_ssl.c")[0])
    return f"its certificate is not trusted ({reason})"
