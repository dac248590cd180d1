"""OpenKruise's own objects for each node, and image-pull jobs whose daemons on real nodes are played here."""

from typing import Any

from sandbox import api

from .observing import REAL, Cluster, eventually

KRUISE = "/apis/apps.kruise.io/v1alpha1"
JOBS = f"{KRUISE}/namespaces/default/imagepulljobs"


def nodes_with(cluster: Cluster, plural: str) -> set[str]:
    """Return the nodes that have an object of a kind that the manager makes for each node it knows.

    None have one while the API server does not serve the kind yet.
    """
    if not cluster.exists(f"{KRUISE}/{plural}"):
        return set()
    return {item["metadata"]["name"] for item in cluster.get(f"{KRUISE}/{plural}")["items"]}


def pull_everywhere(
    cluster: Cluster, name: str, *, deadline: int = 600, patience: float = 60
) -> dict[str, Any]:
    """Pull an image on all nodes; return the job's status once each real node's daemon has reported.

    What the job waits for then are nodes without a daemon. *deadline* is the job's own and *patience* the
    test's, both in seconds.
    """
    job = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "ImagePullJob",
        "metadata": {"name": name},
        "spec": {
            "image": "docker.io/library/shop:1",
            "parallelism": 10_000,
            "pullPolicy": {"timeoutSeconds": deadline},
            "completionPolicy": {"type": "Always", "activeDeadlineSeconds": deadline},
        },
    }
    api.call(cluster.client, "POST", JOBS, job)

    def have_reported() -> bool:
        for real in REAL:
            _report_pulled(cluster, real)
        return bool(read_status(cluster, name).get("succeeded", 0) >= len(REAL))

    eventually(
        "the real nodes to have pulled",
        have_reported,
        patience=patience,
        evidence=lambda: read_status(cluster, name),
    )
    return read_status(cluster, name)


def read_status(cluster: Cluster, name: str) -> dict[str, Any]:
    """Return the status of a job."""
    status: dict[str, Any] = cluster.get(f"{JOBS}/{name}").get("status", {})
    return status


def _report_pulled(cluster: Cluster, name: str) -> None:
    """Report each image that the manager asks a node for as pulled, as kruise-daemon does."""
    path = f"{KRUISE}/nodeimages/{name}"
    statuses = {
        image: {
            "tags": [
                {"tag": tag["tag"], "version": tag.get("version", 0), "phase": "Succeeded", "progress": 100}
                for tag in spec.get("tags", [])
            ]
        }
        for image, spec in cluster.get(path)["spec"].get("images", {}).items()
    }
    if statuses:
        count = len(statuses)
        patch = {"status": {"desired": count, "succeeded": count, "imageStatuses": statuses}}
        api.call(
            cluster.client, "PATCH", f"{path}/status", patch, content_type="application/merge-patch+json"
        )
