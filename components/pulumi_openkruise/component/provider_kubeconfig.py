"""Which kubeconfig the stack's own Kubernetes provider uses, so that the program looks where it does."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import pulumi

from ..diagnostics.unavailable import Unavailable
from ..foreign.error_text import describe_error

_RELEASE = "kubernetes:helm.sh/v3:Release"

CONNECT_SECONDS, READ_SECONDS, LOOK_SECONDS = 3.0, 10.0, 20.0
"""Limits of one request and of all that one question takes. A cluster that does not answer is no error here:
the provider decides that."""

Answer = TypeVar("Answer")


class Credentials(NamedTuple):
    """What a provider was given to find its cluster with."""

    kubeconfig: str
    """The kubeconfig's content, or its path."""
    context: str | None = None
    """The context in it; None for its current one."""
    cluster: str | None = None
    """The cluster that takes the place of the context's own; None where it stays."""


async def find_credentials(component: pulumi.Resource) -> Credentials | Unavailable:
    """Return what the provider of this component's children was given; never raises."""
    provider = component.get_provider(_RELEASE)
    if provider is None:
        config = pulumi.Config("kubernetes")
        kubeconfig = config.get("kubeconfig")
        if not kubeconfig:
            return Unavailable("the stack's config has no kubernetes:kubeconfig")
        return Credentials(kubeconfig, config.get("context") or None, config.get("cluster") or None)
    # A provider's class declares no outputs, but the SDK keeps what it was given with the resource.
    given = provider.__dict__
    kubeconfig = await _value_if_known(given.get("kubeconfig"))
    if not isinstance(kubeconfig, str) or not kubeconfig:
        return Unavailable("the provider's kubeconfig is not known to the program")
    context = await _value_if_known(given.get("context"))
    cluster = await _value_if_known(given.get("cluster"))
    return Credentials(kubeconfig, _name(context), _name(cluster))


def server_address(given: Credentials | Unavailable) -> str | None:
    """Return the address of the API server that the kubeconfig names; None where that is not known."""
    if isinstance(given, Unavailable):
        return None
    from ..cluster.kubeconfig import address

    try:
        return address(given.kubeconfig, given.context, given.cluster)
    except Exception:  # the request that needs this kubeconfig reports what is wrong with it
        return None


def ask_cluster(given: Credentials, question: Callable[[Any], Answer]) -> Answer | Unavailable:
    """Return the cluster's answer, or why there is none: failing to look must never fail the update."""
    # Imported here, in the thread: it takes longer than the request itself.
    from ..cluster import ClusterError, connect

    try:
        cluster = connect(
            given.kubeconfig,
            given.context,
            given.cluster,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
            look_seconds=LOOK_SECONDS,
        )
        return question(cluster)
    except ClusterError as error:
        return Unavailable(error.cause)
    except Exception as error:
        return Unavailable(describe_error(error, secret=True))


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


async def _value_if_known(value: Any) -> Any:
    """Return an output's value; None where it is not known yet, or will never be."""
    if not isinstance(value, pulumi.Output):
        return value
    try:
        return await value.future() if await value.is_known() else None
    except Exception:  # what keeps it from being known is reported where it happens
        return None
