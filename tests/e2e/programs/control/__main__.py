"""The control: namespace and release written by hand, the chart's values left as they are."""

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

config = pulumi.Config("openkruise")
repository = config.get("chartRepository")

namespace = Namespace(
    "kruise-system", metadata={"name": "kruise-system", "labels": {"control-plane": "openkruise"}}
)
Release(
    "kruise",
    name="kruise",
    namespace=namespace.metadata["name"],
    chart=config.require("chart"),
    version=config.get("chartVersion"),
    repository_opts=RepositoryOptsArgs(repo=repository) if repository else None,
    values={"installation": {"createNamespace": False}},
    timeout=30,
)
