"""OpenKruise by the component; the arguments are a stack's config."""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

kruise = OpenKruise("kruise", args_from_config())

pulumi.export("status", kruise.status)
