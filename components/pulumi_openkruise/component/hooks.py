"""Hooks of the engine that refuse what would lose an installation.

The engine knows what it is about to do, and calls a hook before it does it, in preview too; the cluster knows
what is there. ``lifecycle`` decides what is refused, and in which words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..config import names
from ..config.helm_values import merge_values
from ..config.node_affinity import DAEMON, REQUIRED
from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..inventory.release import ReleaseState
from ..lifecycle import crd_changes, installation, moves
from . import declared as declarations
from . import node_check
from .chart_probe import check_chart_unchanged
from .cluster_view import ClusterView
from .decision import Decision
from .errors import InvalidConfigError

Check = Callable[[pulumi.ResourceHookArgs], Awaitable[Sequence[Problem]]]
"""Returns why an operation that the engine is about to do is refused."""


class Hooks:
    """The hooks of one component and its children, and what they have refused.

    Create it before the component is registered: the component's own hooks go with the registration. Every
    hook is registered in every run, whether or not a resource is bound to it: the state may name it.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        opts: pulumi.ResourceOptions | None,
        view: ClusterView,
    ) -> None:
        self._name, self._settings, self._view = name, settings, view
        self._label = _label(name, opts)
        self._declared = installation.Declared(
            component=name,
            release=view.release_id,
            namespace=settings.namespace,
            create_namespace=settings.create_namespace,
            field_name=settings.field_name,
            manages_crds=crd_changes.manages_crds(settings.values),
        )
        self.decision = Decision(self._declared, view)
        self.refused: list[Problem] = []
        """Every problem for which a hook has refused an operation."""
        self._announced: list[Problem] = []
        self._release, self._namespace = _Child(), _Child()
        hook = self._register_hook
        deletion = _add_retention if opts is not None and opts.retain_on_delete else _as_it_is
        self._component_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create component", self._note_component)],
            before_update=[hook("update component", self._check_component_update)],
        )
        self._record_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create record", self._note_record)],
        )
        self._namespace_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create namespace", self._check_namespace_creation)],
            before_update=[hook("update namespace", self._check_decision)],
            before_delete=[hook("delete namespace", deletion(self._check_namespace_deletion))],
        )
        self._release_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create release", self._check_creation)],
            before_update=[hook("update release", self._check_update)],
            # The engine records its name, and deletes nothing without the program that has it.
            before_delete=[hook("delete release", deletion(self._check_deletion))],
        )
        self._policy_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create node label policy", self._check_policy_creation)],
            before_update=[hook("update node label policy", self._check_decision)],
            before_delete=[hook("delete node label policy", self._check_decision)],
        )

    def write_component_inputs(self) -> dict[str, Any]:
        """Return what the engine records of the component, for people and for a later update's hook."""
        return {
            "createNamespace": self._settings.create_namespace,
            "namespace": self._settings.namespace,
            "selectors": list(self._settings.selectors),
            # A state of before there was a record differs in this, so its first update calls the hook.
            "stateVersion": 2,
        }

    @property
    def component_options(self) -> pulumi.ResourceOptions:
        """The options that guard the component."""
        return pulumi.ResourceOptions(hooks=self._component_hooks)

    @property
    def record_options(self) -> pulumi.ResourceOptions:
        """The options that tell whether the state had a record."""
        return pulumi.ResourceOptions(hooks=self._record_hooks)

    @property
    def namespace_options(self) -> pulumi.ResourceOptions:
        """The options that guard a namespace of the stack."""
        return pulumi.ResourceOptions(hooks=self._namespace_hooks)

    @property
    def release_options(self) -> pulumi.ResourceOptions:
        """The options that guard the release."""
        return pulumi.ResourceOptions(hooks=self._release_hooks)

    @property
    def policy_options(self) -> pulumi.ResourceOptions:
        """The options that guard the admission policy about virtual nodes, and its binding."""
        return pulumi.ResourceOptions(hooks=self._policy_hooks)

    def claim_provider(self, component: pulumi.ComponentResource) -> None:
        """Refuse a second component with the same Kubernetes provider; raises InvalidConfigError."""
        other = declarations.claim_provider(component)
        problems = moves.check_only_installation(self._declared, other, "the Kubernetes provider")
        if problems:
            raise self.make_error(problems)

    def follow(self, namespace: pulumi.Resource, release: pulumi.Resource) -> None:
        """Learn which resources the component declares, to tell them from others of the same hooks."""
        self._namespace.declare(namespace)
        self._release.declare(release)

    @property
    def release_is_created(self) -> bool:
        """Whether the engine creates the release in this run."""
        return self._release.is_created

    async def _note_component(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        self.decision.note_component_change(None)
        return []

    async def _check_component_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        old = args.old_inputs or {}
        self.decision.note_component_change(old)
        recorded = moves.read_inputs(old)
        # The rest waits for the record, which is registered after this.
        problems = moves.check_namespace_ownership(recorded, self._declared) if recorded is not None else []
        if problems and moves.was_never_installed(old, await self._view.read_release()):
            return []
        return problems

    async def _note_record(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        self.decision.note_new_record()
        return []

    async def _check_namespace_creation(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        problems = await self._check_place()
        seen = await self._look_before_creation()
        # Without a release there is nothing that OpenKruise's usual namespace could be taken from.
        foreign = self._declared.namespace != names.NAMESPACE
        asked = foreign or (not isinstance(seen, Unavailable) and seen.latest is not None)
        exists = not problems and asked and await self._view.has_namespace(self._declared.namespace)
        if not problems and not isinstance(seen, Unavailable):
            problems = installation.check_namespace_creation(self._declared, seen, exists is not False)
        if not problems and foreign and exists is True:
            self._warn(installation.write_takeover_notice(self._declared))
        self._namespace.is_created = not problems
        return problems

    async def _check_decision(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        return await self.decision.await_problems()

    async def _check_namespace_deletion(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        name = f"namespace {self._declared.namespace}"
        problems = await self._check_child_deletion(self._namespace, name, args)
        if problems or pulumi.runtime.is_dry_run():
            return problems
        return installation.check_namespace_deletion(self._declared, await self._view.read_release_again())

    async def _check_policy_creation(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        # Imported here: most stacks have no policy, and need nothing of the catalogue.
        from ..lifecycle.policy_support import check_policy_is_served
        from ..policy.manifests import API_VERSION

        problems = await self._check_place()
        served = await self._view.read_served_kinds(API_VERSION)
        if problems or isinstance(served, Unavailable):
            return problems
        # The provider looks for the kind for a minute, and only in `up`.
        mode = self._settings.node_label_policy
        return check_policy_is_served(mode, served, self._settings.field_name)

    async def _check_creation(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        problems = await self._check_place()
        seen = await self._look_before_creation()
        if not problems and not isinstance(seen, Unavailable):
            recorded = self.decision.recorded is not None
            problems = installation.check_creation(self._declared, seen, recorded)
        problems = problems or check_chart_unchanged(self._settings)
        if not problems:
            await self._announce_excluded_nodes(
                await _read_known_mapping((args.new_inputs or {}).get("values"))
            )
        self._release.is_created = not problems
        return problems

    async def _look_before_creation(self) -> ReleaseState | Unavailable:
        """Look again in `up`: since then another program, or another stack, may have installed it."""
        seen = await self._view.read_release()
        if isinstance(seen, Unavailable) or pulumi.runtime.is_dry_run():
            return seen
        return await self._view.read_release_again()

    async def _check_place(self) -> list[Problem]:
        """Return why nothing may be created here: it would leave something, or may."""
        problems = await self.decision.await_problems()
        if problems:
            return problems
        return self._refuse_in_update(await self.decision.unknown_cluster())

    def _refuse_in_update(self, problems: list[Problem]) -> list[Problem]:
        """Return the problems of something that will be known by `up`; a preview warns of them."""
        if not pulumi.runtime.is_dry_run():
            return problems
        for problem in problems:
            if problem not in self._announced:
                self._announced.append(problem)
                self._warn(f"`up` refuses this, unless it is known by then: {problem}")
        return []

    async def _check_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        problems = await self.decision.await_problems()
        seen = await self._view.read_release()
        if not problems and not isinstance(seen, Unavailable):
            problems = [*installation.check_present(seen), *installation.check_blocked(seen)]
        old, new = args.old_inputs or {}, args.new_inputs or {}
        old_values = await _read_known_mapping(old.get("values"))
        new_values = await _read_known_mapping(new.get("values"))
        if not problems:
            # The component's inputs say it too, unless an early version of this module wrote them.
            problems = moves.check_namespace(moves.find_namespace(old_values), self._declared)
        versions = str(old.get("version") or ""), str(new.get("version") or "")
        # The CRDs are read only where they decide something.
        if crd_changes.takes_crds(old_values, new_values) or crd_changes.is_downgrade(*versions):
            definitions = await self._view.read_definitions()
            field_name = self._settings.field_name
            problems += crd_changes.check_crds_kept(old_values, new_values, definitions, field_name)
            problems += crd_changes.check_downgrade(*versions, definitions, field_name)
        if crd_changes.is_downgrade(*versions):
            resources = await self._view.count_custom_resources()
            problems += crd_changes.check_dropped_kinds(*versions, resources, self._settings.field_name)
        problems += crd_changes.check_upgrade_is_explicit(
            *versions, self._settings.chart_version_stated, self._settings.field_name
        )
        problems += check_chart_unchanged(self._settings)
        if not problems and pulumi.runtime.is_dry_run():
            await self._announce_upgrade(*versions)
            await self._announce_restart(old_values, new_values or self._predict_values(old_values))
        return problems

    async def _check_child_deletion(
        self, child: "_Child", name: str, args: pulumi.ResourceHookArgs
    ) -> list[Problem]:
        problems = await self.decision.await_problems()
        if problems:
            return problems
        unknown = self._refuse_in_update(await self.decision.unknown_cluster())
        if unknown:
            return unknown
        problems = installation.check_replacement(
            self._declared, name, child.is_replaced, await child.has_urn(args.urn)
        )
        # A preview that does not know the cluster replaces what `up` may leave alone.
        return self._refuse_in_update(problems) if await self._view.find_server() is None else problems

    async def _check_deletion(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        problems = await self._check_child_deletion(
            self._release, f"Helm release {self._declared.release}", args
        )
        if problems or not self._settings.guard_destroy:
            return problems
        found = await self._view.count_custom_resources()
        problems = installation.check_deletion(self._declared.release, found, self._settings.field_name)
        if not pulumi.runtime.is_dry_run():
            return problems
        # The stack's own custom resources, which depend on the release, go before it; then the others count.
        for problem in problems:
            self._warn(f"refused, unless this has changed when the release's turn comes: {problem}")
        return []

    async def _announce_upgrade(self, old: str, new: str) -> None:
        # Imported here, as below: most runs change nothing, and the two take a tenth of the import.
        from ..lifecycle.upgrades import list_removed_fields, write_lost_fields_notice, write_upgrade_notice

        removed = list_removed_fields(old, new)
        lost = write_lost_fields_notice(new, await self._view.list_field_uses(removed)) if removed else None
        if lost:
            self._warn(lost)
        notice = write_upgrade_notice(old, new)
        if notice:
            pulumi.log.info(notice, resource=self._view.component)

    async def _announce_restart(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        from ..lifecycle.restarts import write_restart_notice

        notice = write_restart_notice(old, new)
        if notice:
            pulumi.log.info(notice, resource=self._view.component)
            await self._announce_excluded_nodes(new)

    async def _announce_excluded_nodes(self, values: Mapping[str, Any]) -> None:
        """In a preview, report the nodes that a release of these values leaves out."""
        if values and not self._settings.late_pods and pulumi.runtime.is_dry_run():
            await node_check.announce_excluded_nodes(self._settings, values, self._view)

    def _predict_values(self, old: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values with the new affinity, where nothing else is known of the new ones."""
        if not self._settings.values or DAEMON in self._settings.late_pods:
            return {}
        required = self._settings.affinities.daemon
        return merge_values(old, {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: required}}}})

    def _register_hook(self, operation: str, check: Check) -> pulumi.ResourceHook:
        async def run(args: pulumi.ResourceHookArgs) -> None:
            problems = await check(args)
            if problems:
                self.refused += problems
                raise self.make_error(problems)

        name = f"openkruise {self._label}: {operation}"
        return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))

    def make_error(self, problems: Sequence[Problem]) -> InvalidConfigError:
        """Return the exception that says why this component's installation is refused."""
        return InvalidConfigError(problems, source=f"OpenKruise {self._name!r}")

    def _warn(self, message: str) -> None:
        pulumi.log.warn(message, resource=self._view.component)


def _as_it_is(check: Check) -> Check:
    return check


def _add_retention(check: Check) -> Check:
    """Return the check of a deletion for a component with ``retain_on_delete``."""

    async def explain(args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        return installation.explain_retention(await check(args))

    return explain


async def _read_known_mapping(value: Any) -> Mapping[str, Any]:
    """Return a hook's input without its secrecy and its unknown parts: nothing of it is ever printed."""
    if isinstance(value, pulumi.Output):
        value = await value.future() if await value.is_known() else None
    return _keep_known(value) if isinstance(value, Mapping) else {}


def _keep_known(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _keep_known(item) if isinstance(item, Mapping) else item
        for key, item in value.items()
        if not isinstance(item, (pulumi.output.Unknown, pulumi.Output))
    }


class _Child:
    """A resource that the component declares, and what the engine does with it in this run."""

    def __init__(self) -> None:
        self.is_created = False
        """Whether the engine creates it, as far as its hook knows."""
        self._urn: asyncio.Future[str] | None = None

    def declare(self, resource: pulumi.Resource) -> None:
        self._urn = asyncio.ensure_future(resource.urn.future())  # type: ignore[arg-type]

    @property
    def is_replaced(self) -> bool:
        """Whether a new one is created, or is about to be: its registration waits for the deletion."""
        return self.is_created or (self._urn is not None and not self._urn.done())

    async def has_urn(self, urn: str) -> bool:
        """Tell whether this is the resource that the component declares."""
        return self._urn is not None and self._urn.done() and await self._urn == urn


def _label(name: str, opts: pulumi.ResourceOptions | None) -> str:
    """Return what distinguishes the component's hooks from another's in the names that the state keeps."""
    parent = opts.parent if opts is not None else None
    # A parent in another process, where this component is a plugin's, is known by its URN alone.
    above = getattr(parent, "pulumi_resource_name", None)
    if above is None:
        return declarations.claim_label(name, name)
    type_ = getattr(parent, "pulumi_resource_type", "")
    return declarations.claim_label(f"{name} in {above}", f"{name} in {type_} {above}")
