"""Test double of an API server on loopback: answers from a table, records what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.certificates import Identity

PATCHES = {f"application/{kind}+json" for kind in ("json-patch", "merge-patch", "strategic-merge-patch")}
"""Types of a patch; the real server takes no other one."""
Answer = tuple[int, Any]
Route = Answer | Callable[[dict[str, str]], Answer]


class ApiServer:
    """``routes`` maps paths to a status and a body, or to a function of the query; all else is 404."""

    def __init__(self, port: int, identity: Identity | None = None) -> None:
        self.address = f"{'http' if identity is None else 'https'}://127.0.0.1:{port}"
        self.identity = identity
        self.retry_after = "0"
        self.busy = {429}
        """The statuses that are answered with a Retry-After."""
        self.connections = 0
        """How many connections clients have opened."""
        self.routes: dict[str, Route] = {}
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str], Any]] = []

    def objects(self, path: str, items: list[dict[str, Any]]) -> None:
        """Serve a list in pages, as the real one does: a token to go on with, and how many remain."""

        def answer(query: dict[str, str]) -> Answer:
            chosen = [item for item in items if _has_type(item, query.get("fieldSelector", ""))]
            begin = int(query.get("continue", 0))
            end = begin + int(query.get("limit", len(chosen) or 1))
            metadata: dict[str, Any] = {"resourceVersion": "1"}
            if end < len(chosen):
                metadata |= {"continue": str(end), "remainingItemCount": len(chosen) - end}
            return 200, {"kind": "List", "metadata": metadata, "items": chosen[begin:end]}

        self.routes[path] = answer

    def named(self, path: str, items: list[dict[str, Any]]) -> None:
        """Serve a list, and each of its objects by name below it."""
        self.objects(path, items)
        for item in items:
            self.routes[f"{path}/{item['metadata']['name']}"] = (200, item)

    def kubeconfig(self, **user: Any) -> dict[str, Any]:
        """Return a kubeconfig with the context ``here`` for this server and ``there`` for one that is not."""
        authority = (
            {} if self.identity is None else {"certificate-authority-data": self.identity.authority_data}
        )
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [
                {"name": "here", "context": {"cluster": "here", "user": "me"}},
                {"name": "there", "context": {"cluster": "there", "user": "me"}},
            ],
            "clusters": [
                {"name": "here", "cluster": {"server": self.address, **authority}},
                {"name": "there", "cluster": {"server": "http://127.0.0.1:1"}},
            ],
            "users": [{"name": "me", "user": user}],
        }

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Answer:
        """Record the request, and return the answer of its route, 404 without one."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        self.asked.append((method, url.path, query, headers, body))
        route = self.routes.get(url.path, (404, {"kind": "Status", "message": f"{url.path} not found"}))
        return route(query) if callable(route) else route


def _has_type(item: dict[str, Any], selector: str) -> bool:
    """Whether an object is selected by ``type=...``, the one field selector that is known here."""
    return not selector.startswith("type=") or item.get("type", selector[5:]) == selector[5:]


@contextmanager
def api_server(identity: Identity | None = None, *, client_certificate: bool = False) -> Iterator[ApiServer]:
    """Serve until the block ends, over TLS for a server that has an identity."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name: ", ".join(self.headers.get_all(name, [])) for name in self.headers}
            if self.command == "PATCH" and headers.get("Content-Type") not in PATCHES:
                status, answer = 415, {"kind": "Status", "message": "the body is no patch that is known"}
            else:
                status, answer = double.respond(self.command, self.path, headers, body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status in double.busy:
                self.send_header("Retry-After", double.retry_after)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the server looks for these names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    class Server(ThreadingHTTPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            double.connections += 1
            super().process_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that ends a handshake is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    if identity is not None:
        server.socket = identity.context(client_certificate=client_certificate).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    double = ApiServer(server.server_address[1], identity)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
