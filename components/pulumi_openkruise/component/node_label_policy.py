"""The admission policy about virtual nodes and its binding, as resources of the stack."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..config.settings import Settings
from .kubernetes_object import KubernetesObject


def declare_node_label_policy(
    name: str, settings: Settings, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Declare the policy that the settings ask for, and return what the release waits for.

    Nothing waits for a policy that only warns, and with ``off`` nothing is declared.
    """
    if settings.node_label_policy == "off":
        return []
    from ..policy import manifests

    labels = settings.node_label_policy == "label"
    write = manifests.write_mutating_policy if labels else manifests.write_validating_policy
    written, bound = write(settings.node_label_rule())
    policy = _declare(f"{name}-node-label-policy", written, opts)
    # Deleted first: an API server evaluates a policy through its binding.
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy]))
    binding = _declare(f"{name}-node-label-binding", bound, after)
    return [binding] if labels else []


def _declare(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> KubernetesObject:
    token = f"kubernetes:{manifest['apiVersion']}:{manifest['kind']}"
    return KubernetesObject(token, name, manifest, opts)
