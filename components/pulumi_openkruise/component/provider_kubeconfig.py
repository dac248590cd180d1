"""Which kubeconfig the component's Kubernetes provider uses, so that the module reads the same cluster."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import pulumi
from pulumi.resource import DependencyProviderResource

from ..diagnostics.unavailable import Unavailable
from ..foreign.error_text import describe_error
from .chart_probe import is_real_run
from .record import read_outputs

RELEASE = "kubernetes:helm.sh/v3:Release"
"""The type of a Helm release among Pulumi's resources."""
_HELM = "helmReleaseSettings"

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 10.0, 20.0
"""Seconds to connect, to answer one request, and for all requests of one question. TCP repeats a lost first
packet after 1 and 3 seconds."""
FIRST_READ_SECONDS = 15.0
"""Seconds for the first read, for which the provider waits: then an update can end within 30 seconds."""

Answer = TypeVar("Answer")


class Credentials(NamedTuple):
    """The arguments by which a provider finds its cluster."""

    kubeconfig: str | None
    """The kubeconfig's content, or its path; None for the environment's, as kubectl finds it."""
    context: str | None = None
    """The context in it; None for its current one."""
    cluster: str | None = None
    """Name of the kubeconfig's cluster that replaces the context's own; None: the context's."""
    helm_driver: str = "secret"
    """The storage driver in which the provider's Helm keeps the records of its releases."""


class HangingServer(Unavailable):
    """A missing answer because the server keeps its clients waiting, or sends data without end."""


def find_provider(component: pulumi.Resource) -> pulumi.ProviderResource | None:
    """Return the Kubernetes provider of a component's children; None for Pulumi's default one."""
    return component.get_provider(RELEASE)


async def find_credentials(component: pulumi.Resource) -> Credentials | Unavailable:
    """Return how the provider of this component's children finds its cluster; never raises.

    The rules are the provider's own (pulumi-kubernetes, ``provider.go``): a string is a path or the content,
    a mapping is the content, and without either the environment decides.
    """
    try:
        given = await _read_given(find_provider(component))
        kubeconfig = await _read_known_value("kubeconfig", given)
        # The kubeconfig's current context would be another cluster than one that is not known yet.
        context, cluster = await _read_name("context", given), await _read_name("cluster", given)
    except _UnknownError as error:
        return Unavailable(f"the provider's {error} is not known yet")
    except Exception:  # the failed resource that it depends on reports its own error
        return Unavailable("the provider's kubeconfig could not be determined")
    if isinstance(kubeconfig, Mapping):
        kubeconfig = json.dumps(kubeconfig)
    if kubeconfig is not None and not isinstance(kubeconfig, str):
        return Unavailable(
            f"the provider's kubeconfig is a {type(kubeconfig).__name__}, not a string or a mapping"
        )
    if not kubeconfig and not is_real_run():
        return Unavailable("a test's mocks have no kubeconfig")
    return Credentials(kubeconfig or None, context, cluster, _find_helm_driver(given.get(_HELM)))


async def _read_given(provider: pulumi.ProviderResource | None) -> Mapping[str, Any]:
    """Return the provider's arguments that decide which cluster it uses; raises _UnknownError."""
    if provider is None:
        config = pulumi.Config("kubernetes")
        return {key: config.get(key) for key in ("kubeconfig", "context", "cluster", _HELM)}
    if isinstance(provider, DependencyProviderResource):
        # This component runs as a plugin, in another process than the provider: only the engine knows its
        # arguments.
        found = await read_outputs(provider)
        if "kubeconfig" not in found and pulumi.runtime.is_dry_run():
            raise _UnknownError("kubeconfig")  # or not given: not every engine shows which
        return found
    # A provider's class declares no outputs, but the SDK keeps its arguments as attributes, except for those
    # that have another name in Python. In preview those that are not given look like those that are not known
    # yet; what the engine holds tells them apart.
    held = await read_outputs(provider)
    return {**provider.__dict__, **{key: held.get(key) for key in ("context", "cluster", _HELM)}}


def _find_helm_driver(settings: Any) -> str:
    """Return where Helm keeps its records: the provider's own rule, which is not that of helm's commands."""
    try:
        found = json.loads(settings) if isinstance(settings, str) else settings
    except ValueError:  # the provider reports it
        found = None
    driver = found.get("driver") if isinstance(found, Mapping) else None
    return str(driver or os.environ.get("PULUMI_K8S_HELM_DRIVER") or "secret").lower()


def find_server_address(given: Credentials | Unavailable) -> str | None:
    """Return the address of the API server that the kubeconfig names; None where that is not known."""
    if isinstance(given, Unavailable):
        return None
    from ..cluster.kubeconfig import find_address

    try:
        return find_address(given.kubeconfig, given.context, given.cluster, ambient=given.kubeconfig is None)
    except Exception:  # the request that needs this kubeconfig reports what is wrong with it
        return None


def ask_cluster(
    given: Credentials, question: Callable[[Any], Answer], seconds: float
) -> Answer | Unavailable:
    """Return the cluster's answer, or why there is none (HangingServer: the provider would hang on it)."""
    # Imported here, in the thread: it takes longer than the request itself.
    from ..cluster import ClusterError, connect

    try:
        cluster = connect(
            given.kubeconfig,
            given.context,
            given.cluster,
            ambient=given.kubeconfig is None,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
            total_seconds=seconds,
        )
        return question(cluster)
    except ClusterError as error:
        return HangingServer(error.cause) if error.keeps_waiting else Unavailable(error.cause)
    except Exception as error:
        return Unavailable(describe_error(error, secret=True))


async def _read_name(key: str, given: Mapping[str, Any]) -> str | None:
    """Return a name among the provider's arguments, None if it is not given; raises as for any of them."""
    name = await _read_known_value(key, given)
    return name if isinstance(name, str) and name else None


class _UnknownError(Exception):
    """An argument, by its name, that is not known yet."""


async def _read_known_value(key: str, given: Mapping[str, Any]) -> Any:
    """Return an argument's plain value, secret or not; raises _UnknownError, or the output's error."""
    value = given.get(key)
    if isinstance(value, pulumi.output.Unknown):
        raise _UnknownError(key)
    if not isinstance(value, pulumi.Output):
        return value
    if not await value.is_known():
        raise _UnknownError(key)
    return await value.future()
