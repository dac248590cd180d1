"""OpenKruise on one cluster; what differs between environments is in the stack's config.

`pulumi preview` shows the namespace, the Helm release, and the selectors of the excluded nodes.
"""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("selectors", kruise.selectors)
pulumi.export("status", kruise.status)
