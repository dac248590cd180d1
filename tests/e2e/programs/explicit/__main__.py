"""OpenKruise by an explicit provider: its kubeconfig is the only one that the program knows."""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_openkruise import OpenKruise, args_from_config

config = pulumi.Config("cluster")
provider = k8s.Provider("there", kubeconfig=config.require("kubeconfig"), context=config.get("context"))
OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(providers=[provider]))
