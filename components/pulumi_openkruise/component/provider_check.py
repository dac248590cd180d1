"""Keeps the component's children on the Kubernetes provider whose cluster the module looks at.

A transformation of the SDK (``transformations``) can give a child another provider when it is declared. A
transform (``transforms``) is run by the engine, which does not tell the program of it.
"""

import asyncio
import contextlib
from collections.abc import Iterator

import pulumi

from ..diagnostics.problem import Problem
from .hooks import Hooks
from .outputs import make_output, wait_for
from .provider_kubeconfig import find_provider

_REASON = (
    "a transformation gives its {child} another Kubernetes provider than the component has, and what is "
    "checked is the cluster of the component's"
)
_REMEDY = "give the provider to the component: pulumi.ResourceOptions(providers=[<its Kubernetes provider>])"


class ProviderCheck:
    """Compares the providers of the children with the component's, before any of them is registered."""

    def __init__(
        self, component: pulumi.ComponentResource, record: pulumi.ComponentResource, hooks: Hooks
    ) -> None:
        self._component, self._record, self._hooks = component, record, hooks
        self._declared = asyncio.Event()
        self._children: list[pulumi.Resource] = []

    @contextlib.contextmanager
    def follow(self) -> Iterator[list[pulumi.Resource]]:
        """Context manager around the children's declarations, which are to be added to its list."""
        try:
            yield self._children
        finally:
            self._declared.set()

    @property
    def options(self) -> pulumi.ResourceOptions:
        """The options of a child that is registered only if each child has the component's provider."""
        return pulumi.ResourceOptions(depends_on=wait_for(make_output(self._check(), set())))

    async def _check(self) -> bool:
        await self._declared.wait()
        # Not by raising where they are declared: the SDK registers them all the same before it ends.
        problems = self._find_problems()
        if not problems:
            return True
        self._hooks.refused += problems
        with contextlib.suppress(Exception):  # reported where it happens
            # A program that ends while the engine runs one of its hooks shows a failed hook.
            await self._record.urn.future()
        raise self._hooks.make_error(problems)

    def _find_problems(self) -> list[Problem]:
        expected = find_provider(self._component)
        others = [child for child in self._children if getattr(child, "_provider", expected) is not expected]
        place = f"OpenKruise {self._component.pulumi_resource_name!r}"
        return [
            Problem("other-provider", place, _REASON.format(child=child.pulumi_resource_name), (), _REMEDY)
            for child in others
        ]
