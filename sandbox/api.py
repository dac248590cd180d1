"""The sandbox's own way to the cluster's API: plain JSON over HTTPS with the administrator's certificate."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from sandbox.state import State

# Whatever a call may meet while a cluster starts, stops or lacks the object asked for.
Errors = (httpx.HTTPError, OSError)
# As client-go, and so every controller, asks a server that says it is busy.
_RETRIES = 10


def connect(state: State) -> httpx.Client:
    """Return a client of this sandbox's cluster, whatever ``KUBECONFIG`` says; use it in a ``with``."""
    context = ssl.create_default_context(cafile=str(state.pki / "ca.crt"))
    context.load_cert_chain(str(state.pki / "admin.crt"), str(state.pki / "admin.key"))
    return httpx.Client(
        base_url=f"https://127.0.0.1:{state.port('apiserver')}", verify=context, timeout=30, trust_env=False
    )


def get(api: httpx.Client, path: str, **query: str) -> dict[str, Any]:
    """Return the object or list at *path*; raises ``httpx.HTTPStatusError`` with the API's own words."""
    return call(api, "GET", path, query=query)


def call(
    api: httpx.Client,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> dict[str, Any]:
    """One request with JSON in and out, for objects of any kind."""
    content = None if body is None else json.dumps(body)
    headers = {"Content-Type": content_type}
    for left in reversed(range(_RETRIES + 1)):
        answer = api.request(method, path, params=query or {}, content=content, headers=headers)
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS or not left:
            break
        # The API server restarts the storage of a CRD whenever a manager writes its certificate into the CRD.
        time.sleep(int(answer.headers.get("Retry-After", "1")))
    if answer.is_error:
        message = f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        raise httpx.HTTPStatusError(message, request=answer.request, response=answer)
    found: dict[str, Any] = answer.json()
    return found


def watch(
    api: httpx.Client, path: str, opened: Callable[[httpx.Response], None] | None = None, **query: str
) -> Iterator[dict[str, Any]]:
    """Return the events of *path* from now on (or from ``resourceVersion``), until the connection is closed.

    *opened* is given the answer before its first line is read, for another thread to ``hang_up``.
    """
    patience = httpx.Timeout(30, read=None)
    with api.stream("GET", path, params={"watch": "true", **query}, timeout=patience) as answer:
        if opened is not None:
            opened(answer)
        for line in answer.iter_lines():
            if line:
                yield json.loads(line)


def hang_up(answer: httpx.Response) -> None:
    """End an answer that another thread reads: that one raises ``httpx.HTTPError``, and closes it."""
    connection: socket.socket = answer.extensions["network_stream"].get_extra_info("socket")
    # Not by the method of the TLS layer, which the other thread is in the middle of.
    socket.socket.shutdown(connection, socket.SHUT_RDWR)
