"""What a cluster holds at a moment, and every pod it ever held while a watch was open."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

import httpx

from sandbox import api
from sandbox.nodes import NODES
from sandbox.state import State

KRUISE_NAMESPACE = "kruise-system"
REAL = {node.name for node in NODES if node.runs_pods}
VIRTUAL = {node.name for node in NODES if not node.runs_pods}

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
# What an installation may leave behind: whatever does not go with its namespace.
_LASTING = (
    "/api/v1/namespaces",
    "/api/v1/persistentvolumes",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    f"{_RBAC}/clusterroles",
    f"{_RBAC}/clusterrolebindings",
    f"{_RBAC}/roles",
    f"{_RBAC}/rolebindings",
    f"{_ADMISSION}/mutatingwebhookconfigurations",
    f"{_ADMISSION}/validatingwebhookconfigurations",
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/deployments",
    "/apis/batch/v1/jobs",
    "/api/v1/services",
    "/api/v1/secrets",
)

Found = TypeVar("Found")


def target(pod: dict[str, Any]) -> str | None:
    """Return the node a pod is bound to, or the one that the DaemonSet controller made it for."""
    bound = pod["spec"].get("nodeName")
    if bound:
        return str(bound)
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    for term in required.get("nodeSelectorTerms", []):
        for field in term.get("matchFields", []):
            if field["key"] == "metadata.name":
                return str(field["values"][0])
    return None


class Cluster:
    """Questions to a sandbox's cluster."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.client: httpx.Client = api.connect(state)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the object or list at *path*."""
        return api.get(self.client, path, **query)

    def lasting(self) -> set[str]:
        """Every object that an uninstalled release could have left, by path."""
        return {
            f"{path}/{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
            for path in _LASTING
            for item in self.get(path)["items"]
        }

    def daemons(self) -> dict[str, dict[str, Any]]:
        """Return the daemon's pods that are not on their way out, by node."""
        pods = self.get(f"/api/v1/namespaces/{KRUISE_NAMESPACE}/pods")["items"]
        owned = [pod for pod in pods if _owner(pod) == "DaemonSet"]
        return {str(target(pod)): pod for pod in owned if not pod["metadata"].get("deletionTimestamp")}

    def running_daemons(self) -> set[str]:
        """Return the nodes on which a daemon's pod is ready."""
        return {node for node, pod in self.daemons().items() if is_ready(pod)}

    def daemon_set(self) -> dict[str, Any]:
        """Return the release's DaemonSet."""
        items = self.get(f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets")["items"]
        assert len(items) == 1, [item["metadata"]["name"] for item in items]
        found: dict[str, Any] = items[0]
        return found

    def identities(self) -> dict[str, str]:
        """Return the uid of everything whose loss would matter, by path: a deletion in between changes it."""
        paths = (
            "/api/v1/namespaces",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            "/apis/apps/v1/daemonsets",
            "/apis/apps/v1/deployments",
            "/apis/apps.kruise.io/v1alpha1/clonesets",
        )
        return {
            f"{path}/{item['metadata']['name']}": item["metadata"]["uid"]
            for path in paths
            for item in self.get(path)["items"]
        }

    def helm_revisions(self) -> list[str]:
        """Return the records of Helm's revisions."""
        items = self.get("/api/v1/secrets", labelSelector="owner=helm")["items"]
        return sorted(item["metadata"]["name"] for item in items)

    def pods(self) -> str:
        """All pods as text, as evidence."""
        lines = [
            f"{pod['metadata']['namespace']:14} {pod['metadata']['name']:46} "
            f"{pod['status'].get('phase', ''):10} ready={is_ready(pod)!s:6} {target(pod)}"
            for pod in self.get("/api/v1/pods")["items"]
        ]
        return "\n".join(lines)

    def exists(self, path: str) -> bool:
        """Whether there is an object at *path*."""
        try:
            self.get(path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def delete_namespace(self) -> None:
        """Delete OpenKruise's namespace, as the owner of one that the stack has adopted."""
        path = f"/api/v1/namespaces/{KRUISE_NAMESPACE}"
        api.call(self.client, "DELETE", path)
        eventually("the namespace to be gone", lambda: not self.exists(path))

    def cordon(self, nodes: set[str], *, on: bool) -> None:
        """Make nodes unschedulable for all but DaemonSets, as ``kubectl cordon``, or schedulable again."""
        for name in nodes:
            patch = {"spec": {"unschedulable": on}}
            path = f"/api/v1/nodes/{name}"
            api.call(self.client, "PATCH", path, patch, content_type="application/merge-patch+json")


class PodWatch:
    """Records each event of each pod from the moment it is entered; it has begun when entering returns."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._client = api.connect(cluster.state)
        self._error: Exception | None = None
        self._leaving = False
        self._begun: Future[httpx.Response] = Future()
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "PodWatch":
        listed = self._cluster.get("/api/v1/pods")
        # From this version on nothing can be missed, however late the stream is opened.
        version = listed["metadata"]["resourceVersion"]
        self._thread = threading.Thread(target=self._record, args=(version,), daemon=True)
        self._thread.start()
        self._begun.result(timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        with contextlib.suppress(OSError):  # it has broken off already
            api.hang_up(self._begun.result())
        self._thread.join(timeout=30)
        assert not self._thread.is_alive(), "the watch goes on reading"
        self._client.close()

    def _record(self, version: str) -> None:
        try:
            begun = self._begun.set_result
            for event in api.watch(self._client, "/api/v1/pods", begun, resourceVersion=version):
                if event["type"] == "ERROR":
                    raise RuntimeError(str(event["object"]))
                self.events.append(event)
            raise RuntimeError("the API server closed the watch")
        except Exception as error:
            if not self._begun.done():
                self._begun.set_exception(error)
            elif not self._leaving:
                self._error = error

    def targets(self) -> dict[str, set[str]]:
        """Return the release's pods seen so far, by the node each was for; fails if the watch broke off."""
        self._catch_up()
        found: dict[str, set[str]] = {}
        for event in list(self.events):
            pod = event["object"]
            node = target(pod)
            if pod["metadata"]["namespace"] == KRUISE_NAMESPACE and node is not None:
                found.setdefault(node, set()).add(pod["metadata"]["name"])
        return found

    def _catch_up(self) -> None:
        """Wait until the watch has reported every existing pod at its present version."""

        def reported() -> bool:
            assert self._error is None, f"the watch has broken off: {self._error}"
            seen = {
                (e["object"]["metadata"]["uid"], e["object"]["metadata"]["resourceVersion"])
                for e in self.events
            }
            pods = self._cluster.get(f"/api/v1/namespaces/{KRUISE_NAMESPACE}/pods")["items"]
            return all((pod["metadata"]["uid"], pod["metadata"]["resourceVersion"]) in seen for pod in pods)

        eventually("the watch to report every pod", reported)


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether the pod's Ready condition is true."""
    conditions = pod["status"].get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def eventually(
    what: str,
    question: Callable[[], Found],
    *,
    patience: float = 60,
    evidence: Callable[[], object] = lambda: "none",
) -> Found:
    """Return the first true answer to *question*; if none comes, fail with *what* and the *evidence*."""
    deadline = time.monotonic() + patience
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {patience:.0f} s for {what}; evidence: {evidence()}"
        time.sleep(0.2)


def _owner(pod: dict[str, Any]) -> str | None:
    owners = pod["metadata"].get("ownerReferences") or [{}]
    kind: str | None = owners[0].get("kind")
    return kind
