"""Daemon threads for requests to the cluster: the program can end without waiting for them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class DaemonExecutor(Executor):
    """Runs work on daemon threads: unlike those of a ThreadPoolExecutor they never hold up an exit."""

    def __init__(self, name: str, threads: int = 1) -> None:
        """Take the threads' name and the most of them; a thread starts when work for it is submitted."""
        self._name, self._most = name, threads
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future result of a call."""
        future: Future[Any] = Future()
        self._work.put((future, lambda: fn(*args, **kwargs)))
        with self._lock:
            if len(self._threads) < self._most:
                self._threads.append(threading.Thread(target=self._run, daemon=True, name=self._name))
                self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let each thread end once all work is done that was given before; waits for none, cancels none."""
        with self._lock:
            for _thread in self._threads:
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            future, call = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)


async def call_on_thread(fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """Return the result of a call on a daemon thread; those of ``asyncio.to_thread`` hold up an exit."""
    executor = DaemonExecutor("openkruise-call")
    result = asyncio.wrap_future(executor.submit(fn, *args, **kwargs))
    executor.shutdown()
    found: Result = await result
    return found
