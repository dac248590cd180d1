"""The sandbox's nodes as data: three real ones, and virtual ones as each kind registers itself.

Labels, taints and node info are those that the kind's own source or documentation gives; a label that a kind
does not set (the operating system's, for one) is left out here too. Some kinds carry no taint at all: there
node affinity is the only thing that keeps a pod away. Pods bound to a node that is not real stay Pending.
"""

from dataclasses import dataclass, field
from typing import Any

KIND = "sandbox.openkruise.io/kind"
KUBELET = "sandbox.openkruise.io/kubelet"
RUNS_PODS, REGISTERS_ONLY = "runs-pods", "registers-only"

_HOST = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
_EXCLUDE_BALANCER = {"node.kubernetes.io/exclude-from-external-load-balancers": "true"}


@dataclass(frozen=True)
class SandboxNode:
    """One node: its kind, its labels and taints, and what its kubelet would report."""

    name: str
    kind: str
    labels: dict[str, str]
    taints: tuple[tuple[str, str, str], ...] = ()
    runs_pods: bool = False
    info: dict[str, str] = field(default_factory=dict)
    pods: int = 110

    def manifest(self, ready_since: str) -> dict[str, Any]:
        """Return the Node object to create; *ready_since* is an RFC 3339 time."""
        info = dict.fromkeys(
            (
                "architecture",
                "bootID",
                "containerRuntimeVersion",
                "kernelVersion",
                "kubeProxyVersion",
                "kubeletVersion",
                "machineID",
                "operatingSystem",
                "osImage",
                "systemUUID",
            ),
            "",
        )
        resources = {"cpu": "16", "memory": "64Gi", "pods": str(self.pods), "ephemeral-storage": "200Gi"}
        condition = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": ready_since,
            "lastTransitionTime": ready_since,
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "labels": self.labels,
                "annotations": {KIND: self.kind, KUBELET: RUNS_PODS if self.runs_pods else REGISTERS_ONLY},
            },
            "spec": {
                "taints": [dict(zip(("key", "value", "effect"), taint, strict=True)) for taint in self.taints]
            },
            "status": {
                "capacity": resources,
                "allocatable": resources,
                # A real node's first status is KWOK's; for the others it would invent a container runtime.
                "conditions": [] if self.runs_pods else [condition],
                "nodeInfo": {**info, **self.info},
            },
        }


def _real(name: str, arch: str, zone: str, **labels: str) -> SandboxNode:
    return SandboxNode(
        name=name,
        kind="real",
        labels={
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": arch,
            "topology.kubernetes.io/zone": zone,
            **labels,
        },
        runs_pods=True,
        info={
            "architecture": arch,
            "operatingSystem": "linux",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": "v1.36.3",
            "osImage": "Debian GNU/Linux 13 (trixie)",
        },
    )


NODES: tuple[SandboxNode, ...] = (
    _real("worker-1", "amd64", "a", pool="general"),
    _real("worker-2", "arm64", "b", pool="general"),
    _real("worker-3", "amd64", "c", pool="batch"),
    # The library sets these three labels and, unlike its reference binary, no taint.
    SandboxNode(
        name="virtual-kubelet",
        kind="virtual-kubelet",
        labels={
            "type": "virtual-kubelet",
            "kubernetes.io/role": "agent",
            "kubernetes.io/hostname": "virtual-kubelet",
        },
        info={"kubeletVersion": "v1.11.0"},
    ),
    # A real kubelet with containerd inside a micro VM that holds one pod.
    SandboxNode(
        name="fargate-ip-10-0-1-23",
        kind="eks-fargate",
        labels={
            **_HOST,
            "eks.amazonaws.com/compute-type": "fargate",
            "kubernetes.io/hostname": "ip-10-0-1-23.eu-central-1.compute.internal",
            "topology.kubernetes.io/zone": "eu-central-1a",
        },
        taints=(("eks.amazonaws.com/compute-type", "fargate", "NoSchedule"),),
        info={
            "architecture": "amd64",
            "operatingSystem": "linux",
            "containerRuntimeVersion": "containerd://1.7.27",
            "kubeletVersion": "v1.33.1-eks-1234567",
            "osImage": "Amazon Linux 2",
        },
        pods=1,
    ),
    SandboxNode(
        name="liqo-milan",
        kind="liqo",
        labels={
            **_HOST,
            **_EXCLUDE_BALANCER,
            "kubernetes.io/hostname": "liqo-milan",
            "kubernetes.io/role": "agent",
            "liqo.io/type": "virtual-node",
            "liqo.io/remote-cluster-id": "milan",
        },
        taints=(("virtual-node.liqo.io/not-allowed", "true", "NoExecute"),),
        info={"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.3"},
    ),
    SandboxNode(
        name="eklet-subnet-7x2k9q",
        kind="tke-supernode",
        labels={
            **_HOST,
            "kubernetes.io/hostname": "eklet-subnet-7x2k9q",
            "node.kubernetes.io/instance-type": "eklet",
        },
        taints=(("eks.tke.cloud.tencent.com/eklet", "", "NoSchedule"),),
        info={"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.30.0"},
    ),
    # As `kwokctl scale node` makes it: no taint.
    SandboxNode(
        name="kwok-node-000000",
        kind="kwok",
        labels={
            **_HOST,
            "type": "kwok",
            "kubernetes.io/hostname": "kwok-node-000000",
            "kubernetes.io/role": "agent",
            "node-role.kubernetes.io/agent": "",
        },
        info={
            "architecture": "amd64",
            "operatingSystem": "linux",
            "containerRuntimeVersion": "kwok-v0.8.0",
            "kubeletVersion": "kwok-v0.8.0",
        },
    ),
    # HPK (pods as Slurm jobs) sets no label of its own, its taint can be switched off, it imitates a host:
    # only a label that people put there can tell it from a real node.
    SandboxNode(
        name="slurm-login",
        kind="hpk",
        labels={
            **_HOST,
            "kubernetes.io/hostname": "slurm-login",
            "kubernetes.io/role": "agent",
            "openkruise.io/virtual-node": "true",
        },
        info={
            "architecture": "amd64",
            "operatingSystem": "linux",
            "containerRuntimeVersion": "singularity://1.1.3",
            "osImage": "hpk",
            "kubeletVersion": "v1.33.0",
        },
    ),
    SandboxNode(
        name="win-1",
        kind="windows",
        labels={
            "kubernetes.io/hostname": "win-1",
            "kubernetes.io/os": "windows",
            "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/windows-build": "10.0.20348",
        },
        info={
            "architecture": "amd64",
            "operatingSystem": "windows",
            "containerRuntimeVersion": "containerd://1.7.27",
            "kubeletVersion": "v1.36.3",
            "osImage": "Windows Server 2022 Datacenter",
        },
    ),
)
