"""One address that leads to a cluster, to another in its place, or nowhere, as in the life of a cluster."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_HOST = "127.0.0.1"


class Address:
    """A port on loopback whose connections go on to another port, or are refused."""

    def __init__(self, reserved: socket.socket) -> None:
        self.port: int = reserved.getsockname()[1]
        self._leads_to: int | None = None
        self._listener: socket.socket | None = None

    def lead(self, to: int | None) -> None:
        """Lead new connections to that port on loopback from now on, or (None) refuse them."""
        self._leads_to = to
        if to is None and self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self._listener.close()
            self._listener = None
        elif to is not None and self._listener is None:
            self._listener = _bind(self.port)
            self._listener.listen()
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=_join, args=(near, self._leads_to), daemon=True).start()


def _bind(port: int) -> socket.socket:
    """Return a socket that has the port, which it may share with others of this process."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((_HOST, port))
    return found


def _join(near: socket.socket, port: int) -> None:
    """Copy both ways between a connection and a port until either side ends."""
    with near, contextlib.suppress(OSError), socket.create_connection((_HOST, port)) as far:
        for one in (near, far):
            # Small answers must not wait for the acknowledgement of those before.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy what one side sends to the other, and end both when it ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def reserved() -> Iterator[Address]:
    """Provide an address until the block ends; it leads nowhere at first.

    A socket that is bound and does not listen keeps the port from other programs meanwhile.
    """
    with _bind(0) as placeholder:
        address = Address(placeholder)
        try:
            yield address
        finally:
            address.lead(None)
