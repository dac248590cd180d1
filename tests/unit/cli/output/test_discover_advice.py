"""The command that ``discover`` proposes for nodes without a label: only names that a cluster can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.cli.output.discover_advice import write_label_command
from pulumi_openkruise.detection.classification import Classification
from pulumi_openkruise.discovery.nodes import ClassifiedNode

SET = "openkruise.io/virtual-node=true"


def node(name: str) -> ClassifiedNode:
    return ClassifiedNode(name, {}, Classification("virtual", None, (), "", (), no_daemon=""), "")


@pytest.mark.parametrize(
    "name",
    ["--all", "-l", "a=b", "openkruise.io/virtual-node-", "a;reboot", "$(reboot)", "a b", "A", "a\n", ""],
)
def test_a_name_that_no_cluster_has_is_left_out(name: str) -> None:
    assert write_label_command([node("a"), node(name), node("b.c")]) == f"kubectl label node a b.c {SET}"
    assert write_label_command([node(name)]) == f"kubectl label node '<name>' {SET}"


@given(st.lists(st.text(alphabet="a1-.=/ $;\n")))
def test_each_word_is_a_name(names: list[str]) -> None:
    words = write_label_command([node(name) for name in names]).split("#")[0].split()
    assert words[:3] == ["kubectl", "label", "node"]
    assert words[-1] == SET
    assert set(words[3:-1]) <= {*names, "'<name>'"}
    assert not [word for word in words[3:-1] if word[0] == "-" or word[-1] == "-" or "=" in word]
