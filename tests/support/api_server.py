"""Test double of an API server on loopback: answers from a table, records what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Any]
Route = Answer | Callable[[dict[str, str]], Answer]


class ApiServer:
    """``routes`` maps paths to a status and a body, or to a function of the query; all else is 404."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.routes: dict[str, Route] = {}
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str], Any]] = []

    def objects(self, path: str, items: list[dict[str, Any]]) -> None:
        """Serve a list in pages, as the real one does: a token to go on with, and how many remain."""

        def answer(query: dict[str, str]) -> Answer:
            begin = int(query.get("continue", 0))
            end = begin + int(query.get("limit", len(items) or 1))
            metadata: dict[str, Any] = {"resourceVersion": "1"}
            if end < len(items):
                metadata |= {"continue": str(end), "remainingItemCount": len(items) - end}
            return 200, {"kind": "List", "metadata": metadata, "items": items[begin:end]}

        self.routes[path] = answer

    def kubeconfig(self, **user: Any) -> dict[str, Any]:
        """Return a kubeconfig with the context ``here`` for this server and ``there`` for one that is not."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [
                {"name": "here", "context": {"cluster": "here", "user": "me"}},
                {"name": "there", "context": {"cluster": "there", "user": "me"}},
            ],
            "clusters": [
                {"name": "here", "cluster": {"server": self.address}},
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


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = double.respond(self.command, self.path, dict(self.headers), body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the server looks for these names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double = ApiServer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
