"""Known kinds of virtual nodes and the label selectors that find them: data, one entry a kind.

A kind gets in with evidence that its nodes carry the labels, and that real nodes do not. Only labels (and the
node's name) can be used by node affinity; the taints are here because they tell a reader which nodes are
meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """One kind of virtual node."""

    description: str
    """What the nodes are, in a few words."""
    selectors: tuple[str, ...]
    """Label selectors; a node of this kind matches at least one of them."""
    source: str
    """Where it can be seen that the nodes carry these labels."""
    taints: tuple[str, ...] = ()
    """Taints that such nodes usually have, ``key=value:effect``; kruise-daemon tolerates all of them."""


PRESETS: dict[str, Preset] = {
    "eks-fargate": Preset(
        description="AWS EKS on Fargate: one node for each pod",
        selectors=("eks.amazonaws.com/compute-type=fargate",),
        source="aws/containers-roadmap#1976; kubernetes/cloud-provider-aws pkg/providers/v1/instances.go",
        taints=("eks.amazonaws.com/compute-type=fargate:NoSchedule",),
    ),
    "kwok": Preset(
        description="KWOK simulated nodes, kwokctl's and those of Karpenter's kwok provider",
        selectors=("kwok.x-k8s.io/node=fake", "type=kwok"),
        source="kubernetes-sigs/kwok kustomize/kwokctl/resource/node.yaml; kubernetes-sigs/karpenter kwok/",
        taints=("kwok.x-k8s.io/node=fake:NoSchedule",),
    ),
    "liqo": Preset(
        description="Liqo: a remote cluster as one node",
        selectors=("liqo.io/type=virtual-node",),
        source="liqotech/liqo pkg/virtualKubelet/liqoNodeProvider/setup.go",
        taints=("virtual-node.liqo.io/not-allowed=true:NoExecute",),
    ),
    # Tencent can inject DaemonSet pods into super nodes, also kruise-daemon: whoever uses that leaves this
    # out.
    "tke-supernode": Preset(
        description="Tencent TKE super nodes (eklet)",
        selectors=("node.kubernetes.io/instance-type=eklet",),
        source="Tencent Cloud document 457/40027",
        taints=("eks.tke.cloud.tencent.com/eklet:NoSchedule",),
    ),
    "virtual-kubelet": Preset(
        description="Virtual Kubelet and most providers built on it, among them Azure ACI and Alibaba ECI",
        selectors=("type=virtual-kubelet",),
        source="virtual-kubelet/virtual-kubelet node/nodeutil/controller.go",
        taints=("virtual-kubelet.io/provider:NoSchedule",),
    ),
    "windows": Preset(
        description="Windows nodes: real ones, but the daemon's image does not exist for them",
        selectors=("kubernetes.io/os=windows",),
        source="openkruise/kruise Makefile (platforms of the image) and the kubelet's own label",
    ),
}

# The chart excludes type=virtual-kubelet by itself, but any affinity given to it replaces that, so it is said
# here again; the second label is this package's own, for nodes that carry nothing else to know them by.
BASE_SELECTORS: tuple[str, ...] = (
    *PRESETS["virtual-kubelet"].selectors,
    "openkruise.io/virtual-node=true",
    *PRESETS["windows"].selectors,
)
"""What ``baseExclusions`` excludes."""


def preset_selectors(names: Iterable[str]) -> list[str]:
    """Return the selectors of the presets named; raises KeyError for a name that is not in ``PRESETS``."""
    return [selector for name in names for selector in PRESETS[name].selectors]
