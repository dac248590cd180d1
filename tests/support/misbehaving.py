"""Servers on loopback that misbehave: each talks to a connection as raw bytes, for as long as it is let."""

import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, threading.Event], None]

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def _drip(connection: socket.socket, stop: threading.Event, content: bytes) -> None:
    for at in range(len(content)):
        connection.sendall(content[at : at + 1])
        if stop.wait(0.02):
            return


def silent(connection: socket.socket, stop: threading.Event) -> None:
    """Answer nothing."""
    stop.wait()


def closes(connection: socket.socket, stop: threading.Event) -> None:
    """End the connection."""


def drips_its_header(connection: socket.socket, stop: threading.Event) -> None:
    """Send the header byte by byte."""
    _drip(connection, stop, _OK + b"X-Slow: " + b"x" * 100_000)


def drips_its_body(connection: socket.socket, stop: threading.Event) -> None:
    """Send the body byte by byte."""
    connection.sendall(_OK + b"Content-Length: 1000000\r\n\r\n")
    _drip(connection, stop, b" " * 1_000_000)


def never_ends_its_body(connection: socket.socket, stop: threading.Event) -> None:
    """Send blanks without end."""
    connection.sendall(_OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while not stop.is_set():
        connection.sendall(_chunk(b" " * (1 << 20)))


def asks_to_come_again_in_a_day(connection: socket.socket, stop: threading.Event) -> None:
    """Be busy until tomorrow."""
    connection.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 100000\r\nContent-Length: 0\r\n\r\n")


def asks_to_come_again_at_once_for_ever(connection: socket.socket, stop: threading.Event) -> None:
    """Be busy each time."""
    connection.sendall(
        b"HTTP/1.1 503 Unavailable\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )


def speaks_no_http(connection: socket.socket, stop: threading.Event) -> None:
    """Answer as another kind of server."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def answers_html(connection: socket.socket, stop: threading.Event) -> None:
    """Answer with a page."""
    content = b"<html>login</html>"
    connection.sendall(_OK + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)


def redirects_to_itself(connection: socket.socket, stop: threading.Event) -> None:
    """Lead in a circle."""
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def repeats_its_continue_token(connection: socket.socket, stop: threading.Event) -> None:
    """Send the same part of a list each time."""
    content = json.dumps({"items": [{"metadata": {"name": "n"}}], "metadata": {"continue": "same"}}).encode()
    connection.sendall(
        _OK + f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
    )


def sends_pages_without_end(connection: socket.socket, stop: threading.Event) -> None:
    """Send one more part of a list each time."""
    token = secrets.token_hex(8)
    content = json.dumps({"items": [{"metadata": {"name": "n"}}], "metadata": {"continue": token}}).encode()
    connection.sendall(
        _OK + f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
    )


def takes_no_credentials(connection: socket.socket, stop: threading.Event) -> None:
    """Reject every user."""
    connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def cuts_its_body(connection: socket.socket, stop: threading.Event) -> None:
    """End in the middle of the body."""
    connection.sendall(_OK + b'Content-Length: 1000\r\n\r\n{"items": [')


def sends_a_thousand_headers(connection: socket.socket, stop: threading.Event) -> None:
    """Send more headers than HTTP libraries take."""
    connection.sendall(_OK + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n")


def nests_without_end(connection: socket.socket, stop: threading.Event) -> None:
    """Send JSON that is deeper than a stack."""
    content = b"[" * 1_000_000
    connection.sendall(_OK + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)


BEHAVIOURS: tuple[Behaviour, ...] = (
    silent,
    closes,
    drips_its_header,
    drips_its_body,
    never_ends_its_body,
    asks_to_come_again_in_a_day,
    asks_to_come_again_at_once_for_ever,
    speaks_no_http,
    answers_html,
    redirects_to_itself,
    repeats_its_continue_token,
    sends_pages_without_end,
    takes_no_credentials,
    cuts_its_body,
    sends_a_thousand_headers,
    nests_without_end,
)


@contextmanager
def misbehaving(behaviour: Behaviour) -> Iterator[str]:
    """Serve until the block ends; yields the address."""
    stop = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            behaviour(connection, stop)

    def accept(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _peer = listening.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            listening.shutdown(socket.SHUT_RDWR)
