"""With which kubeconfig the stack's own Kubernetes provider works, so that others can look where it looks.

The environment's kubeconfig is never read: it may be another cluster's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import pulumi

_RELEASE = "kubernetes:helm.sh/v3:Release"

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
"""How long a request of the look may take; whether a silent cluster is an error, the provider decides."""

Answer = TypeVar("Answer")


class Credentials(NamedTuple):
    """A kubeconfig, as content or path, with the context and the cluster to use in it.

    ``context`` None means the kubeconfig's current one; ``cluster`` None means the context's own.
    """

    kubeconfig: str | None
    context: str | None = None
    cluster: str | None = None
    reason: str = ""
    """Why there is no kubeconfig."""


async def credentials(component: pulumi.Resource) -> Credentials:
    """Return what the provider of this component's children was given; never fails."""
    provider = component.get_provider(_RELEASE)
    if provider is None:
        config = pulumi.Config("kubernetes")
        kubeconfig = config.get("kubeconfig")
        if not kubeconfig:
            return Credentials(None, reason="the stack's config has no kubernetes:kubeconfig")
        return Credentials(kubeconfig, config.get("context") or None, config.get("cluster") or None)
    # A provider's class declares no outputs, but the SDK keeps what it was given with the resource.
    given = provider.__dict__
    kubeconfig = await _known(given.get("kubeconfig"))
    if not isinstance(kubeconfig, str) or not kubeconfig:
        return Credentials(None, reason="the provider's kubeconfig is not known to the program")
    context, cluster = await _known(given.get("context")), await _known(given.get("cluster"))
    return Credentials(kubeconfig, _name(context), _name(cluster))


def server(given: Credentials) -> str | None:
    """Return the address of the API server that is asked; None where that is not known."""
    if given.kubeconfig is None:
        return None
    from ..cluster.kubeconfig import address

    try:
        return address(given.kubeconfig, given.context, given.cluster)
    except Exception:  # whoever asks that server says what is wrong with the kubeconfig
        return None


def answer(given: Credentials, question: Callable[[Any], Answer]) -> Answer | str:
    """Return what a cluster answers, or why it does not: a look must never be what breaks an update."""
    # Imported here, in the thread: it takes longer than the look itself.
    from ..cluster import ClusterError, connect

    try:
        cluster = connect(
            given.kubeconfig,
            given.context,
            given.cluster,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
        )
        return question(cluster)
    except ClusterError as error:
        return error.cause
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


async def _known(value: Any) -> Any:
    """Return an output's value; None where it is not known yet, or will never be."""
    if not isinstance(value, pulumi.Output):
        return value
    try:
        return await value.future() if await value.is_known() else None
    except Exception:  # whatever keeps it from being known is reported where it happens
        return None
