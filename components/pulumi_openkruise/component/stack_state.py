"""Which releases the stack's state holds, by the engine's own function to read the resources of a stack.

The engine does not tell a create hook whether the new release replaces one in the state. If it does, the
engine deletes the old release later, by its name, which is also the new one's. The function reads the
backend, to which the running update has written what it has done so far.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import rpc, settings
from pulumi.runtime.proto import resource_pb2

from ..diagnostics.unavailable import Unavailable
from ..foreign.error_text import describe_error
from ..inventory.release import ReleaseId
from .provider_kubeconfig import RELEASE

_READ_STACK = "pulumi:pulumi:readStackResourceOutputs"


def prepare_state_question(release: ReleaseId) -> Callable[[], bool | Unavailable]:
    """Return a function that any thread may call: whether the state holds the release; it never raises.

    Prepare it in the program's own context, which knows the engine.
    """
    monitor: Any = settings.get_monitor()
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"

    def ask() -> bool | Unavailable:
        request = resource_pb2.ResourceInvokeRequest(tok=_READ_STACK)
        request.args.update({"stackName": stack})
        try:
            found = rpc.deserialize_properties(getattr(monitor.Invoke(request), "return"))
        except Exception as error:  # gRPC's, for a backend that cannot be read
            return Unavailable(f"the state of the stack cannot be read: {describe_error(error, secret=True)}")
        # One secret among them makes all of them one.
        resources = rpc.unwrap_rpc_secret(found.get("outputs"))
        if not isinstance(resources, Mapping):
            return Unavailable("the state of the stack cannot be read")
        return any(_is_release(one, release) for one in resources.values())

    return ask


def _is_release(resource: Any, release: ReleaseId) -> bool:
    if not isinstance(resource, Mapping) or resource.get("type") != RELEASE:
        return False
    outputs = resource.get("outputs")
    return isinstance(outputs, Mapping) and (outputs.get("namespace"), outputs.get("name")) == (
        release.namespace,
        release.name,
    )
