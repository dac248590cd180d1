"""An object of Kubernetes as a resource of the provider's own, without the provider's class for it.

Importing ``pulumi_kubernetes.core.v1`` for one class costs more than the rest of the program together, and
the package has no class for the newest kinds. The provider itself reads apiVersion and kind of the inputs, so
a type token of the form ``kubernetes:<group>/<version>:<kind>`` is all that it takes.
"""

from collections.abc import Mapping
from typing import Any

import pulumi


class KubernetesObject(pulumi.CustomResource):
    """One object, given as its manifest."""

    def __init__(
        self, type_token: str, name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        # The version is what makes this resource share its default provider with the Release.
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=read_provider_version()), opts)
        super().__init__(type_token, name, dict(manifest), opts)


def read_provider_version() -> str:
    """Return the version of pulumi-kubernetes, as its own resources ask for it."""
    # Imported here: it costs a third of this package's import, which describing the package does not need.
    from pulumi_kubernetes import _utilities

    get_version = getattr(_utilities, "get_version", None)
    if get_version is None:  # it is not public, so it may go
        from importlib.metadata import version

        return version("pulumi-kubernetes")
    return str(get_version())
