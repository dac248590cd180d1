"""Namespace and release written by hand, with exactly the values that the component computes."""

import json
import os
from pathlib import Path

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.helm.v3 import Release

config = pulumi.Config("openkruise")

namespace = Namespace(
    "kruise-namespace",
    metadata={
        "name": "kruise-system",
        "labels": {"control-plane": "openkruise", "pod-security.kubernetes.io/enforce": "privileged"},
    },
)
release = Release(
    "kruise-release",
    name="kruise",
    namespace=namespace.metadata["name"],
    create_namespace=False,
    chart=config.require("chart"),
    version=config.require("chartVersion"),
    values=json.loads(Path(os.environ["VALUES"]).read_text()),
    allow_null_values=True,
    timeout=120,
    max_history=10,
)

pulumi.export("status", release.status["status"])
