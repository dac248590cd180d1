"""What the cluster says of the daemons: the DaemonSet that the chart has made, read and never owned.

The resource is the Kubernetes provider's own, ``kubernetes:apps/v1:DaemonSet``, declared here for the same
reason as the namespace: importing the SDK's class costs more than the rest of the program together.
"""

from typing import Any

import pulumi

from .namespace import provider_version

_NAME = "kruise-daemon"


class DaemonSet(pulumi.CustomResource):
    """A DaemonSet that exists, read as it is at the moment."""

    status: pulumi.Output[Any]

    def __init__(
        self, name: str, namespace: str, id_: pulumi.Output[str], opts: pulumi.ResourceOptions
    ) -> None:
        # The version is what makes this resource share its default provider with the Release.
        here = pulumi.ResourceOptions(version=provider_version(), id=id_)
        metadata = {
            "name": _NAME,
            "namespace": namespace,
            # Or the provider takes a daemon that is not ready yet for an error. Name and namespace are here
            # for `refresh`, which would find them missing otherwise.
            "annotations": {"pulumi.com/skipAwait": "true"},
        }
        inputs = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "status": None}
        super().__init__(
            "kubernetes:apps/v1:DaemonSet", name, inputs, pulumi.ResourceOptions.merge(here, opts)
        )


def daemons(
    name: str, namespace: str, release_status: pulumi.Output[Any], opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[int], pulumi.Output[int]]:
    """Return how many daemons there should be, and how many are ready; zero while nobody has counted.

    ``release_status`` is what the id comes from: nothing is read before the release is there, and in the
    first preview, and in that of a change, both are unknown.
    """
    where = release_status.apply(lambda _status: f"{namespace}/{_NAME}")
    status = DaemonSet(name, namespace, where, opts).status
    return (
        status.apply(lambda found: _count(found, "desiredNumberScheduled")),
        status.apply(lambda found: _count(found, "numberReady")),
    )


def _count(status: Any, name: str) -> int:
    # The SDK leaves keys as the API spells them, since it does not know this class.
    return int((status or {}).get(name) or 0)
