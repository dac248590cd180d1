"""EKS with managed nodes and Fargate: the cluster comes from another stack, whose kubeconfig is an Output.

Fargate makes a node for each of its pods, and a DaemonSet's pod never starts there. Without the preset the
daemon's pods would stay Pending on all of them, and Helm would wait for them until its timeout.
"""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_openkruise import OpenKruise

config = pulumi.Config()
infrastructure = pulumi.StackReference(config.require("clusterStack"))

# In a program that creates the cluster itself it is `eks.Cluster(...).kubeconfig`.
cluster = k8s.Provider("eks", kubeconfig=infrastructure.require_output("kubeconfig"))

kruise = OpenKruise(
    "kruise",
    {
        "virtual_node_presets": ["eks-fargate"],
        # Only with a CNI whose pod addresses EKS's API server cannot reach; without it leave this line out.
        "platform": "eks-custom-cni",
        "node_check": "fail",
    },
    pulumi.ResourceOptions(providers=[cluster]),
)

pulumi.export("selectors", kruise.selectors)
pulumi.export("daemonReady", kruise.daemon_ready)
