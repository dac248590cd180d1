"""Two installations in one program; nothing but the providers says where."""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_openkruise import OpenKruise

config = pulumi.Config("clusters")

for name in ("east", "west"):
    provider = k8s.Provider(name, kubeconfig=config.require(f"{name}Kubeconfig"), context="sandbox")
    kruise = OpenKruise(
        name,
        {
            "chart": config.require("chart"),
            "virtual_node_presets": ["eks-fargate", "kwok", "liqo", "tke-supernode"],
            "virtual_node_selectors": [config.require(f"{name}Selector")],
            "protect": False,
            "timeout": 120,
        },
        pulumi.ResourceOptions(providers=[provider]),
    )
    pulumi.export(name, kruise.status)
