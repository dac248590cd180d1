"""A pool of connections to one API server: its certificate authority, the client's certificate, the proxy."""

import os
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ..foreign.certificates import apply_go_rules
from ..foreign.error_text import describe_error
from .errors import KubeconfigError

CONNECTIONS = 10
"""Connections that are kept open for the next request; no command has more requests under way at a time."""


@dataclass(frozen=True)
class Endpoint:
    """Where an API server is, and by what it is known."""

    address: str
    """``https://host:port/path``, without a slash at its end."""
    source: str
    """What messages call the kubeconfig."""
    authority: str = field(default="", repr=False)
    """The certificates that may have signed the server's, as PEM; empty: the system's."""
    verify: bool = True
    server_name: str = ""
    """The name that the server's certificate must have in place of its host's."""
    proxy: str | None = field(default=None, repr=False)

    @property
    def is_encrypted(self) -> bool:
        """Whether credentials may be sent there."""
        return self.address.startswith("https://")


def open_pool(endpoint: Endpoint, certificate: str, key: str) -> Any:
    """Return urllib3's pool of connections; raises KubeconfigError for an unusable certificate or proxy."""
    from urllib3 import PoolManager, ProxyManager, disable_warnings, make_headers
    from urllib3.exceptions import InsecureRequestWarning

    # urllib3 keeps one by default: requests of several threads would begin with a new handshake each.
    options: dict[str, Any] = {"maxsize": CONNECTIONS}
    if endpoint.is_encrypted:
        options["ssl_context"] = _make_tls_context(endpoint, certificate, key)
        if endpoint.server_name:
            options["server_hostname"] = options["assert_hostname"] = endpoint.server_name
        if not endpoint.verify:
            # The kubeconfig asks for it: a warning at each request tells the user nothing.
            disable_warnings(InsecureRequestWarning)
            options["cert_reqs"], options["assert_hostname"] = ssl.CERT_NONE, False
    if endpoint.proxy is None:
        return PoolManager(**options)
    parts = urlsplit(endpoint.proxy)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    if parts.scheme in ("socks5", "socks5h"):
        return _make_socks_pool(endpoint, options)
    headers = make_headers(proxy_basic_auth=login) if "@" in parts.netloc else None
    return ProxyManager(bare, proxy_headers=headers, **options)


def _make_socks_pool(endpoint: Endpoint, options: dict[str, Any]) -> Any:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:
        reason = f"{endpoint.source}: a SOCKS proxy needs PySocks: pip install 'urllib3[socks]'"
        raise KubeconfigError(reason, cause=reason) from None
    # Names are resolved by the proxy, as Go has it.
    return SOCKSProxyManager(str(endpoint.proxy).replace("socks5://", "socks5h://"), **options)


def _make_tls_context(endpoint: Endpoint, certificate: str, key: str) -> ssl.SSLContext:
    def load(what: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except (OSError, ValueError, TypeError) as error:  # TypeError: not ASCII
            reason = f"{endpoint.source}: the {what} cannot be used: {_find_tls_reason(error)}"
            raise KubeconfigError(reason, cause=reason) from None

    context = (
        ssl.create_default_context() if not endpoint.authority else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    apply_go_rules(context)
    if endpoint.authority:
        load("certificate authority", lambda: context.load_verify_locations(cadata=endpoint.authority))
    if not endpoint.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        load("client certificate", lambda: _load_chain(context, certificate, key))
    return context


def _load_chain(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Give a context the client's certificate and key, which OpenSSL in Python takes from a file only.

    On Linux the file is memory without a name, so that nothing stays of a process that is killed.
    """
    content = f"{certificate}\n{key}".encode("latin-1")

    def no_password() -> str:
        raise ValueError("its key is encrypted, and no password can be asked for")

    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        number = os.memfd_create("openkruise-client", os.MFD_CLOEXEC)
        try:
            os.write(number, content)
            context.load_cert_chain(f"/proc/self/fd/{number}", password=no_password)
        finally:
            os.close(number)
        return
    number, path = tempfile.mkstemp(prefix="openkruise-client-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        context.load_cert_chain(path, password=no_password)
    finally:
        os.unlink(path)


def _find_tls_reason(error: Exception) -> str:
    """Return OpenSSL's name of what is wrong (``KEY_VALUES_MISMATCH``), which holds nothing of the input."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, str) and reason:
        return reason.lower().replace("_", " ")
    if type(error) is ValueError and "encrypted" in str(error):
        return str(error)
    return "not PEM" if isinstance(error, (ssl.SSLError, TypeError)) else describe_error(error, secret=True)
