"""docs/yaml.md, as it stands: its program on the sandbox, through the package's plugin."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import build, pulumi
from sandbox.chart_choice import Chart
from sandbox.cluster import CONTEXT
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from . import custom_resources
from .custom_resources import precious
from .observing import REAL, Cluster, eventually
from .stack import Stack
from .test_first_preview import NOT_IN_A_CLONE

HOW_TO = (ROOT / "docs" / "yaml.md").read_text()
HOST = "pulumi-language-yaml"
Write = Callable[..., None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yaml")


@pytest.fixture(scope="module")
def write(folder: Path, chart: Chart) -> Write:
    """Write the how-to's program with other inputs and under another name; ``more`` has other resources."""
    (block,) = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)

    def program(
        name: str = "kruise",
        options: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
        **inputs: Any,
    ) -> None:
        document = yaml.safe_load(block)
        (plugin,) = document["plugins"]["providers"]
        assert plugin["path"] == ".venv/bin"
        plugin["path"] = str(Path(sys.executable).parent)
        component = document["resources"].pop("kruise")
        here = {"chart": chart.reference, "protect": False, "timeout": 120}
        component["properties"] |= {**here, **inputs}
        component["options"] = options or {}
        document["resources"][name] = component
        # A resource without a type of its own is a second component.
        document["resources"] |= {other: deepcopy(component) | one for other, one in (more or {}).items()}
        document["outputs"] = {"status": f"${{{name}.status}}"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document))

    program()
    return program


@pytest.fixture(scope="module")
def stack(
    life_state: State,
    life_cluster: Cluster,
    chart: Chart,
    folder: Path,
    write: Write,
    empty: None,
) -> Iterator[Stack]:
    """Provide the program's stack, installed; removed in the end, so that the last test must not guard it."""
    host = life_state.bin / HOST
    host.unlink(missing_ok=True)
    os.link(build.build([HOST])[HOST] / HOST, host)
    stack = Stack(life_state, chart, folder=folder, name="yaml")
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    yield stack
    write()  # a destroy runs the program, so it needs one that can run
    stack.destroy(life_cluster)


def test_daemons_are_on_real_nodes_and_nothing_changes_by_itself(stack: Stack, life_cluster: Cluster) -> None:
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL, evidence=life_cluster.pods)
    stack.preview("--expect-no-changes").succeeded()


SHIM = """#!/bin/sh
# A current language host runs the plugin's folder; the sandbox's, of 2023, leaves this argument empty.
if [ $# -gt 0 ] && [ -z "$1" ]; then shift; set -- "{plugin}" "$@"; fi
[ -x "{plugin}/bin/python3" ] && exec "{plugin}/bin/python3" "$@"
exec "{python}" "$@"
"""


@pytest.mark.skipif(
    "PACKAGE_ADD" not in os.environ, reason="it installs every dependency; `make package-add` runs it"
)
def test_package_add_leads_to_the_same_installation(
    stack: Stack, folder: Path, life_state: State, tmp_path: Path
) -> None:
    """`pulumi package add` of the folder plugin/ in a clone, as docs/languages.md gives it."""
    clone, program = tmp_path / "clone", tmp_path / "program"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
    program.mkdir()
    document = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    del document["plugins"]
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(document))
    plugin = clone / "plugin"
    # pip's compilation of every module takes longer than everything else here.
    env = {"PIP_CONSTRAINT": str(ROOT / "sandbox" / "constraints.txt"), "PIP_NO_COMPILE": "1"}
    shim = tmp_path / "bin" / "python3"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(plugin=plugin, python=sys.executable))
    shim.chmod(0o755)
    env["PATH"] = os.pathsep.join([str(shim.parent), pulumi.environment(life_state)["PATH"]])
    added = pulumi.run(life_state, ["package", "add", str(plugin)], cwd=program, env=env)
    assert added.returncode == 0, added.stdout
    written = yaml.safe_load((program / "Pulumi.yaml").read_text())
    assert written["packages"] == {"openkruise": str(plugin)}
    command = ["preview", "--expect-no-changes", "--stack", stack.name, "--non-interactive"]
    config = ["--config-file", str(pulumi.config_file(life_state, stack.name))]
    previewed = pulumi.run(life_state, [*command, *config], cwd=program, env=env)
    assert previewed.returncode == 0, previewed.stdout
    assert re.search(r"\b5 unchanged", previewed.stdout), previewed.stdout


@pytest.mark.parametrize("secret", [False, True], ids=["known", "secret"])
def test_mistakes_are_reported_by_the_names_of_the_inputs(stack: Stack, write: Write, secret: bool) -> None:
    values: dict[str, Any] = {"manager": {"hostNetwork": "x"}}
    write(
        values={"fn::secret": values} if secret else values, virtualNodeSelectors=["a"] if secret else ["a b"]
    )
    output = stack.preview().failed().output
    assert f"arguments of OpenKruise 'kruise': {1 if secret else 2} problem" in output, output
    assert "values.manager.hostNetwork: expected true or false, found a string" in output, output
    assert ("virtualNodeSelectors[0]: found 'b'" in output) is not secret, output
    assert "Unexpected" not in output, output


def test_what_would_lose_the_installation_is_refused(
    stack: Stack, write: Write, life_cluster: Cluster
) -> None:
    custom_resources.create_all(life_cluster)
    made = {**life_cluster.identities(), **precious(life_cluster)}
    for refused, says in (
        ({"name": "renamed"}, "in YAML, options: {aliases: [{name: <old name>}]}"),
        ({"releaseName": "other"}, "to keep that installation: releaseName kruise"),
        ({"createNamespace": False}, "createNamespace: this stack created the namespace kruise-system"),
    ):
        write(**refused)
        output = stack.up().failed().output
        assert says in output, output
        assert {**life_cluster.identities(), **precious(life_cluster)} == made

    # As the message says.
    for name, former in (("renamed", "kruise"), ("kruise", "renamed")):
        write(name, {"aliases": [{"name": former}]}, guardDestroy=True)
        stack.up("--skip-preview").succeeded()
    output = stack.run("destroy", "--run-program", "--yes", "--skip-preview").failed().output
    assert "deleting it deletes, with its CRDs, " in output, output
    assert "set guardDestroy to false in the program" in output, output
    assert {**life_cluster.identities(), **precious(life_cluster)} == made
    custom_resources.delete(life_cluster)


def test_a_second_component_on_the_cluster_is_refused(
    stack: Stack, write: Write, life_cluster: Cluster, life_state: State
) -> None:
    installed = life_cluster.identities()
    write(more={"second": {}})
    output = stack.preview().failed().output
    assert "has the Kubernetes provider of OpenKruise '" in output, output

    edge = {"kubeconfig": str(life_state.kubeconfig), "context": CONTEXT}
    edge_provider = {"type": "pulumi:providers:kubernetes", "properties": edge, "options": {}}
    write(more={"second": {"options": {"providers": ["${edge}"]}}, "edge": edge_provider})
    output = stack.run("up", "--yes", "--skip-preview", "--continue-on-error").failed().output
    server = f"https://{life_cluster.client.base_url.netloc.decode()}"
    assert f"has the API server {server} of OpenKruise '" in output, output
    assert life_cluster.identities() == installed


def test_preview_says_who_gains_and_loses_the_daemon(
    stack: Stack, write: Write, life_cluster: Cluster
) -> None:
    write(virtualNodeSelectors=["type=kwok", "pool=batch"])
    output = stack.up().succeeded().output
    assert "the affinity changes: kruise-daemon restarts on every node that keeps it" in output, output
    assert "nodes that lose it: 'pool=batch" in output, output
    assert "nodes that gain it: " in output, output
    eventually("pool=batch to lose its daemon", lambda: life_cluster.running_daemons() < REAL)
