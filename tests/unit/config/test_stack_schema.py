"""The schema of stack files against the checks of config: a corpus of good and bad files holds them together.

``UPDATE_SCHEMA=1 python -m pytest tests/unit/config/test_stack_schema.py`` writes the file that editors read.
"""

import ast
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator
from pulumi_openkruise.config.descriptions import DESCRIPTIONS
from pulumi_openkruise.config.fields import FIELDS
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.config.stack_schema import write_stack_schema
from pulumi_openkruise.config.yaml_data import write_scalar
from pulumi_openkruise.diagnostics.problem import ConfigError
from ruamel.yaml import YAML

from tests.support.config_strategies import about_values, any_config
from tests.support.engine import ROOT, stack_names

COMMITTED = ROOT / "stacks" / "openkruise.schema.json"
SCHEMA = write_stack_schema()
VALIDATOR = Draft7Validator(SCHEMA)
CORPUS = YAML(typ="safe").load((Path(__file__).parent / "stack_files.yaml").read_text())


def checked(config: dict[str, Any]) -> bool:
    """Whether `pulumi preview` takes these keys, as a stack's file gives them."""
    raw = {
        key: value if isinstance(value, (dict, list)) or value is None else write_scalar(value)
        for key, value in config.items()
    }
    arguments = parse_config(raw, source="test")
    try:
        read_settings(arguments, source="test", field_name=arguments.field_name)
    except ConfigError:
        return False
    return True


def described(config: dict[str, Any]) -> bool:
    """Whether the schema takes a file with these keys."""
    return VALIDATOR.is_valid({"config": {f"openkruise:{key}": value for key, value in config.items()}})


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_the_committed_schema_is_the_one_of_the_tables() -> None:
    text = json.dumps(SCHEMA, indent=2) + "\n"
    if os.environ.get("UPDATE_SCHEMA"):
        COMMITTED.write_text(text)
    assert COMMITTED.read_text() == text, "UPDATE_SCHEMA=1 writes it"


@pytest.mark.parametrize("stack", stack_names())
def test_this_repositorys_stacks_name_it_and_keep_to_it(stack: str) -> None:
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    assert text.startswith(f"# yaml-language-server: $schema={COMMITTED.name}\n")
    assert list(VALIDATOR.iter_errors(YAML(typ="safe").load(text))) == []


@pytest.mark.parametrize("config", CORPUS["good"], ids=str)
def test_a_good_file_is_good_for_both(config: dict[str, Any]) -> None:
    assert checked(config)
    assert described(config)


@pytest.mark.parametrize("config", CORPUS["bad"], ids=str)
def test_a_bad_file_is_bad_for_both(config: dict[str, Any]) -> None:
    assert not checked(config)
    assert not described(config)


@pytest.mark.parametrize("config", CORPUS["beyond the schema"], ids=str)
def test_what_no_schema_can_say_is_checked(config: dict[str, Any]) -> None:
    assert not checked(config)
    assert described(config)


@given(any_config | about_values)
def test_the_schema_takes_whatever_the_checks_take(config: dict[str, Any]) -> None:
    if checked(config) and finite(config):
        errors = VALIDATOR.iter_errors({"config": {f"openkruise:{key}": one for key, one in config.items()}})
        assert [error.message for error in errors] == []


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def test_the_component_says_the_same_of_its_arguments() -> None:
    tree = ast.parse((ROOT / "components/pulumi_openkruise/component/args.py").read_text())
    (arguments,) = (
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "OpenKruiseArgs"
    )
    found = {}
    for declared, following in zip(arguments.body, arguments.body[1:], strict=False):
        if isinstance(declared, ast.AnnAssign) and isinstance(declared.target, ast.Name):
            assert isinstance(following, ast.Expr)
            found[declared.target.id] = ast.literal_eval(following.value)
    assert found == DESCRIPTIONS
    assert list(DESCRIPTIONS) == list(FIELDS)
