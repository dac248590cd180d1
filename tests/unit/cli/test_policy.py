"""``pulumi-openkruise policy``."""

from collections.abc import Callable

import pytest
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.policy import manifests
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


STACK = """
config:
  openkruise:nodeLabelPolicy: label
  openkruise:setTypeLabel: "false"
  openkruise:nodeLabelSelectors: [pool=next]
  openkruise:virtualNodePresets: [tke-supernode@1]
  openkruise:virtualNodeSelectors: [pool=burst]
"""


@pytest.mark.parametrize(
    ("form", "write"),
    [
        ("mutating-admission-policy", manifests.write_mutating_policy),
        ("validating-admission-policy", manifests.write_validating_policy),
        ("kyverno", manifests.write_kyverno_policy),
    ],
)
def test_a_stacks_file_gives_what_up_applies(
    command: Callable[..., tuple[int, str, str]],
    stack_file: Callable[[str], str],
    form: str,
    write: Callable[..., list[dict[str, object]]],
) -> None:
    code, out, _err = command("policy", "--stack-file", stack_file(STACK), "--format", form)
    assert code == 0
    args = {
        "set_type_label": False,
        "node_label_selectors": ["pool=next"],
        "virtual_node_presets": ["tke-supernode@1"],
        "virtual_node_selectors": ["pool=burst"],
        "node_label_policy": "label",
    }
    rule = read_settings(args, source="test").node_label_rule()
    assert list(YAML(typ="safe", pure=True).load_all(out)) == write(rule)


def test_a_stack_that_has_no_policy_prints_one_without_a_warning(
    command: Callable[..., tuple[int, str, str]], stack_file: Callable[[str], str]
) -> None:
    text = STACK.replace("nodeLabelPolicy: label", "nodeLabelPolicy: off")
    code, out, err = command("policy", "--stack-file", stack_file(text))
    assert (code, "has no effect" in err) == (0, False)
    assert "next" in str(next(iter(YAML(typ="safe", pure=True).load_all(out))))


def test_a_stack_and_selectors_do_not_add_up(
    command: Callable[..., tuple[int, str, str]], stack_file: Callable[[str], str]
) -> None:
    for more in (["pool=a"], ["--no-type-label"], ["--preset", "liqo"]):
        code, _out, err = command("policy", "--stack-file", stack_file(STACK), *more)
        assert code == 2
        assert "alone, or selectors and options" in err


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["!gpu"], "matches a node without labels"),
        (["--preset", "ligo"], "did you mean liqo?"),
        (["a b", "!gpu"], "found 'b'"),
        ([f"a in ({','.join(map(str, range(20_000)))})"], "SELECTOR: 1 selector would take "),
    ],
)
def test_the_checks_are_those_of_config(
    command: Callable[..., tuple[int, str, str]], arguments: list[str], found: str
) -> None:
    code, out, err = command("policy", *arguments)
    assert (code, out) == (2, "")
    assert found in err


def test_what_config_is_warned_of_is_noted(
    command: Callable[..., tuple[int, str, str]], stack_file: Callable[[str], str]
) -> None:
    code, out, err = command("policy", "a=b,a=c", "pool=x")
    assert (code, "MutatingAdmissionPolicy" in out) == (0, True)
    assert "note: SELECTOR 'a=b,a=c': matches no node: no value of label a satisfies" in err
    path = stack_file(STACK.replace("[pool=burst]", "['a=b,a=c']"))
    code, out, err = command("policy", "--stack-file", path)
    assert (code, "MutatingAdmissionPolicy" in out) == (0, True)
    assert "note: openkruise:virtualNodeSelectors[0]: matches no node: no value of label a satisfies" in err
