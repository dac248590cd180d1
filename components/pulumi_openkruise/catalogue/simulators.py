"""Simulated nodes, and the nodes of clusters inside a cluster."""

from .kind import FieldPatterns, NodeKind

SIMULATORS: tuple[NodeKind, ...] = (
    NodeKind(
        name="k3k",
        vendor="Rancher",
        description="k3k clusters in shared mode: pods run in the host cluster",
        source="rancher/k3k k3k-kubelet/provider/configure.go",
        confidence="code",
        revisions=(("type=virtual-kubelet",),),
        type_label="yes",
        type_label_note="lost with mirrorHostNodes, whose nodes are copies of real ones",
    ),
    NodeKind(
        name="kubemark",
        vendor="Kubernetes",
        description="kubemark hollow nodes",
        source="kubernetes/kubernetes cmd/kubemark/app/hollow_node.go",
        confidence="code",
        patterns=FieldPatterns(runtime=r"fakeRuntime://"),
        reason="its nodes carry only the labels that --node-labels gives them: select one of those",
    ),
    NodeKind(
        name="kwok",
        vendor="Kubernetes SIGs",
        description="KWOK simulated nodes, kwokctl's and those of Karpenter's kwok provider",
        source="kubernetes-sigs/kwok kustomize/kwokctl/resource/node.yaml; kubernetes-sigs/karpenter kwok/",
        confidence="code",
        revisions=(("kwok.x-k8s.io/node=fake", "type=kwok"),),
        taints=("kwok.x-k8s.io/node=fake:NoSchedule",),
        annotations=("kwok.x-k8s.io/node",),
        patterns=FieldPatterns(provider_id=r"kwok://", kubelet_version=r"kwok-|fake$", runtime=r"kwok-"),
    ),
    NodeKind(
        name="vcluster-fake",
        vendor="Loft Labs",
        description="vcluster's fake nodes",
        source="loft-sh/vcluster pkg/controllers/resources/nodes/fake_syncer.go",
        confidence="code",
        revisions=(("vcluster.loft.sh/fake-node=true",),),
        patterns=FieldPatterns(os_image=r"Fake Kubernetes Image$"),
    ),
)
