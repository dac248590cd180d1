"""The sandbox's nodes are told as what they are, too: they were written for another purpose."""

import pytest
from pulumi_openkruise.detection import judge

from sandbox.nodes import NODES, SandboxNode


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_node(node: SandboxNode) -> None:
    manifest = node.manifest("2026-01-01T00:00:00Z")
    if node.runs_pods:
        # What KWOK's stage adds as soon as the node is there.
        manifest["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    judgement = judge(manifest)
    assert judgement.verdict == ("real" if node.kind in ("real", "windows") else "virtual")
    assert judgement.runs_daemon == node.runs_pods
    assert judgement.kind == (None if node.kind == "real" else node.kind)
