"""Keeps an installation from being lost: hooks of the engine, and a look at the cluster beside them.

The engine knows what it is about to do, and calls a hook before it does it, in preview too. The cluster
knows what is there. The look goes on in a thread of its own while the engine works; whatever would change
something waits for it. What is refused, and in which words, ``lifecycle`` decides.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi

from ..config.helm_values import merge_values
from ..config.node_affinity import REQUIRED
from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..inventory.release import Definition, ReleaseId, Seen
from ..lifecycle import preconditions, release_condition
from ..lifecycle.restarts import restart_notice
from . import node_check
from .errors import InvalidConfigError
from .provider_kubeconfig import Answer, Credentials, answer, credentials, server

Judge = Callable[[pulumi.ResourceHookArgs], Awaitable[Sequence[Problem]]]


class Guard:
    """Watches over one installation, from before its component is registered to when all of it is."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None) -> None:
        self._name, self._settings = name, settings
        # A parent in another process, where this component is a plugin's, is known by its URN alone.
        above = getattr(opts.parent, "pulumi_resource_name", None) if opts is not None else None
        self._label = f"{name} in {above}" if above is not None else name
        self._asked = preconditions.Asked(
            component=name,
            release=ReleaseId(settings.release_namespace, settings.release_name),
            namespace=settings.namespace,
            create_namespace=settings.create_namespace,
            field_name=settings.field_name,
        )
        self._refused: list[Problem] = []
        # Not the pool in which Pulumi waits for the engine: that may be full of what waits for this.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="openkruise-look")
        self._component: pulumi.ComponentResource | None = None
        self._made = asyncio.Event()
        self._given: asyncio.Future[Credentials] | None = None
        self._seen: asyncio.Future[Seen | str] | None = None

    def inputs(self) -> dict[str, Any]:
        """Return what the engine is to keep of the component, for hooks of a later update and to show."""
        return {
            "createNamespace": self._settings.create_namespace,
            "namespace": self._settings.namespace,
            "server": pulumi.Output.from_input(self._server()),
            "selectors": list(self._settings.selectors),
        }

    def of_component(self) -> pulumi.ResourceOptions:
        """Return the options with which the component is guarded."""
        return self._options(before_update=[self._hook("update component", self._component_changes)])

    def of_namespace(self) -> pulumi.ResourceOptions:
        """Return the options with which a namespace of the stack is guarded."""
        return self._options(before_create=[self._hook("create namespace", self._namespace_created)])

    def of_release(self) -> pulumi.ResourceOptions:
        """Return the options with which the release is guarded."""
        hooks = {
            "before_create": [self._hook("create release", self._created)],
            "before_update": [self._hook("update release", self._release_changes)],
        }
        if self._settings.guard_destroy:
            # The engine keeps its name in the state, and destroys nothing without the program that has it.
            hooks["before_delete"] = [self._hook("delete release", self._deleted)]
        return self._options(**hooks)

    def look(self, component: pulumi.ComponentResource) -> None:
        """Begin to look at the cluster of the component's provider."""
        self._component = component
        self._made.set()
        self._given = asyncio.ensure_future(credentials(component))
        self._seen = asyncio.ensure_future(self.ask(self._look))

    def settled(self, release: pulumi.Resource) -> pulumi.Output[str]:
        """Return the namespace's name, known once nothing was refused and the release's state is told.

        An engine that goes on after errors (``--continue-on-error``) deletes what the program no longer has;
        since the program fails here, it does not. What is placed by this name depends on the release: it
        comes after it, and goes before it.
        """
        known: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        known.set_result(True)
        # Not by all() of both: where the release is refused, what says why is to be what fails.
        return pulumi.Output({release}, self._settled(release), known)

    async def _settled(self, release: pulumi.Resource) -> str:
        with contextlib.suppress(Exception):  # reported where it happens
            await release.urn.future()
        seen = await self._looked()
        if self._refused:
            raise self._error(self._refused)
        if isinstance(seen, Seen) and release_condition.condition(seen) and not pulumi.runtime.is_dry_run():
            # That was before the update, which may have repaired it.
            seen = await self.ask(self._look)
        if isinstance(seen, str):
            await self._tell_unseen(seen)
            return self._settings.namespace
        problems = preconditions.blocked(seen)
        if problems and not pulumi.runtime.is_dry_run():
            raise self._error(problems)
        condition = release_condition.condition(seen, self._settings.field_name)
        if condition is not None:
            self._say(pulumi.log.warn, str(condition))
        return self._settings.namespace

    async def _tell_unseen(self, why: str) -> None:
        if pulumi.runtime.is_dry_run():
            self._say(pulumi.log.info, f"what is in the cluster was not looked at: {why}")
        elif self._given is not None and (await self._given).kubeconfig is None:
            # Told again, since it is nothing that passes: every update goes without, until one is given.
            lost = "a release that is stuck, or that another name or stack has, is not noticed"
            self._say(pulumi.log.warn, f"what is in the cluster was not looked at: {why}; {lost}")

    async def _created(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._looked()
        problems = [] if isinstance(seen, str) else preconditions.creating(self._asked, seen)
        if not problems:
            await self._foretell(await _plain((args.new_inputs or {}).get("values")))
        return problems

    async def _namespace_created(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._looked()
        if isinstance(seen, str):
            return []
        # Without a release there is nothing that it could be taken from; not asked for in vain, then.
        there = await self.ask(self._has_namespace) if seen.latest is not None else False
        return preconditions.creating_namespace(self._asked, seen, there is not False)

    async def _component_changes(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        old = args.old_inputs or {}
        problems = preconditions.namespace_given_up(old, self._asked)
        namespace, before = old.get("namespace", self._asked.namespace), old.get("server")
        now = await self._server()
        if namespace == self._asked.namespace and before in (None, now):
            return problems
        looked = await self._looked()
        seen = looked if isinstance(looked, Seen) else None
        problems += preconditions.namespace_left(namespace, self._asked, seen)
        return problems + preconditions.cluster_left(before, now, args.urn, seen)

    async def _server(self) -> str | None:
        # What the component is registered with, it has to be made for.
        await self._made.wait()
        return server(await self._given) if self._given is not None else None

    async def _release_changes(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._looked()
        problems = [] if isinstance(seen, str) else preconditions.blocked(seen)
        old, new = args.old_inputs or {}, args.new_inputs or {}
        values = await _plain(old.get("values")), await _plain(new.get("values"))
        # Known before, from the component's inputs, but to an earlier version of this module.
        problems += preconditions.namespace_left(preconditions.runs_in(values[0]), self._asked)
        versions = str(old.get("version") or ""), str(new.get("version") or "")
        # The CRDs are looked at only where that decides something.
        if preconditions.crds_given_up(*values, None) or preconditions.older(*versions):
            definitions = await self.ask(_definitions)
            found = None if isinstance(definitions, str) else definitions
            problems += preconditions.crds_given_up(*values, found, self._settings.field_name)
            problems += preconditions.downgraded(*versions, found, self._settings.field_name)
        if not problems and pulumi.runtime.is_dry_run():
            after = values[1] or self._foreseen(values[0])
            notice = restart_notice(values[0], after)
            if notice:
                self._say(pulumi.log.info, notice)
                await self._foretell(after)
        return problems

    async def _foretell(self, values: Mapping[str, Any]) -> None:
        """In a preview, tell of the nodes that a release of these values leaves out."""
        if values and self._component is not None and pulumi.runtime.is_dry_run():
            await node_check.foretold(self.ask, self._component, self._settings, values)

    def _foreseen(self, old: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values with the new affinity, where it is all that is known of the new ones."""
        given = self._settings.values
        if "daemon" not in given:
            return {}
        required = self._settings.affinities.daemon
        return merge_values(old, {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: required}}}})

    async def _deleted(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        found = await self.ask(_custom_resources)
        problems = preconditions.deleting(self._asked.release, found, self._settings.field_name)
        if not pulumi.runtime.is_dry_run():
            return problems
        # What of it the stack owns, and has depend on the release, is deleted first: only then it counts.
        for problem in problems:
            self._say(pulumi.log.warn, f"refused, if it is still so when the release's turn comes: {problem}")
        return []

    def _hook(self, what: str, judge: Judge) -> pulumi.ResourceHook:
        async def run(args: pulumi.ResourceHookArgs) -> None:
            problems = await judge(args)
            if problems:
                self._refused += problems
                raise self._error(problems)

        name = f"openkruise {self._label}: {what}"
        return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))

    def _options(self, **hooks: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(**hooks))

    def _error(self, problems: Sequence[Problem]) -> InvalidConfigError:
        return InvalidConfigError(problems, source=f"OpenKruise {self._name!r}")

    def _say(self, how: Callable[..., None], text: str) -> None:
        how(text, resource=self._component)

    async def _looked(self) -> Seen | str:
        """Return what is in the cluster, or why that is not known."""
        return await self._seen if self._seen is not None else "nothing was registered"

    def _look(self, cluster: Any) -> Seen:
        from ..inventory.release_reader import look

        return look(cluster, self._asked.release)

    def _has_namespace(self, cluster: Any) -> bool:
        from ..inventory.release_reader import has_namespace

        return has_namespace(cluster, self._asked.namespace)

    async def ask(self, question: Callable[[Any], Answer]) -> Answer | str:
        """Return what the cluster answers, or why it does not: a look must never be what breaks an ``up``."""
        given = await self._given if self._given is not None else Credentials(None)
        if given.kubeconfig is None:
            return given.reason
        return await asyncio.get_running_loop().run_in_executor(self._threads, answer, given, question)


def _definitions(cluster: Any) -> list[Definition]:
    from ..inventory.release_reader import definitions

    return definitions(cluster)


def _custom_resources(cluster: Any) -> dict[str, int]:
    from ..inventory.release_reader import custom_resources

    return custom_resources(cluster)


async def _plain(value: Any) -> Mapping[str, Any]:
    """Return a hook's input without its secrecy: only the flag ``crds.managed`` is read from it."""
    if isinstance(value, pulumi.Output):
        value = await value.future() if await value.is_known() else None
    return value if isinstance(value, Mapping) else {}
