"""The sandbox's nodes, which were written for another purpose, are classified as what they are."""

import pytest
from pulumi_openkruise.detection import classify

from sandbox.nodes import NODES, SandboxNode


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_node(node: SandboxNode) -> None:
    manifest = node.manifest("2026-01-01T00:00:00Z")
    if node.runs_pods:
        # What KWOK's stage adds as soon as the node is there.
        manifest["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    classification = classify(manifest)
    assert classification.verdict == ("real" if node.kind in ("real", "windows") else "virtual")
    assert classification.runs_daemon == node.runs_pods
    assert classification.kind == (None if node.kind == "real" else node.kind)
