"""The namespace that OpenKruise runs in: created, or an existing one adopted."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..config.names import NAMESPACE_LABEL, NAMESPACE_LABEL_PAIR, NAMESPACE_LABELS
from ..diagnostics.problem import Problem
from ..lifecycle.ownership import KEEP, check_adopted_namespace
from .errors import InvalidConfigError
from .kubernetes_object import KubernetesObject


class Namespace(KubernetesObject):
    """A Kubernetes Namespace, as ``pulumi_kubernetes.core.v1.Namespace`` registers it."""

    metadata: pulumi.Output[Any]

    def __init__(self, name: str, metadata: Mapping[str, Any] | None, opts: pulumi.ResourceOptions) -> None:
        inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        super().__init__("kubernetes:core/v1:Namespace", name, inputs, opts)


def declare_namespace(name: str, namespace: str, opts: pulumi.ResourceOptions) -> Namespace:
    """Declare the namespace as a resource of the stack, labelled for OpenKruise and kept by Helm.

    Helm deletes what an earlier revision has and the next one lacks (``pkg/kube``, ``Client.Update``), and
    takes the last one that was deployed for the earlier one. So a namespace that the chart once made is safe
    only while it has the annotation: for good.
    """
    metadata = {"name": namespace, "labels": dict(NAMESPACE_LABELS), "annotations": dict(KEEP)}
    return Namespace(name, metadata, opts)


def read_adopted_namespace(
    name: str, namespace: str, release: str, opts: pulumi.ResourceOptions
) -> tuple[Namespace, pulumi.Output[bool]]:
    """Read an existing namespace, which the stack never changes or deletes.

    The output is true once it is known to be labelled for OpenKruise, and safe from the Helm release
    (``<namespace>/<name>``) that may have made it; it fails with an InvalidConfigError, in preview already,
    where it is not. The engine reports by itself that there is no such namespace.
    """
    existing = Namespace(name, None, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=namespace)))
    return existing, existing.metadata.apply(lambda metadata: _require_fit(metadata, namespace, release))


def _require_fit(metadata: Any, namespace: str, release: str) -> bool:
    """Return True for a namespace that OpenKruise can run in; raises InvalidConfigError for any other."""
    owned = check_adopted_namespace(metadata, namespace, release)
    problems = [owned] if owned is not None else []
    labels = (metadata or {}).get("labels") or {}
    if not NAMESPACE_LABEL.items() <= labels.items():
        how = f"kubectl label namespace {namespace} {NAMESPACE_LABEL_PAIR}"
        problem = Problem(
            "unlabelled-namespace",
            f"namespace {namespace}",
            f"is not labelled {NAMESPACE_LABEL_PAIR}, so OpenKruise's own webhooks would refuse its pods",
            remedy=f"if it is meant for OpenKruise: {how}",
        )
        problems.append(problem)
    if problems:
        raise InvalidConfigError(problems, source="cluster")
    return True
