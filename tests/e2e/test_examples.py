"""Examples on a cluster, one after the other, each with its own config: installed, unchanged, removed.

These take their chart from the config, so they can be installed where the published one cannot be reached.
Those that give their arguments in the program are previewed, with the stand-in's chart among the arguments.
All of them run against a mocked engine, too, in preview and in an update (tests/unit/test_examples.py).
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import pulumi
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from .observing import REAL, Cluster, eventually
from .stack import Stack

EXAMPLES = ROOT / "examples"
SANDBOX = yaml.safe_load((ROOT / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]


def read_settings(stack: Path) -> dict[str, Any]:
    """Return an example's config, and as shared lists what else the sandbox's cluster has to exclude."""
    project = yaml.safe_load((stack.parent / "Pulumi.yaml").read_text()).get("config", {})
    values = {key: entry["value"] for key, entry in project.items()}
    values |= yaml.safe_load(stack.read_text())["config"]
    found = {
        key.removeprefix("openkruise:"): value
        for key, value in values.items()
        if not key.startswith("kubernetes:")
    }
    for shared, own in (
        ("sharedNodePresets", "virtualNodePresets"),
        ("sharedNodeSelectors", "virtualNodeSelectors"),
    ):
        found[shared] = [*found.get(shared, []), *SANDBOX.get(f"openkruise:{own}", [])]
    return {**found, "protect": "false", "timeout": "120"}


@pytest.fixture(
    params=["minimal/Pulumi.dev.yaml", "hybrid/Pulumi.prod.yaml", "shared-lists/Pulumi.prod.yaml"]
)
def example(
    request: pytest.FixtureRequest,
    life_state: State,
    life_cluster: Cluster,
    chart: Chart,
    empty: None,
) -> Iterator[Stack]:
    path = EXAMPLES / request.param
    stack = Stack(life_state, chart, folder=path.parent, name=f"example-{path.parent.name}")
    stack.configure(read_settings(path))
    yield stack
    stack.destroy(life_cluster)


def test_an_example_installs_on_exactly_the_real_nodes(
    example: Stack, life_state: State, life_cluster: Cluster
) -> None:
    example.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL, evidence=life_cluster.pods)
    example.preview("--expect-no-changes").succeeded()


ARGUMENTS = re.compile(r"(OpenKruise\(\n +(?:\"\w+\"|name),\n +\{|OpenKruiseArgs = \{)")
"""Where a program begins its arguments for the component."""
CLUSTER_STACK = """
import pulumi
pulumi.export("kubeconfig", open({kubeconfig!r}).read())
"""


def run_pulumi(state: State, folder: Path, stack: str, config: dict[str, Any], *command: str) -> str:
    """Run a command on a stack of the program in the folder, which gets this config; return what it says."""
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    salt = pulumi.prepare_stack(state, project, stack)
    path = pulumi.write_config(state, stack, config, base=None, salt=salt)
    options = ["--stack", stack, "--non-interactive", "--config-file", str(path)]
    done = pulumi.run(state, [*command, *options], cwd=folder)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def own_config(life_state: State, tmp_path: Path) -> dict[str, Any]:
    """Return what the examples read of a cluster, and make the stack to which one of them refers."""
    folder = tmp_path / "eks"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: eks\nruntime: python\n")
    (folder / "__main__.py").write_text(CLUSTER_STACK.format(kubeconfig=str(life_state.kubeconfig)))
    run_pulumi(life_state, folder, "example-cluster", {}, "up", "--yes", "--skip-preview")
    return {
        "kruise-eks:clusterStack": "organization/eks/example-cluster",
        "platform:kubeconfig": life_state.kubeconfig.read_text(),
        "platform:virtualNodes": ["pool.example.com/name=burst"],
    }


def test_examples_with_arguments_of_their_own_preview(
    life_state: State, charts: dict[str, Chart], empty: None, own_config: dict[str, Any], tmp_path: Path
) -> None:
    for name in ("eks-fargate", "fargate-only", "platform-component"):
        folder = shutil.copytree(EXAMPLES / name, tmp_path / name)
        changed = 0
        for path in folder.glob("*.py"):
            argument = f'\\1"chart": "{charts["1.8.3"].reference}", '
            text, times = ARGUMENTS.subn(argument, path.read_text())
            path.write_text(text)
            changed += times
        assert changed == 1, name
        said = run_pulumi(life_state, folder, f"example-{name}", own_config, "preview")
        assert "kubernetes:helm.sh/v3:Release" in said, said
        assert re.search(r"\+ \d+ to create", said), said
