"""One broken installation for each code of a finding, and helpers to break others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pulumi_openkruise.checks import Expected, Finding, Report, Snapshot
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.definitions import FinalizedResource
from pulumi_openkruise.inventory.field_uses import FieldUse

from tests.support.installed import (
    broken,
    daemon,
    definition,
    expected,
    facts,
    healthy,
    live,
    manager,
    node,
    node_object,
    pod,
    record,
    virtual,
)


def changed(base: Any, *path: str | int, to: Any) -> Any:
    """Return a copy of plain data with another value at a path."""
    if not path:
        return to
    first, *rest = path
    if isinstance(base, list):
        return [changed(one, *rest, to=to) if at == first else one for at, one in enumerate(base)]
    return {**base, first: changed(base.get(first, {}), *rest, to=to)}


def part(name: str, *path: str | int, to: Any) -> Snapshot:
    """Return the healthy snapshot with one part changed at a path."""
    return broken(**{name: changed(getattr(healthy(), name), *path, to=to)})


def nodes_and(*more: Any, **parts: Any) -> Snapshot:
    """Return the healthy snapshot with more nodes, and other parts."""
    return broken(nodes=[*healthy().nodes, *more], **parts)


def pods() -> list[Any]:
    """Return the healthy snapshot's pods."""
    found = healthy().pods
    assert not isinstance(found, Unavailable)
    return list(found)


def hpk(name: str, **labels: str) -> Any:
    """Return a node that imitates a real one, with an unknown runtime."""
    raw = node_object(name, taints=[{"key": "pool", "effect": "NoSchedule"}])
    raw["metadata"]["labels"] |= labels
    raw["status"]["nodeInfo"]["containerRuntimeVersion"] = "something://1"
    return facts(raw)


def declared(name: str, value: str, *, virtual: bool = False) -> Any:
    """Return a node with the label by which people say what it is, guarded by a taint."""
    raw = node_object(name, taints=[{"key": "pool", "effect": "NoSchedule"}])
    raw["metadata"]["labels"]["openkruise.io/virtual-node"] = value
    if virtual:
        raw["metadata"]["labels"]["liqo.io/type"] = "virtual-node"
    return facts(raw)


K3S = node_object("k3s-1")
K3S["status"]["nodeInfo"]["kubeletVersion"] = "v1.30.3+k3s1"
OLD = node_object("old-1")
OLD["status"]["nodeInfo"] |= {"containerRuntimeVersion": "containerd://1.5.9", "kubeletVersion": "v1.23.10"}
WAITING = {"containerStatuses": [{"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
FEW = ("daemonset-behind",)


Case = Callable[[], tuple[Snapshot, Expected]]


def plain(make: Callable[[], Snapshot]) -> Case:
    """Return a case that is compared with a stack without any config."""
    return lambda: (make(), expected())


HOOK = {
    "name": "kruise-finalizer",
    "kind": "Job",
    "events": ["pre-delete"],
    "manifest": "containers:\n- image: openkruise-registry.cn-shanghai.cr.aliyuncs.com/openkruise/hook:v1\n",
}


TIMED = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"
POLICY = {"metadata": {"name": "openkruise-virtual-nodes"}}


def guarded(*more: Any) -> Snapshot:
    """Return the healthy snapshot with the policy, which has labelled its virtual nodes, and more nodes."""
    nodes = [declared_virtual(one) if one.name.startswith("virtual") else one for one in healthy().nodes]
    return broken(nodes=[*nodes, *more], node_label_policy=POLICY)


def declared_virtual(one: Any) -> Any:
    """Return a node with the label that the policy sets."""
    return replace(one, labels={**one.labels, "openkruise.io/virtual-node": "true"}, unowned_label=True)


CASES: dict[str, Case] = {
    "real-node-excluded": lambda: (
        broken(
            nodes=[node("real-1", pool="burst"), *healthy().nodes[1:]],
            pods=pods()[1:],
            live={},
            daemon_set=wanted_by("daemon_set", virtual_node_selectors=["pool=burst"]),
            deployment=wanted_by("deployment", virtual_node_selectors=["pool=burst"]),
        ),
        expected(virtual_node_selectors=["pool=burst"]),
    ),
    "virtual-node-admitted": plain(lambda: nodes_and(virtual("virtual-2", labelled=False))),
    "unsure-node": plain(lambda: nodes_and(hpk("odd-1"))),
    "declared-virtual-looks-real": plain(lambda: nodes_and(declared("copy-1", "true"))),
    "declared-real-looks-virtual": plain(
        lambda: nodes_and(
            declared("burst-1", "false", virtual=True),
            pods=[*pods(), daemon("burst-1")],
            node_images={"real-1": 0, "real-2": 0, "burst-1": 0},
        )
    ),
    "policy-missed-node": plain(lambda: guarded(virtual("burst-1", annotated=True))),
    "policy-label-unfounded": plain(lambda: guarded(hpk("odd-1", **{"openkruise.io/virtual-node": "true"}))),
    "policy-labels-left": plain(lambda: nodes_and(declared_virtual(virtual("burst-1")))),
    "selector-matches-nothing": lambda: (
        broken(
            daemon_set=wanted_by("daemon_set", virtual_node_selectors=["pool=gone"]),
            deployment=wanted_by("deployment", virtual_node_selectors=["pool=gone"]),
        ),
        expected(virtual_node_selectors=["pool=gone"]),
    ),
    "daemon-on-excluded-node": plain(lambda: broken(pods=[*pods(), daemon("virtual-1", ready=False)])),
    "manager-on-excluded-node": plain(lambda: broken(pods=[*pods(), manager(3, "virtual-1")])),
    "real-node-without-daemon": plain(lambda: broken(pods=[p for p in pods() if "mon-real-2" not in str(p)])),
    "daemon-restarts": plain(
        lambda: broken(
            pods=[daemon("real-1", containerStatuses=[{"restartCount": 7}]), *pods()[1:]],
        )
    ),
    "untainted-virtual-node": plain(lambda: nodes_and(virtual("virtual-2", guarded=False))),
    "node-image-of-excluded-node": plain(
        lambda: broken(node_images={"real-1": 0, "real-2": 0, "virtual-1": 0})
    ),
    "node-pod-probe-of-excluded-node": plain(lambda: broken(node_pod_probes={"virtual-1": 0})),
    "node-image-missing": plain(lambda: broken(node_images={"real-1": 0})),
    "not-installed": plain(
        lambda: broken(
            daemon_set=None,
            deployment=None,
            config_namespace=None,
            mutating=None,
            validating=None,
            records=[],
            pods=[],
            live={},
        )
    ),
    "namespace-without-label": plain(lambda: part("namespace", "metadata", "labels", to={})),
    "pod-security-too-strict": plain(
        lambda: part("namespace", "metadata", "labels", "pod-security.kubernetes.io/enforce", to="restricted")
    ),
    "config-namespace-missing": plain(lambda: broken(config_namespace=None)),
    "release-unfinished": plain(lambda: broken(records=[record(), record(4, "pending-upgrade")])),
    "release-failed": plain(lambda: broken(records=[record(), record(4, "failed")])),
    "several-releases": plain(lambda: broken(records=[record(), record(namespace="default")])),
    "release-record-missing": plain(lambda: broken(records=[])),
    "manager-not-available": plain(lambda: part("deployment", "status", "availableReplicas", to=1)),
    "manager-single": plain(
        lambda: broken(
            deployment=changed(
                changed(healthy().deployment, "spec", "replicas", to=1), "status", "availableReplicas", to=1
            )
        )
    ),
    "manager-lease-stale": plain(
        lambda: part("lease", "spec", "renewTime", to="2026-01-01T11:50:00.000000Z")
    ),
    "daemonset-behind": plain(lambda: part("daemon_set", "status", "numberReady", to=1)),
    "runtime-socket": plain(
        lambda: nodes_and(
            facts(K3S), pods=[*pods(), daemon("k3s-1")], node_images={"real-1": 0, "real-2": 0, "k3s-1": 0}
        )
    ),
    "runtime-too-old": plain(
        lambda: nodes_and(
            facts(OLD), pods=[*pods(), daemon("old-1")], node_images={"real-1": 0, "real-2": 0, "old-1": 0}
        )
    ),
    "version-known-bad": plain(
        lambda: broken(records=[record(app_version="1.9.0")], version="v1.32.1-gke.1+abc")
    ),
    "version-untested": plain(lambda: broken(version="v1.36.3")),
    "upgrade-loses-fields": lambda: (
        broken(field_uses=[FieldUse("UnitedDeployment", "default/shop", (TIMED,))]),
        expected(chart_version="1.9.1"),
    ),
    "gates-differ": plain(
        lambda: part("pods", 0, "spec", "containers", 0, "args", to=["--feature-gates=PodWebhook=false"])
    ),
    "gates-misspelt": plain(
        lambda: broken(
            pods=[
                changed(one, "spec", "containers", 0, "args", to=["--feature-gates=KruiseDaemon=False"])
                for one in pods()
            ]
        )
    ),
    "webhooks-missing": plain(lambda: broken(mutating=None)),
    "webhook-without-endpoint": plain(lambda: broken(endpoint_slices=[])),
    "webhook-foreign-endpoint": plain(
        lambda: part("endpoint_slices", 0, "endpoints", 0, "targetRef", "name", to="cert-manager-1")
    ),
    "webhook-wrong-namespace": plain(
        lambda: part("mutating", "webhooks", 0, "clientConfig", "service", "namespace", to="elsewhere")
    ),
    "webhook-ca-mismatch": plain(
        lambda: part("validating", "webhooks", 0, "clientConfig", "caBundle", to="")
    ),
    "webhook-certificates-missing": plain(lambda: broken(certificates=None)),
    "webhook-certificate-expiring": plain(lambda: broken(taken="2050-12-25T00:00:00Z", lease=None)),
    "crd-not-established": plain(lambda: part("definitions", 0, "status", "conditions", to=[])),
    "crd-stored-versions": plain(
        lambda: broken(
            definitions=[
                changed(
                    definition("clonesets", stored=("v1beta1",)),
                    "status",
                    "storedVersions",
                    to=["v1alpha1", "v1beta1"],
                )
            ]
        )
    ),
    "crd-stored-version-gone": plain(
        lambda: part("definitions", 0, "status", "storedVersions", to=["v1alpha1", "v1beta1"])
    ),
    "crd-conversion-broken": plain(
        lambda: part(
            "definitions",
            0,
            "spec",
            "conversion",
            to={
                "strategy": "Webhook",
                "webhook": {"clientConfig": {"service": {"namespace": "system", "name": "webhook-service"}}},
            },
        )
    ),
    "affinity-drift": plain(lambda: part("daemon_set", "spec", "template", "spec", "affinity", to={})),
    "objects-missing": plain(lambda: broken(live={**live(), **dict.fromkeys(list(live())[:1])})),
    "fields-changed": plain(
        lambda: broken(
            live={
                key: changed(one, "spec", "replicas", to=9) if one["kind"] == "Deployment" else one
                for key, one in live().items()
            }
        )
    ),
    "destroy-deletes": plain(
        lambda: broken(custom_resources={"SidecarSet.apps.kruise.io": ["proxy", "logs"]})
    ),
    "destroy-hook-refuses": plain(
        lambda: broken(custom_resources={"CloneSet.apps.kruise.io": ["default/shop"]})
    ),
    "destroy-leaves-resources": plain(
        lambda: broken(finalized={"ImagePullJob.apps.kruise.io": [FinalizedResource("a/b", ("x/y",), True)]})
    ),
    "destroy-job-hangs": plain(
        lambda: broken(jobs=[{"metadata": {"name": "kruise-finalizer"}, "status": {"active": 1}}])
    ),
    "destroy-hook-image": plain(lambda: broken(records=[record(hooks=(HOOK,))])),
    "destroy-namespace-in-use": plain(
        lambda: broken(pods=[*pods(), pod("shop-1", "real-1", "ReplicaSet", "shop")])
    ),
}

# What is wrong leads to this other finding, too.
ALSO = {"destroy-hook-refuses": {"destroy-deletes"}}


def wanted_by(part_name: str, **config: Any) -> Any:
    """Return the live workload with the affinity that a stack's config gives."""
    wanted = expected(**config)
    affinity = wanted.daemon if part_name == "daemon_set" else wanted.manager
    path = ("spec", "template", "spec", "affinity", "nodeAffinity")
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    return changed(getattr(healthy(), part_name), *path, to={required: affinity})


def found(report: Report) -> dict[str, Finding]:
    """Return the findings of a report by code."""
    return {finding.code: finding for finding in report.findings}
