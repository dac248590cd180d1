"""Custom resources as users of OpenKruise make them, and what must be the same after whatever happens."""

import json
from typing import Any

from sandbox import api

from .observing import Cluster, eventually

_TEMPLATE = {
    "metadata": {"labels": {"app": "shop"}},
    # Real nodes alone have the label: on an untainted virtual node the pods would wait for ever.
    "spec": {"containers": [{"name": "c", "image": "shop:1"}], "nodeSelector": {"pool": "general"}},
}
_SELECTOR = {"matchLabels": {"app": "shop"}}
_APPS = "/apis/apps.kruise.io"
_HERE = "v1alpha1/namespaces/default"

# Collection to post to, kind, and what its users write. Kinds that the pre-delete hook looks for come first.
RESOURCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        f"{_APPS}/{_HERE}/clonesets",
        "CloneSet",
        {"replicas": 2, "selector": _SELECTOR, "template": _TEMPLATE},
    ),
    (
        f"{_APPS}/{_HERE}/daemonsets",
        "DaemonSet",
        {"selector": {"matchLabels": {"app": "agent"}}, "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": "agent:1"}], "nodeSelector": {"pool": "batch"}},
        }},
    ),
    (
        f"{_APPS}/v1alpha1/sidecarsets",
        "SidecarSet",
        {"selector": _SELECTOR, "containers": [{"name": "proxy", "image": "proxy:1"}]},
    ),
    (
        f"{_APPS}/{_HERE}/advancedcronjobs",
        "AdvancedCronJob",
        {
            "schedule": "0 3 * * *",
            "paused": True,
            "template": {"broadcastJobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": [{"name": "c", "image": "job:1"}],
            }}}}},
        },
    ),
    (
        f"/apis/policy.kruise.io/{_HERE}/podunavailablebudgets",
        "PodUnavailableBudget",
        {"selector": _SELECTOR, "maxUnavailable": 1},
    ),
)  # fmt: skip
NAME = "shop"
HOOKED = RESOURCES[:2]


def create_all(cluster: Cluster) -> None:
    """Create one of each; return when OpenKruise's manager has admitted them and reconciled the CloneSet."""
    for path, kind, spec in RESOURCES:
        group = path.split("/")[2]
        body = {
            "apiVersion": f"{group}/v1alpha1",
            "kind": kind,
            "metadata": {"name": NAME},
            "spec": spec,
        }
        api.call(cluster.client, "POST", path, body)
    eventually("the CloneSet's pods", lambda: _settled(cluster), evidence=cluster.pods)


def _settled(cluster: Cluster) -> bool:
    found = cluster.get(f"{RESOURCES[0][0]}/{NAME}")
    status = found.get("status", {})
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    return bool(current and status.get("replicas") == 2 and status.get("readyReplicas") == 2)


def delete(cluster: Cluster, resources: tuple[tuple[str, str, dict[str, Any]], ...] = RESOURCES) -> None:
    """Delete them; return when they and their pods are gone.

    The garbage collector deletes the pods, and finds their owners by the CRDs alone: where a test removes
    those first, the pods stay until the next installation.
    """
    for path, _, _ in resources:
        api.call(cluster.client, "DELETE", f"{path}/{NAME}")
    eventually(
        "the custom resources to be gone",
        lambda: not any(cluster.exists(f"{path}/{NAME}") for path, _, _ in resources),
    )
    eventually("their pods to be gone", lambda: not _pods(cluster), evidence=cluster.pods)


def _pods(cluster: Cluster) -> list[str]:
    """Return the names of the pods of the CloneSet and of the DaemonSet."""
    pods = cluster.get("/api/v1/namespaces/default/pods", labelSelector="app in (shop,agent)")["items"]
    return [pod["metadata"]["name"] for pod in pods]


def precious(cluster: Cluster) -> dict[str, str]:
    """Uid, and specification as bytes, of each custom resource and of the CloneSet's pods, by path."""
    found = {}
    for path, kind, _ in RESOURCES:
        resource = cluster.get(f"{path}/{NAME}")
        found[kind] = f"{resource['metadata']['uid']} {json.dumps(resource['spec'], sort_keys=True)}"
    pods = cluster.get("/api/v1/namespaces/default/pods", labelSelector=f"app={NAME}")["items"]
    return found | {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}
