"""What is adopted: a namespace and a release written by hand, each directly below the stack."""

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.helm.v3 import Release

config = pulumi.Config("openkruise")

namespace = Namespace("system", metadata={"name": "kruise-system", "labels": {"control-plane": "openkruise"}})
not_in = {"key": "type", "operator": "NotIn", "values": ["kwok", "virtual-kubelet"]}
pool = {"key": "pool", "operator": "Exists"}
Release(
    "openkruise",
    name="kruise",
    namespace=namespace.metadata["name"],
    chart=config.require("chart"),
    version=config.get("chartVersion"),
    values={
        "installation": {"createNamespace": False},
        "daemon": {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchExpressions": [not_in, pool]}]
                    }
                }
            }
        },
        "manager": {"nodeSelector": {"pool": "general"}},
    },
    timeout=120,
)
