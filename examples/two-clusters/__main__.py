"""Two clusters in one program: a provider for each, and what they share in one place.

Each installation looks only at the cluster of its own provider. One stack is one unit of change: to roll out
one cluster after the other, use one stack for each instead (`examples/shared-lists`).
"""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_openkruise import OpenKruise

config = pulumi.Config()
kubeconfig = config.require_secret("kubeconfig")

CLUSTERS = {
    "east": ["pool.example.com/name=burst"],
    "west": ["kubernetes.io/hostname in (gw-1, gw-2)"],
}

for name, selectors in CLUSTERS.items():
    provider = k8s.Provider(name, kubeconfig=kubeconfig, context=name)
    kruise = OpenKruise(
        f"kruise-{name}",
        {"virtual_node_presets": ["liqo"], "virtual_node_selectors": selectors},
        pulumi.ResourceOptions(providers=[provider]),
    )
    pulumi.export(name, kruise.status)
