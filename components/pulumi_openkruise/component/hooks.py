"""Hooks of the engine that refuse what would lose an installation.

The engine knows what it is about to do, and calls a hook before it does it, in preview too; the cluster knows
what is there. ``lifecycle`` decides what is refused, and in which words.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..config.helm_values import merge_values
from ..config.node_affinity import REQUIRED
from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..inventory.release import ReleaseState
from ..lifecycle import crd_changes, installation, moves
from ..lifecycle.restarts import restart_notice
from ..lifecycle.upgrades import upgrade_notice
from . import node_check
from .cluster_view import ClusterView
from .errors import InvalidConfigError

Check = Callable[[pulumi.ResourceHookArgs], Awaitable[Sequence[Problem]]]
"""Returns why an operation that the engine is about to do is refused."""


class Hooks:
    """The hooks of one component and its children, and what they have refused.

    Create it before the component is registered: the component's own hook goes with the registration.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        opts: pulumi.ResourceOptions | None,
        view: ClusterView,
    ) -> None:
        self._name, self._settings, self._view = name, settings, view
        # A parent in another process, where this component is a plugin's, is known by its URN alone.
        parent = getattr(opts.parent, "pulumi_resource_name", None) if opts is not None else None
        self._label = f"{name} in {parent}" if parent is not None else name
        self._declared = installation.Declared(
            component=name,
            release=view.release_id,
            namespace=settings.namespace,
            create_namespace=settings.create_namespace,
            field_name=settings.field_name,
            manages_crds=crd_changes.manages_crds(settings.values),
        )
        self.refused: list[Problem] = []
        """Every problem for which a hook has refused an operation."""

    def component_inputs(self) -> dict[str, Any]:
        """Return what the engine records of the component, for a later update's hook and for people."""
        return {
            "createNamespace": self._settings.create_namespace,
            "namespace": self._settings.namespace,
            "server": pulumi.Output.from_input(self._view.server()),
            "selectors": list(self._settings.selectors),
        }

    def for_component(self) -> pulumi.ResourceOptions:
        """Return the options that guard the component."""
        return self._options(before_update=[self._hook("update component", self._check_component_update)])

    def for_namespace(self) -> pulumi.ResourceOptions:
        """Return the options that guard a namespace of the stack."""
        return self._options(before_create=[self._hook("create namespace", self._check_namespace_creation)])

    def for_release(self) -> pulumi.ResourceOptions:
        """Return the options that guard the release."""
        hooks = {
            "before_create": [self._hook("create release", self._check_creation)],
            "before_update": [self._hook("update release", self._check_update)],
        }
        if self._settings.guard_destroy:
            # The engine records its name, and deletes nothing without the program that has it.
            hooks["before_delete"] = [self._hook("delete release", self._check_deletion)]
        return self._options(**hooks)

    async def _check_creation(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._view.release()
        problems = [] if isinstance(seen, Unavailable) else installation.check_creation(self._declared, seen)
        if not problems:
            await self._announce_excluded_nodes(await _known_mapping((args.new_inputs or {}).get("values")))
        return problems

    async def _check_namespace_creation(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._view.release()
        if isinstance(seen, Unavailable):
            return []
        # Without a release there is nothing that the namespace could be taken from, and nothing to ask.
        exists = await self._view.has_namespace(self._declared.namespace) if seen.latest else False
        return installation.check_namespace_creation(self._declared, seen, exists is not False)

    async def _check_component_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        old = args.old_inputs or {}
        problems = moves.check_namespace_ownership(old, self._declared)
        namespace, old_server = old.get("namespace", self._declared.namespace), old.get("server")
        server = await self._view.server()
        if namespace == self._declared.namespace and old_server in (None, server):
            return problems
        found = await self._view.release()
        seen = found if isinstance(found, ReleaseState) else None
        problems += moves.check_namespace(namespace, self._declared, seen)
        return problems + moves.check_cluster(old_server, server, args.urn, seen)

    async def _check_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        seen = await self._view.release()
        problems = [] if isinstance(seen, Unavailable) else installation.check_blocked(seen)
        old, new = args.old_inputs or {}, args.new_inputs or {}
        old_values, new_values = (
            await _known_mapping(old.get("values")),
            await _known_mapping(new.get("values")),
        )
        # The component's inputs say it too, unless an earlier version of this module wrote them.
        problems += moves.check_namespace(moves.find_namespace(old_values), self._declared)
        versions = str(old.get("version") or ""), str(new.get("version") or "")
        # The CRDs are read only where they decide something.
        if crd_changes.takes_crds(old_values, new_values) or crd_changes.is_downgrade(*versions):
            definitions = await self._view.definitions()
            field_name = self._settings.field_name
            problems += crd_changes.check_crds_kept(old_values, new_values, definitions, field_name)
            problems += crd_changes.check_downgrade(*versions, definitions, field_name)
        if crd_changes.is_downgrade(*versions):
            resources = await self._view.custom_resources()
            problems += crd_changes.check_dropped_kinds(*versions, resources, self._settings.field_name)
        problems += crd_changes.check_stated(
            *versions, self._settings.chart_version_stated, self._settings.field_name
        )
        if not problems and pulumi.runtime.is_dry_run():
            self._announce_upgrade(*versions)
            await self._announce_restart(old_values, new_values or self._expected_values(old_values))
        return problems

    async def _check_deletion(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        found = await self._view.custom_resources()
        problems = installation.check_deletion(self._declared.release, found, self._settings.field_name)
        if not pulumi.runtime.is_dry_run():
            return problems
        # The stack's own custom resources, which depend on the release, go before it; then the others count.
        for problem in problems:
            self._warn(f"refused, unless this has changed when the release's turn comes: {problem}")
        return []

    def _announce_upgrade(self, old: str, new: str) -> None:
        notice = upgrade_notice(old, new)
        if notice:
            pulumi.log.info(notice, resource=self._view.component)

    async def _announce_restart(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        notice = restart_notice(old, new)
        if notice:
            pulumi.log.info(notice, resource=self._view.component)
            await self._announce_excluded_nodes(new)

    async def _announce_excluded_nodes(self, values: Mapping[str, Any]) -> None:
        """In a preview, report the nodes that a release of these values leaves out."""
        if values and pulumi.runtime.is_dry_run():
            await node_check.announce_excluded_nodes(self._settings, values, self._view)

    def _expected_values(self, old: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values with the new affinity, where nothing else is known of the new ones."""
        given = self._settings.values
        if "daemon" not in given:
            return {}
        required = self._settings.affinities.daemon
        return merge_values(old, {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: required}}}})

    def _hook(self, operation: str, check: Check) -> pulumi.ResourceHook:
        async def run(args: pulumi.ResourceHookArgs) -> None:
            problems = await check(args)
            if problems:
                self.refused += problems
                raise self.error(problems)

        name = f"openkruise {self._label}: {operation}"
        return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))

    def _options(self, **hooks: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(**hooks))

    def error(self, problems: Sequence[Problem]) -> InvalidConfigError:
        """Return the exception that says why this component's installation is refused."""
        return InvalidConfigError(problems, source=f"OpenKruise {self._name!r}")

    def _warn(self, message: str) -> None:
        pulumi.log.warn(message, resource=self._view.component)


async def _known_mapping(value: Any) -> Mapping[str, Any]:
    """Return a hook's input without its secrecy, empty where it is unknown: nothing of it is ever printed."""
    if isinstance(value, pulumi.Output):
        value = await value.future() if await value.is_known() else None
    return value if isinstance(value, Mapping) else {}
