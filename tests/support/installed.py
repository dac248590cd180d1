"""A healthy installation as plain data, for tests to break: two real nodes, a virtual one, all of it read."""

import base64
import copy
from dataclasses import replace
from typing import Any

from pulumi_openkruise.checks import Expected, Snapshot, expect_settings, make_node_facts
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.detection import classify
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.inventory.helm_records import ReleaseRecord
from pulumi_openkruise.inventory.manifest import read_manifest
from pulumi_openkruise.inventory.snapshot import Key, NodeFacts

TAKEN = "2026-01-01T12:00:00Z"
NAMESPACE = "kruise-system"
# A CA that ends in 2051, made for this test; nothing was ever signed with it.
CA = b"""-----BEGIN CERTIFICATE-----
MIIBIjCByKADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcN
MjUwMTAxMDAwMDAwWhgPMjA1MTAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQewpUlWyNwA1cSg0pE98tjqVR+AFiI
AjceGdKje2W1t2g/tL4rGhU5gUCuxBFh5WvsdKOgUegB3tMGbEyJpVBXoxMwETAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDUCiKUKhsG5KuzooJv
nOL+0gC9kXTOPyfV0JpcmA7WMwIhAORWWpHQ4UL/FtIqZ0CADROq3A951KKkT+Po
+rUkcV4d
-----END CERTIFICATE-----
"""
VIRTUAL_TAINT = {"key": "virtual-kubelet.io/provider", "value": "test", "effect": "NoSchedule"}


def node(name: str, *, taints: Any = (), unschedulable: bool = False, **labels: str) -> NodeFacts:
    """Return a real node, unless its labels say otherwise."""
    return facts(node_object(name, taints=taints, unschedulable=unschedulable, **labels))


def facts(raw: dict[str, Any]) -> NodeFacts:
    """Return what checks know of a Node object."""
    return make_node_facts(raw, classify)


def node_object(name: str, *, taints: Any = (), unschedulable: bool = False, **labels: str) -> dict[str, Any]:
    """Return a Node object of a real node; ``__`` in a label's key stands for ``/``, ``_`` for ``-``."""
    plain = {key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()}
    return {
        "kind": "Node",
        "metadata": {
            "name": name,
            "creationTimestamp": "2025-01-01T00:00:00Z",
            "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", **plain},
        },
        "spec": {"taints": list(taints), "unschedulable": unschedulable},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": "v1.30.3",
                "osImage": "Debian GNU/Linux 13",
                "kernelVersion": "6.12",
                "architecture": "amd64",
                "operatingSystem": "linux",
            },
        },
    }


def virtual(name: str, *, guarded: bool = True, labelled: bool = True, annotated: bool = False) -> NodeFacts:
    """Return a virtual node as the Virtual Kubelet library registers it."""
    raw = node_object(name, taints=[VIRTUAL_TAINT] if guarded else [])
    raw["metadata"]["labels"] = {"type": "virtual-kubelet"} if labelled else {}
    raw["status"]["nodeInfo"] = {"kubeletVersion": "v1.11.0", "containerRuntimeVersion": ""}
    if annotated:
        raw["metadata"]["annotations"] = {"virtual-kubelet.io/last-applied-object-meta": "{}"}
    return facts(raw)


def pod(name: str, on: str, owner: str, role: str, *, ready: bool = True, **status: Any) -> dict[str, Any]:
    """Return a running pod of OpenKruise's namespace; *role* is its ``control-plane`` label."""
    return {
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"control-plane": role},
            "ownerReferences": [{"kind": owner, "uid": owner}],
        },
        "spec": {"nodeName": on, "containers": [{"args": ["--feature-gates=ImagePullJobGate=true"]}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"restartCount": 0}],
            **status,
        },
    }


def daemon(on: str, **more: Any) -> dict[str, Any]:
    """Return a pod of the DaemonSet on a node."""
    return pod(f"kruise-daemon-{on}", on, "DaemonSet", "daemon", **more)


def manager(number: int, on: str, **more: Any) -> dict[str, Any]:
    """Return a pod of the manager's Deployment on a node."""
    return pod(f"kruise-controller-manager-{number}", on, "ReplicaSet", "controller-manager", **more)


def expected(**config: Any) -> Expected:
    """Return what a stack with this config wants, its own selectors before the base exclusions."""
    settings = read_settings(config, source="test", field_name=config_field_name())
    return expect_settings(settings, "Pulumi.test.yaml")


def _workload(kind: str, name: str, affinity: Any, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            **spec,
            "template": {
                "spec": {
                    "affinity": {"nodeAffinity": {REQUIRED: affinity}},
                    "volumes": [{"name": "runtime-socket", "hostPath": {"path": "/var/run"}}],
                    "containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}],
                }
            },
        },
    }


def configuration(kind: str) -> dict[str, Any]:
    """Return a webhook configuration, ``mutating`` or ``validating``."""
    client = {
        "service": {"namespace": NAMESPACE, "name": "kruise-webhook-service"},
        "caBundle": base64.b64encode(CA).decode(),
    }
    name = f"kruise-{kind}-webhook-configuration"
    return {"metadata": {"name": name}, "webhooks": [{"name": f"{kind}.kb.io", "clientConfig": client}]}


def definition(plural: str, *, stored: tuple[str, ...] = ("v1alpha1",)) -> dict[str, Any]:
    """Return a CRD that has stored objects in these versions."""
    return {
        "metadata": {"name": f"{plural}.apps.kruise.io"},
        "spec": {"versions": [{"name": "v1alpha1", "storage": False}, {"name": "v1beta1", "storage": True}]}
        if stored == ("v1beta1",)
        else {"versions": [{"name": "v1alpha1", "storage": True}]},
        "status": {
            "storedVersions": list(stored),
            "conditions": [
                {"type": "Established", "status": "True"},
                {"type": "NamesAccepted", "status": "True"},
            ],
        },
    }


MANIFEST = """
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: kruise-manager
  namespace: kruise-system
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: clonesets.apps.kruise.io
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: kruise-controller-manager
  namespace: kruise-system
spec:
  replicas: 2
  template:
    spec:
      hostNetwork: false
      containers:
        - name: c
          resources:
            limits:
              cpu: 1000m
"""


def record(revision: int = 3, status: str = "deployed", **more: Any) -> ReleaseRecord:
    """Return Helm's record of one revision of the release."""
    affinity = {"nodeAffinity": {REQUIRED: expected().daemon}}
    plain: dict[str, Any] = {
        "name": "kruise",
        "namespace": NAMESPACE,
        "revision": revision,
        "status": status,
        "description": "Upgrade complete",
        "updated": "2026-01-01T00:00:00Z",
        "chart": "kruise",
        "chart_version": "1.8.3",
        "app_version": "1.8.3",
        "manifest": MANIFEST,
        "hooks": (),
        "values": {"daemon": {"affinity": affinity}},
        "defaults": {},
        "secret": f"sh.helm.release.v1.kruise.v{revision}",
    }
    return ReleaseRecord(**{**plain, **more})


def live() -> dict[Key, Any]:
    """Return the objects of the manifest as an API server would give them: with more than was asked for."""
    objects: dict[Key, Any] = {key: copy.deepcopy(one) for key, one in read_manifest(MANIFEST).items()}
    for one in objects.values():
        one["metadata"]["uid"] = "x"
        if one["kind"] == "Deployment":
            spec = one["spec"]["template"]["spec"]
            del spec["hostNetwork"]
            spec["containers"][0] |= {"resources": {"limits": {"cpu": "1"}}, "imagePullPolicy": "Always"}
    return objects


def healthy() -> Snapshot:
    """Everything read, nothing to find but that two informative checks have nothing to say either."""
    wanted = expected()
    return Snapshot(
        source="a test",
        taken=TAKEN,
        nodes=[node("real-1"), node("real-2"), virtual("virtual-1")],
        version="v1.30.3",
        pods=[daemon("real-1"), daemon("real-2"), manager(1, "real-1"), manager(2, "real-2")],
        logs={},
        namespace={"metadata": {"name": NAMESPACE, "labels": {"control-plane": "openkruise"}}},
        config_namespace={"metadata": {"name": "kruise-daemon-config"}},
        daemon_set={
            **_workload("DaemonSet", "kruise-daemon", wanted.daemon),
            "status": {"desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 2},
        },
        deployment={
            **_workload("Deployment", "kruise-controller-manager", wanted.manager, replicas=2),
            "status": {"availableReplicas": 2},
        },
        jobs=[],
        lease={
            "metadata": {"name": "kruise-manager"},
            "spec": {"renewTime": "2026-01-01T11:59:55.123456Z", "leaseDurationSeconds": 15},
        },
        mutating=configuration("mutating"),
        validating=configuration("validating"),
        node_label_policy=None,
        endpoint_slices=[
            {
                "endpoints": [
                    {"conditions": {"ready": True}, "targetRef": {"name": f"kruise-controller-manager-{n}"}}
                    for n in (1, 2)
                ]
            }
        ],
        certificates={"data": {"ca-cert.pem": base64.b64encode(CA).decode()}},
        definitions=[definition("clonesets")],
        field_uses=[],
        node_images={"real-1": 0, "real-2": 1},
        node_pod_probes={"real-1": 1},
        records=[record()],
        manifest=read_manifest(MANIFEST),
        live=live(),
        custom_resources={"NodeImage.apps.kruise.io": ["real-1"], "CloneSet.apps.kruise.io": []},
    )


def broken(**parts: Any) -> Snapshot:
    """Return the healthy one with other parts."""
    return replace(healthy(), **parts)
