"""How far an upgrade has come, and the moments at which tests kill it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox import api

from .conftest import CRDS
from .observing import KRUISE_NAMESPACE, Cluster, eventually
from .stack import Stack

APPS = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}"
MOVED = (
    "advancedcronjobs",
    "broadcastjobs",
    "daemonsets",
    "imagelistpulljobs",
    "imagepulljobs",
    "nodeimages",
    "sidecarsets",
)
"""The plural names of the kinds to which 1.9 gives a second version."""


def manager_version(cluster: Cluster) -> str:
    """Return the version of the manager's template."""
    return str(_tag(cluster.get(f"{APPS}/deployments/kruise-controller-manager")))


def _tag(workload: dict[str, Any]) -> str:
    image: str = workload["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.rpartition(":")[2].removeprefix("v")


class Upgrade:
    """An upgrade, or the way back, that is going on: how far it has come."""

    def __init__(self, stack: Stack, cluster: Cluster, new: str) -> None:
        self._stack, self._cluster, self._new = stack, cluster, new
        (self._revision, _), self._webhooks = self._newest(), self._generations()

    def is_locked(self) -> bool:
        """Whether Pulumi has begun: the stack is locked."""
        return any((self._stack.state.pulumi / "state" / ".pulumi" / "locks").rglob("*.json"))

    def has_recorded(self) -> bool:
        """Whether Helm has recorded a revision of it."""
        return self._newest()[0] > self._revision

    def is_pending(self) -> bool:
        """Whether Helm has begun, and not ended."""
        return self._newest()[1] == "pending-upgrade"

    def has_ended(self) -> bool:
        """Whether Helm has recorded that it ended."""
        revision, status = self._newest()
        return revision > self._revision and status == "deployed"

    def _newest(self) -> tuple[int, str]:
        """Return number and status of the newest revision; without the records' contents, which are long."""
        answer = self._cluster.client.get(
            "/api/v1/secrets",
            params={"labelSelector": "owner=helm"},
            headers={"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"},
        )
        labels = [item["metadata"]["labels"] for item in answer.raise_for_status().json()["items"]]
        return max((int(one["version"]), one["status"]) for one in labels)

    def is_new_crd(self, plural: str) -> bool:
        """Whether the CRD, one of those that 1.9 gives a second version, is as the new chart has it."""
        found = self._cluster.get(f"{CRDS}/{plural}.apps.kruise.io")
        return (len(found["spec"]["versions"]) == 2) is (self._new == "1.9.1")

    def daemons_are_new(self) -> bool:
        """Whether the DaemonSet has the new template."""
        return _tag(self._cluster.daemon_set()) == self._new

    def daemons_run(self) -> bool:
        """Whether every daemon is of the new template, and ready."""
        found = self._cluster.daemon_set()
        status, wanted = found["status"], found["status"].get("desiredNumberScheduled")
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        rolled_out = status.get("updatedNumberScheduled") == wanted == status.get("numberReady")
        return bool(self.daemons_are_new() and seen and rolled_out)

    def manager_is_new(self) -> bool:
        """Whether the manager has the new template."""
        return manager_version(self._cluster) == self._new

    def manager_waits(self) -> bool:
        """Whether a pod of the new manager has no node."""
        pods = self._cluster.get(
            f"/api/v1/namespaces/{KRUISE_NAMESPACE}/pods", fieldSelector="status.phase=Pending"
        )["items"]
        # The daemons have the same image, and are pending for a moment, too.
        managers = [pod for pod in pods if pod["metadata"]["name"].startswith("kruise-controller-manager-")]
        return any(pod["spec"]["containers"][0]["image"].endswith(f":v{self._new}") for pod in managers)

    def webhooks_are_new(self) -> bool:
        """Whether the webhook configurations were changed."""
        return all(map(int.__gt__, self._generations(), self._webhooks))

    def _generations(self) -> list[int]:
        root = "/apis/admissionregistration.k8s.io/v1"
        return [
            int(
                self._cluster.get(f"{root}/{kind}webhookconfigurations/kruise-{kind}-webhook-configuration")[
                    "metadata"
                ]["generation"]
            )
            for kind in ("mutating", "validating")
        ]


CRDS_BUT_NO_MANAGER = "the CRDs are new, the manager is old"
LAST = "Helm has ended, Pulumi has not"
CRDS_ARE_OLD = "Helm has recorded that it begins, the CRDs are old"
FIRST_CRD = MOVED[0]
POINTS: dict[str, Callable[[Upgrade], bool]] = {
    CRDS_BUT_NO_MANAGER: lambda one: one.is_new_crd("sidecarsets") and not one.manager_is_new(),
    "Pulumi has begun, Helm has not": lambda one: one.is_locked() and not one.has_recorded(),
    CRDS_ARE_OLD: lambda one: one.is_pending() and not one.is_new_crd(FIRST_CRD),
    "the first CRD is new": lambda one: one.is_new_crd(FIRST_CRD),
    "the daemons' template is new": lambda one: one.daemons_are_new() and one.is_pending(),
    "the manager's template is new": lambda one: one.manager_is_new() and one.is_pending(),
    "the webhooks are new": lambda one: one.webhooks_are_new() and one.is_pending(),
    "the new daemons run": lambda one: one.daemons_run() and one.is_pending(),
    "Helm waits for the manager's pods": lambda one: one.manager_waits() and one.is_pending(),
    LAST: lambda one: one.has_ended(),
}
"""Moments of an upgrade at which it is killed."""
WITHOUT_WAITING = (CRDS_BUT_NO_MANAGER, "Pulumi has begun, Helm has not", CRDS_ARE_OLD, LAST)
"""The moments for which Helm need not wait for the manager's pods."""


@contextmanager
def crds_held(cluster: Cluster) -> Iterator[None]:
    """Let the API server wait with each change of a CRD, for 30 seconds or until the client has gone.

    It asks a webhook that never answers, and that may be passed over.
    """
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        webhook = {
            "name": "crds.held.example",
            "clientConfig": {"url": f"https://127.0.0.1:{silent.getsockname()[1]}/"},
            "rules": [
                {
                    "apiGroups": ["apiextensions.k8s.io"],
                    "apiVersions": ["v1"],
                    "operations": ["UPDATE"],
                    "resources": ["customresourcedefinitions"],
                }
            ],
            "failurePolicy": "Ignore",
            "timeoutSeconds": 30,
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        metadata = {"name": "crds-held"}
        api.call(cluster.client, "POST", path, {"metadata": metadata, "webhooks": [webhook]})
        try:
            # The API server has the webhook a moment later than its configuration.
            eventually("a change of a CRD to wait", lambda: _waits(cluster), patience=60)
            yield
        finally:
            api.call(cluster.client, "DELETE", f"{path}/crds-held")


def _waits(cluster: Cluster) -> bool:
    path = f"{CRDS}/{FIRST_CRD}.apps.kruise.io"
    try:
        cluster.client.patch(
            path,
            params={"dryRun": "All"},
            json={"metadata": {"annotations": {"held": "true"}}},
            headers={"Content-Type": "application/merge-patch+json"},
            timeout=1,
        )
    except httpx.ReadTimeout:
        return True
    return False
