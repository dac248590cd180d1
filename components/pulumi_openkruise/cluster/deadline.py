"""Limits of all requests to one server together: time, bytes and number; and threads that no exit waits for.

A time-out of a socket covers the next byte alone: a server that sends one now and then, asks to be asked
again in a day, or whose name resolves slowly, is never over it. So each request runs on a thread of its own,
and what waits for it gives up when the time is over; the thread is a daemon, which Python does not join when
it exits.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")

ANSWER_BYTES = 32 << 20
"""The largest answer: 500 nodes with 50 images each take 25 MB."""
TOTAL_BYTES = 4 << 30
"""All answers together."""
TOTAL_REQUESTS = 20_000
"""All requests: ten million objects in pages of 500."""


class OutOfTimeError(Exception):
    """The time is over."""


class RequestLimits:
    """What all requests to one server may use together."""

    def __init__(
        self,
        seconds: float,
        *,
        requests: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin now; ``seconds`` and ``requests`` (None: TOTAL_REQUESTS) are for all of them together."""
        self.seconds = seconds
        self._allowed = TOTAL_REQUESTS if requests is None else requests
        self._clock = clock
        self._end = clock() + seconds
        self._bytes = 0
        self._requests = 0

    def get_remaining(self) -> float:
        """Return the seconds that are left, zero when the time is over."""
        return max(0.0, self._end - self._clock())

    def begin_request(self) -> str:
        """Count one request; return why there may be none any more, or an empty string."""
        self._requests += 1
        if self._requests > self._allowed:
            return f"it needs more than {self._allowed:,} requests"
        if self.get_remaining() <= 0:
            return f"no end within {self.seconds:g} seconds"
        return ""

    def count_bytes(self, count: int) -> str:
        """Count bytes that came; return why no more are taken, or an empty string."""
        self._bytes += count
        return f"it sends more than {TOTAL_BYTES >> 30} GiB" if self._bytes > TOTAL_BYTES else ""


def run_within(seconds: float, work: Callable[[threading.Event], Result]) -> Result:
    """Return what ``work`` returns, or raise what it raises; OutOfTimeError if it is not done in time.

    ``work`` gets an event that is set once its result is no longer waited for. A signal interrupts the wait.
    """
    given_up = threading.Event()
    outcome: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
    done = threading.Event()

    def run() -> None:
        try:
            outcome.put((True, work(given_up)))
        except BaseException as error:
            outcome.put((False, error))
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="openkruise-request").start()
    try:
        if not done.wait(seconds):
            raise OutOfTimeError
    finally:
        given_up.set()
    succeeded, result = outcome.get()
    if not succeeded:
        raise result
    found: Result = result
    return found
