"""The namespace that OpenKruise runs in: created, or an existing one adopted.

The resource is the Kubernetes provider's own, ``kubernetes:core/v1:Namespace``, declared here with the one
property that is needed: importing ``pulumi_kubernetes.core.v1`` for its class costs more than the rest of the
program together.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import _utilities

from .errors import InvalidConfigError
from .problems import ConfigProblem

LABELS: Mapping[str, str] = {
    # The fail-closed pod webhooks leave namespaces with this label alone; without it they refuse OpenKruise's
    # own pods until they answer, which they never do.
    "control-plane": "openkruise",
    # The daemon needs the host's network and the container runtime's socket.
    "pod-security.kubernetes.io/enforce": "privileged",
}
"""Labels of a namespace that is created."""


class Namespace(pulumi.CustomResource):
    """A Kubernetes Namespace, as ``pulumi_kubernetes.core.v1.Namespace`` registers it."""

    metadata: pulumi.Output[Any]

    def __init__(self, name: str, metadata: Mapping[str, Any] | None, opts: pulumi.ResourceOptions) -> None:
        # The version is what makes this resource share its default provider with the Release.
        version: str = _utilities.get_version()  # type: ignore[no-untyped-call]
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=version), opts)
        inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        super().__init__("kubernetes:core/v1:Namespace", name, inputs, opts)


def created(name: str, namespace: str, opts: pulumi.ResourceOptions) -> Namespace:
    """Declare the namespace as a resource of the stack, labelled for OpenKruise.

    Where one of this name exists already, the Kubernetes provider refuses to create it from 4.29 on
    (pulumi-kubernetes#4278); older ones silently take it over, and delete it with the stack.
    """
    return Namespace(name, {"name": namespace, "labels": dict(LABELS)}, opts)


def adopted(name: str, namespace: str, opts: pulumi.ResourceOptions) -> tuple[Namespace, pulumi.Output[bool]]:
    """Read an existing namespace, which the stack never changes or deletes.

    The output is true once it is known to be labelled for OpenKruise; it fails with an InvalidConfigError, in
    preview already, where it is not. The engine reports by itself that there is no such namespace.
    """
    existing = Namespace(name, None, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=namespace)))
    return existing, existing.metadata.apply(lambda metadata: _is_labelled(metadata, namespace))


def _is_labelled(metadata: Any, namespace: str) -> bool:
    labels = (metadata or {}).get("labels") or {}
    if labels.get("control-plane") == LABELS["control-plane"]:
        return True
    problem = ConfigProblem(
        "unlabelled-namespace",
        f"namespace {namespace}",
        "is not labelled control-plane=openkruise, so OpenKruise's own webhooks would refuse its pods",
        remedy=f"if it is meant for OpenKruise: kubectl label namespace {namespace} control-plane=openkruise",
    )
    raise InvalidConfigError([problem], source="cluster")
