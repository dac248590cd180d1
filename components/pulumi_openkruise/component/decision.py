"""Whether this run of the program may touch the installation at all, decided once and awaited by every hook.

It does not matter which resources the engine leaves out: the decision depends on what an earlier
update recorded with the release, by what this program declares, and by what is in the cluster.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi

from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..lifecycle import moves
from ..lifecycle.installation import Declared
from . import declared as declarations
from .cluster_view import ClusterView
from .record import InstallationRecord, read_outputs


class Decision:
    """The decision of one run: collects what the hooks learn, and decides once the record can be read."""

    def __init__(self, declared: Declared, view: ClusterView) -> None:
        self._declared, self._view = declared, view
        self._old_inputs: Mapping[str, Any] | None = None
        self._component_ran = self._record_is_new = False
        self._problems: asyncio.Future[list[Problem]] | None = None
        self.recorded: moves.Recorded | None = None
        """What an earlier update recorded; None before the decision, and where nothing was installed."""

    def note_component_change(self, old_inputs: Mapping[str, Any] | None) -> None:
        """Note that the engine creates (None) or updates the component: the operation includes it."""
        self._component_ran, self._old_inputs = True, old_inputs

    def note_new_record(self) -> None:
        """Note that the engine creates the record: the state had none of this installation."""
        self._record_is_new = True

    def begin(self, record: InstallationRecord) -> None:
        """Start to decide in the background, by what an earlier update left in ``record``."""
        self._problems = asyncio.ensure_future(self._decide(record))

    async def await_problems(self) -> list[Problem]:
        """Return why the installation must be left as it is; empty where nothing speaks against a change."""
        return list(await self._problems) if self._problems is not None else []

    async def unknown_cluster(self) -> list[Problem]:
        """Return why nothing may be created or deleted: the cluster may be another one than recorded."""
        await self.await_problems()
        given = await self._view.find_credentials()
        why = given.reason if isinstance(given, Unavailable) else "its kubeconfig cannot be read"
        server = self.recorded.server if self.recorded is not None else None
        return moves.check_cluster_known(server, await self._view.find_server(), why)

    async def _decide(self, record: InstallationRecord) -> list[Problem]:
        component = self._view.component
        if component is None:
            return []
        try:
            self.recorded = await record.read() or await self._recorded_by_inputs()
            urn = str(await component.urn.future())
            same_provider = await declarations.claim_registered_provider(component)
            left_out = await self._is_left_out(component)
        except (
            Exception
        ):  # the component or its record was not registered, which is reported where it happens
            return []
        server = await self._view.find_server()
        problems = moves.check_only_installation(self._declared, same_provider, "the Kubernetes provider")
        if left_out:
            found = await self._view.read_release()
            problems += moves.check_included(urn, True, None if isinstance(found, Unavailable) else found)
        if server is not None and same_provider is None:
            other = declarations.claim_server(component, server)
            problems += moves.check_only_installation(self._declared, other, f"the API server {server}")
        if self.recorded is not None and self._leaves(self.recorded, server):
            seen = await self._view.read_release()
            problems += moves.check_moves(self.recorded, self._declared, server, seen, urn)
        return problems

    async def _recorded_by_inputs(self) -> moves.Recorded | None:
        """Return what the component's inputs record; the server only if an earlier version wrote them."""
        old = self._old_inputs
        if old is None or moves.was_never_installed(old, await self._view.read_release()):
            return None
        return moves.read_inputs(old)

    def _leaves(self, recorded: moves.Recorded, server: str | None) -> bool:
        """Tell whether anything is left, so that it matters what is in the cluster."""
        declared = moves.Recorded(server, self._declared.namespace, self._declared.create_namespace)
        return recorded != declared

    async def _is_left_out(self, component: pulumi.ComponentResource) -> bool:
        # An earlier version wrote the component's outputs, and nothing shows its inputs.
        unknown = self._record_is_new and not self._component_ran
        return unknown and bool(await read_outputs(component))
