"""`check` and `nodeCheck` on a real installation: broken in one way after another, found, and mended."""

import base64
import copy
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.checks import ObjectReference

from sandbox import api, pulumi
from sandbox.manager import wait_for_manager
from sandbox.nodes import KUBELET, REGISTERS_ONLY
from sandbox.state import State

from .conftest import chart_for, fresh_sandbox, observed
from .observing import KRUISE_NAMESPACE, REAL, VIRTUAL, Cluster, eventually
from .stack import Stack

CORE, APPS = "/api/v1", "/apis/apps/v1"
HERE = f"namespaces/{KRUISE_NAMESPACE}"
DAEMON_SET = f"{APPS}/{HERE}/daemonsets/kruise-daemon"
DEPLOYMENT = f"{APPS}/{HERE}/deployments/kruise-controller-manager"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
MUTATING = f"{ADMISSION}/mutatingwebhookconfigurations"
VALIDATING = f"{ADMISSION}/validatingwebhookconfigurations/kruise-validating-webhook-configuration"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KRUISE = "/apis/apps.kruise.io/v1alpha1"

# Of every sandbox: the manager makes NodeImages for virtual nodes, some of which have no taint, and upstream
# names no Kubernetes as new as this one.
ALWAYS = {
    "node-image-of-excluded-node",
    "node-pod-probe-of-excluded-node",
    "untainted-virtual-node",
    "version-untested",
}

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    yield from fresh_sandbox("check")


@pytest.fixture(scope="module")
def cluster(state: State) -> Cluster:
    return observed(state)


@pytest.fixture(scope="module")
def stack(state: State) -> Stack:
    return Stack(state, chart_for(state))


@pytest.fixture
def check(state: State, stack: Stack) -> Check:
    """``pulumi-openkruise check`` on the stack's own config: the exit code, and the findings by code."""

    def run(
        *arguments: str, kubeconfig: Path | None = None, whole: bool = False
    ) -> tuple[int, dict[str, Any]]:
        command = [str(Path(sys.executable).parent / "pulumi-openkruise"), "check", *arguments]
        command += [
            "--stack-file",
            str(pulumi.config_file(stack.state)),
            "--kubeconfig",
            str(kubeconfig or state.kubeconfig),
        ]
        done = subprocess.run([*command, "-o", "json"], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        report = json.loads(done.stdout)
        found = {one["code"]: {**one, "objects": named(one["objects"])} for one in report["findings"]}
        return done.returncode, report if whole else found

    return run


def named(objects: Iterable[Mapping[str, str]]) -> list[str]:
    """Write references as people read them: a node's name, else ``Kind namespace/name``."""
    return [str(ObjectReference(**one)) for one in objects]


def patch(cluster: Cluster, path: str, body: Mapping[str, Any]) -> None:
    api.call(cluster.client, "PATCH", path, body, content_type="application/merge-patch+json")


def recreate(cluster: Cluster, path: str, item: Mapping[str, Any]) -> None:
    """Create a deleted object again."""
    fresh = {key: value for key, value in item.items() if key != "status"}
    own = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
    fresh["metadata"] = {key: value for key, value in item["metadata"].items() if key not in own}
    api.call(cluster.client, "POST", path, fresh)


@contextmanager
def patched(cluster: Cluster, path: str, body: Mapping[str, Any], back: Mapping[str, Any]) -> Iterator[None]:
    """Something changed as long as the block runs."""
    patch(cluster, path, body)
    try:
        yield
    finally:
        patch(cluster, path, back)


@contextmanager
def existing(cluster: Cluster, path: str, item: dict[str, Any]) -> Iterator[None]:
    """Something that is there as long as the block runs."""
    api.call(cluster.client, "POST", path, item)
    try:
        yield
    finally:
        api.call(cluster.client, "DELETE", f"{path}/{item['metadata']['name']}", {"gracePeriodSeconds": 0})


def codes(check: Check, *arguments: str) -> set[str]:
    """Return the findings, except those that every sandbox has."""
    _code, found = check(*arguments)
    return set(found) - ALWAYS


def comes(check: Check, wanted: set[str], *arguments: str) -> dict[str, Any]:
    """Wait until exactly these codes are found, apart from the usual ones; return the findings."""
    last: dict[str, Any] = {}

    def found() -> bool:
        last.clear()
        last.update(check(*arguments)[1])
        return set(last) - ALWAYS == wanted

    # Kubernetes leaves pods of a node that is gone alone for forty seconds, and looks every twenty.
    eventually(
        f"the findings {sorted(wanted)}",
        found,
        patience=120,
        evidence=lambda: {code: last[code]["evidence"] for code in last},
    )
    return last


# --- before and with the update


def test_a_cluster_without_openkruise(check: Check) -> None:
    code, found = check()
    assert (code, set(found) - ALWAYS) == (1, {"not-installed"})


def test_an_explicit_provider_is_asked_and_the_environment_is_not(cluster: Cluster, state: State) -> None:
    folder = Path(__file__).parent / "programs" / "explicit"
    salt = pulumi.prepare_stack(state, "explicit", "explicit")
    chart = {f"{key}": value for key, value in chart_for(state).config().items()}
    config = {
        **chart,
        "openkruise:virtualNodePresets": ["all", "tke-supernode"],
        "openkruise:protect": "false",
    }
    config |= {"cluster:kubeconfig": state.kubeconfig.read_text(), "openkruise:nodeCheck": "fail"}
    file = state.directory / "pulumi" / "Pulumi.explicit.yaml"
    file.write_text(yaml.safe_dump({"encryptionsalt": salt, "config": config}))

    def run(command: str) -> str:
        options = ["--yes", "--skip-preview", "--non-interactive", "--stack", "explicit", "--config-file"]
        environment = {"KUBECONFIG": "/nowhere/kubeconfig"}
        done = pulumi.run(state, [*command.split(), *options, str(file)], cwd=folder, env=environment)
        assert done.returncode == 0, done.stdout
        return done.stdout

    output = run("up")
    assert "nodeCheck: 10 nodes: 3 real, its daemon runs;" in output, output
    cluster.cordon(VIRTUAL, on=True)
    run("destroy --run-program")
    cluster.cordon(VIRTUAL, on=False)
    eventually("the manager to be gone", lambda: manager_is_gone(state))


def test_the_update_tells_how_nodes_and_daemons_stand(stack: Stack, state: State) -> None:
    assert "nodeCheck" not in stack.preview().succeeded().output
    output = stack.up("--skip-preview").succeeded().output
    summary = "nodeCheck: 10 nodes: 3 real, its daemon runs; 7 no daemon can run there, excluded."
    assert summary in output, output
    wait_for_manager(state)


def test_a_selector_that_hits_a_real_node_warns_or_fails(
    cluster: Cluster, stack: Stack, check: Check
) -> None:
    stack.configure({"virtualNodeSelectors": ["pool=batch"]})
    warned = stack.up("--skip-preview").succeeded().output
    assert "warning: nodeCheck: " in warned, warned
    assert "real-node-excluded: 1 real node excluded" in warned
    assert check()[1]["real-node-excluded"]["objects"] == ["worker-3"]

    stack.configure({"virtualNodeSelectors": ["pool=batch"], "nodeCheck": "fail"})
    failed = stack.up("--skip-preview").failed().output
    assert "error: nodeCheck of OpenKruise 'kruise': 10 nodes: " in failed, failed
    assert "real-node-excluded" in failed
    assert cluster.running_daemons() == REAL - {"worker-3"}, "the release itself was changed all the same"

    stack.configure({"virtualNodeSelectors": ["pool=batch"], "nodeCheck": "off"})
    assert "nodeCheck" not in stack.up("--skip-preview").succeeded().output
    stack.configure()
    stack.up("--skip-preview").succeeded()


def test_a_healthy_installation(check: Check, state: State) -> None:
    wait_for_manager(state)
    found = comes(check, set(), "--live", "--before-destroy")
    assert found["untainted-virtual-node"]["severity"] == "warning"
    images = found["node-image-of-excluded-node"]["objects"]
    assert images
    assert {image.removeprefix("NodeImage.apps.kruise.io ") for image in images} <= VIRTUAL
    assert check()[0] == 0


def test_a_job_that_waits_for_nodes_without_a_daemon(cluster: Cluster, check: Check) -> None:
    policy = {"type": "Always", "activeDeadlineSeconds": 600}
    job = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "ImagePullJob",
        "metadata": {"name": "everywhere"},
        "spec": {"image": "shop:1", "parallelism": 100, "completionPolicy": policy},
    }
    code = "node-image-of-excluded-node"

    def severity() -> str:
        return str(check()[1][code]["severity"])

    with existing(cluster, f"{KRUISE}/namespaces/default/imagepulljobs", job):
        eventually("a warning", lambda: severity() == "warning")
        status, found = check()
        assert (status, set(found)) == (1, ALWAYS)
        assert "to be pulled on " in found[code]["evidence"][-1]
    eventually("no warning", lambda: severity() == "info")


# --- what goes wrong later


def test_labels_of_the_namespace(cluster: Cluster, check: Check) -> None:
    path = f"{CORE}/{HERE}"
    pod_security = "pod-security.kubernetes.io/enforce"
    broken = {"metadata": {"labels": {"control-plane": None, pod_security: "restricted"}}}
    mended = {"metadata": {"labels": {"control-plane": "openkruise", pod_security: "privileged"}}}
    with patched(cluster, path, broken, mended):
        comes(check, {"namespace-without-label", "pod-security-too-strict"})
    comes(check, set())


@pytest.mark.parametrize(
    ("status", "code"), [("pending-upgrade", "release-unfinished"), ("failed", "release-failed")]
)
def test_the_state_of_the_release(cluster: Cluster, check: Check, status: str, code: str) -> None:
    secrets = cluster.get(f"{CORE}/{HERE}/secrets", labelSelector="owner=helm,name=kruise")["items"]
    newest = max(secrets, key=lambda one: int(one["metadata"]["labels"]["version"]))
    data = newest["data"]["release"]
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    release["info"]["status"] = status
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
    path = f"{CORE}/{HERE}/secrets/{newest['metadata']['name']}"
    with patched(cluster, path, {"data": {"release": packed}}, {"data": {"release": data}}):
        found = comes(check, {code})
        assert status in found[code]["what"]


def test_a_release_without_a_record(cluster: Cluster, check: Check) -> None:
    secrets = cluster.get(f"{CORE}/{HERE}/secrets", labelSelector="owner=helm,name=kruise")["items"]
    paths = [f"{CORE}/{HERE}/secrets/{one['metadata']['name']}" for one in secrets]
    for path in paths:
        patch(cluster, path, {"metadata": {"labels": {"name": "hidden"}}})
    comes(check, {"release-record-missing"})
    for path in paths:
        patch(cluster, path, {"metadata": {"labels": {"name": "kruise"}}})
    comes(check, set())


def test_managers_that_are_too_few(cluster: Cluster, check: Check) -> None:
    two = {"spec": {"replicas": 2}}
    with patched(cluster, DEPLOYMENT, {"spec": {"replicas": 1}}, two):
        comes(check, {"manager-single"})
        comes(check, {"manager-single", "fields-changed"}, "--live")
    with patched(cluster, DEPLOYMENT, {"spec": {"replicas": 0}}, two):
        comes(check, {"manager-not-available", "webhook-without-endpoint"})
    comes(check, set())


def test_pods_where_they_should_not_be(cluster: Cluster, check: Check) -> None:
    sets = cluster.get(f"{APPS}/{HERE}/replicasets")["items"]
    owner = next(one for one in sets if one["spec"]["replicas"])
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner["metadata"]["name"]}
    reference["uid"] = owner["metadata"]["uid"]

    def pod(name: str, node: str, **metadata: Any) -> dict[str, Any]:
        labels = {"control-plane": "controller-manager"}
        containers = [{"name": "c", "image": "x"}]
        return {
            "metadata": {"name": name, "labels": labels, **metadata},
            "spec": {"nodeName": node, "containers": containers},
        }

    path = f"{CORE}/{HERE}/pods"
    stray = pod("kruise-controller-manager-stray", "kwok-node-000000", ownerReferences=[reference])
    with existing(cluster, path, stray):
        found = comes(check, {"manager-on-excluded-node"})
        assert found["manager-on-excluded-node"]["severity"] == "critical"
    with existing(cluster, path, pod("another-operator", "worker-1")):
        comes(check, {"webhook-foreign-endpoint"})
        comes(check, {"webhook-foreign-endpoint", "destroy-namespace-in-use"}, "--before-destroy")
    comes(check, set())


def node(name: str, *, labels: Mapping[str, str] | None = None, **info: str) -> dict[str, Any]:
    """Provide a node without a kubelet, so that pods bound to it stay Pending."""
    host = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name}
    usual = {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "osImage": "Debian",
        "kernelVersion": "6.12",
    }
    usual |= {"containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": "v1.36.3"}
    names = ("bootID", "machineID", "systemUUID", "kubeProxyVersion")
    resources = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    return {
        "metadata": {
            "name": name,
            "labels": host if labels is None else dict(labels),
            "annotations": {KUBELET: REGISTERS_ONLY},
        },
        "spec": {"taints": [{"key": "test", "effect": "NoSchedule"}]},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "conditions": [{"type": "Ready", "status": "True", "reason": "x", "message": "x"}],
            "nodeInfo": {**dict.fromkeys(names, ""), **usual, **info},
        },
    }


def test_nodes_that_come_later(cluster: Cluster, check: Check) -> None:
    path = f"{CORE}/nodes"
    added = [
        node(
            "interlink-1",
            labels={"virtual-node.interlink/type": "virtual-kubelet"},
            containerRuntimeVersion="",
        ),
        node("odd-1", containerRuntimeVersion="something://1"),
        node("k3s-1", kubeletVersion="v1.33.1+k3s1"),
        node("old-1", containerRuntimeVersion="containerd://1.5.9", kubeletVersion="v1.23.10"),
    ]
    for one in added:
        api.call(cluster.client, "POST", path, one)
    wanted = {"virtual-node-admitted", "unsure-node", "runtime-socket", "runtime-too-old"}
    found = comes(check, {*wanted, "real-node-without-daemon", "daemonset-behind"})
    assert found["virtual-node-admitted"]["objects"] == ["interlink-1"]
    assert found["unsure-node"]["objects"] == ["odd-1"]
    assert found["runtime-socket"]["objects"] == ["k3s-1"]
    assert found["runtime-too-old"]["objects"] == ["old-1"]
    assert found["real-node-without-daemon"]["objects"] == ["k3s-1", "old-1"]
    assert found["real-node-without-daemon"]["evidence"] == ["Pending, not ready: k3s-1, old-1"]
    for one in added:
        api.call(cluster.client, "DELETE", f"{path}/{one['metadata']['name']}")
    comes(check, set())


def test_a_daemonset_that_was_changed_by_hand(cluster: Cluster, check: Check, stack: Stack) -> None:
    template = cluster.daemon_set()["spec"]["template"]["spec"]
    daemon = template["containers"][0]
    gates = "--feature-gates=ImagePullJobGate=true,KruiseDaemon=False,NoSuchGate=true"
    args = [gates if one.startswith("--feature-gates=") else one for one in daemon["args"]]
    containers = [{**daemon, "args": args}]
    patch(cluster, DAEMON_SET, {"spec": {"template": {"spec": {"affinity": None, "containers": containers}}}})
    wanted = {"affinity-drift", "fields-changed", "daemon-on-excluded-node", "gates-differ", "gates-misspelt"}
    found = comes(check, {*wanted, "daemonset-behind"}, "--live")
    assert any(
        "DaemonSet kruise-daemon requires nothing" in one for one in found["affinity-drift"]["evidence"]
    )
    assert any("affinity" in one for one in found["fields-changed"]["evidence"])

    # Nothing of it is seen by a plain update; a new word makes Helm restore everything.
    stack.up("--skip-preview", "--expect-no-changes").succeeded()
    stack.configure({"reapply": "after the hand"})
    stack.up("--skip-preview").succeeded()
    comes(check, set(), "--live")


def test_webhooks_and_certificates(cluster: Cluster, check: Check, state: State, stack: Stack) -> None:
    name = "kruise-mutating-webhook-configuration"
    mutating, validating = cluster.get(f"{MUTATING}/{name}"), cluster.get(VALIDATING)
    secret = f"{CORE}/{HERE}/secrets/kruise-webhook-certs"
    certificates = cluster.get(secret)["data"]
    definition = f"{CRDS}/statefulsets.apps.kruise.io"
    api.call(cluster.client, "DELETE", f"{MUTATING}/{name}")
    eventually("the manager to be gone", lambda: manager_is_gone(state))
    hooks = copy.deepcopy(validating["webhooks"])
    hooks[0]["clientConfig"]["caBundle"] = ""
    hooks[1]["clientConfig"]["service"]["namespace"] = "elsewhere"
    patch(cluster, VALIDATING, {"webhooks": hooks})
    patch(cluster, secret, {"data": dict.fromkeys(certificates)})
    service = {"namespace": "system", "name": "webhook-service"}
    conversion = {"spec": {"conversion": {"webhook": {"clientConfig": {"service": service}}}}}
    patch(cluster, definition, conversion)
    wanted = {"webhooks-missing", "webhook-wrong-namespace", "webhook-ca-mismatch"}
    comes(check, {*wanted, "webhook-certificates-missing", "crd-conversion-broken"})

    patch(cluster, secret, {"data": certificates})
    patch(cluster, VALIDATING, {"webhooks": validating["webhooks"]})
    service = {"namespace": KRUISE_NAMESPACE, "name": "kruise-webhook-service"}
    patch(cluster, definition, {"spec": {"conversion": {"webhook": {"clientConfig": {"service": service}}}}})
    recreate(cluster, MUTATING, mutating)
    wait_for_manager(state)
    comes(check, set())


def test_webhook_configurations_that_were_deleted_by_hand(
    cluster: Cluster, check: Check, state: State, stack: Stack
) -> None:
    """docs/recovering.md deletes both, so that no webhook refuses pods while no manager answers."""
    for path in (f"{MUTATING}/kruise-mutating-webhook-configuration", VALIDATING):
        api.call(cluster.client, "DELETE", path)
    eventually("the manager to be gone", lambda: manager_is_gone(state))
    pod = {"metadata": {"name": "shop"}, "spec": {"containers": [{"name": "c", "image": "shop:1"}]}}
    with existing(cluster, f"{CORE}/namespaces/default/pods", pod):
        assert "webhooks-missing" in codes(check)
    stack.configure({"reapply": "the webhooks"})
    stack.up("--skip-preview").succeeded()
    wait_for_manager(state)
    comes(check, set(), "--live")


def manager_is_gone(state: State) -> bool:
    log = (state.logs / "kruise-manager.log").read_text(errors="replace").splitlines()
    return log[-1].startswith("manager stopped")


def test_definitions(cluster: Cluster, check: Check, state: State, stack: Stack) -> None:
    path = f"{CRDS}/statefulsets.apps.kruise.io"
    stored = cluster.get(path)["status"]["storedVersions"]
    both = {"status": {"storedVersions": ["v1alpha1", "v1beta1"]}}
    with patched(cluster, f"{path}/status", both, {"status": {"storedVersions": stored}}):
        comes(check, {"crd-stored-versions"})

    api.call(cluster.client, "DELETE", f"{CRDS}/imagelistpulljobs.apps.kruise.io")
    api.call(cluster.client, "DELETE", f"{CORE}/namespaces/kruise-daemon-config")
    eventually("the namespace to be gone", lambda: not has_config_namespace(cluster))
    found = comes(check, {"crd-not-established", "config-namespace-missing", "objects-missing"}, "--live")
    evidence = found["objects-missing"]["evidence"]
    assert "1 CustomResourceDefinition: imagelistpulljobs.apps.kruise.io" in evidence
    assert "1 Namespace: kruise-daemon-config" in evidence
    stack.configure({"reapply": "once more"})
    stack.up("--skip-preview").succeeded()
    wait_for_manager(state)
    comes(check, set(), "--live")


def has_config_namespace(cluster: Cluster) -> bool:
    namespaces = cluster.get(f"{CORE}/namespaces")["items"]
    return any(one["metadata"]["name"] == "kruise-daemon-config" for one in namespaces)


def test_a_lease_that_is_not_renewed(cluster: Cluster, check: Check) -> None:
    spec = {"holderIdentity": "gone", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}
    lease = {"metadata": {"name": "kruise-manager"}, "spec": spec}
    with existing(cluster, f"/apis/coordination.k8s.io/v1/{HERE}/leases", lease):
        comes(check, {"manager-lease-stale"})


def test_what_a_destroy_would_delete(cluster: Cluster, check: Check, state: State) -> None:
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "c", "image": "shop:1"}]},
    }
    selector = {"matchLabels": {"app": "shop"}}
    clone_set = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "CloneSet",
        "metadata": {"name": "shop"},
        "spec": {"replicas": 1, "selector": selector, "template": template},
    }
    sidecar = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "SidecarSet",
        "metadata": {"name": "logs"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "containers": [{"name": "s", "image": "s:1"}]},
    }
    with (
        existing(cluster, f"{KRUISE}/namespaces/default/clonesets", clone_set),
        existing(cluster, f"{KRUISE}/sidecarsets", sidecar),
    ):
        found = comes(check, {"destroy-deletes", "destroy-hook-refuses"}, "--before-destroy")
        assert sorted(found["destroy-deletes"]["objects"]) == [
            "CloneSet.apps.kruise.io default/shop",
            "SidecarSet.apps.kruise.io logs",
        ]
        assert codes(check) == set(), "only where a destroy is planned"
    eventually("both to be gone", lambda: codes(check, "--before-destroy") == set())

    nowhere = {"restartPolicy": "Never", "nodeSelector": {"no-such": "node"}}
    spec = {"template": {"spec": {**nowhere, "containers": [{"name": "c", "image": "x"}]}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "kruise-finalizer"}, "spec": spec}
    with existing(cluster, f"/apis/batch/v1/{HERE}/jobs", job):
        comes(check, {"destroy-job-hangs"}, "--before-destroy")


# --- with less than everything allowed


def test_with_permission_for_nodes_and_pods_alone(
    cluster: Cluster, check: Check, state: State, tmp_path: Path
) -> None:
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]}]
    subject = {"kind": "ServiceAccount", "name": "looker", "namespace": "default"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "looker"}
    api.call(
        cluster.client, "POST", f"{CORE}/namespaces/default/serviceaccounts", {"metadata": {"name": "looker"}}
    )
    api.call(cluster.client, "POST", f"{rbac}/clusterroles", {"metadata": {"name": "looker"}, "rules": rules})
    binding = {"metadata": {"name": "looker"}, "roleRef": reference, "subjects": [subject]}
    api.call(cluster.client, "POST", f"{rbac}/clusterrolebindings", binding)
    path = f"{CORE}/namespaces/default/serviceaccounts/looker/token"
    token = api.call(cluster.client, "POST", path, {"spec": {}})["status"]["token"]
    config = yaml.safe_load(state.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))

    code, report = check("pool=batch", "--live", "--before-destroy", kubeconfig=kubeconfig, whole=True)
    assert code == 1
    found = {finding["code"] for finding in report["findings"]}
    assert "real-node-excluded" in found
    assert report["nodes"] == {"total": 10, "running": 2, "excluded": 7, "lost": 1}
    assert len(report["notChecked"]) > 10
    assert all("not allowed: GET " in one["because"] for one in report["notChecked"]), report["notChecked"]
