"""Container runtimes: which CRI versions they serve, where their sockets are, what daemons log. Data only.

The one table of runtimes: for discovery, for checks before and after an installation, and for reading the
logs of kruise-daemon.
"""

import re
from dataclasses import dataclass

CriVersion = str
"""``v1`` or ``v1alpha2``, as in the names of the gRPC services: ``runtime.v1.RuntimeService``."""

V1, V1ALPHA2 = "v1", "v1alpha2"

Version = tuple[int, int]
"""Major and minor."""


@dataclass(frozen=True)
class RuntimeRange:
    """Versions of a runtime that serve the same CRI versions."""

    name: str
    """The runtime as ``containerRuntimeVersion`` names it, before ``://``."""
    cri: tuple[CriVersion, ...]
    description: str
    """The runtime and its versions, for people."""
    upgrade: str
    """What serves CRI v1 instead; a clause for a remedy, empty where this does."""
    source: str
    before: Version | None = None
    """The first version of the runtime that is no longer in this range; None for the rest."""
    kubelet_before: Version | None = None
    """The first version of the kubelet with which it is no longer in this range; None for any."""


RANGES: tuple[RuntimeRange, ...] = (
    RuntimeRange(
        "docker",
        (V1ALPHA2,),
        "Docker by dockershim (kubelet before 1.24)",
        "move the nodes to containerd 1.6 or newer, or to Kubernetes 1.24 with cri-dockerd",
        "kubernetes.io, dockershim removal FAQ; openkruise/kruise#1663 (its log)",
        kubelet_before=(1, 24),
    ),
    RuntimeRange(
        "docker",
        (V1, V1ALPHA2),
        "Docker by cri-dockerd",
        "",
        "Mirantis/cri-dockerd#334 (serves both)",
    ),
    RuntimeRange(
        "containerd",
        (V1ALPHA2,),
        "containerd before 1.6",
        "upgrade containerd to 1.6 or newer",
        "containerd/containerd#5619 (v1 since 1.6); openkruise/kruise#1568, #1817",
        before=(1, 6),
    ),
    RuntimeRange(
        "containerd",
        (V1, V1ALPHA2),
        "containerd 1.6 and 1.7",
        "",
        "containerd/containerd RELEASES.md, deprecated features",
        before=(2, 0),
    ),
    RuntimeRange(
        "containerd",
        (V1,),
        "containerd 2",
        "",
        "containerd/containerd RELEASES.md (v1alpha2 removed in 2.0); matrixorigin/matrixone-operator#609",
    ),
    RuntimeRange(
        "cri-o",
        (V1ALPHA2,),
        "CRI-O before 1.21",
        "upgrade CRI-O to 1.21 or newer",
        "cri-o/cri-o#4408; cloudnativelabs/kube-router#1470",
        before=(1, 21),
    ),
    RuntimeRange(
        "cri-o",
        (V1, V1ALPHA2),
        "CRI-O 1.21 to 1.25",
        "",
        "cri-o/cri-o#4408, #6347",
        before=(1, 26),
    ),
    RuntimeRange(
        "cri-o",
        (V1,),
        "CRI-O 1.26 and newer",
        "",
        "cri-o/cri-o#6347",
    ),
)
"""For each runtime in ascending order: the first range that a node is in counts."""

KUBELET_NEEDS_V1: Version = (1, 26)
"""From this version on a kubelet runs with CRI v1 alone, so whatever is below it serves that
(kubernetes/kubernetes#110618)."""

KRUISE_NEEDS_V1: Version = (1, 6)
"""From this version on kruise-daemon speaks CRI v1, before it v1alpha2 (openkruise/kruise#1817)."""


@dataclass(frozen=True)
class Distribution:
    """A distribution of Kubernetes, by what its nodes show, and where it keeps its runtime's socket."""

    name: str
    socket: str
    """Absolute path of the socket on the node."""
    runtime: str
    """The runtime as ``containerRuntimeVersion`` names it: a distribution can have two."""
    source: str
    kubelet: str = ""
    """Regular expression that is found in ``kubeletVersion``; empty where it shows nothing."""
    label: tuple[str, str] | None = None
    """A label that its nodes have; None where they have none of their own."""
    platform: str = ""
    """The key ``platform`` of a stack's config that sets the place; empty where there is none."""


DISTRIBUTIONS: tuple[Distribution, ...] = (
    Distribution(
        "k3s",
        "/run/k3s/containerd/containerd.sock",
        "containerd",
        "k3s-io/k3s pkg/agent/containerd/config_linux.go; openkruise/kruise#1447",
        kubelet=r"\+k3s",
        platform="k3s",
    ),
    Distribution(
        "k3s with Docker",
        "/run/k3s/cri-dockerd/cri-dockerd.sock",
        "docker",
        "k3s-io/k3s pkg/agent/cridockerd/config_linux.go; openkruise/kruise#1196, #1899",
        kubelet=r"\+k3s",
        platform="k3s",
    ),
    Distribution(
        "RKE2",
        "/run/k3s/containerd/containerd.sock",
        "containerd",
        "docs.rke2.io/reference/cli_tools; openkruise/kruise#1447",
        kubelet=r"\+rke2",
        platform="rke2",
    ),
    Distribution(
        "k0s",
        "/run/k0s/containerd.sock",
        "containerd",
        "k0sproject/k0s docs/runtime.md",
        kubelet=r"\+k0s",
    ),
    Distribution(
        "MicroK8s",
        "/var/snap/microk8s/common/run/containerd.sock",
        "containerd",
        "canonical/microk8s microk8s-resources/default-args/kubelet (label and endpoint)",
        label=("microk8s.io/cluster", "true"),
    ),
)
"""Those that keep the socket elsewhere than upstream; the first that fits counts."""

UPSTREAM_SOCKETS: dict[str, str] = {
    "containerd": "/run/containerd/containerd.sock",
    "cri-o": "/run/crio/crio.sock",
    "docker": "/run/cri-dockerd.sock",
}
"""Where the runtimes keep their sockets by themselves (their own default configuration)."""

CRI_SOCKET_ANNOTATION = "kubeadm.alpha.kubernetes.io/cri-socket"
"""The annotation in which kubeadm records a node's socket, as a URL or a path."""

NODE_ARGS_ANNOTATIONS = ("k3s.io/node-args", "rke2.io/node-args")
"""Annotations in which k3s and RKE2 record a node's arguments, as a list in JSON (docs.k3s.io, CLI tools)."""

ENDPOINT_ARGUMENT = "--container-runtime-endpoint"
"""The argument among these that names another socket than the distribution's own."""

SEARCHED: tuple[tuple[str, Version], ...] = (
    ("containerd.sock", (1, 0)),
    ("containerd/containerd.sock", (1, 0)),
    ("crio.sock", (1, 1)),
    ("crio/crio.sock", (1, 1)),
    ("cri-dockerd.sock", (1, 7)),
    ("cri-dockerd/cri-dockerd.sock", (1, 8)),
)
"""What kruise-daemon searches below ``daemon.socketLocation``, and since which of its versions
(openkruise/kruise pkg/daemon/criruntime/factory.go; #930, #1631, #1899)."""

NO_SOCKET_LOG = "not found container runtime sock"
"""What the daemon logs where it finds none of them (factory.go, NewFactory)."""

NO_CRI_LOG = re.compile(r"unknown service runtime\.(v1|v1alpha2)\.(?:Runtime|Image)Service")
"""What it logs where the runtime does not serve the CRI version that it speaks (group 1)."""
