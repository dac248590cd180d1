"""A stack's config with its project's: the command line reads what `pulumi up` reads."""

import functools
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise import OpenKruise, args_from_config
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input.sources import from_stack_file
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.selectors import ALWAYS_TRUE, solve
from ruamel.yaml import YAML

from tests.support.engine import RELEASE, ROOT, config_texts, new_engine

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(command: Cli) -> Cli:
    return functools.partial(command, "affinity")


def write(folder: Path, project: str, stack: str, directory: str = "") -> str:
    """Write a project and one of its stacks; return the path of the stack's file."""
    (folder / directory).mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(project)
    path = folder / directory / "Pulumi.prod.yaml"
    path.write_text(stack)
    return str(path)


def affinity(out: str) -> Any:
    return json.loads(out)


BASE = ["type=virtual-kubelet", "openkruise.io/virtual-node=true", "kubernetes.io/os=windows"]
KWOK = ["type=kwok", "kwok.x-k8s.io/node=fake"]
SHARED = """name: platform
stackConfigDir: stacks
config:
  openkruise:virtualNodePresets: {value: [eks-fargate, liqo]}
"""


def test_a_stack_has_what_its_project_sets(cli: Cli, tmp_path: Path) -> None:
    path = write(tmp_path, SHARED, "config: {openkruise:protect: false}", "stacks")
    code, out, err = cli("--stack-file", path, "-o", "json")
    fargate, liqo = "eks.amazonaws.com/compute-type=fargate", "liqo.io/type=virtual-node"
    assert (code, err) == (0, "")
    assert affinity(out) == solve([*BASE, fargate, liqo]).affinity


def test_a_stacks_own_list_replaces_the_projects(cli: Cli, tmp_path: Path) -> None:
    path = write(tmp_path, SHARED, "config: {openkruise:virtualNodePresets: []}", "stacks")
    assert affinity(cli("--stack-file", path, "-o", "json")[1]) == solve(BASE).affinity


def test_shared_lists_add_to_a_stacks_own(cli: Cli, tmp_path: Path) -> None:
    project = """name: openkruise
config:
  sharedNodeSelectors: {type: array, items: {type: string}, default: [a=b]}
  openkruise:sharedNodePresets: [liqo]
"""
    stack = "config: {openkruise:virtualNodeSelectors: [c=d], openkruise:virtualNodePresets: [kwok]}"
    path = write(tmp_path, project, stack)
    expected = solve([*BASE, "a=b", "c=d", "liqo.io/type=virtual-node", *KWOK]).affinity
    assert affinity(cli("--stack-file", path, "-o", "json")[1]) == expected
    explained = cli("--stack-file", path, "--explain")[1]
    assert "openkruise:sharedNodeSelectors[0]" in explained


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("stack", "excluded"),
    [
        ("dev", ["platform.example.com/no-daemons", *KWOK]),
        ("staging", ["platform.example.com/no-daemons", *KWOK, "eks.amazonaws.com/compute-type=fargate"]),
        ("prod", ["platform.example.com/no-daemons", "pool=burst"]),
    ],
)
def test_the_documented_example_of_three_stacks(
    cli: Cli, tmp_path: Path, stack: str, excluded: list[str], reverse: bool
) -> None:
    """Project and stacks as docs/configuration.md has them, with its words for what is excluded."""
    section = (ROOT / "docs" / "configuration.md").read_text().split("## What all stacks share")[1]
    project = section.split("```yaml\n# Pulumi.yaml\n")[1].split("```")[0]
    item = section.split(f"\n* `{stack}` has ")[1].split("\n* ")[0].split("\n\n")[0]
    config = {}
    for key, entries in re.findall(r"`(\w+): (\[.*?\])`", item):
        found = YAML(typ="safe").load(entries)
        config[f"openkruise:{key}"] = found[::-1] if reverse else found
    path = write(tmp_path, project, json.dumps({"config": config}))
    listed = [*excluded, *BASE]
    expected = solve(listed[::-1] if reverse else listed).affinity
    assert json.dumps(affinity(cli("--stack-file", path, "-o", "json")[1])) == json.dumps(expected)


def test_a_project_governs_only_the_folder_that_it_names(cli: Cli, tmp_path: Path) -> None:
    """Walking up, one in between that has its stacks elsewhere is passed by."""
    path = write(tmp_path, SHARED.replace("stacks", "a/b"), "config: {}", "a/b")
    (tmp_path / "a" / "Pulumi.yaml").write_text("name: other\nstackConfigDir: elsewhere\n")
    assert "liqo.io/type" in cli("--stack-file", path)[1]
    (tmp_path / "a" / "Pulumi.yaml").write_text("name: other\nstackConfigDir: b\n")
    assert "liqo.io/type" not in cli("--stack-file", path)[1]


def test_a_mistake_in_what_is_inherited_names_the_project(cli: Cli, tmp_path: Path) -> None:
    path = write(tmp_path, SHARED.replace("liqo", "liqoo"), "config: {}", "stacks")
    code, _out, err = cli("--stack-file", path)
    assert code == 2
    assert f"{path} and " in err
    assert "Pulumi.yaml: 1 problem" in err
    assert "openkruise:virtualNodePresets[1]: unknown preset" in err


@pytest.mark.parametrize(
    ("project", "says"),
    [
        ("name: openkruise\nconfig: {namespace: {type: string}}", "lacks openkruise:namespace, which"),
        ("config: {}", "not a Pulumi project"),
        ("name: a\nconfig: {openkruise:values: {manager: {}}}", "write a mapping below value:"),
    ],
)
def test_what_up_would_refuse(cli: Cli, tmp_path: Path, project: str, says: str) -> None:
    code, out, err = cli("--stack-file", write(tmp_path, project, "config: {}"))
    assert (code, out) == (2, "")
    assert says in err


def test_a_value_of_another_type_than_the_projects_is_refused(cli: Cli, tmp_path: Path) -> None:
    """A list as JSON in a string is a list here, and not to Pulumi where the project declares one."""
    declared = "{type: array, items: {type: string}, default: []}"
    project = f"name: openkruise\nconfig: {{virtualNodeSelectors: {declared}}}"
    stack = "config: {openkruise:virtualNodeSelectors: '[\"a=b\"]'}"
    code, out, err = cli("--stack-file", write(tmp_path, project, stack))
    assert (code, out) == (2, "")
    assert err.startswith(f"{tmp_path}/Pulumi.prod.yaml: 1 problem\n\nopenkruise:virtualNodeSelectors: ")
    assert err.endswith("write a list in YAML below the key, not a string\n")
    assert cli("--stack-file", write(tmp_path, "name: openkruise", stack))[0] == 0


def test_environments_are_said_to_be_unread(cli: Cli, tmp_path: Path) -> None:
    path = write(tmp_path, "name: a", "environment: [base]\nconfig: {openkruise:protect: true}")
    code, _out, err = cli("--stack-file", path)
    assert code == 0
    assert "config from the ESC environments under `environment:` is not read" in err
    assert "--config-json" in err


def config_json(config: dict[str, Any], secret: tuple[str, ...] = ()) -> str:
    """Write what `pulumi config --json` prints."""
    data: dict[str, Any] = {"other:x": {"value": "1", "secret": False}}
    for key, value in config.items():
        entry: dict[str, Any] = {"value": config_texts({key: value})[key], "secret": False}
        if not isinstance(value, str):
            entry["objectValue"] = value
        data[f"openkruise:{key}"] = {"secret": True} if key in secret else entry
    return json.dumps(data)


def test_the_config_that_pulumi_prints(cli: Cli) -> None:
    text = config_json({"virtualNodeSelectors": ["a=b"], "protect": "false"})
    code, out, err = cli("--config-json", "-", "-o", "json", stdin=text)
    assert (code, err) == (0, "")
    assert affinity(out) == solve([*BASE, "a=b"]).affinity


def test_secrets_of_it_are_named_and_not_shown(cli: Cli) -> None:
    text = config_json({"values": {"a": "hunter2"}, "protect": "true"}, secret=("values",))
    code, _out, err = cli("--config-json", "-", stdin=text)
    assert code == 0
    assert err.startswith("note: standard input: openkruise:values is encrypted")
    code, _out, err = cli("--config-json", "-", stdin=config_json({"timeout": "5"}, secret=("timeout",)))
    assert code == 2
    assert "openkruise:timeout: cannot be a secret" in err


def test_a_stack_on_standard_input_has_no_project(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "config: {openkruise:protect: false}"
    path = write(tmp_path, SHARED, text, "stacks")
    monkeypatch.chdir(tmp_path / "stacks")
    code, out, err = cli("--stack-file", "-", "-o", "json", stdin=text)
    assert (code, affinity(out)) == (0, solve(BASE).affinity)
    assert "what ../Pulumi.yaml gives to its stacks is not read for standard input" in err
    # In the place of a stack's file it has the project of that one.
    code, out, err = cli("--stack-file", path, "--diff", "-", stdin=text)
    assert (code, err) == (0, "")
    (tmp_path / "Pulumi.yaml").write_text("name: platform\n")
    assert cli("--stack-file", "-", stdin=text)[2] == ""


@given(st.lists(st.sampled_from(["a=b", "c", "!d,e=f", "g in (h,i)"]), max_size=4), st.data())
def test_it_does_not_matter_in_which_list_a_selector_stands(entries: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(entries))
    at = data.draw(st.integers(0, len(entries)))
    whole = read_settings({"virtual_node_selectors": entries}, source="test")
    split = {"virtual_node_selectors": shuffled[:at], "shared_node_selectors": shuffled[at:]}
    found = read_settings(split, source="test")
    assert json.dumps(found.helm_values()) == json.dumps(whole.helm_values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "line 1, column 2; give what `pulumi config --json` prints"),
        ("[" * 100_000, "not JSON: nested too deeply; give what `pulumi config --json` prints"),
        ("config: {}", "not JSON: Expecting value, line 1, column 1; give what `pulumi config"),
        ("[]", "give what `pulumi config --json` prints"),
        (f"[{'9' * 5000}]", "standard input: not JSON: "),
        ('{"openkruise:timeout": 5}', "give what `pulumi config --json` prints"),
        (
            '{"openkruise:timeout": {"value": 5}}',
            "timeout: expected value or objectValue, found 5",
        ),
    ],
)
def test_what_pulumi_does_not_print(cli: Cli, text: str, says: str) -> None:
    code, out, err = cli("--config-json", "-", stdin=text)
    assert (code, out) == (2, "")
    assert says in err


def test_one_source_of_a_stacks_config(cli: Cli) -> None:
    code, _out, err = cli("--stack-file", "a", "--config-json", "b")
    assert code == 2
    assert "give one of them" in err


SELECTOR = st.sampled_from(["a=b", "c", "!d,e=f", "g in (h,i)", "type=kwok", "j>5", "j<6", "!j"])
LISTS = {
    "virtualNodeSelectors": st.lists(SELECTOR, max_size=3),
    "sharedNodeSelectors": st.lists(SELECTOR, max_size=3),
    "virtualNodePresets": st.lists(st.sampled_from(["liqo", "kwok@1", "eks-fargate"]), max_size=2),
    "sharedNodePresets": st.lists(st.sampled_from(["tke-supernode", "kosmos"]), max_size=2),
}
CONFIG = st.fixed_dictionaries(
    {},
    optional={
        **LISTS,
        "baseExclusions": st.sampled_from([True, False, "false"]),
        "excludeManager": st.booleans(),
        "values": st.sampled_from(
            [
                {},
                {"manager": {"replicas": 3}},
                {"daemon": {"nodeSelector": {"pool": "a"}}},
                {
                    "daemon": {
                        "affinity": {
                            "nodeAffinity": {
                                REQUIRED: {
                                    "nodeSelectorTerms": [
                                        {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
                                    ]
                                }
                            }
                        }
                    }
                },
            ]
        ),
    },
)


@given(CONFIG, CONFIG, st.sampled_from(["openkruise", "platform"]), st.booleans())
@settings(
    max_examples=500 if "SEARCH" in os.environ else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_affinity_and_up_give_the_same_bytes(
    tmp_path: Path,
    set_config: Callable[..., None],
    project: dict[str, Any],
    stack: dict[str, Any],
    name: str,
    is_short: bool,
) -> None:
    """The config that the program gets is merged here by Pulumi's rule: the stack's key, or the project's."""
    form = "default" if name == "openkruise" else "value"
    declared: dict[str, Any] = {}
    for key, value in project.items():
        bare = is_short and not isinstance(value, dict)
        declared[f"openkruise:{key}"] = value if bare else {form: value}
    files = {
        "Pulumi.yaml": {"name": name, "stackConfigDir": "stacks", "config": declared},
        "stacks/Pulumi.prod.yaml": {"config": {f"openkruise:{key}": value for key, value in stack.items()}},
    }
    (tmp_path / "stacks").mkdir(exist_ok=True)
    for path, data in files.items():
        with (tmp_path / path).open("w") as file:
            YAML().dump(data, file)
    set_config({f"openkruise:{key}": text for key, text in config_texts({**project, **stack}).items()})
    computed, refused = "", ""
    with new_engine() as engine:
        try:
            engine.run(lambda: OpenKruise("kruise", args_from_config()) and None)
            inputs = engine.of_type(RELEASE).inputs["values"]
            # The engine sorts the keys of what it stores.
            computed = json.dumps(inputs["daemon"]["affinity"]["nodeAffinity"][REQUIRED], sort_keys=True)
        except pulumi.RunError as error:
            refused = str(error).partition("\n")[2]
    said, shown = "", ""
    try:
        read = from_stack_file(str(tmp_path / "stacks" / "Pulumi.prod.yaml"), "openkruise")
        shown = json.dumps(read.placement().solve().affinity or ALWAYS_TRUE, sort_keys=True)
    except UnusableInputError as error:
        said = str(error).partition("\n")[2]
    assert (shown, said) == (computed, refused)
