"""A stack's file read as the config that Pulumi gives to the program."""

from typing import Any

import pytest
from pulumi_openkruise.config.stack_yaml import read_stack_yaml


def read(text: str) -> tuple[dict[str, Any], set[str], bool]:
    return read_stack_yaml(text, "the file", "openkruise")


@pytest.mark.parametrize(
    "field", ["config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"]
)
def test_a_mapping_with_any_field_of_a_stacks_file_is_one(field: str) -> None:
    assert read(f"{field}: null\n") == ({}, set(), False)


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}\n", "config: {}\n", "config:\n"])
def test_a_file_without_config_sets_nothing(text: str) -> None:
    assert read(text) == ({}, set(), False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[config]\n", 'not a stack file: expected a mapping with the key config, found ["config"]'),
        ("config\n", 'not a stack file: expected a mapping with the key config, found "config"'),
        ("0\n", "not a stack file: expected a mapping with the key config, found 0"),
        (
            "{a: 1, b: 2, c: 3, d: 4}\n",
            'not a stack file: expected a mapping with the key config, found the keys "a", "b", "c"',
        ),
        ("config: [a]\n", 'config: expected a mapping of keys and values, found ["a"]'),
        ("config: ''\n", 'config: expected a mapping of keys and values, found ""'),
    ],
)
def test_what_is_no_stack_file_is_refused_by_what_it_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^the file: ") as caught:
        read(text)
    assert str(caught.value) == f"the file: {said}"


def test_the_keys_of_one_namespace_are_read_and_scalars_are_strings() -> None:
    text = """config:
  other:timeout: 1
  openkruise: 2
  "openkruise:": 3
  timeout: 4
  openkruise:timeout: 5
  openkruise:config:reapply: 6.5
  openkruise:protect: true
  openkruise:platform: null
  openkruise:virtualNodeSelectors: [a, 7]
  openkruise:values: {manager: {replicas: 8}}
"""
    assert read(text)[0] == {
        "timeout": "5",
        "reapply": "6.5",
        "protect": "true",
        "platform": None,
        "virtualNodeSelectors": ["a", 7],
        "values": {"manager": {"replicas": 8}},
    }


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("{secure: v1}", True),
        ("{a: {b: {secure: v1}}}", True),
        ("[a, {b: [{secure: v1}]}]", True),
        ("{secure: v1, plain: a}", False),
        ("{a: secure}", False),
        ("[secure]", False),
        ("secure", False),
        ("{}", False),
    ],
)
def test_a_value_is_secret_if_any_part_of_it_is_encrypted(value: str, secret: bool) -> None:
    assert read(f"config:\n  openkruise:values: {value}\n  other:values: {{secure: v1}}\n")[1] == (
        {"values"} if secret else set()
    )


@pytest.mark.parametrize(("environment", "taken"), [("[prod]", True), ("prod", True), ("[]", False)])
def test_a_stack_says_whether_it_takes_config_from_environments(environment: str, taken: bool) -> None:
    assert read(f"environment: {environment}\nconfig: {{}}\n")[2] is taken
