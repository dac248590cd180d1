"""README's first commands, as they stand, in a clean clone: a preview against one's own cluster.

The machine has Pulumi and a kubeconfig, and nothing of this project. The chart is the stand-in, since the
published one cannot be reached everywhere.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from sandbox import pulumi
from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .observing import KRUISE_NAMESPACE, Cluster

NOT_IN_A_CLONE = (
    ".git",
    ".venv*",
    ".sandbox",
    ".*_cache",
    ".cache",
    ".hypothesis",
    "build",
    "*.egg-info",
    "__pycache__",
)


def read_commands() -> list[str]:
    (block,) = re.findall(
        r"<!-- run: tests/e2e/test_first_preview.py -->\n```console\n(.*?)```", README, re.S
    )
    return str(block).splitlines()


README = (ROOT / "README.md").read_text()


@pytest.fixture
def clone(tmp_path: Path, chart: Chart) -> Path:
    folder = tmp_path / "clone"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
    stack = folder / "stacks" / "Pulumi.prod.yaml"
    document = yaml.safe_load(stack.read_text())
    document["config"]["openkruise:chart"] = chart.reference
    stack.write_text(yaml.safe_dump(document))
    return folder


@pytest.fixture
def home(tmp_path: Path, life_state: State) -> Path:
    """Provide a home with a kubeconfig whose context has the name in the README."""
    config = yaml.safe_load(life_state.kubeconfig.read_text())
    config["contexts"][0]["name"] = config["current-context"] = "prod"
    path = tmp_path / "home" / ".kube" / "config"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(config))
    return tmp_path / "home"


def run(command: str, folder: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_three_commands_lead_from_a_clone_to_a_preview(
    life_state: State, life_cluster: Cluster, empty: None, clone: Path, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "backend").mkdir()
    # The sandbox's language host is of 2023: it makes the environment in the project's folder itself, and
    # runs the first python3 on PATH. A current one makes and uses `.venv`, as Pulumi.yaml says.
    path = [str(clone / "bin"), str(life_state.bin), os.environ["PATH"]]
    env = {
        **pulumi.environment(life_state),
        "PATH": os.pathsep.join(path),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
        # The provider that is built here is of this version; elsewhere Pulumi downloads the newest one.
        "PIP_CONSTRAINT": str(clone / "sandbox" / "constraints.txt"),
    }
    env.pop("KUBECONFIG")
    install, create, preview = read_commands()

    run(install, clone, env)
    run(create, clone, env)
    said = run(preview, clone, {**env, "HOME": str(home)})

    assert shlex.split(install)[:2] == ["pulumi", "install"]
    assert "kubernetes:helm.sh/v3:Release" in said, said
    assert re.search(r"\+ 5 to create", said), said
    assert "type=virtual-kubelet" in said, said
    assert not life_cluster.exists(f"/api/v1/namespaces/{KRUISE_NAMESPACE}")
    written = yaml.safe_load((clone / "stacks" / "Pulumi.prod.yaml").read_text())["config"]
    assert written["kubernetes:context"] == "prod"
