"""The update, the preview and the gate of one cluster, each by the cluster's own stack."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pulumi

from ..diagnostics.unavailable import Unavailable
from .file import Cluster, Wave
from .gate import check_cluster, preview_daemons, stopping
from .project import Project
from .record import (
    MESSAGE,
    WAIT_SECONDS,
    CommandError,
    Lock,
    Stack,
    find_cause,
    find_lock,
    find_summary,
    read_log,
)

_LOOKS = 8
PATIENCE_SECONDS, PAUSE_SECONDS = 45.0, 3.0
"""How long findings of a cluster may take to pass, and the pause between two checks."""


class StoppedError(pulumi.RunError):
    """A cluster's update that failed, or did not start; the message has the cause and how to continue."""


class Updater:
    """Runs the commands of a project's clusters, and says in the fleet's own display what it does."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._looks = asyncio.Semaphore(_LOOKS)

    async def preview(self, cluster: Cluster, wave: Wave, why: str, release: str) -> None:
        """Say what an update would change: which kinds of nodes gain or lose a daemon, and the resources."""
        stack, log = self.stack(cluster), self._log(cluster, "preview")
        if await self._is_done(stack, f"{MESSAGE}{release}"):
            _say(f"wave {wave.name}, {cluster.name}: {why}; updated already")
            return
        if await stack.run("preview", log=log) != 0:
            raise self._failure(cluster, find_cause(read_log(log)), log)
        async with self._looks:
            changes = await asyncio.to_thread(preview_daemons, cluster.name, await stack.config())
        if isinstance(changes, Unavailable):
            daemons = [f"nodes not compared, because {changes.reason}"]
        else:
            daemons = [*map(str, changes)] or ["no node gains or loses a daemon"]
        lines = [f"wave {wave.name}, {cluster.name}: {why}", *daemons, *find_summary(read_log(log))]
        _say("\n    ".join(lines))

    async def roll_out(self, cluster: Cluster, wave: Wave, why: str, release: str) -> None:
        """Update a cluster, unless its history shows that this is done; then check it against the gate."""
        stack, log, message = self.stack(cluster), self._log(cluster, "up"), f"{MESSAGE}{release}"
        # The run that updated it may have ended before the engine recorded that.
        if await self._is_done(stack, message):
            _say(f"wave {wave.name}, {cluster.name}: {why}; updated already")
        else:
            _say(f"wave {wave.name}, {cluster.name}: {why}; log: {log}")
            await self._up(cluster, stack, message, log)
        await self.check([cluster], wave, log)

    async def _up(self, cluster: Cluster, stack: Stack, message: str, log: Path) -> None:
        """Run the cluster's own update; wait for a running one, remove the lock of a process that is gone."""
        known = set[Lock]()
        while True:
            start = log.stat().st_size if log.exists() else 0
            if await stack.run("up", "--yes", "--skip-preview", "--message", message, log=log) == 0:
                return
            output = read_log(log, start)
            lock = find_lock(output)
            if lock is None:
                raise self._failure(cluster, find_cause(output), log)
            state = lock.state()
            if state == "live":
                if lock not in known:
                    _say(f"{cluster.name}: waiting for process {lock.pid} of {lock.user}, which updates it")
                await asyncio.sleep(WAIT_SECONDS)
            elif state == "stale" and lock not in known:
                _say(f"{cluster.name}: process {lock.pid} is gone: its lock is removed")
                await stack.run("cancel", "--yes", log=log)
            else:
                reason = f"its stack is locked by {lock.user} on {lock.host}, process {lock.pid}"
                remedy = f"if nothing runs there any more: pulumi cancel --yes --stack {cluster.name}"
                raise self._failure(cluster, f"{reason}\n{remedy}", log)
            known.add(lock)
            if await self._is_done(stack, message):
                return

    async def _is_done(self, stack: Stack, message: str) -> bool:
        last = await stack.last_update()
        return last is not None and last.succeeded and last.message == message

    async def soak(self, clusters: Sequence[Cluster], wave: Wave) -> None:
        """Wait until the wave's soak since the last update of these clusters is over."""

        async def ended(cluster: Cluster) -> datetime | None:
            with suppress(CommandError):
                async with self._looks:
                    last = await self.stack(cluster).last_update()
                return last.ended if last is not None else None
            return None

        now = datetime.now(timezone.utc)
        ends = [one for one in await asyncio.gather(*map(ended, clusters)) if one is not None]
        until = max(ends, default=now) + timedelta(seconds=wave.soak_seconds)
        if until > now:
            _say(f"wave {wave.name} soaks until {until:%Y-%m-%d %H:%M:%S} UTC")
            await asyncio.sleep((until - now).total_seconds())

    async def check(self, clusters: Sequence[Cluster], wave: Wave, log: Path | None = None) -> None:
        """Check clusters; raise StoppedError for findings as bad as the wave's gate, or worse."""
        if wave.gate == "off":
            return
        found = await asyncio.gather(*(self._find_stopping(one, wave) for one in clusters))
        bad = [(one, lines) for one, lines in zip(clusters, found, strict=True) if lines]
        if bad:
            lines = [f"{one.name}: {line}" for one, lines in bad for line in lines]
            reason = "\n".join([f"stopped by the gate {wave.gate} of wave {wave.name}", *lines])
            raise self._failure(bad[0][0], reason, log)

    async def _find_stopping(self, cluster: Cluster, wave: Wave) -> list[str]:
        """Return what stops the wave at a cluster, if it does not pass while pods start and stop."""
        until = time.monotonic() + PATIENCE_SECONDS
        async with self._looks:
            config = await self.stack(cluster).config()
            while True:
                report = await asyncio.to_thread(check_cluster, cluster.name, config)
                lines = stopping(report, wave.gate)
                # For a cluster that does not answer, the client has waited already.
                if not lines or isinstance(report, Unavailable) or time.monotonic() > until:
                    return lines
                await asyncio.sleep(PAUSE_SECONDS)

    def stack(self, cluster: Cluster) -> Stack:
        """Return the cluster's own stack."""
        return Stack(cluster.name, self.project.folder, self.project.logs)

    def _log(self, cluster: Cluster, command: str) -> Path:
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return self.project.logs / f"{cluster.name}-{command}-{at}.log"

    def _failure(self, cluster: Cluster, reason: str, log: Path | None) -> StoppedError:
        check = f"pulumi-openkruise check --stack-file {self.project.stack_file(cluster.name)}"
        lines = [
            f"{cluster.name}: {reason}",
            *([f"log: {log}"] if log is not None else []),
            f"what is wrong in the cluster: {check}",
            "to continue, once it is repaired: the same command again",
        ]
        return StoppedError("\n".join(lines))


def _say(text: str) -> None:
    pulumi.log.info(text)
