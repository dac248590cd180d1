"""One cluster of the company.

Moving an installation below a component renames it. The module refuses that, since the new one would replace
the old, and with it every CloneSet. An alias keeps the resources, in the component's options for OpenKruise:
`aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]`.
"""

import pulumi
import pulumi_kubernetes as k8s
from platform_team import ClusterBase

config = pulumi.Config()
cluster = k8s.Provider("cluster", kubeconfig=config.require_secret("kubeconfig"))
base = ClusterBase(
    "base",
    {"virtual_nodes": config.require_object("virtualNodes")},
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("daemonReady", base.daemon_ready)
