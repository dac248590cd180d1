"""A hybrid cluster: machines of its own, another cluster joined by Liqo, and a burst pool by Virtual Kubelet.

`pulumi-openkruise discover --context hybrid` finds these nodes and proposes this config.
"""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("selectors", kruise.selectors)
pulumi.export("affinity", kruise.affinity)
