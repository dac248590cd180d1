"""A platform team's component: what every cluster of the company gets."""

from typing import TypedDict

import pulumi
from pulumi_openkruise import OpenKruise

COMPANY_WIDE = ["node.example.com/managed-by=burst-controller"]
"""Selectors of virtual nodes that any cluster may have."""


class ClusterBaseArgs(TypedDict):
    """What differs between clusters."""

    virtual_nodes: list[str]
    """Selectors of the virtual nodes that this cluster has in addition to the company's."""


class ClusterBase(pulumi.ComponentResource):
    """OpenKruise with the company's defaults, and whatever else each cluster needs."""

    daemon_ready: pulumi.Output[int | None]

    def __init__(self, name: str, args: ClusterBaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("example:platform:ClusterBase", name, None, opts)
        kruise = OpenKruise(
            name,
            {
                "virtual_node_presets": ["all"],
                "virtual_node_selectors": [*COMPANY_WIDE, *args["virtual_nodes"]],
                "image_registry": "registry.example.com/mirror",
            },
            # As a child it gets this component's providers, and its URN names this component.
            pulumi.ResourceOptions(parent=self),
        )
        self.daemon_ready = kruise.daemon_ready
        self.register_outputs({"daemonReady": self.daemon_ready})
