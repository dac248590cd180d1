"""The names by which the command is started: a script, a plugin of kubectl, a module."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pulumi_openkruise.checks.registry import CODES

from tests.support.engine import ROOT

KUBECTL = Path(sys.executable).parent / "kubectl"


def scripts() -> dict[str, str]:
    # Python 3.10 has no reader of TOML; the section is lines of the one form `name = "module:function"`.
    section = (ROOT / "pyproject.toml").read_text().partition("[project.scripts]\n")[2].partition("\n[")[0]
    return dict(re.findall(r'^([\w-]+) = "([\w.:]+)"$', section, re.MULTILINE))


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return a PATH with the scripts as pip would write them, and the real kubectl."""
    for name, target in scripts().items():
        module, _colon, function = target.partition(":")
        script = tmp_path / name
        script.write_text(f"#!{sys.executable}\nfrom {module} import {function}\n{function}()\n")
        script.chmod(0o755)
    (tmp_path / "kubectl").symlink_to(KUBECTL)
    return str(tmp_path)


def call(path: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_every_script_names_a_function() -> None:
    assert {"pulumi-openkruise", "kubectl-openkruise"} < set(scripts())
    for target in scripts().values():
        module, _colon, function = target.partition(":")
        assert callable(getattr(import_module(module), function))


def test_as_a_script_and_as_a_module(path: str) -> None:
    for command in (["pulumi-openkruise"], [sys.executable, "-m", "pulumi_openkruise"]):
        done = call(path, *command, "presets", "kwock")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "no kind is called 'kwock': did you mean kwok?\n"
        assert call(path, *command, "check", "--help").stdout.startswith("Usage: pulumi-openkruise check ")


@pytest.mark.skipif(not KUBECTL.exists(), reason="no kubectl in this environment")
def test_as_a_plugin_of_kubectl(path: str) -> None:
    done = call(path, "kubectl", "openkruise", "presets", "liqo", "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"liqo.io/type=virtual-node"' in done.stdout
    assert call(path, "kubectl", "openkruise", "presets", "kwock").returncode == 2
    assert call(path, "kubectl", "openkruise", "check", "-h").stdout.startswith(
        "Usage: kubectl openkruise check"
    )


@pytest.mark.skipif(not KUBECTL.exists(), reason="no kubectl in this environment")
def test_kubectl_completes_its_plugin(path: str) -> None:
    def complete(*words: str) -> list[str]:
        return call(path, "kubectl", "__complete", "openkruise", *words).stdout.splitlines()

    assert complete("che")[0].startswith("check\t")
    code, directive = complete("check", "--explain", "manager-s")
    assert code == f"manager-single\t{CODES['manager-single'].title}"
    assert directive == ":4"
    assert complete("check", "--stack-file", "st")[-1] == ":0"
