"""Many stacks, one list: Pulumi.yaml has what all clusters share, and a stack's file adds its own.

`pulumi-openkruise affinity --stack-file Pulumi.prod.yaml` prints what both together exclude.
"""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("selectors", kruise.selectors)
