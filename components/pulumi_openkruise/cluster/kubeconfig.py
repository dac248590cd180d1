"""Finds the cluster that a kubeconfig (its path or content) and a context select, and the user's credentials.

It follows kubectl's rules, which no Python library does: the official client resolves relative paths in the
current folder, takes any string for a true boolean, accepts a CA beside ``insecure-skip-tls-verify``, and
continues without credentials if an exec plugin fails. docs/threat-model.md says where this is stricter.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ..foreign.addresses import has_login, split_login, strip_login
from ..foreign.error_text import describe_error, write_on_one_line
from .client import Cluster
from .connection import Endpoint, open_pool
from .credentials import Credentials, read_pem, read_small, read_user_credentials
from .deadline import RequestLimits
from .errors import KubeconfigError
from .kubeconfig_file import Kubeconfig, find_home_file, is_content, read_content, read_files
from .proxy import find_environment_proxy
from .transport import Transport

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 30.0, 900.0
"""Seconds that an API server may take to be reached, to answer one request, and to answer all of them."""

_POD = "service account of this pod"
_POD_FILES = "/var/run/secrets/kubernetes.io/serviceaccount"


def connect(
    kubeconfig: str | None = None,
    context: str | None = None,
    cluster: str | None = None,
    *,
    ambient: bool = False,
    act_as: Mapping[str, Any] | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    total_requests: float | None = None,
) -> Cluster:
    """Return a client for the cluster of a kubeconfig's context (None: its current one); sends no request.

    ``kubeconfig`` is a path (``~`` is the home folder) or the content itself, as the Kubernetes provider
    takes it. ``cluster`` names a cluster in it that replaces the context's own, as the provider's argument
    does. Only with ``ambient`` does None mean what it means to kubectl: ``KUBECONFIG``, then
    ``~/.kube/config``, then the service account of the pod. ``act_as`` has the fields ``as`` and
    ``as-groups`` of a user, which replace the kubeconfig's own. Raises KubeconfigError.
    """
    found = _read(kubeconfig, ambient)
    if found is None:
        if context is not None:
            reason = f"there is no kubeconfig that could hold the context {write_on_one_line(context)}"
            raise KubeconfigError(reason, cause=reason)
        name, endpoint, credentials = (
            _POD,
            _read_pod_endpoint(),
            read_user_credentials({"tokenFile": f"{_POD_FILES}/token", **(act_as or {})}, {}, _POD, ""),
        )
    else:
        name, entry, user_name = _choose_context(found, context, cluster)
        endpoint = _read_endpoint(entry, found.source)
        credentials = Credentials(found.source)
        if endpoint.is_encrypted:
            if user_name and user_name not in found.users:
                raise _make_error(found, f"has no user {write_on_one_line(user_name)}", found.users)
            user = {**found.users.get(user_name, {}), **(act_as or {})}
            credentials = read_user_credentials(user, entry, found.source, user_name)
    if act_as and not endpoint.is_encrypted:
        reason = "impersonation needs HTTPS: over plain HTTP no credentials are sent"
        raise KubeconfigError(reason, cause=reason)
    # Reports unusable certificates, and a proxy that needs PySocks, before the first request.
    open_pool(endpoint, credentials.certificate, credentials.key)
    return Cluster(
        Transport(
            endpoint,
            credentials,
            context=name,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            limits=RequestLimits(total_seconds, requests=total_requests),
        )
    )


def find_address(
    kubeconfig: str | None,
    context: str | None = None,
    cluster: str | None = None,
    *,
    ambient: bool = False,
) -> str:
    """Return the address of the API server that ``connect`` would use; raises KubeconfigError.

    It reads no certificate and runs no exec plugin, because an update waits for the address.
    """
    found = _read(kubeconfig, ambient)
    if found is None:
        return _read_pod_endpoint().address
    return strip_login(str(_choose_context(found, context, cluster)[1]["server"]))


def _read(kubeconfig: str | None, ambient: bool) -> Kubeconfig | None:
    """Return the parsed kubeconfig; None for the service account of the pod."""
    if kubeconfig is None and ambient:
        given = os.environ.get("KUBECONFIG")
        paths = [path for path in (given.split(os.pathsep) if given else [find_home_file()]) if path]
        if any(os.path.exists(path) for path in paths):
            return read_files(paths, all_required=False)
        if os.environ.get("KUBERNETES_SERVICE_HOST") and os.environ.get("KUBERNETES_SERVICE_PORT"):
            return None
        missing = os.pathsep.join(paths) or "KUBECONFIG and no home folder"
        raise KubeconfigError(
            f"no kubeconfig: there is no {missing}",
            cause="there is no kubeconfig",
            ways_out=("name one with --kubeconfig or KUBECONFIG",),
        )
    if not kubeconfig or not kubeconfig.strip():
        raise KubeconfigError("no kubeconfig was given", cause="no kubeconfig was given")
    if is_content(kubeconfig):
        return read_content(kubeconfig)
    return read_files([os.path.expanduser(kubeconfig)], all_required=True)


def _choose_context(
    found: Kubeconfig, context: str | None, cluster: str | None
) -> tuple[str, Mapping[str, Any], str]:
    """Return the context's name, the cluster's entry, and the user's name, which may be empty."""
    name = context or found.current_context
    if name not in found.contexts:
        reason = f"has no context {write_on_one_line(name)}" if name else "names no current context"
        raise _make_error(found, reason, found.contexts, "; choose one with --context")
    entry = found.contexts[name]
    if cluster is not None and cluster not in found.clusters:
        raise _make_error(found, f"has no cluster {write_on_one_line(cluster)}", found.clusters)
    chosen = found.clusters.get(cluster or entry.get("cluster") or "", {})
    if not chosen.get("server"):
        whose = f"cluster {cluster}" if cluster is not None else f"the cluster of context {name}"
        reason = f"{write_on_one_line(whose)} has no server"
        raise KubeconfigError(f"{found.source}: {reason}", cause=f"{found.source}: {reason}")
    return name, chosen, entry.get("user") or ""


def _make_error(
    found: Kubeconfig, reason: str, known: Mapping[str, Any], remedy: str = ""
) -> KubeconfigError:
    listed = write_on_one_line(", ".join(sorted(known))) or "none"
    return KubeconfigError(
        f"{found.source}: {reason}", cause=f"{found.source} {reason}", ways_out=(f"it has: {listed}{remedy}",)
    )


def _read_endpoint(entry: Mapping[str, Any], source: str) -> Endpoint:
    """Return where a cluster's entry says that the API server is; raises KubeconfigError."""

    def make_error(reason: str) -> KubeconfigError:
        return KubeconfigError(f"{source}: cluster: {reason}", cause=f"{source}: cluster: {reason}")

    skip = entry.get("insecure-skip-tls-verify") is True
    if entry.get("certificate-authority") and entry.get("certificate-authority-data"):
        raise make_error("both certificate-authority and certificate-authority-data; only one is allowed")
    authority = read_pem(entry, "certificate-authority", make_error)
    if skip and authority:
        raise make_error("both a certificate authority and insecure-skip-tls-verify; only one is allowed")
    server = _normalize_address(entry["server"])
    # As it is given, too: what is dropped of it may be the end of a password with a question mark.
    if any(has_login(one) for one in (server, entry["server"]) if one):
        raise make_error("its server has a login in it: write username and password of the user instead")
    if server is None:
        raise make_error("its server is not an http:// or https:// address")
    proxy = entry.get("proxy-url") or find_environment_proxy(server)
    if proxy and not _is_proxy(proxy):
        raise make_error("its proxy is not an http://, https:// or socks5:// address")
    return Endpoint(server, source, authority, not skip, entry.get("tls-server-name") or "", proxy)


def _normalize_address(server: str) -> str | None:
    """Return an address with scheme and host, and without a slash at its end; None if it is not valid.

    Without a scheme it is plain HTTP, whatever else the entry says (``DirectClientConfig.ClientConfig``).
    """
    text = server if "://" in server else f"http://{server}"
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    if not good or "@" in parts.netloc or any(one.isspace() or not one.isprintable() for one in text):
        return None
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _is_proxy(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
        return (
            parts.scheme in ("http", "https", "socks5", "socks5h")
            and bool(parts.hostname)
            and parts.port != 0
            # Only an @ that ends a login: of one in the path, the port may be the password's beginning.
            and (any(split_login(proxy)[1:]) or not has_login(proxy))
        )
    except ValueError:
        return False


def _read_pod_endpoint() -> Endpoint:
    """Return the API server of this pod's own cluster (``rest.InClusterConfig``); raises KubeconfigError."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    try:
        authority = read_small(f"{_POD_FILES}/ca.crt").decode("latin-1")
    except OSError as error:
        reason = f"{_POD}: {_POD_FILES}/ca.crt: {describe_error(error, secret=True)}"
        raise KubeconfigError(reason, cause=reason) from None
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    return Endpoint(server, _POD, authority, proxy=find_environment_proxy(server))
