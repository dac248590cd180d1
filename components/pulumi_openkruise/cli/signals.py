"""Signals that end a command as Ctrl-C does: what it has begun is undone on the way out."""

import contextlib
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

Result = TypeVar("Result")


def end_on_signals() -> None:
    """Have SIGTERM and SIGHUP end the process by an exception, with the exit code that a shell gives them.

    By themselves they end Python at once, and half-written files and exec plugins remain. A signal that the
    caller ignores, as nohup does, stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def run_until_signal(work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of a coroutine, as ``asyncio.run`` does; a signal cancels it where it waits.

    An exception amid asyncio's own code would leave the process behind that it starts at that moment.
    """
    import asyncio  # as slow to import as the rest of a command

    handled = [
        number
        for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
        if number is not None and signal.getsignal(number) not in (signal.SIG_DFL, signal.SIG_IGN, None)
    ]
    before = {number: signal.getsignal(number) for number in handled}
    received: list[int] = []

    async def run() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def cancel(number: int) -> None:
            received.append(number)
            assert task is not None
            task.cancel()

        # Only the main thread has them, and on Windows no loop.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            for number in handled:
                loop.add_signal_handler(number, cancel, number)
        return await work

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        if received:
            raise SystemExit(128 + received[0]) from None
        raise
    finally:
        for number, handler in before.items():
            with contextlib.suppress(ValueError):
                signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
