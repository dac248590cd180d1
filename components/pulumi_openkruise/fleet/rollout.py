"""The fleet as a Pulumi program: a component for each cluster, a gate for each wave, hooks that do the work.

The engine keeps the record, the lock and the order, bounds what runs at once, stops at the first failure, and
goes on where it stopped: an input is recorded when its hook has succeeded, and an unchanged one runs no hook.
Removing a cluster from the file, or destroying the fleet, forgets the record and touches no cluster.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pulumi

from ..diagnostics.problem import ConfigError
from ..diagnostics.unavailable import Unavailable
from . import record
from .file import Cluster, Wave
from .gate import check_cluster, stopping
from .project import Project, read_project
from .record import MESSAGE, CommandError, Stack, Update
from .release import abbreviate, describe_change

_LOOKS = 8
PATIENCE_SECONDS, PAUSE_SECONDS = 45.0, 3.0
"""How long findings of a cluster may take to pass, and how often they are looked at."""
_Run = Callable[[pulumi.ResourceHookArgs], Awaitable[None]]


class FleetError(ConfigError, pulumi.RunError):
    """A fleet's file that cannot be used; Pulumi shows it without a traceback."""


class StoppedError(pulumi.RunError):
    """A cluster's update that failed, or did not start; the message says why and how to go on."""


class Fleet(pulumi.ComponentResource):
    """Updates the stacks of a project in waves; see docs/fleet.md."""

    def __init__(
        self, project: str, file: str = "fleet.yaml", opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the fleet that ``file`` describes, beside the Pulumi.yaml of ``project``.

        Raises FleetError with every problem of the file and of the stack files.
        """
        try:
            found = read_project(Path(file), project)
        except ConfigError as error:
            raise FleetError(error.problems, source=error.source) from None
        super().__init__("openkruise:fleet:Fleet", project, {"file": file}, opts)
        rollout = _Rollout(found)
        before: list[pulumi.Resource] = []
        for wave in found.waves:
            before = [rollout.add_wave(wave, before, self)]
        self.register_outputs({"waves": [wave.name for wave in found.waves]})


class _Part(pulumi.ComponentResource):
    """A resource without children: what the engine records of one cluster, or of one wave."""


class _Rollout:
    """What the hooks of one run share: the project, the waves' slots, and whether anything has failed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.failed = ""
        self._waves = {one.name: wave for wave in project.waves for one in wave.clusters}
        self._clusters = {one.name: one for wave in project.waves for one in wave.clusters}
        self._slots = {wave.name: asyncio.Semaphore(wave.parallel) for wave in project.waves}
        self._own: asyncio.Future[Update | None] | None = None
        self._looks = asyncio.Semaphore(_LOOKS)
        self._gates = {wave.name: wave for wave in project.waves}
        self._update = self._hook("update cluster", self._on_cluster)
        self._soak = self._hook("check wave", self._on_wave)

    def add_wave(self, wave: Wave, before: Sequence[pulumi.Resource], parent: Fleet) -> pulumi.Resource:
        """Declare a wave's clusters and its gate, which come after ``before``; return the gate."""
        after, child = _order_after(before), pulumi.ResourceOptions(parent=parent)
        made = []
        for cluster in wave.clusters:
            options = pulumi.ResourceOptions.merge(child, self._hooks(self._update))
            # On hold it is recorded without a release, so that its hook runs once the hold ends; whether
            # there is anything to update then, the cluster's own history says.
            release = {} if cluster.hold else self.project.release_of(cluster.name)
            inputs = {
                "wave": wave.name,
                "hold": cluster.hold,
                "release": release,
                "failed": self._failed_update(cluster),
                "after": after,
            }
            made.append(_Part("openkruise:fleet:Cluster", cluster.name, inputs, options))
        releases = {
            one.name: abbreviate(self.project.release_of(one.name)) for one in wave.clusters if not one.hold
        }
        gate = {
            "gate": wave.gate,
            "soakSeconds": wave.soak_seconds,
            "releases": releases,
            "after": _order_after(made),
        }
        options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=parent), self._hooks(self._soak))
        return _Part("openkruise:fleet:Gate", wave.name, gate, options)

    def _hooks(self, hook: pulumi.ResourceHook) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            hooks=pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
        )

    def _hook(
        self, name: str, run: Callable[[pulumi.ResourceHookArgs], Awaitable[None]]
    ) -> pulumi.ResourceHook:
        async def stop_at_failure(args: pulumi.ResourceHookArgs) -> None:
            if self.failed:
                raise StoppedError(f"not started, because of {self.failed}")
            try:
                await run(args)
            except (StoppedError, CommandError, OSError) as error:
                self.failed = self.failed or args.name
                raise (
                    error if isinstance(error, StoppedError) else StoppedError(f"{args.name}: {error}")
                ) from None

        options = pulumi.ResourceHookOptions(on_dry_run=True)
        return pulumi.ResourceHook(f"openkruise fleet: {name}", stop_at_failure, options)

    async def _on_cluster(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = args.old_inputs or {}, args.new_inputs or {}
        cluster, release = self._clusters[args.name], dict(new.get("release") or {})
        if cluster.hold:
            _say(f"{cluster.name}: on hold: {cluster.hold}")
            return
        before = dict(old.get("release") or {})
        if before == release and not new.get("failed"):
            return
        why = "its hold has ended" if old.get("hold") else "first update by this fleet"
        why = "its last update failed" if new.get("failed") else why
        parts = describe_change(before, release) if before else ()
        why = f"changed: {', '.join(parts)}" if parts else why
        wave = self._waves[cluster.name]
        async with self._slots[wave.name]:
            if self.failed:
                raise StoppedError(f"{cluster.name}: not started, because of {self.failed}")
            if pulumi.runtime.is_dry_run():
                await self._preview(cluster, wave, why)
            else:
                await self._roll_out(cluster, wave, why, abbreviate(release))

    async def _failed_update(self, cluster: Cluster) -> str:
        """Return which update of a cluster failed last, empty for none.

        The engine records no release whose update failed; were it then taken back in the file, the record
        would say that there is nothing to do, and half of the failed update would stay.
        """
        if self._own is None:
            own = Stack(pulumi.get_stack(), Path.cwd(), self.project.logs)
            self._own = asyncio.ensure_future(own.last_update())
        with suppress(CommandError):
            mine = await self._own
            if mine is not None and not mine.succeeded:
                async with self._looks:
                    last = await self._stack(cluster).last_update()
                if last is not None and not last.succeeded:
                    return f"{last.ended or 'unknown time'}: {last.message or 'by hand'}"
        return ""

    async def _is_done(self, stack: Stack, message: str) -> bool:
        """Whether the last update was this release's: its run ended before the engine recorded it."""
        last = await stack.last_update()
        return last is not None and last.succeeded and last.message == message

    async def _preview(self, cluster: Cluster, wave: Wave, why: str) -> None:
        stack, log = self._stack(cluster), self._log(cluster, "preview")
        if await stack.run("preview", log=log) != 0:
            raise StoppedError(self._failure(cluster, record.find_cause(record.read_log_from(log)), log))
        lines = "\n".join(f"    {line}" for line in record.find_summary(record.read_log_from(log)))
        _say(f"wave {wave.name}, {cluster.name}: {why}\n{lines}")

    async def _roll_out(self, cluster: Cluster, wave: Wave, why: str, release: str) -> None:
        stack, log, message = self._stack(cluster), self._log(cluster, "up"), f"{MESSAGE}{release}"
        if await self._is_done(stack, message):
            _say(f"wave {wave.name}, {cluster.name}: {why}; updated already")
        else:
            _say(f"wave {wave.name}, {cluster.name}: {why}; log: {log}")
            await self._up(cluster, stack, message, log)
        await self._check([cluster], wave, log)

    async def _up(self, cluster: Cluster, stack: Stack, message: str, log: Path) -> None:
        """Run the cluster's own update; wait for a running one, remove the lock of an ended process."""
        waited_for: set[record.Lock] = set()
        cancelled: set[record.Lock] = set()
        while True:
            start = log.stat().st_size if log.exists() else 0
            code = await stack.run("up", "--yes", "--skip-preview", "--message", message, log=log)
            if code == 0:
                return
            said = record.read_log_from(log, start)
            lock = record.find_lock(said)
            if lock is None:
                raise StoppedError(self._failure(cluster, record.find_cause(said), log))
            state = lock.state()
            if state == "live":
                if lock not in waited_for:
                    _say(f"{cluster.name}: waiting for process {lock.pid} of {lock.user}, which updates it")
                    waited_for.add(lock)
                await asyncio.sleep(record.WAIT_SECONDS)
            elif state == "stale" and lock not in cancelled:
                cancelled.add(lock)
                _say(f"{cluster.name}: process {lock.pid} is gone: its lock is taken away")
                await stack.run("cancel", "--yes", log=log)
            else:
                reason = f"its stack is locked by {lock.user} on {lock.host}, process {lock.pid}"
                how = f"if nothing runs there any more: pulumi cancel --yes --stack {cluster.name}"
                raise StoppedError(self._failure(cluster, f"{reason}\n{how}", log))
            if await self._is_done(stack, message):
                return

    async def _on_wave(self, args: pulumi.ResourceHookArgs) -> None:
        if pulumi.runtime.is_dry_run():
            return
        wave = self._gates[args.name]
        clusters = [one for one in wave.clusters if not one.hold]
        if (
            not clusters
            or not wave.soak_seconds
            or (args.old_inputs or {}).get("releases") == (args.new_inputs or {}).get("releases")
        ):
            return
        updates = [await self._stack(cluster).last_update() for cluster in clusters]
        ended = [one.ended for one in updates if one is not None and one.ended is not None]
        until = max(ended, default=datetime.now(timezone.utc)) + timedelta(seconds=wave.soak_seconds)
        rest = (until - datetime.now(timezone.utc)).total_seconds()
        if rest > 0:
            _say(f"wave {wave.name} soaks until {until:%Y-%m-%d %H:%M:%S} UTC")
            await asyncio.sleep(rest)
        await self._check(clusters, wave, None)

    async def _check(self, clusters: Sequence[Cluster], wave: Wave, log: Path | None) -> None:
        """Look at clusters; raise StoppedError where a finding is as bad as the wave's gate, or worse."""
        if wave.gate == "off":
            return

        async def look(cluster: Cluster) -> list[str]:
            until = time.monotonic() + PATIENCE_SECONDS
            async with self._looks:
                config = await self._stack(cluster).config()
                while True:
                    seen = await asyncio.to_thread(check_cluster, cluster.name, config)
                    lines = stopping(seen, wave.gate)
                    # Right after an update pods may come and go once more; a cluster that cannot be looked
                    # at has had the patience of the look itself.
                    if not lines or isinstance(seen, Unavailable) or time.monotonic() > until:
                        return lines
                    await asyncio.sleep(PAUSE_SECONDS)

        found = await asyncio.gather(*(look(cluster) for cluster in clusters))
        bad = [(one, lines) for one, lines in zip(clusters, found, strict=True) if lines]
        if bad:
            listed = "\n".join(f"{one.name}: {line}" for one, lines in bad for line in lines)
            reason = f"stopped by the gate {wave.gate} of wave {wave.name}\n{listed}"
            raise StoppedError(self._failure(bad[0][0], reason, log))

    def _stack(self, cluster: Cluster) -> Stack:
        return Stack(cluster.name, self.project.folder, self.project.logs)

    def _log(self, cluster: Cluster, kind: str) -> Path:
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return self.project.logs / f"{cluster.name}-{kind}-{at}.log"

    def _failure(self, cluster: Cluster, reason: str, log: Path | None) -> str:
        lines = [f"{cluster.name}: {reason}"]
        lines += [f"log: {log}"] if log is not None else []
        check = f"pulumi-openkruise check --stack-file {self.project.stack_file(cluster.name)}"
        lines += [
            f"what is wrong in the cluster: {check}",
            "to go on, once it is mended: the same command again",
        ]
        return "\n".join(lines)


def _order_after(resources: Sequence[pulumi.Resource]) -> Any:
    """Return an output that resolves after these resources: an input that orders another resource after them.

    Its value is the resources' names, which no update changes. ``depends_on`` would not do: on a component
    without children it orders nothing.
    """
    names = [resource._name for resource in resources]
    if not resources:
        return ""
    return pulumi.Output.all(*(resource.urn for resource in resources)).apply(lambda _urns: ", ".join(names))


def _say(text: str) -> None:
    pulumi.log.info(text)
