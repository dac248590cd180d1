"""The part of the state that says where an installation is, written once its release is there.

The engine records a component's inputs before any of its children exist, and drops its outputs in a failed
update. This child of the component has no inputs that could change, so what it registers after the release
outlives every failed, partial or refused update. The engine gives a program no outputs of components, except
by its own function ``pulumi:pulumi:getResource``, with which the SDK reads resources by name.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.resource import DependencyResource

from ..foreign.addresses import strip_login
from ..lifecycle.moves import Recorded

_TYPE = "openkruise:index:Installation"
_GET_RESOURCE = "pulumi:pulumi:getResource"


class InstallationRecord(pulumi.ComponentResource):
    """The resource that holds a ``Recorded``; it is named ``<component>-installation``."""

    def __init__(self, component: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__(_TYPE, f"{component}-installation", {}, opts)

    async def read(self) -> Recorded | None:
        """Return what an earlier update recorded; None if nothing was ever installed."""
        return _read_recorded(await read_outputs(self))

    def kept_longer(self) -> pulumi.ResourceOptions:
        """Return the options of a resource that is deleted before the record.

        The engine deletes what nothing depends on first, and stops where that fails: a refused or interrupted
        removal of the release leaves the record in the state. The SDK reads a component in ``depends_on`` as
        its children, of which the record has none, so the record is named by its URN.
        """
        by_urn: pulumi.Output[pulumi.Resource] = self.urn.apply(DependencyResource)
        return pulumi.ResourceOptions(depends_on=[by_urn])

    def write(self, recorded: Recorded) -> None:
        """Record the installation, once in a run."""
        self.register_outputs(
            {
                "server": recorded.server,
                "namespace": recorded.namespace,
                "createNamespace": recorded.create_namespace,
            }
        )


async def read_outputs(resource: pulumi.Resource) -> Mapping[str, Any]:
    """Return the outputs that the engine holds for a resource; secrets plain, without what is unknown.

    Those of a component are what an earlier update registered. There are none where this update changes its
    inputs: the engine has dropped them.
    """
    found = await pulumi.runtime.invoke_async(_GET_RESOURCE, {"urn": await resource.urn.future()})
    state = found.get("state") if isinstance(found, Mapping) else None
    return state if isinstance(state, Mapping) else {}


def _read_recorded(state: Mapping[str, Any]) -> Recorded | None:
    namespace, server = state.get("namespace"), state.get("server")
    if not isinstance(namespace, str):
        return None
    place = strip_login(server) if isinstance(server, str) else None
    return Recorded(place, namespace, state.get("createNamespace") is True)
