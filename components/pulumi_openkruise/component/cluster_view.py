"""Reads the component's cluster while the engine works; only decisions that need the result await it.

The first read begins when the component is declared. Hooks that decide by it await it, and so do the
resources of the Kubernetes provider; nothing else waits.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pulumi

from ..diagnostics.unavailable import Unavailable
from ..foreign.error_text import write_on_one_line
from ..inventory.release import Definition, ReleaseId, ReleaseState
from .provider_kubeconfig import (
    FIRST_READ_SECONDS,
    TOTAL_SECONDS,
    Answer,
    Credentials,
    ask_cluster,
    find_credentials,
    find_server_address,
)

if TYPE_CHECKING:
    from ..cluster.daemon_executor import DaemonExecutor
    from ..inventory.field_uses import FieldUse


class ClusterView:
    """One cluster, seen through the kubeconfig of the component's own Kubernetes provider.

    Every question waits until the component is registered within ``register_and_read``.
    """

    def __init__(self, release: ReleaseId) -> None:
        self.release_id = release
        self._opened = asyncio.Event()
        self.component: pulumi.ComponentResource | None = None
        """The component whose provider is used; None until it is registered."""
        self._credentials: asyncio.Future[Credentials | Unavailable] | None = None
        self._first_read: asyncio.Future[ReleaseState | Unavailable] | None = None

    @contextlib.contextmanager
    def register_and_read(self, component: pulumi.ComponentResource) -> Iterator[None]:
        """Context manager around the component's registration: then start to read its provider's cluster.

        If the registration raises, every waiting question is answered with Unavailable.
        """
        try:
            yield
            self.component = component
            self._credentials = asyncio.ensure_future(find_credentials(component))
            self._first_read = asyncio.ensure_future(self.read_release_again(FIRST_READ_SECONDS))
        finally:
            self._opened.set()

    async def find_credentials(self) -> Credentials | Unavailable:
        """Return how the provider reaches its cluster."""
        await self._opened.wait()
        if self._credentials is None:
            return Unavailable("the component was not registered")
        return await self._credentials

    async def find_server(self) -> str | None:
        """Return the address of the cluster's API server; None where it is not known."""
        return find_server_address(await self.find_credentials())

    async def read_release(self) -> ReleaseState | Unavailable:
        """Return the state of the release when the program began."""
        await self._opened.wait()
        if self._first_read is None:
            return Unavailable("the component was not registered")
        return await self._first_read

    async def read_release_again(self, seconds: float = TOTAL_SECONDS) -> ReleaseState | Unavailable:
        """Return the state of the release now, within so many seconds."""
        from ..inventory.release_reader import read_release

        given = await self.find_credentials()
        if not isinstance(given, Unavailable) and given.helm_driver not in ("secret", "secrets"):
            driver = write_on_one_line(given.helm_driver)
            return Unavailable(f"Helm keeps its records in no Secrets: the provider's driver is {driver}")
        return await self.ask(lambda cluster: read_release(cluster, self.release_id), seconds)

    async def has_namespace(self, name: str) -> bool | Unavailable:
        """Return whether the cluster has a namespace of this name."""
        from ..inventory.release_reader import namespace_exists

        return await self.ask(lambda cluster: namespace_exists(cluster, name))

    async def read_served_kinds(self, api_version: str) -> frozenset[str] | Unavailable:
        """Return the kinds of an API version (``group/version``) that the API server serves."""
        from ..inventory.served_kinds import read_served_kinds

        return await self.ask(lambda cluster: read_served_kinds(cluster, api_version))

    async def read_definitions(self) -> list[Definition] | Unavailable:
        """Return OpenKruise's CRDs."""
        from ..inventory.definitions import read_definitions

        return await self.ask(read_definitions)

    async def count_custom_resources(self) -> dict[str, int] | Unavailable:
        """Return how many custom resources of OpenKruise there are, by kind."""
        from ..inventory.definitions import count_custom_resources

        return await self.ask(count_custom_resources)

    async def list_field_uses(self, fields: Mapping[str, Sequence[str]]) -> "list[FieldUse] | Unavailable":
        """Return the custom resources that set any of these fields, which are paths by CRD."""
        from ..inventory.field_uses import list_field_uses

        return await self.ask(lambda cluster: list_field_uses(cluster, fields))

    async def is_in_state(self) -> bool | Unavailable:
        """Return whether the stack's state holds the release; never raises."""
        from .stack_state import prepare_state_question

        question = prepare_state_question(self.release_id)
        try:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, question)
            return await asyncio.wait_for(asked, TOTAL_SECONDS)
        except asyncio.TimeoutError:
            return Unavailable(f"the engine did not answer within {TOTAL_SECONDS:g} seconds")

    async def ask(
        self, question: Callable[[Any], Answer], seconds: float = TOTAL_SECONDS
    ) -> Answer | Unavailable:
        """Return what the cluster answers to a question, which gets a ``cluster.Cluster``; never raises.

        All its requests and pauses together take no longer than so many seconds.
        """
        given = await self.find_credentials()
        if isinstance(given, Unavailable):
            return given
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, ask_cluster, given, question, seconds
        )

    @cached_property
    def _threads(self) -> "DaemonExecutor":
        """The threads that ask: not those in which Pulumi waits for the engine, which may all wait for this.

        There are two: one may wait for pods for minutes.
        """
        from ..cluster.daemon_executor import DaemonExecutor  # slow to import, and needed in real runs only

        return DaemonExecutor("openkruise-read", 2)
