"""Nodes as their kubelets register them, real ones and virtual ones of a maker that no selector lists."""

import datetime
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox import api
from sandbox.nodes import KUBELET, REGISTERS_ONLY

from .observing import Cluster

NODES = "/api/v1/nodes"
NEUTRAL, TYPE = "openkruise.io/virtual-node", "type"
VIRTUAL_INFO = {"kubeletVersion": "v1.33.0", "architecture": "amd64", "operatingSystem": "linux"}
REAL_INFO = {
    **VIRTUAL_INFO,
    "containerRuntimeVersion": "containerd://2.1.4",
    "osImage": "Debian GNU/Linux 13",
    "kernelVersion": "6.12.0",
}
_OTHER_INFO = dict.fromkeys(("bootID", "kubeProxyVersion", "machineID", "systemUUID"), "")
_RESOURCES = {"cpu": "8", "memory": "16Gi"}


def ready_condition() -> dict[str, str]:
    """Return the condition of a node that has been ready for an hour: the manager lets new ones wait."""
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    return {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "ready",
        "lastTransitionTime": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def node(name: str, info: dict[str, str], **metadata: Any) -> dict[str, Any]:
    """Return a ready Node, whose kubelet gives signs of life and runs no pod (``sandbox.cluster``).

    One with ``VIRTUAL_INFO`` has a taint that no catalogue knows, and room for pods. A real one has no room:
    what is bound to a node that a test deletes would outlive it by a minute.
    """
    is_virtual = info is VIRTUAL_INFO
    annotations = {KUBELET: REGISTERS_ONLY, **metadata.get("annotations", {})}
    taints = [{"key": "vendor.example/burst", "value": "true", "effect": "NoSchedule"}]
    resources = {**_RESOURCES, "pods": "110" if is_virtual else "0"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, **metadata, "annotations": annotations},
        "spec": {"taints": taints if is_virtual else []},
        "status": {
            "nodeInfo": {**_OTHER_INFO, **info},
            "conditions": [ready_condition()],
            "allocatable": resources,
            "capacity": resources,
        },
    }


def register(cluster: Cluster, body: dict[str, Any], **query: str) -> dict[str, str]:
    """Create a Node and return its labels."""
    created = api.call(cluster.client, "POST", NODES, body, query=query)
    labels: dict[str, str] = created["metadata"].get("labels", {})
    return labels


def register_at_once(cluster: Cluster, names: Iterable[str]) -> None:
    """Register unlabelled virtual nodes as fast as the API server takes them."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: register(cluster, node(name, VIRTUAL_INFO)), names))


def touch_status(cluster: Cluster, name: str) -> dict[str, str]:
    """Patch a node's status as its kubelet does from time to time; return its labels."""
    patched = api.call(
        cluster.client,
        "PATCH",
        f"{NODES}/{name}/status",
        {"status": {"conditions": [ready_condition()]}},
        content_type="application/strategic-merge-patch+json",
    )
    labels: dict[str, str] = patched["metadata"].get("labels", {})
    return labels


def read_labels(cluster: Cluster) -> dict[str, dict[str, str]]:
    """Return the labels of all nodes by name."""
    items = cluster.get(NODES)["items"]
    return {item["metadata"]["name"]: item["metadata"].get("labels", {}) for item in items}


def delete_nodes(cluster: Cluster, names: Iterable[str]) -> None:
    """Delete nodes."""
    for name in names:
        api.call(cluster.client, "DELETE", f"{NODES}/{name}")


def labels_new_nodes(cluster: Cluster) -> bool:
    """Tell whether the API server labels a virtual node that registers now; none is created."""
    return register(cluster, node("probe", VIRTUAL_INFO), dryRun="All").get(NEUTRAL) == "true"
