"""One component declared on the engine's double, and what it should declare."""

from typing import Any

import pulumi
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.selectors import exclusion_affinity

from tests.support.engine import COMPONENT, Engine

BASE = ["type=virtual-kubelet", "openkruise.io/virtual-node=true", "kubernetes.io/os=windows"]
"""The selectors that are excluded without any argument."""
PARENT = f"urn:pulumi:test::openkruise::{COMPONENT}::kruise"
"""The component's URN."""


def require_exclusion(*selectors: str) -> dict[str, Any]:
    """Return the node affinity that keeps pods off the nodes of these selectors."""
    affinity = exclusion_affinity(selectors)
    assert affinity is not None
    return {"requiredDuringSchedulingIgnoredDuringExecution": affinity}


def declare(engine: Engine, args: OpenKruiseArgs, **options: Any) -> None:
    """Run a program that declares one component."""
    engine.run(lambda: OpenKruise("kruise", args, pulumi.ResourceOptions(**options)))
