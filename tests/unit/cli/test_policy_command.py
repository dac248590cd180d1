"""``pulumi-openkruise policy``."""

import pytest
from pulumi_openkruise.cli.app import run
from ruamel.yaml import YAML


def _documents(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert run(["policy", *arguments]) == 0
    return list(YAML(typ="safe", pure=True).load_all(capsys.readouterr().out))


def test_prints_a_policy_and_its_binding(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [document["kind"] for document in _documents(capsys, "pool=burst")]
    assert kinds == ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"]
    kinds = [document["kind"] for document in _documents(capsys, "--format", "validating-admission-policy")]
    assert kinds == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]


def test_what_cannot_be_run_here_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "--format", "kyverno"]) == 0
    captured = capsys.readouterr()
    assert "untested" in captured.err
    assert "kind: MutatingPolicy" in captured.out


@pytest.mark.parametrize(("selector", "found"), [("a b", "found 'b'"), ("", "matches every node")])
def test_refuses_a_wrong_selector(capsys: pytest.CaptureFixture[str], selector: str, found: str) -> None:
    assert run(["policy", selector]) == 2
    assert found in capsys.readouterr().err
