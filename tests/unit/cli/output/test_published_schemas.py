"""What the commands print as JSON fits the schemas in docs/schemas, and has no field that these lack."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.corpus import corpus
from tests.support.schemas import close, load_schema

Command = Callable[..., tuple[int, str, str]]
CHECKED = ("affinity", "presets", "discover", "fleet-list")


def faults(name: str, printed: str) -> list[str]:
    validator = Draft202012Validator(close(load_schema(name)))
    return [error.message[:300] for error in validator.iter_errors(json.loads(printed))]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Write a stack's file and all nodes of the corpus; return the paths."""
    nodes, stack = tmp_path / "nodes.json", tmp_path / "Pulumi.x.yaml"
    nodes.write_text(json.dumps([sample.node for sample in corpus()]))
    stack.write_text("config:\n  openkruise:virtualNodeSelectors: [pool=burst]\n")
    return {"nodes": str(nodes), "stack": str(stack)}


@pytest.mark.parametrize("name", CHECKED)
def test_a_schema_is_one_and_has_an_address(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:pulumi-openkruise:{name}:1"


@pytest.mark.parametrize(
    "arguments",
    [
        ["type=kwok", "a,!b"],
        ["a", "!a"],
        ["type=kwok", "a,!b", "a in (x,y)", "--explain"],
        ["type=kwok", "--diff", "{stack}"],
        ["type=kwok", "--explain", "--diff", "{stack}", "--nodes", "{nodes}"],
        ["--stack-file", "{stack}"],
        ["--stack-file", "{stack}", "--explain"],
    ],
    ids=" ".join,
)
def test_affinity(command: Command, files: dict[str, str], arguments: list[str]) -> None:
    code, printed, errors = command("affinity", *(one.format(**files) for one in arguments), "-o", "json")
    if arguments == ["a", "!a"]:
        assert code == 2, errors  # no node is left
        return
    assert faults("affinity", printed) == []


def test_presets(command: Command) -> None:
    assert faults("presets", command("presets", "-o", "json")[1]) == []


@pytest.mark.parametrize("more", [[], ["--all"]], ids=["some", "all"])
def test_discover(command: Command, files: dict[str, str], more: list[str]) -> None:
    _code, printed, _errors = command("discover", "--nodes-file", files["nodes"], *more, "-o", "json")
    assert {group["verdict"] for group in json.loads(printed)["groups"]} == {"virtual", "unsure", "real"}
    assert faults("discover", printed) == []


def test_fleet_list(command: Command) -> None:
    assert faults("fleet-list", command("fleet", "list", "-o", "json")[1]) == []


@pytest.mark.parametrize("name", CHECKED)
def test_a_field_that_a_schema_lacks_is_noticed(name: str, command: Command, files: dict[str, str]) -> None:
    arguments: dict[str, list[str]] = {
        "affinity": ["affinity", "type=kwok"],
        "presets": ["presets"],
        "discover": ["discover", "--nodes-file", files["nodes"]],
        "fleet-list": ["fleet", "list"],
    }
    data: dict[str, Any] = json.loads(command(*arguments[name], "-o", "json")[1])
    assert faults(name, json.dumps({**data, "something": 1}))
