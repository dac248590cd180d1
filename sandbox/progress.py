"""Shows a long build: what is built, how long it has taken, what remains.

A live display where people look (a terminal), plain lines with the elapsed time where a log is written.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table


def clock(seconds: float) -> str:
    """``125`` as ``2:05``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """The state of a build, reported by several threads."""

    def __init__(self, console: Console, *, lines: bool) -> None:
        self._console = console
        self.failed = False
        self._lines = lines
        self._begin = time.monotonic()
        self._lock = threading.Lock()
        self._weights: dict[str, int] = {}
        self._state: dict[str, str] = {}
        self._started: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._packages: dict[str, int] = {}
        self._compiled: dict[str, int] = {}
        self._current: dict[str, str] = {}

    def expect(self, weights: dict[str, int]) -> None:
        """Return the programs to build, each with its usual seconds."""
        self._weights = weights
        self._state = dict.fromkeys(weights, "waits")
        self._say(f"{len(weights)} programs to build: {', '.join(weights)}")

    def fetching(self, name: str) -> None:
        """Note that the program's modules are being downloaded."""
        with self._lock:
            self._state[name] = "downloads modules"

    def fetched(self, name: str, packages: int) -> None:
        """Note that the program's modules are downloaded."""
        with self._lock:
            if self._state[name] == "downloads modules":
                self._state[name] = "waits"
            self._packages[name] = packages

    def started(self, name: str, packages: int) -> None:
        """Compilation begins."""
        with self._lock:
            self._started[name] = time.monotonic()
            self._state[name] = "compiles"
            self._packages[name] = packages
        self._say(f"{name}: compiling {packages} packages")

    def compiled(self, name: str, package: str) -> None:
        """One more package is compiled (packages from Go's cache are not reported)."""
        with self._lock:
            self._compiled[name] = self._compiled.get(name, 0) + 1
            self._current[name] = package

    def fail(self, name: str, error: str) -> None:
        """Report at once that the program cannot be built; the other builds still finish."""
        with self._lock:
            self.failed = True
            self._state[name] = "failed"
        self.note(f"{name}: failed. {error}")

    def note(self, text: str) -> None:
        """Something that people should see whatever way the build is shown."""
        if self._lines:
            self._say(text)
        else:
            self._console.print(text, markup=False)

    def finished(self, name: str) -> None:
        """Note that the binary is in the cache."""
        with self._lock:
            self._took[name] = time.monotonic() - self._started[name]
            self._state[name] = "done"
        left = self.remaining()
        rest = f", about {clock(left)} remain" if left else ""
        self._say(f"{name}: done in {clock(self._took[name])}{rest}")

    def remaining(self) -> float:
        """Return a guess in seconds: the usual times of what is not done, at the pace seen so far."""
        now = time.monotonic()
        total = sum(self._weights.values())
        undone = 0.0
        for name, weight in self._weights.items():
            if self._state[name] == "done":
                continue
            spent = now - self._started[name] if name in self._started else 0.0
            # Two programs are compiled at a time and share the cores.
            undone += max(weight - spent / 2, weight * 0.05)
        if undone == 0:
            return 0.0
        finished = total - undone
        elapsed = now - self._begin
        pace = elapsed / finished if finished > total * 0.2 else 1.0
        return undone * pace

    def __rich__(self) -> Table:
        elapsed, left = clock(time.monotonic() - self._begin), clock(self.remaining())
        table = Table(
            title=f"Building the sandbox   {elapsed} elapsed, about {left} remain",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for heading in ("program", "state", "time", "packages"):
            table.add_column(heading)
        with self._lock:
            for name, state in self._state.items():
                spent = self._took.get(name)
                if spent is None and name in self._started:
                    spent = time.monotonic() - self._started[name]
                compiled = self._compiled.get(name, 0)
                packages = f"{compiled} of at most {self._packages[name]}" if name in self._packages else ""
                current = self._current.get(name, "") if state == "compiles" else ""
                took = clock(spent) if spent is not None else ""
                table.add_row(name, state, took, f"{packages}  {current}")
        return table

    def _say(self, text: str) -> None:
        if self._lines:
            # Standard output is a script's, which may read JSON from it.
            print(f"[{clock(time.monotonic() - self._begin):>5}] {text}", file=sys.stderr, flush=True)

    def heartbeat(self, stop: threading.Event) -> None:
        """For logs: once a minute, a line on what is going on."""
        while not stop.wait(60):
            busy = [
                f"{name} ({self._compiled.get(name, 0)} packages)"
                for name, state in self._state.items()
                if state in ("compiles", "downloads modules")
            ]
            self._say(f"still at {', '.join(busy)}; about {clock(self.remaining())} remain")


@contextmanager
def plain_or_live() -> Iterator[Progress]:
    """Show a :class:`Progress` while the block runs."""
    console = Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        progress = Progress(console, lines=False)
        with Live(progress, console=console, refresh_per_second=2):
            yield progress
        return
    progress = Progress(console, lines=True)
    stop = threading.Event()
    beat = threading.Thread(target=progress.heartbeat, args=(stop,), daemon=True)
    beat.start()
    try:
        yield progress
    finally:
        stop.set()
