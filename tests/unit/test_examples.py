"""Each example, run as it stands with the config of each of its stacks, in preview and in an update.

What an example promises is said here by nodes: which of them its affinity leaves to the daemon.
"""

import json
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pulumi_openkruise import InvalidConfigError, OpenKruise, args_from_config
from pulumi_openkruise.cli.app import commands as command_line
from pulumi_openkruise.component.plugin import _Provider
from pulumi_openkruise.selectors import affinity_matches
from ruamel.yaml import YAML

from tests.support.engine import COMPONENT, RELEASE, ROOT, Engine, config_texts, new_engine

EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(path.parent for path in EXAMPLES.glob("*/__main__.py"))
STACKS = sorted(EXAMPLES.glob("*/Pulumi.*.yaml"))
OUTPUTS_OF_OTHERS = {"outputs": {"kubeconfig": "{}"}}

REAL = {"kubernetes.io/os": "linux", "pool.example.com/name": "default"}
LIQO = {"liqo.io/type": "virtual-node"}
BURST = {"pool.example.com/name": "burst"}
MANAGED = {"node.example.com/managed-by": "burst-controller"}
KWOK = {"type": "kwok"}
FARGATE = {"eks.amazonaws.com/compute-type": "fargate"}

LEFT_OUT: dict[str, list[list[dict[str, str]]]] = {
    "minimal": [[KWOK, BURST]],
    "eks-fargate": [[FARGATE]],
    "fargate-only": [[]],
    "hybrid": [[LIQO, BURST]],
    "two-clusters": [[LIQO, BURST], [LIQO, {"kubernetes.io/hostname": "gw-1"}]],
    "platform-component": [[LIQO, KWOK, BURST, MANAGED]],
    "shared-lists": [[LIQO, MANAGED]],
    "air-gapped": [[KWOK]],
}
"""By example, for each of its installations: labels of nodes that must get no daemon."""


@pytest.fixture(autouse=True)
def fresh_modules() -> Any:
    """Forget what an example imported from beside itself."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(EXAMPLES) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def read_config(stack: Path) -> dict[str, str]:
    """Return what a program gets: the stack's config over the project's."""
    project = YAML(typ="safe").load((stack.parent / "Pulumi.yaml").read_text()).get("config", {})
    own: dict[str, Any] = YAML(typ="safe").load(stack.read_text())["config"]
    return config_texts({**{key: entry["value"] for key, entry in project.items()}, **own})


def run(engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    engine.mocks.state["pulumi:pulumi:StackReference"] = OUTPUTS_OF_OTHERS
    engine.run(lambda: runpy.run_path(str(folder / "__main__.py"), run_name="__main__") and None)


def project_of(folder: Path) -> str:
    return str(YAML(typ="safe").load((folder / "Pulumi.yaml").read_text())["name"])


def releases(engine: Engine) -> list[dict[str, Any]]:
    found = [resource for resource in engine.registered if resource.type == RELEASE]
    return [resource.inputs["values"] for resource in sorted(found, key=lambda one: one.name)]


def test_every_example_is_listed_run_and_expected() -> None:
    names = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    listed = (EXAMPLES / "README.md").read_text()
    assert {name for name in names if f"| [{name}]({name}/" in listed} == names
    assert {path.name for path in PROGRAMS} == set(LEFT_OUT) == names - {"typescript", "yaml", "ci"}
    assert {stack.parent.name for stack in STACKS} == set(LEFT_OUT)


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("stack", STACKS, ids=lambda path: f"{path.parent.name}-{path.suffixes[0][1:]}")
def test_an_example_leaves_out_what_it_says(
    stack: Path, preview: bool, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(read_config(stack))
    with new_engine(preview=preview, project=project_of(stack.parent)) as engine:
        run(engine, stack.parent, monkeypatch)
        expected = LEFT_OUT[stack.parent.name]
        found = releases(engine)
        assert len(found) == len(expected)
        for values, left_out in zip(found, expected, strict=True):
            affinity = values["daemon"]["affinity"]["nodeAffinity"]
            required = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
            assert affinity_matches(required, REAL)
            assert [labels for labels in left_out if affinity_matches(required, labels)] == []


def test_the_gateways_of_the_burst_pool_keep_their_daemon(
    engine: Engine, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(read_config(EXAMPLES / "hybrid" / "Pulumi.prod.yaml"))
    run(engine, EXAMPLES / "hybrid", monkeypatch)
    (values,) = releases(engine)
    required = values["daemon"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert affinity_matches(required, {**BURST, "pool.example.com/role": "gateway"})


def test_a_cluster_of_fargate_nodes_alone_has_no_daemon_and_room_for_the_manager(
    engine: Engine, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(read_config(EXAMPLES / "fargate-only" / "Pulumi.dev.yaml"))
    run(engine, EXAMPLES / "fargate-only", monkeypatch)
    (values,) = releases(engine)
    assert "KruiseDaemon=false" in values["featureGates"]
    assert "nodeAffinity" not in values.get("manager", {})


def test_a_stacks_own_list_is_added_to_the_shared_one(
    engine: Engine, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(read_config(EXAMPLES / "shared-lists" / "Pulumi.prod.yaml"))
    run(engine, EXAMPLES / "shared-lists", monkeypatch)
    selectors = engine.exports["selectors"]
    assert {"liqo.io/type=virtual-node", "pool.example.com/name=burst"} <= set(selectors)
    assert "node.example.com/managed-by=burst-controller" in selectors


def test_a_mistake_in_a_list_is_reported_though_a_program_joins_it(
    engine: Engine, set_config: Callable[..., None]
) -> None:
    set_config({"openkruise:virtualNodeSelectors": "a=b"})
    arguments = args_from_config()
    joined = ["c=d", *(arguments.get("virtual_node_selectors") or [])]
    with pytest.raises(InvalidConfigError, match=r"openkruise:virtualNodeSelectors: .* a list of strings"):
        engine.run(lambda: OpenKruise("kruise", {"virtual_node_selectors": joined}))


def test_a_component_of_a_team_owns_the_installation(
    set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(read_config(EXAMPLES / "platform-component" / "Pulumi.prod.yaml"))
    with new_engine(project="platform") as engine:
        run(engine, EXAMPLES / "platform-component", monkeypatch)
        assert f"example:platform:ClusterBase${COMPONENT}$" in engine.of_type(RELEASE).urn


def test_the_program_in_yaml_has_inputs_that_exist(engine: Engine) -> None:
    program = YAML(typ="safe").load((EXAMPLES / "yaml" / "Pulumi.yaml").read_text())
    resource = program["resources"]["kruise"]
    inputs = json.loads(json.dumps(resource["properties"]))
    schema = json.loads(_Provider("1.2.3").schema or "{}")["resources"]["openkruise:index:OpenKruise"]
    assert set(inputs) <= set(schema["inputProperties"])
    outputs = {text.removeprefix("${kruise.").removesuffix("}") for text in program["outputs"].values()}
    assert outputs <= set(schema["properties"])
    engine.run(lambda: _Provider("1.2.3").construct("kruise", "openkruise:index:OpenKruise", inputs) and None)
    assert releases(engine)[0]["manager"]["replicas"] == 3


def test_the_workflow_calls_commands_that_exist() -> None:
    jobs = YAML(typ="safe").load((EXAMPLES / "ci" / "github-actions.yml").read_text())["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    help_text = CliRunner().invoke(command_line, ["check", "--help"]).output
    (check,) = [command for command in commands if "pulumi-openkruise" in command]
    assert check.startswith(".venv/bin/pulumi-openkruise check ")
    assert {word for word in check.split() if word.startswith("--")} <= set(
        re.findall(r"--[a-z-]+", help_text)
    )


def test_the_workflow_previews_with_a_comment_and_checks_after_the_deployment() -> None:
    jobs = YAML(typ="safe").load((EXAMPLES / "ci" / "github-actions.yml").read_text())["jobs"]
    steps = {name: [step_of(step) for step in job["steps"]] for name, job in jobs.items()}
    prepared = ["checkout", "setup-python", "pulumi", "pulumi install", "kubeconfig"]
    assert steps["preview"] == [*prepared, "preview, commented"]
    assert steps["deploy"] == [*prepared, "up", "check", "upload-artifact"]


def step_of(step: dict[str, Any]) -> str:
    """Return what a step of the workflow does, in a word or two."""
    if "run" in step:
        words = {"pulumi-openkruise check": "check", '> "$KUBECONFIG"': "kubeconfig"}
        return next((short for text, short in words.items() if text in step["run"]), str(step["run"]))
    options = step.get("with", {})
    if not step["uses"].startswith("pulumi/actions@") or "command" not in options:
        return str(step["uses"]).partition("@")[0].removesuffix("/actions").rpartition("/")[2]
    assert options["stack-name"] == "prod"
    return f"{options['command']}{', commented' if options.get('comment-on-pr') else ''}"
