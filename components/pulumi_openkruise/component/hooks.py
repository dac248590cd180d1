"""Hooks of the engine that refuse what would lose an installation.

The engine knows what it is about to do, and calls a hook before it does it, in preview too. Here are the
hooks' names, which the engine keeps in its state, and the resources that they are bound to; what each of them
refuses is in ``operation_checks``.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pulumi

from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..lifecycle import crd_changes, installation, moves
from . import declared as declarations
from .cluster_view import ClusterView
from .decision import Decision
from .errors import InvalidConfigError
from .operation_checks import OperationChecks
from .registrations import Registrations

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
        self._name, self._settings = name, settings
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
        self.registrations = Registrations()
        keeps = opts is not None and bool(opts.retain_on_delete or opts.deleted_with is not None)
        self.checks = checks = OperationChecks(
            settings, self._declared, self.decision, view, keeps_deleted=keeps
        )
        hook, deletion_hook = self._register_hook, self._register_deletion_hook
        deletion = _add_retention if opts is not None and opts.retain_on_delete else _as_it_is
        self._component_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create component", checks.note_component)],
            before_update=[hook("update component", checks.check_component_update)],
        )
        self._record_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create record", checks.note_record)],
        )
        self._namespace_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create namespace", checks.check_namespace_creation)],
            before_update=[hook("update namespace", checks.check_decision)],
            before_delete=[deletion_hook("delete namespace", deletion(checks.check_namespace_deletion))],
        )
        self._release_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create release", checks.check_creation)],
            before_update=[hook("update release", checks.check_update)],
            # The engine records its name, and deletes nothing without the program that has it.
            before_delete=[deletion_hook("delete release", deletion(checks.check_deletion))],
        )
        self._policy_hooks = pulumi.ResourceHookBinding(
            before_create=[hook("create node label policy", checks.check_policy_creation)],
            before_update=[hook("update node label policy", checks.check_decision)],
            before_delete=[deletion_hook("delete node label policy", checks.check_decision)],
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

    def _register_deletion_hook(self, operation: str, check: Check) -> pulumi.ResourceHook:
        """Register a hook whose refusal may leave registrations without an answer: those of a replacement."""

        async def check_and_end(args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
            problems = await check(args)
            if problems:
                self.registrations.give_up_later(self.make_error(problems))
            return problems

        return self._register_hook(operation, check_and_end)

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


def _as_it_is(check: Check) -> Check:
    return check


def _add_retention(check: Check) -> Check:
    """Return the check of a deletion for a component with ``retain_on_delete``."""

    async def explain(args: pulumi.ResourceHookArgs) -> Sequence[Problem]:
        return installation.explain_retention(await check(args))

    return explain


def _label(name: str, opts: pulumi.ResourceOptions | None) -> str:
    """Return what distinguishes the component's hooks from another's in the names that the state keeps."""
    parent = opts.parent if opts is not None else None
    # A parent in another process, where this component is a plugin's, is known by its URN alone.
    above = getattr(parent, "pulumi_resource_name", None)
    if above is None:
        return declarations.claim_label(name, name)
    type_ = getattr(parent, "pulumi_resource_type", "")
    return declarations.claim_label(f"{name} in {above}", f"{name} in {type_} {above}")
