"""Many stacks, one list: what all clusters share stands here, what one of them adds in its stack's file.

Pulumi's own way to share config, `config:` in Pulumi.yaml, replaces lists: a stack that sets the key loses
the shared entries. Adding them in the program loses nothing.
"""

import pulumi
from pulumi_openkruise import OpenKruise, args_from_config

SHARED_PRESETS = ["liqo"]
SHARED_SELECTORS = ["node.example.com/managed-by=burst-controller"]

arguments = args_from_config()
arguments["virtual_node_presets"] = [*SHARED_PRESETS, *(arguments.get("virtual_node_presets") or [])]
arguments["virtual_node_selectors"] = [*SHARED_SELECTORS, *(arguments.get("virtual_node_selectors") or [])]

kruise = OpenKruise("kruise", arguments)

pulumi.export("selectors", kruise.selectors)
