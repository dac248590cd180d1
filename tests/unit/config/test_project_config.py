"""What a project's file gives to its stacks, by Pulumi's rules."""

from typing import Any

import pytest
from pulumi_openkruise.config.project_config import Project, read_project


def read(text: str, namespace: str = "openkruise") -> Project:
    return read_project(text, "Pulumi.yaml", namespace)


@pytest.mark.parametrize(
    ("config", "name", "inherited"),
    [
        ("{openkruise:virtualNodePresets: {value: [liqo]}}", "platform", {"virtualNodePresets": ["liqo"]}),
        ("{openkruise:virtualNodePresets: [liqo]}", "platform", {"virtualNodePresets": ["liqo"]}),
        ("{virtualNodePresets: {default: [liqo]}}", "openkruise", {"virtualNodePresets": ["liqo"]}),
        ("{virtualNodePresets: [liqo]}", "openkruise", {"virtualNodePresets": ["liqo"]}),
        ("{openkruise:virtualNodePresets: {default: []}}", "openkruise", {"virtualNodePresets": []}),
        ("{virtualNodePresets: [liqo]}", "platform", {}),
        ("{other:virtualNodePresets: [liqo]}", "platform", {}),
        ("{openkruise:protect: false, openkruise:timeout: 90}", "p", {"protect": "false", "timeout": "90"}),
        ("{protect: {type: boolean, default: false, description: x}}", "openkruise", {"protect": "false"}),
        ("{openkruise:values: {value: {crds: {x: 1}}}}", "p", {"values": {"crds": {"x": 1}}}),
        ("{openkruise:config:protect: true}", "platform", {"protect": "true"}),
        ("stacks", "openkruise", {}),
        ("null", "openkruise", {}),
    ],
)  # fmt: skip
def test_what_stacks_inherit(config: str, name: str, inherited: dict[str, Any]) -> None:
    assert read(f"name: {name}\nconfig: {config}\n").inherited == inherited


def test_a_key_of_the_projects_own_without_default_is_required() -> None:
    text = "name: openkruise\nconfig: {namespace: {type: string}, 'openkruise:protect': {type: boolean}}"
    assert read(text).required == ("namespace", "protect")
    value = "name: other\nconfig: {openkruise:namespace: {value: x}, protect: {type: boolean}}"
    assert read(value).required == ()


def test_another_namespace() -> None:
    text = "name: platform\nconfig: {mine:protect: true, openkruise:timeout: 5}"
    assert read(text, "mine").inherited == {"protect": "true"}


def test_the_folder_of_the_stacks() -> None:
    assert read("name: a\nstackConfigDir: stacks").stack_config_dir == "stacks"
    assert read("name: a\nconfig: stacks").stack_config_dir == "stacks"
    assert read("name: a").stack_config_dir == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: {}", "not a Pulumi project: expected a mapping with the key name"),
        ("- a", "not a Pulumi project"),
        ("name: a\nconfig: [x]", "config: found"),
        ("name: a\nstackConfigDir: 5", "stackConfigDir: found 5"),
        ('name: a\nstackConfigDir: "s\\0"', "which no folder is called"),
        ("name: a\nconfig: {openkruise:protect: {value: true, default: true}}", "has both default and value"),
        ("name: a\nconfig: {openkruise:values: {manager: {}}}", "write a mapping below value: or default:"),
        ("name: a\nconfig: {'openkruise:virtualNodeSelectors[0]': a=b}", "write the whole value"),
        ("name: a\nconfig: {openkruise:values.manager.replicas: 3}", "write the whole value"),
        ("name: [", "Pulumi.yaml:1:8: not YAML"),
        # By Pulumi's rules for a key outside of the project's own namespace, and for one of its own.
        ("name: a\nconfig: {openkruise:protect: {default: true}}", "write value:"),
        ("name: a\nconfig: {openkruise:protect: {description: x}}", "needs a value, found neither"),
        ("name: a\nconfig: {openkruise:protect: {default: x}}", "needs a value, found a default"),
        ("name: a\nconfig: {openkruise:protect: {type: boolean, value: true}}", "has a type, which"),
        ("name: a\nconfig: {openkruise:protect: }", "found null, which Pulumi does not take"),
        ("name: a\nconfig: {openkruise:protect: 1.5}", "found 1.5, which Pulumi does not take"),
        ("name: a\nconfig: {other:key: {default: 1}}", "config: other:key: a key outside of"),
        (
            "name: openkruise\nconfig: {protect: {type: bool}}",
            "type: expected string, integer, boolean, array",
        ),
        ("name: openkruise\nconfig: {protect: {type: [string]}}", "type: expected string"),
        ("name: openkruise\nconfig: {virtualNodePresets: {type: array}}", "write items: {type: string}"),
        ("name: openkruise\nconfig: {protect: {type: boolean, default: maybe}}", "is not of type boolean"),
        (
            "name: openkruise\nconfig: {presets: {type: array, items: {type: string}, default: [1]}}",
            "the default is not of type array, found [1]",
        ),
    ],
)
def test_what_is_no_project(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^Pulumi\.yaml") as caught:
        read(text)
    assert says in str(caught.value)


def test_a_secret_default_of_another_type_is_not_shown() -> None:
    text = "name: openkruise\nconfig: {protect: {type: boolean, secret: true, default: hunter2}}"
    with pytest.raises(
        ValueError, match="is not of type boolean, found another value, declared secret"
    ) as error:
        read_project(text, "Pulumi.yaml", "openkruise")
    assert "hunter2" not in str(error.value)
