"""One object of every kind that users of OpenKruise create, with pods where the kind has any."""

import json
from typing import Any, NamedTuple

import httpx

from sandbox import api

from .observing import Cluster, eventually, is_ready

NAME = "shop"
_APPS, _POLICY = "apps.kruise.io", "policy.kruise.io"
GATES = {"ResourceDistributionGate": True}
"""What must be on for all of them."""


class Kind(NamedTuple):
    """A kind, the version that its users write, and what they write."""

    plural: str
    kind: str
    spec: dict[str, Any]
    version: str = "v1alpha1"
    group: str = _APPS
    namespaced: bool = True
    labels: dict[str, str] = {}  # noqa: RUF012 - read only

    @property
    def crd(self) -> str:
        """Return its CRD's name."""
        return f"{self.plural}.{self.group}"

    def collection(self, version: str) -> str:
        """Return the path to post to."""
        inside = "namespaces/default/" if self.namespaced else ""
        return f"/apis/{self.group}/{version}/{inside}{self.plural}"


def _template(app: str, **spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "c", "image": f"{app}:1"}], "nodeSelector": {"pool": "general"}, **spec}
    return {"metadata": {"labels": {"app": app}}, "spec": pod}


def _selector(app: str) -> dict[str, Any]:
    return {"matchLabels": {"app": app}}


_ONCE = {"template": _template("once", restartPolicy="Never")}
_PULL = {"image": "shop:2", "completionPolicy": {"type": "Always", "activeDeadlineSeconds": 86400}}
KINDS = (
    Kind(
        "clonesets", "CloneSet", {"replicas": 2, "selector": _selector("shop"), "template": _template("shop")}
    ),
    Kind(
        "statefulsets",
        "StatefulSet",
        {
            "replicas": 1,
            "serviceName": "till",
            "selector": _selector("till"),
            "template": _template("till"),
            "reserveOrdinals": [3],
        },
        version="v1beta1",
    ),
    Kind(
        "daemonsets",
        "DaemonSet",
        {
            "selector": _selector("agent"),
            "template": _template("agent"),
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"type": "Standard", "partition": 1},
            },
        },
    ),
    Kind(
        "sidecarsets",
        "SidecarSet",
        {"selector": _selector("shop"), "containers": [{"name": "p", "image": "proxy:1"}]},
        namespaced=False,
        labels={"apps.kruise.io/sidecarset-custom-version": "7"},
    ),
    Kind("broadcastjobs", "BroadcastJob", {**_ONCE, "completionPolicy": {"type": "Never"}}),
    Kind(
        "advancedcronjobs",
        "AdvancedCronJob",
        {"schedule": "0 3 * * *", "paused": True, "template": {"broadcastJobTemplate": {"spec": _ONCE}}},
    ),
    Kind("imagepulljobs", "ImagePullJob", _PULL),
    Kind(
        "imagelistpulljobs", "ImageListPullJob", {**_PULL, "images": ["shop:3", "till:3"]} | {"image": None}
    ),
    Kind(
        "uniteddeployments",
        "UnitedDeployment",
        {
            "replicas": 1,
            "selector": _selector("united"),
            "template": {
                "cloneSetTemplate": {
                    "metadata": {"labels": {"app": "united"}},
                    "spec": {"selector": _selector("united"), "template": _template("united")},
                }
            },
            "topology": {"subsets": [{"name": "one", "replicas": 1}]},
        },
    ),
    Kind(
        "workloadspreads",
        "WorkloadSpread",
        {
            "targetRef": {"apiVersion": "apps.kruise.io/v1alpha1", "kind": "CloneSet", "name": "later"},
            "subsets": [{"name": "one", "maxReplicas": 3}, {"name": "other"}],
        },
    ),
    Kind(
        "persistentpodstates",
        "PersistentPodState",
        {
            "targetRef": {"apiVersion": "apps.kruise.io/v1beta1", "kind": "StatefulSet", "name": NAME},
            "requiredPersistentTopology": {"nodeTopologyKeys": ["kubernetes.io/hostname"]},
        },
    ),
    Kind(
        "podprobemarkers",
        "PodProbeMarker",
        {
            "selector": _selector("shop"),
            "probes": [
                {
                    "name": "ready",
                    "containerName": "c",
                    "probe": {"exec": {"command": ["true"]}},
                    "podConditionType": "shop/ready",
                }
            ],
        },
    ),
    Kind(
        "resourcedistributions",
        "ResourceDistribution",
        {
            "resource": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "shared"},
                "data": {"a": "b"},
            },
            "targets": {"includedNamespaces": {"list": [{"name": "default"}]}},
        },
        namespaced=False,
    ),
    Kind(
        "podunavailablebudgets",
        "PodUnavailableBudget",
        {"selector": _selector("shop"), "maxUnavailable": 1},
        group=_POLICY,
    ),
)
"""Every kind but ContainerRecreateRequest, which needs a pod's name."""
RECREATE = Kind("containerrecreaterequests", "ContainerRecreateRequest", {})
PODS = {"shop": 2, "till": 1, "united": 1, "agent": 1, "once": 1}
"""How many pods there are at least, by their label."""


def create_all(cluster: Cluster) -> None:
    """Create one of each; return when the pods are ready and a recreation of their container is requested."""
    for kind in KINDS:
        spec = {key: value for key, value in kind.spec.items() if value is not None}
        _create(cluster, kind, spec)
    eventually("every workload's pods", lambda: _pods_ready(cluster), evidence=cluster.pods)
    pod = cluster.get("/api/v1/namespaces/default/pods", labelSelector="app=shop")["items"][0]
    name = pod["metadata"]["name"]
    # KWOK's kubelets report no ids of containers, and the webhook refuses a container without one.
    statuses = [{**one, "containerID": "containerd://shop"} for one in pod["status"]["containerStatuses"]]
    api.call(
        cluster.client,
        "PATCH",
        f"/api/v1/namespaces/default/pods/{name}/status",
        {"status": {"containerStatuses": statuses}},
        content_type="application/merge-patch+json",
    )
    spec = {"podName": name, "containers": [{"name": "c"}]}
    eventually("the manager to see the container", lambda: _admitted(cluster, spec))
    config = "/api/v1/namespaces/default/configmaps/shared"
    eventually("the distributed ConfigMap", lambda: cluster.exists(config))


def _create(cluster: Cluster, kind: Kind, spec: dict[str, Any]) -> None:
    body = {
        "apiVersion": f"{kind.group}/{kind.version}",
        "kind": kind.kind,
        "metadata": {"name": NAME, "labels": kind.labels},
        "spec": spec,
    }
    api.call(cluster.client, "POST", kind.collection(kind.version), body)


def _admitted(cluster: Cluster, spec: dict[str, Any]) -> bool:
    try:
        _create(cluster, RECREATE, spec)
    except httpx.HTTPStatusError as error:
        if "no containerID" in str(error):
            return False
        raise
    return True


def _pods_ready(cluster: Cluster) -> bool:
    pods = cluster.get("/api/v1/namespaces/default/pods")["items"]
    ready = [pod["metadata"]["labels"].get("app") for pod in pods if is_ready(pod)]
    return all(ready.count(app) >= count for app, count in PODS.items())


def delete_all(cluster: Cluster) -> None:
    """Delete them; return when they are gone, and with them what OpenKruise made for them.

    A job that an ImageListPullJob made has a finalizer, which only the manager takes away.
    """
    for kind in (RECREATE, *reversed(KINDS)):
        version = served(cluster, kind)[0]
        path = f"{kind.collection(version)}/{NAME}"
        if cluster.exists(path):
            api.call(cluster.client, "DELETE", path)
    eventually("the custom resources to be gone", lambda: not any(_objects(cluster, kind) for kind in KINDS))


def _objects(cluster: Cluster, kind: Kind) -> list[Any]:
    items: list[Any] = cluster.get(kind.collection(served(cluster, kind)[0]))["items"]
    return items


def served(cluster: Cluster, kind: Kind) -> list[str]:
    """Return the versions in which the API server serves a kind, the stored one first."""
    crd = cluster.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind.crd}")
    versions = sorted(crd["spec"]["versions"], key=lambda version: not version["storage"])
    return [version["name"] for version in versions if version["served"]]


def _read(cluster: Cluster, path: str) -> dict[str, Any]:
    """Return the object at *path*, once its API version can be converted.

    After a change of the release with 1.9 that takes about a second, until the manager has written its own
    address into the CRDs (docs/upgrading.md).
    """
    last = ""

    def converted() -> dict[str, Any] | None:
        nonlocal last
        try:
            return cluster.get(path)
        except httpx.HTTPStatusError as error:
            last = str(error)
            if error.response.is_server_error and "conversion webhook" in last:
                return None
            raise

    found = eventually("a conversion", converted, patience=15, evidence=lambda: last)
    assert found is not None
    return found


def precious(cluster: Cluster) -> dict[str, str]:
    """Return what must stay: uid and spec of every object in every version, uid and restarts of every pod."""
    found = {}
    for kind in (*KINDS, RECREATE):
        for version in served(cluster, kind):
            one = _read(cluster, f"{kind.collection(version)}/{NAME}")
            spec = json.dumps(one["spec"], sort_keys=True)
            found[f"{kind.kind} {version}"] = f"{one['metadata']['uid']} {spec}"
    for pod in cluster.get("/api/v1/namespaces/default/pods")["items"]:
        restarts = sum(one["restartCount"] for one in pod["status"].get("containerStatuses", []))
        found[f"Pod {pod['metadata']['name']}"] = f"{pod['metadata']['uid']} {restarts}"
    return found
