"""Which pool a node belongs to, so that a few lines describe thousands of nodes."""

from typing import Any

POOL_LABELS: tuple[str, ...] = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "alibabacloud.com/nodepool-id",
    "tke.cloud.tencent.com/nodepool-id",
    "cce.cloud.com/cce-nodepool-id",
    "machine.cluster.vke.volcengine.com/nodepool-name",
    "karpenter.sh/nodepool",
    "alpha.eksctl.io/nodegroup-name",
    "node.cluster.x-k8s.io/pool",
    "apps.openyurt.io/nodepool",
    "doks.digitalocean.com/node-pool",
    "k8s.scaleway.com/pool-name",
    "lke.linode.com/pool-id",
    "ibm-cloud.kubernetes.io/worker-pool-name",
    "agentpool",
    "nodepool",
    "node-pool",
    "pool",
)
"""Labels that name a node's pool, the vendors' own before those that people choose."""

_KEYS = frozenset(POOL_LABELS)
_PLACES = {key: place for place, key in enumerate(POOL_LABELS)}


def find_pool(node: Any) -> str:
    """Return the label ``key=value`` that names a Node object's pool, empty where none does."""
    metadata = node.get("metadata") if isinstance(node, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if not isinstance(labels, dict):
        return ""
    for key in sorted(labels.keys() & _KEYS, key=_PLACES.__getitem__):
        value = labels[key]
        if isinstance(value, str) and value:
            return f"{key}={value}"
    return ""
