"""Nodes as YAML: kubectl's form, other forms, and what is none."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input import node_objects
from pulumi_openkruise.cli.input.node_objects import read_node_objects
from pulumi_openkruise.cli.input.node_yaml import is_yaml, read_yaml_items
from ruamel.yaml import YAML

from tests.support.corpus import corpus

KUBECTL = """apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      note: |
        - not an item

        items:
    labels:
      kubernetes.io/os: linux
      "on": "yes"
    name: a
- apiVersion: v1
  kind: Node
  metadata:
    name: b
kind: List
metadata:
  resourceVersion: ""
"""


def read(tmp_path: Path, text: str) -> list[dict[str, Any]]:
    path = tmp_path / "nodes.yaml"
    path.write_text(text)
    return list(read_node_objects(str(path)))


def test_what_kubectl_prints(tmp_path: Path) -> None:
    nodes = read(tmp_path, KUBECTL)
    assert [node["metadata"]["name"] for node in nodes] == ["a", "b"]
    assert nodes[0]["metadata"]["labels"] == {"kubernetes.io/os": "linux", "on": "yes"}
    assert nodes[0]["metadata"]["annotations"]["note"] == "- not an item\n\nitems:\n"


@pytest.mark.parametrize(
    "text",
    [
        "metadata: {name: a}\n",
        "- metadata: {name: a}\n",
        "kind: NodeList\nitems:\n  - metadata: {name: a}\n",
        "items: [{metadata: {name: a}}]\n",
        "---\nmetadata: {name: a}\n",
        "# nodes\n\nitems:\n# the first\n- metadata: {name: a}\n",
    ],
)
def test_other_forms_of_one_node(tmp_path: Path, text: str) -> None:
    assert [node["metadata"]["name"] for node in read(tmp_path, text)] == ["a"]


def test_several_documents(tmp_path: Path) -> None:
    text = "metadata: {name: a}\n---\nitems:\n- metadata: {name: b}\n- metadata: {name: c}\n---\n"
    assert [node["metadata"]["name"] for node in read(tmp_path, text)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes\n", "items[0]: not a Node with metadata.name"),
        ("items:\n- kind: Pod\n  metadata: {name: a}\n", "items[0]: not a Node with metadata.name"),
        ("items:\n- metadata: {name: a}\n- metadata: {name: b\n", "items[1]"),
        ("items:\n- metadata: {name: a}\nkind: 'List\n", "not YAML"),
        ("items:\n- metadata: {name: a}\nfoo\n", "not YAML: a list and a mapping"),
        ("metadata: &a {name: *a}\n", "an alias inside of what it stands for"),
    ],
)
def test_what_is_no_node(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnusableInputError, match=r"nodes\.yaml") as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_json_is_not_taken_for_yaml() -> None:
    assert not any(map(is_yaml, ("", " \n", '{"a": 1}', "\n[]")))
    assert is_yaml("apiVersion: v1")
    assert is_yaml("--- {}")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([sample.node for sample in corpus()]), min_size=1, max_size=4))
def test_yaml_and_json_give_the_same_nodes(nodes: list[dict[str, Any]]) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    text = io.StringIO()
    yaml.dump({"apiVersion": "v1", "items": json.loads(json.dumps(nodes)), "kind": "List"}, text)
    assert list(read_yaml_items(text.getvalue(), "x")) == json.loads(json.dumps(nodes))


def test_a_file_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_objects, "_LARGEST", 1 << 20)
    monkeypatch.setattr(node_objects, "_STEP", 1 << 16)
    with pytest.raises(UnusableInputError, match="larger than 1 MiB: read the cluster itself"):
        list(read_node_objects("/dev/zero"))


def test_a_file_is_read_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may end within a character."""
    monkeypatch.setattr(node_objects, "_STEP", 3)
    nodes = [{"metadata": {"name": "é" * at}} for at in range(1, 5)]
    assert read(tmp_path, json.dumps(nodes, ensure_ascii=False)) == nodes
