"""Why an operation that the engine is about to do is refused: each check is the body of a hook.

``lifecycle`` decides what is refused, and in which words; here it gets the cluster, what an earlier update
recorded, and what the engine does with the component's resources in this run.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..config import names
from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..inventory.release import ReleaseState
from ..lifecycle import crd_changes, installation, moves
from . import update_notices
from .chart_probe import check_chart_unchanged
from .cluster_view import ClusterView
from .decision import Decision


class OperationChecks:
    """The checks of one component's operations; each returns the problems for which it is refused."""

    def __init__(
        self,
        settings: Settings,
        declared: installation.Declared,
        decision: Decision,
        view: ClusterView,
        *,
        keeps_deleted: bool = False,
    ) -> None:
        """``keeps_deleted``: the component has retain_on_delete or deleted_with, and so its children."""
        self._settings, self._declared = settings, declared
        self._keeps_deleted = keeps_deleted
        self._decision, self._view = decision, view
        self._announced: list[Problem] = []
        self._release, self._namespace = _Child(), _Child()

    def follow(self, namespace: pulumi.Resource, release: pulumi.Resource) -> None:
        """Learn which resources the component declares, to tell them from others of the same hooks."""
        self._namespace.declare(namespace)
        self._release.declare(release)

    @property
    def release_is_created(self) -> bool:
        """Whether the engine creates the release in this run."""
        return self._release.is_created

    async def note_component(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Note that the engine creates the component; refuses nothing."""
        self._decision.note_component_change(None)
        return []

    async def check_component_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse to give up a namespace that an earlier update created."""
        old = args.old_inputs or {}
        self._decision.note_component_change(old)
        recorded = moves.read_inputs(old)
        # The rest waits for the record, which is registered after this.
        problems = moves.check_namespace_ownership(recorded, self._declared) if recorded is not None else []
        if problems and moves.was_never_installed(old, await self._view.read_release()):
            return []
        return problems

    async def note_record(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Note that the state had no record of the installation; refuses nothing."""
        self._decision.note_new_record()
        return []

    async def check_namespace_creation(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse a namespace that would replace an installation's own, or lie where another one is."""
        problems = await self._check_place()
        state = await self._read_before_creation()
        # Without a release there is nothing that OpenKruise's usual namespace could be taken from.
        foreign = self._declared.namespace != names.NAMESPACE
        asked = foreign or (not isinstance(state, Unavailable) and state.latest is not None)
        exists = not problems and asked and await self._view.has_namespace(self._declared.namespace)
        if not problems and not isinstance(state, Unavailable):
            recorded = self._decision.recorded is not None
            problems = installation.check_namespace_creation(
                self._declared, state, exists is not False, recorded
            ) or await self._check_not_lost(state)
        if not problems and foreign and exists is True:
            self._warn(installation.write_takeover_notice(self._declared))
        self._namespace.is_created = not problems
        return problems

    async def check_decision(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse what the decision of this run refuses, and nothing else."""
        return await self._decision.await_problems()

    async def check_namespace_deletion(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse to delete a namespace that is replaced, or that the release still needs."""
        name = f"namespace {self._declared.namespace}"
        problems = await self._check_child_deletion(self._namespace, name, args)
        if problems or pulumi.runtime.is_dry_run():
            return problems
        state = await self._view.read_release_again()
        # With these options the engine calls the hooks, drops the release from the state, and leaves it and
        # the namespace in the cluster: without them, a release that is deleted is gone by now.
        if self._keeps_deleted and self._release.is_deleted:
            return []
        return installation.check_namespace_deletion(self._declared, state, dropped=self._release.is_deleted)

    async def check_policy_creation(self, _args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse an admission policy of a kind that the API server does not serve."""
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

    async def check_creation(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse to create a release that exists, or beside another OpenKruise."""
        problems = await self._check_place()
        state = await self._read_before_creation()
        if not problems and not isinstance(state, Unavailable):
            recorded = self._decision.recorded is not None
            problems = installation.check_creation(self._declared, state, recorded)
            problems = problems or await self._check_not_lost(state)
        problems = problems or check_chart_unchanged(self._settings)
        if not problems:
            values = await _read_known_mapping((args.new_inputs or {}).get("values"))
            await update_notices.announce_excluded_nodes(self._settings, values, self._view)
        self._release.is_created = not problems
        return problems

    async def _read_before_creation(self) -> ReleaseState | Unavailable:
        """Return the release, read again in `up`: another program may have installed it meanwhile."""
        state = await self._view.read_release()
        if isinstance(state, Unavailable) or pulumi.runtime.is_dry_run():
            return state
        return await self._view.read_release_again()

    async def _check_not_lost(self, state: ReleaseState) -> list[Problem]:
        """Refuse to create over a release that the state has and the cluster has lost.

        The engine would keep the old one in the state, and delete it in a later update: by its name, which is
        the new one's, too. Where the state cannot be read, nothing is refused.
        """
        if state.latest is not None or (self._decision.recorded is None and state.owner is None):
            return []
        return installation.check_present(state) if await self._view.is_in_state() is True else []

    async def _check_place(self) -> list[Problem]:
        """Return why nothing may be created here: it would leave something, or may."""
        problems = await self._decision.await_problems()
        if problems:
            return problems
        return self._refuse_in_update(await self._decision.unknown_cluster())

    def _refuse_in_update(self, problems: list[Problem]) -> list[Problem]:
        """Return the problems of something that will be known by `up`; a preview warns of them."""
        if not pulumi.runtime.is_dry_run():
            return problems
        for problem in problems:
            if problem not in self._announced:
                self._announced.append(problem)
                self._warn(f"`up` refuses this, unless it is known by then: {problem}")
        return []

    async def check_update(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse an update that would lose the release, its namespace, its CRDs or stored objects."""
        problems = await self._decision.await_problems()
        state = await self._view.read_release()
        if not problems and not isinstance(state, Unavailable):
            problems = [*installation.check_present(state), *installation.check_blocked(state)]
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
        if not problems:
            await update_notices.announce_update(self._settings, versions, old_values, new_values, self._view)
        return problems

    async def _check_child_deletion(
        self, child: "_Child", name: str, args: pulumi.ResourceHookArgs
    ) -> list[Problem]:
        problems = await self._decision.await_problems()
        if problems:
            return problems
        unknown = self._refuse_in_update(await self._decision.unknown_cluster())
        if unknown:
            return unknown
        problems = installation.check_replacement(
            self._declared, name, child.is_replaced, await child.has_urn(args.urn)
        )
        # A preview that does not know the cluster replaces what `up` may leave alone.
        return self._refuse_in_update(problems) if await self._view.find_server() is None else problems

    async def check_deletion(self, args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        """Refuse to delete a release that is replaced, or that ``guard_destroy`` guards."""
        name = f"Helm release {self._declared.release}"
        problems = await self._check_child_deletion(self._release, name, args)
        if not problems and await self._release.is_other_revision(args):
            state = await self._view.read_release_again()
            if isinstance(state, Unavailable) or state.latest is not None:
                problems = installation.check_replacement(self._declared, name, True, True)
        if problems:
            return problems
        if self._settings.guard_destroy:
            found = await self._view.count_custom_resources()
            problems = installation.check_deletion(self._declared.release, found, self._settings.field_name)
        if not pulumi.runtime.is_dry_run():
            self._release.is_deleted = not problems
            return problems
        # The stack's own custom resources, which depend on the release, go before it; then the others count.
        for problem in problems:
            self._warn(f"refused, unless this has changed when the release's turn comes: {problem}")
        return []

    def _warn(self, message: str) -> None:
        pulumi.log.warn(message, resource=self._view.component)


async def _read_known_mapping(value: Any) -> Mapping[str, Any]:
    """Return a hook's input without its secrecy and its unknown parts: nothing of it is ever printed."""
    if isinstance(value, pulumi.Output):
        value = await value.future()
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
        self.is_deleted = False
        """Whether its hook has let the engine delete it, or drop it from the state, in this run."""
        self._urn: asyncio.Future[str] | None = None
        self._status: pulumi.Output[Any] | None = None

    def declare(self, resource: pulumi.Resource) -> None:
        self._urn = asyncio.ensure_future(resource.urn.future())  # type: ignore[arg-type]
        self._status = getattr(resource, "status", None)

    @property
    def is_replaced(self) -> bool:
        """Whether a new one is created, or is about to be: its registration waits for the deletion."""
        return self.is_created or (self._urn is not None and not self._urn.done())

    async def is_other_revision(self, args: pulumi.ResourceHookArgs) -> bool:
        """Tell whether a release that is deleted is another revision than the one declared.

        An earlier version of this module let the engine create one over one that the cluster had lost, and
        that one is still in the state, to be deleted. In a destroy it is the declared one itself.
        """
        old = (args.old_outputs or {}).get("status")
        deleted = old.get("revision") if isinstance(old, Mapping) else None
        if self._status is None or not isinstance(deleted, (int, float)):
            return False
        with contextlib.suppress(Exception):  # reported where it happens
            revision = getattr(await self._status.future(), "revision", None)
            return revision not in (None, deleted)
        return False

    async def has_urn(self, urn: str) -> bool:
        """Tell whether this is the resource that the component declares."""
        return self._urn is not None and self._urn.done() and await self._urn == urn
