"""A cluster without a way to the internet: chart and images come from inside, as the stack's config says.

How the archive and the images get there: docs/air-gapped.md.
"""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("selectors", kruise.selectors)
pulumi.export("status", kruise.status)
