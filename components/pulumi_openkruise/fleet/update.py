"""The update, the preview and the gate of one cluster, each by the cluster's own stack."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pulumi

from ..cluster.daemon_executor import call_on_thread
from ..config.fleet_file import Cluster, Wave
from ..diagnostics.unavailable import Unavailable
from .gate import check_cluster, find_stopping, preview_daemons
from .project import Project
from .record import WAIT_SECONDS, Lock, Stack, Update, find_cause, find_lock, find_summary

PATIENCE_SECONDS, PAUSE_SECONDS = 45.0, 3.0
"""Seconds within which findings may disappear after an update, and between two checks."""


class StoppedError(pulumi.RunError):
    """A cluster's update that failed, or did not start; the message has the cause and how to continue."""


class Updater:
    """Runs the commands of a project's clusters, and says in the fleet's own display what it does."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._reads = asyncio.Semaphore(8)  # reads at once

    async def preview(self, cluster: Cluster, what: str, message: str) -> None:
        """Say what an update would change: which kinds of nodes gain or lose a daemon, and the resources.

        ``what`` names the update and its reason, ``message`` is what it has in the stack's history.
        """
        stack, log = self.project.stack(cluster.name), self._log(cluster, "preview")
        if await _is_done(stack, message):
            pulumi.log.info(f"{what}; updated already")
            return
        code, output = await stack.run("preview", "--suppress-outputs", log=log)
        if code != 0:
            raise self._failure(cluster, find_cause(output), log)
        async with self._reads:
            daemons = await call_on_thread(preview_daemons, stack, await stack.config())
        pulumi.log.info("\n    ".join([what, *daemons, *find_summary(output)]))

    async def roll_out(self, cluster: Cluster, wave: Wave, what: str, message: str) -> None:
        """Update a cluster, unless its history shows that this is done; then check it against the gate."""
        stack, log = self.project.stack(cluster.name), self._log(cluster, "up")
        await stack.wait_for_survivor(log.parent)
        # The run that updated it may have ended before the engine recorded that.
        if await _is_done(stack, message):
            pulumi.log.info(f"{what}; updated already")
        else:
            pulumi.log.info(f"{what}; log: {log}")
            await self._up(cluster, stack, message, log)
        await self.check([cluster], wave, log)

    async def _up(self, cluster: Cluster, stack: Stack, message: str, log: Path) -> None:
        """Run the cluster's own update; wait for a running one, remove the lock of a process that is gone."""
        known = set[Lock]()
        while True:
            code, output = await stack.run("up", "--yes", "--skip-preview", "--message", message, log=log)
            if code == 0:
                return
            lock = find_lock(output)
            if lock is None:
                raise self._failure(cluster, find_cause(output), log)
            state = lock.state()
            if state == "live":
                said = f"waiting for process {lock.pid} of {lock.user}, which updates it"
                pulumi.log.info(f"{cluster.name}: {said}")
                # Until its end: what it does after the history was read would be done a second time.
                while lock.state() == "live":
                    await asyncio.sleep(WAIT_SECONDS)
            elif state == "stale" and lock not in known:
                pulumi.log.info(f"{cluster.name}: process {lock.pid} is gone: its lock is removed")
                await stack.run("cancel", "--yes", log=log)
            else:
                reason = f"its stack is locked by {lock.user} on {lock.host}, process {lock.pid}"
                remedy = f"if nothing runs there any more: pulumi cancel --yes --stack {cluster.name}"
                raise self._failure(cluster, f"{reason}\n{remedy}", log)
            known.add(lock)
            if await _is_done(stack, message):
                return

    async def soak(self, wave: Wave) -> None:
        """Wait for the end of the wave's soak, which began with the last update; now if that is unknown."""

        async def read_last_update(cluster: Cluster) -> Update | None:
            async with self._reads:
                return await self.project.stack(cluster.name).last_update()

        found = await asyncio.gather(*map(read_last_update, wave.members), return_exceptions=True)
        ends = [one.ended for one in found if isinstance(one, Update) and one.ended]
        now = datetime.now(timezone.utc)
        until = max(ends, default=now) + timedelta(seconds=wave.soak_seconds)
        if until > now:
            pulumi.log.info(f"wave {wave.name} soaks until {until:%Y-%m-%d %H:%M:%S} UTC")
            await asyncio.sleep((until - now).total_seconds())

    async def check(self, clusters: Sequence[Cluster], wave: Wave, log: Path | None = None) -> None:
        """Check clusters; raise StoppedError for findings as severe as the wave's gate, or worse."""
        if wave.gate == "off":
            return
        found = await asyncio.gather(*(self._find_stopping(one, wave) for one in clusters))
        bad = [(one, lines) for one, lines in zip(clusters, found, strict=True) if lines]
        if bad:
            listed = [f"{one.name}: {line}" for one, lines in bad for line in lines]
            reason = "\n".join([f"stopped by the gate {wave.gate} of wave {wave.name}", *listed])
            raise self._failure(bad[0][0], reason, log)

    async def _find_stopping(self, cluster: Cluster, wave: Wave) -> list[str]:
        """Return what stops the wave at a cluster; findings get time to pass while pods start and stop."""
        until, stack = time.monotonic() + PATIENCE_SECONDS, self.project.stack(cluster.name)
        async with self._reads:
            config = await stack.config()
            while True:
                report = await call_on_thread(check_cluster, stack, config)
                lines = find_stopping(report, wave.gate)
                # For a cluster that does not answer, the client has waited already.
                if not lines or isinstance(report, Unavailable) or time.monotonic() > until:
                    return lines
                await asyncio.sleep(PAUSE_SECONDS)

    def _log(self, cluster: Cluster, command: str) -> Path:
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return self.project.folder / "fleet" / "logs" / f"{cluster.name}-{command}-{at}.log"

    def _failure(self, cluster: Cluster, reason: str, log: Path | None) -> StoppedError:
        check = f"pulumi-openkruise check --stack-file {self.project.stacks / f'Pulumi.{cluster.name}.yaml'}"
        lines = [
            f"{cluster.name}: {reason}",
            *([f"log: {log}"] if log is not None and log.exists() else []),
            f"what is wrong in the cluster: {check}",
            "to continue, once it is repaired: the same command again",
        ]
        return StoppedError("\n".join(lines))


async def _is_done(stack: Stack, message: str) -> bool:
    """Return whether the stack's last update is this one, and succeeded."""
    last = await stack.last_update()
    return last is not None and last.succeeded and last.message == message
