"""``pulumi-openkruise discover`` on the nodes of a running cluster, read by its kubeconfig."""

import json

import pytest
from pulumi_openkruise.cli.app import run

from sandbox.nodes import NODES
from sandbox.state import State


def test_what_the_nodes_are_and_what_excludes_them(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["discover", "--kubeconfig", str(state.kubeconfig), "--all", "-o", "json"])

    out, err = capsys.readouterr()
    assert code == 1, err
    found = json.loads(out)
    judged = {name: group for group in found["groups"] for name in group["names"]}
    assert {name: group["verdict"] for name, group in judged.items()} == {
        node.name: "real" if node.kind in ("real", "windows") else "virtual" for node in NODES
    }
    assert found["proposal"]["virtualNodePresets"] == ["eks-fargate", "kwok", "liqo", "tke-supernode"]
    assert found["proposal"]["virtualNodeSelectors"] == []
    assert found["proposal"]["label"] == []


def test_a_context_that_is_not_there(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["discover", "--kubeconfig", str(state.kubeconfig), "--context", "none"]) == 2
    assert "none" in capsys.readouterr().err
