"""What a kubelet on a machine puts into its Node object: data for telling it from what imitates one."""

import re

MACHINE_ANNOTATIONS = frozenset(
    {
        "csi.volume.kubernetes.io/nodeid",
        "kubeadm.alpha.kubernetes.io/cri-socket",
        "volumes.kubernetes.io/controller-managed-attach-detach",
    }
)
"""Annotations that a kubelet, kubeadm or a CSI driver on the machine writes."""

MACHINE_PROVIDER_ID = re.compile(
    r"aws:///[^/]+/i-|azure:///subscriptions/|gce://|qcloud:///\d+/ins-|ocid1\.instance\.|[a-z]+-[a-z0-9-]+\.i-"
    r"|(?:openstack|vsphere|hcloud|digitalocean|linode|ibm|equinixmetal|metal3|kubevirt|eks-hybrid|k3s|rke2|kind)://"
)
"""``spec.providerID`` of machines, matched from its beginning."""

ARCHITECTURES = frozenset(
    {"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le"}
    | {"riscv64", "s390x"}
)
"""Values of ``nodeInfo.architecture`` that a kubelet can report: Go's GOARCH (go.dev/doc/install/source)."""

SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd"})
"""Values of ``nodeInfo.operatingSystem``: Go's GOOS, as far as a kubelet is built for it."""

RUNTIME_FORM = re.compile(r"[^:/\s]*://")
"""How a kubelet writes its runtime: ``name://version``, with ``Unknown`` for one that does not answer
(kubernetes/kubernetes pkg/kubelet/nodestatus/setters.go, VersionInfo)."""

RUNTIME_NAMES = re.compile(
    r"(?:containerd|cri-o|docker|cri-dockerd|remote|rkt|frakti|pouch|isulad|iSulad|mcr|singularity|)://"
)
"""Runtimes with a CRI endpoint; KubeEdge wrote ``remote``, a runtime that never answered has no name."""
