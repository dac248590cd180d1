"""Project and stack config on the real CLI: `pulumi preview` and `affinity` give the same bytes.

tests/unit/cli/input/test_stack_input.py does it for 500 generated pairs, with Pulumi's merge written down.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import build, chart_choice, pulumi
from sandbox.chart_choice import Chart
from sandbox.cluster import CONTEXT
from sandbox.state import ROOT, State

NAME = "shared"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
POOL = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}]}

PAIRS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a default of the project's own": (
        "openkruise",
        {"openkruise:virtualNodePresets": {"default": ["eks-fargate", "liqo"]}},
        {},
    ),
    "a typed default, and a stack's own list": (
        "openkruise",
        {
            "virtualNodeSelectors": {"type": "array", "items": {"type": "string"}, "default": ["a=b"]},
            "openkruise:protect": {"type": "boolean", "default": False},
        },
        {"virtualNodeSelectors": ["c=d", "!e"]},
    ),
    "shared lists, in a project of another name": (
        "platform",
        {"openkruise:sharedNodeSelectors": ["a=b"], "openkruise:sharedNodePresets": {"value": ["kwok"]}},
        {"virtualNodePresets": ["liqo"], "virtualNodeSelectors": '["c in (d,e)"]'},
    ),
    "values of the project": (
        "platform",
        {
            "openkruise:values": {
                "value": {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: POOL}}}},
            },
            "openkruise:baseExclusions": False,
        },
        {"virtualNodeSelectors": ["pool=a,gpu"]},
    ),
    "nothing excluded": ("platform", {"openkruise:baseExclusions": {"value": False}}, {}),
}


@pytest.fixture(scope="module")
def chart(life_state: State) -> Chart:
    return chart_choice.choose(life_state, build.build())


def affinity(*arguments: str, text: str = "") -> Any:
    command = [sys.executable, "-m", "pulumi_openkruise", "affinity", "-o", "json", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("pair", PAIRS)
def test_the_command_line_reads_what_up_reads(
    pair: str, life_state: State, chart: Chart, tmp_path: Path
) -> None:
    project, declared, own = PAIRS[pair]
    salt = pulumi.prepare_stack(life_state, project, NAME)
    shutil.copy(ROOT / "__main__.py", tmp_path)
    runtime = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["runtime"]
    document = {"name": project, "runtime": runtime, "stackConfigDir": "stacks", "config": declared}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    config = {
        **{f"openkruise:{key}": value for key, value in own.items()},
        **chart.config(),
        "kubernetes:kubeconfig": str(life_state.kubeconfig),
        "kubernetes:context": CONTEXT,
    }
    file = tmp_path / "stacks" / f"Pulumi.{NAME}.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump({"encryptionsalt": salt, "config": config}))

    options = ["--stack", NAME, "--non-interactive"]
    shown = pulumi.run(life_state, ["config", "--json", *options], cwd=tmp_path)
    assert shown.returncode == 0, shown.stdout
    previewed = pulumi.run(life_state, ["preview", "--json", *options], cwd=tmp_path)
    assert previewed.returncode == 0, previewed.stdout
    steps = json.loads(previewed.stdout[previewed.stdout.index("{") :])["steps"]
    (release,) = [step["newState"] for step in steps if "helm.sh/v3:Release" in step["urn"]]
    computed = release["inputs"]["values"]["daemon"]["affinity"]["nodeAffinity"][REQUIRED]

    from_files = affinity("--stack-file", str(file))
    assert from_files == json.dumps(computed, indent=2)
    assert affinity("--config-json", "-", text=shown.stdout) == from_files
