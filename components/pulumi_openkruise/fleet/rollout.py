"""The fleet as a Pulumi program: components for the clusters and for both ends of each wave, and their hooks.

The engine keeps the record, the lock and the order, bounds what runs at once, stops at the first failure, and
resumes where it stopped: an input is recorded when its hook has succeeded, and an unchanged one runs no hook.
Removing a cluster from the file, or destroying the fleet, forgets the record and touches no cluster.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from ..config.fleet_file import Wave
from ..diagnostics.problem import ConfigError
from .project import Project, read_project
from .record import MESSAGE, CommandError
from .release import abbreviate, describe_change, plan_attempts
from .update import StoppedError, Updater

_BEGIN, _CLUSTER, _GATE = (f"openkruise:fleet:{name}" for name in ("Wave", "Cluster", "Gate"))
_Run = Callable[[pulumi.ResourceHookArgs], Awaitable[None]]


class FleetError(ConfigError, pulumi.RunError):
    """A fleet's file that cannot be used; Pulumi shows it without a traceback."""


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
        rollout = _Rollout(found, self)
        before: Sequence[pulumi.Resource] = ()
        for wave in found.waves:
            before = [rollout.add_wave(wave, before)]
        self.register_outputs({"waves": rollout.recorded.apply(lambda _: [one.name for one in found.waves])})


class _Part(pulumi.ComponentResource):
    """A resource without children: what the engine records of a cluster, or of one end of a wave."""


class _Rollout:
    """What the hooks of one run share: the waves' slots, what earlier runs recorded, the first failure."""

    def __init__(self, project: Project, parent: Fleet) -> None:
        self._project, self._parent, self._updater = project, parent, Updater(project)
        self._failed = ""
        self._members = {one.name: (one, wave) for wave in project.waves for one in wave.clusters}
        self._slots = {wave.name: asyncio.Semaphore(wave.parallel) for wave in project.waves}
        self._update = self._hook("update cluster", self._on_cluster)
        self._check = self._hook("check wave", self._on_gate)
        self.recorded: pulumi.Output[Any] = pulumi.Output.from_input(_read_recorded_attempts(parent))

    def add_wave(self, wave: Wave, before: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Declare a wave's beginning after ``before``, its clusters, and its gate; return the gate."""
        releases = {one.name: self._project.releases[one.name] for one in wave.members}
        targets = {name: abbreviate(release) for name, release in releases.items()}
        attempts = self.recorded.apply(lambda found: plan_attempts(targets, [*found[_BEGIN].values()]))
        ended = self.recorded.apply(lambda found: found[_GATE].get(wave.name, {}))
        # The engine forgets a failed update's inputs, so what is about to be attempted is recorded before it.
        begin = self._add(_BEGIN, wave.name, {"attempts": attempts, "after": _order_after(before)})
        begin.register_outputs({"attempts": attempts})
        after = _order_after([begin])
        clusters = []
        for one in wave.clusters:
            if one.hold:
                pulumi.log.info(f"wave {wave.name}, {one.name}: on hold: {one.hold}")
            inputs = {
                "wave": wave.name,
                "hold": one.hold,
                "release": releases.get(one.name, {}),
                "attempt": "" if one.hold else attempts[one.name],
                "after": after,
            }
            clusters.append(self._add(_CLUSTER, one.name, inputs, self._update))
        # The wave soaks here and not in a hook, for which Pulumi would wait when it is interrupted.
        soaked: pulumi.Output[str] = pulumi.Output.all(_order_after(clusters), attempts, ended).apply(
            lambda found: self._soak(wave, str(found[0]), is_due=found[1] != found[2])
        )
        inputs = {"gate": wave.gate, "soakSeconds": wave.soak_seconds, "attempts": attempts, "after": soaked}
        gate = self._add(_GATE, wave.name, inputs, self._check)
        gate.register_outputs({"attempts": attempts})
        return gate

    def _add(
        self, kind: str, name: str, inputs: Mapping[str, Any], hooks: pulumi.ResourceHookBinding | None = None
    ) -> _Part:
        return _Part(kind, name, inputs, pulumi.ResourceOptions(parent=self._parent, hooks=hooks))

    def _hook(self, name: str, run: _Run) -> pulumi.ResourceHookBinding:
        async def stop_at_failure(args: pulumi.ResourceHookArgs) -> None:
            try:
                await run(args)
            except (StoppedError, CommandError, OSError) as error:
                self._failed = self._failed or args.name
                message = str(error) if isinstance(error, StoppedError) else f"{args.name}: {error}"
                raise StoppedError(message) from None

        options = pulumi.ResourceHookOptions(on_dry_run=True)
        hook = pulumi.ResourceHook(f"openkruise fleet: {name}", stop_at_failure, options)
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    async def _on_cluster(self, args: pulumi.ResourceHookArgs) -> None:
        cluster, wave = self._members[args.name]
        if cluster.hold:
            return
        old, new = args.old_inputs or {}, args.new_inputs or {}
        async with self._slots[wave.name]:
            if self._failed:
                raise StoppedError(f"{args.name}: not started, because of {self._failed}")
            what = f"wave {wave.name}, {cluster.name}: {_explain(old, new)}"
            message = f"{MESSAGE}{abbreviate(new['release'])}"
            if pulumi.runtime.is_dry_run():
                await self._updater.preview(cluster, what, message)
            else:
                await self._updater.roll_out(cluster, wave, what, message)

    async def _soak(self, wave: Wave, after: str, *, is_due: bool) -> str:
        if _soaks(wave, is_due):
            await self._updater.soak(wave)
        return after

    async def _on_gate(self, args: pulumi.ResourceHookArgs) -> None:
        wave = next(one for one in self._project.waves if one.name == args.name)
        if _soaks(wave, (args.old_inputs or {}).get("attempts") != (args.new_inputs or {}).get("attempts")):
            await self._updater.check(wave.members, wave)


def _soaks(wave: Wave, is_due: bool) -> bool:
    """Tell whether a wave soaks in this run, after which its gate checks the clusters once more."""
    return is_due and wave.soak_seconds > 0 and not pulumi.runtime.is_dry_run()


def _explain(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return why a cluster's hook runs: what is recorded of it against what is declared now."""
    if not old:
        return "first update by this fleet"
    if old.get("hold"):
        return "its hold has ended"
    if changed := describe_change(old.get("release") or {}, new["release"]):
        return f"changed: {', '.join(changed)}"
    if old.get("attempt") != new.get("attempt"):
        return "its last update failed or did not end"
    return f"moved from wave {old.get('wave')}"


async def _read_recorded_attempts(fleet: pulumi.Resource) -> dict[str, dict[str, dict[str, str]]]:
    """Return the attempts of each end of each wave, by type and name, as earlier runs recorded them.

    They are read once the fleet is registered; nothing else is before they are known. While the engine writes
    its state, the backend of a folder cannot be read.
    """
    await fleet.urn.future()
    stack = "/".join([pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
    # The engine reads its own state for it, without a command.
    found = await pulumi.runtime.invoke_async("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack})
    recorded: dict[str, dict[str, dict[str, str]]] = {_BEGIN: {}, _GATE: {}}
    for urn, one in found["outputs"].items():
        kind, _, name = urn.rpartition("$")[2].partition("::")
        recorded.setdefault(kind, {})[name] = one["outputs"].get("attempts", {})
    return recorded


def _order_after(resources: Sequence[pulumi.Resource]) -> Any:
    """Return an output that resolves after these resources: an input that orders another resource after them.

    Its value is the resources' names, which no update changes. ``depends_on`` would not do: on a component
    without children it orders nothing.
    """
    names = [resource._name for resource in resources]
    return pulumi.Output.all(*(resource.urn for resource in resources)).apply(lambda _urns: ", ".join(names))
