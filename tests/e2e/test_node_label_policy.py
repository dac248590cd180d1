"""The admission policy that labels virtual nodes, with real registrations: no daemon pod ever reaches them.

The daemon is a DaemonSet with the affinity and the tolerations of kruise-daemon. What the nodes look like is
what the catalogue calls virtual, and no selector of the affinity lists them.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pulumi_openkruise.config.presets import BASE_SELECTORS
from pulumi_openkruise.policy import manifests
from pulumi_openkruise.policy.rule import NodeLabelRule
from pulumi_openkruise.selectors import solve

from sandbox import api
from sandbox.state import State

from .conftest import fresh_sandbox
from .observing import KRUISE_NAMESPACE, Cluster, PodWatch, eventually, target

NODES = "/api/v1/nodes"
DAEMON_SETS = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets"
PLURALS = {
    "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
    "MutatingAdmissionPolicyBinding": "mutatingadmissionpolicybindings",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
VIRTUAL_INFO = {"kubeletVersion": "v1.33.0", "architecture": "amd64", "operatingSystem": "linux"}
REAL_INFO = {
    **VIRTUAL_INFO,
    "containerRuntimeVersion": "containerd://2.1.4",
    "osImage": "Debian GNU/Linux 13",
    "kernelVersion": "6.12.0",
}
NEUTRAL, TYPE = "openkruise.io/virtual-node", "type"
MANY = 200


def node(name: str, info: dict[str, str], **metadata: Any) -> dict[str, Any]:
    status = {"nodeInfo": {"bootID": "", "kubeProxyVersion": "", "machineID": "", "systemUUID": "", **info}}
    taints = [{"key": "vendor.example/virtual", "value": "true", "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, **metadata},
        "spec": {"taints": taints if info is VIRTUAL_INFO else []},
        "status": status,
    }


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    """Provide an empty cluster of this module's own, with NodeRestriction on."""
    yield from fresh_sandbox("policy")


@pytest.fixture(scope="module")
def cluster(state: State) -> Cluster:
    """Provide that cluster, with a DaemonSet that has the daemon's affinity and tolerates every taint."""
    found = Cluster(state)
    api.call(found.client, "POST", "/api/v1/namespaces", {"metadata": {"name": KRUISE_NAMESPACE}})
    affinity = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": solve(BASE_SELECTORS).affinity}
    }
    spec = {
        "affinity": affinity,
        "tolerations": [{"operator": "Exists"}],
        "containers": [{"name": "c", "image": "c:1"}],
    }
    body = {
        "metadata": {"name": "kruise-daemon"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {"metadata": {"labels": {"app": "d"}}, "spec": spec},
        },
    }
    api.call(found.client, "POST", DAEMON_SETS, body)
    return found


def _apply(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    for body in objects:
        api.call(cluster.client, "POST", f"/apis/{body['apiVersion']}/{PLURALS[body['kind']]}", body)


def _remove(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    for body in reversed(objects):
        path = f"/apis/{body['apiVersion']}/{PLURALS[body['kind']]}/{body['metadata']['name']}"
        api.call(cluster.client, "DELETE", path)


def _labels(cluster: Cluster, name: str) -> dict[str, str]:
    labels: dict[str, str] = cluster.get(f"{NODES}/{name}")["metadata"].get("labels", {})
    return labels


def _is_active(cluster: Cluster) -> bool:
    created = api.call(cluster.client, "POST", NODES, node("probe", VIRTUAL_INFO), query={"dryRun": "All"})
    return bool(created["metadata"].get("labels", {}).get(NEUTRAL) == "true")


@pytest.fixture(scope="module")
def policy(cluster: Cluster) -> list[dict[str, Any]]:
    """Provide the policy, active from here on."""
    objects = manifests.write_mutating_policy(NodeLabelRule())
    _apply(cluster, objects)
    eventually("the policy to be active", lambda: _is_active(cluster))
    return objects


def _register_many(cluster: Cluster, prefix: str, count: int) -> set[str]:
    """Register unlabelled virtual nodes at once, each with a client that is in the pool already."""
    names = [f"{prefix}-{number}" for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        bodies = [node(name, VIRTUAL_INFO) for name in names]
        list(pool.map(lambda body: api.call(cluster.client, "POST", NODES, body), bodies))
    return set(names)


def _reached(watch: PodWatch) -> set[str | None]:
    """Return the nodes of all pods that the watch has seen; pods from before it are not among them."""
    return {target(event["object"]) for event in list(watch.events)}


def _delete_nodes(cluster: Cluster, names: set[str]) -> None:
    for name in names:
        api.call(cluster.client, "DELETE", f"{NODES}/{name}")


def test_without_the_policy_daemon_pods_reach_them(cluster: Cluster) -> None:
    with PodWatch(cluster) as watch:
        names = _register_many(cluster, "control", 20)
        eventually("daemon pods of virtual nodes", lambda: names <= _reached(watch))
    _delete_nodes(cluster, names - {"control-0"})


def test_a_node_that_existed_is_labelled_at_its_next_status_patch(cluster: Cluster, policy: object) -> None:
    eventually("its daemon", lambda: "control-0" in cluster.daemons())
    assert NEUTRAL not in _labels(cluster, "control-0")
    heartbeat = {"type": "Ready", "status": "True", "reason": "r", "message": "m"}
    api.call(
        cluster.client,
        "PATCH",
        f"{NODES}/control-0/status",
        {"status": {"conditions": [heartbeat]}},
        content_type="application/strategic-merge-patch+json",
    )
    assert _labels(cluster, "control-0")[NEUTRAL] == "true"
    # The DaemonSet controller waits up to five minutes for pods that went with their nodes.
    eventually("its daemon to be gone", lambda: "control-0" not in cluster.daemons(), patience=330)


def test_no_daemon_pod_ever_reaches_nodes_that_register_at_once(cluster: Cluster, policy: object) -> None:
    with PodWatch(cluster) as watch:
        names = _register_many(cluster, "burst", MANY)
        # A real node beside them, registered last: once it has its pod, the controller has seen the others.
        api.call(cluster.client, "POST", NODES, node("real-last", REAL_INFO))
        eventually("the pod of a real node", lambda: "real-last" in _reached(watch))
        time.sleep(5)
        assert not names & _reached(watch)
    assert all(_labels(cluster, name)[TYPE] == "virtual-kubelet" for name in list(names)[:5])
    _delete_nodes(cluster, names)


def test_who_opts_out_stays_out(cluster: Cluster, policy: object) -> None:
    body = node("opted-out", VIRTUAL_INFO, labels={NEUTRAL: "false"})
    assert api.call(cluster.client, "POST", NODES, body)["metadata"]["labels"] == {NEUTRAL: "false"}


def test_an_existing_type_is_kept(cluster: Cluster, policy: object) -> None:
    body = node("typed", VIRTUAL_INFO, labels={TYPE: "edge"})
    assert api.call(cluster.client, "POST", NODES, body)["metadata"]["labels"] == {
        TYPE: "edge",
        NEUTRAL: "true",
    }


def test_a_removed_label_comes_back_with_the_next_patch(cluster: Cluster, policy: object) -> None:
    api.call(cluster.client, "POST", NODES, node("relabelled", VIRTUAL_INFO))
    patched = api.call(
        cluster.client,
        "PATCH",
        f"{NODES}/relabelled",
        {"metadata": {"labels": {TYPE: None}}},
        content_type="application/merge-patch+json",
    )
    assert patched["metadata"]["labels"][TYPE] == "virtual-kubelet"


def _as_kubelet(cluster: Cluster, name: str) -> dict[str, str]:
    return {"Impersonate-User": f"system:node:{name}", "Impersonate-Group": "system:nodes"}


@pytest.mark.parametrize(("name", "info"), [("kubelet-real", REAL_INFO), ("kubelet-virtual", VIRTUAL_INFO)])
def test_a_kubelet_registers_and_patches_its_status(
    cluster: Cluster, policy: object, name: str, info: dict[str, str]
) -> None:
    """With NodeRestriction on, which looks at the node again after the policy has changed it."""
    headers = _as_kubelet(cluster, name)
    created = cluster.client.post(NODES, json=node(name, info), headers=headers)
    assert created.status_code == httpx.codes.CREATED, created.text
    patched = cluster.client.patch(
        f"{NODES}/{name}/status",
        json={"status": {"nodeInfo": info}},
        headers={**headers, "Content-Type": "application/strategic-merge-patch+json"},
    )
    assert patched.status_code == httpx.codes.OK, patched.text
    labels = patched.json()["metadata"].get("labels", {})
    assert labels == ({} if info is REAL_INFO else {NEUTRAL: "true", TYPE: "virtual-kubelet"})


def test_node_restriction_is_on(cluster: Cluster) -> None:
    """Without it the test before would show nothing."""
    headers = _as_kubelet(cluster, "kubelet-other")
    labels = {"node-restriction.kubernetes.io/x": "y"}
    body = node("kubelet-other", REAL_INFO, labels=labels)
    assert cluster.client.post(NODES, json=body, headers=headers).status_code == httpx.codes.FORBIDDEN


HOSTILE: dict[str, dict[str, Any]] = {
    "no-labels": {},
    "many-taints": {"taints": [{"key": f"k{n}", "effect": "NoSchedule"} for n in range(2000)]},
    "much-annotated": {"annotations": {f"a{n}": "x" * 1024 for n in range(64)}},
    "odd-labels": {"labels": {"k": "9" * 63, "empty": "", "kwok.x-k8s.io/node": "FAKE", TYPE: ""}},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_node_joins(cluster: Cluster, policy: object, name: str) -> None:
    given = HOSTILE[name]
    body = node(name, REAL_INFO, **{key: given[key] for key in ("labels", "annotations") if key in given})
    body["spec"]["taints"] = given.get("taints", [])
    created = api.call(cluster.client, "POST", NODES, body)
    assert NEUTRAL not in created["metadata"].get("labels", {})
    del body["status"], body["spec"]
    body["metadata"]["name"] = f"{name}-bare"
    api.call(cluster.client, "POST", NODES, body)


def test_the_warning_names_what_to_do(cluster: Cluster, policy: list[dict[str, Any]]) -> None:
    _remove(cluster, policy)
    eventually("the policy to be inactive", lambda: not _is_active(cluster))
    warning = manifests.write_validating_policy(NodeLabelRule())
    _apply(cluster, warning)

    def warns(labels: dict[str, str]) -> str:
        body = node("warned", VIRTUAL_INFO, labels=labels)
        answer = cluster.client.post(NODES, params={"dryRun": "All"}, json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.headers.get("Warning", ""))

    eventually("a warning", lambda: "this node looks virtual" in warns({}))
    assert warns({NEUTRAL: "false"}) == ""
    assert warns({NEUTRAL: "true"}) == ""
    _remove(cluster, warning)


def test_without_the_policy_the_labels_stay(cluster: Cluster, policy: object) -> None:
    assert _labels(cluster, "relabelled")[NEUTRAL] == "true"
