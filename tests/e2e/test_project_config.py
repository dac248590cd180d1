"""Project and stack config: `pulumi preview` and `affinity` agree to the byte, or both refuse.

tests/unit/cli/input/test_stack_input.py does it for 500 generated pairs, with Pulumi's merge written down.
"""

import json
import os
import random
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
OPTIONS = ["--stack", NAME, "--non-interactive"]
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


def run_affinity(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pulumi_openkruise", "affinity", "-o", "json", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def affinity(*arguments: str, text: str = "") -> str:
    done = run_affinity(*arguments, text=text)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def prepare(
    life_state: State,
    chart: Chart,
    folder: Path,
    pair: tuple[str, dict[str, Any], dict[str, Any]],
) -> Path:
    """Write a project and one stack of it; return the path of the stack's file."""
    project, declared, own = pair
    salt = pulumi.prepare_stack(life_state, project, NAME)
    shutil.copy(ROOT / "__main__.py", folder)
    runtime = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["runtime"]
    document = {"name": project, "runtime": runtime, "stackConfigDir": "stacks", "config": declared}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    config = {
        **{f"openkruise:{key}": value for key, value in own.items()},
        **chart.config(),
        "kubernetes:kubeconfig": str(life_state.kubeconfig),
        "kubernetes:context": CONTEXT,
    }
    file = folder / "stacks" / f"Pulumi.{NAME}.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump({"encryptionsalt": salt, "config": config}))
    return file


def preview(life_state: State, folder: Path) -> tuple[str, str]:
    """Return the affinity that `pulumi preview` shows, and what it says where it refuses instead."""
    shown = pulumi.run(life_state, ["preview", "--json", *OPTIONS], cwd=folder)
    if shown.returncode != 0:
        return "", shown.stdout
    steps = json.loads(shown.stdout[shown.stdout.index("{") :])["steps"]
    (release,) = [step["newState"] for step in steps if "helm.sh/v3:Release" in step["urn"]]
    computed = release["inputs"]["values"]["daemon"]["affinity"]["nodeAffinity"][REQUIRED]
    return json.dumps(computed, indent=2), ""


@pytest.mark.parametrize("pair", PAIRS)
def test_the_command_line_reads_what_up_reads(
    pair: str, life_state: State, chart: Chart, tmp_path: Path
) -> None:
    file = prepare(life_state, chart, tmp_path, PAIRS[pair])
    printed = pulumi.run(life_state, ["config", "--json", *OPTIONS], cwd=tmp_path)
    assert printed.returncode == 0, printed.stdout
    computed, refused = preview(life_state, tmp_path)
    assert not refused
    from_files = affinity("--stack-file", str(file))
    assert from_files == computed
    assert affinity("--config-json", "-", text=printed.stdout) == from_files


REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a default outside of the project's own namespace": (
        "platform",
        {"openkruise:virtualNodePresets": {"default": ["liqo"]}},
        {},
    ),
    "a type outside of it": (
        "platform",
        {"openkruise:protect": {"type": "boolean", "value": True}},
        {},
    ),
    "a list as JSON where the project declares a list": (
        "openkruise",
        {"virtualNodeSelectors": {"type": "array", "items": {"type": "string"}, "default": []}},
        {"virtualNodeSelectors": '["a=b"]'},
    ),
    "a default of another type": ("openkruise", {"timeout": {"type": "integer", "default": "5.0"}}, {}),
}


@pytest.mark.parametrize("pair", REFUSED)
def test_the_command_line_refuses_what_up_refuses(
    pair: str, life_state: State, chart: Chart, tmp_path: Path
) -> None:
    file = prepare(life_state, chart, tmp_path, REFUSED[pair])
    computed, refused = preview(life_state, tmp_path)
    assert (computed, bool(refused)) == ("", True)
    done = run_affinity("--stack-file", str(file))
    assert (done.returncode, done.stdout) == (2, ""), refused


SELECTORS = ["a=b", "c", "!d,e=f", "g in (h,i)", "type=kwok", "j>5", "j<6", "!j", "k notin (l)", "m in ("]
PRESETS = ["liqo", "kwok@1", "eks-fargate", "kosmos", "tke-supernode", "none"]
TYPED = {"type": "array", "items": {"type": "string"}}


def generate(seed: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return a pair of project and stack config; some have mistakes, which are refused on both sides."""
    choice = random.Random(seed)
    project = choice.choice(["openkruise", "platform"])

    def config() -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in ("virtualNodeSelectors", "sharedNodeSelectors", "virtualNodePresets", "sharedNodePresets"):
            if choice.random() < 0.5:
                known = SELECTORS if key.endswith("Selectors") else PRESETS
                entries = choice.choices(known, [4] * (len(known) - 1) + [1], k=choice.randrange(4))
                found[key] = json.dumps(entries) if choice.random() < 0.2 else entries
        if choice.random() < 0.3:
            found["baseExclusions"] = choice.choice([True, False, "false", "no"])
        if choice.random() < 0.3:
            affinity = {"nodeAffinity": {REQUIRED: POOL}}
            found["values"] = choice.choice(
                [{}, {"manager": {"replicas": 3}}, {"daemon": {"affinity": affinity}}]
            )
        return found

    declared: dict[str, Any] = {}
    for key, value in config().items():
        form = choice.choice(["default", "value", "bare", "typed"]) if project == "openkruise" else "value"
        if form == "bare" and not isinstance(value, dict):
            declared[f"openkruise:{key}"] = value
        elif form == "typed" and isinstance(value, list):
            declared[choice.choice([key, f"openkruise:{key}"])] = {**TYPED, "default": value}
        else:
            declared[f"openkruise:{key}"] = {"value" if form == "value" else "default": value}
    return project, declared, config()


@pytest.mark.parametrize("seed", range(int(os.environ.get("PAIRS", "3"))))
def test_affinity_and_preview_never_disagree(
    seed: int, life_state: State, chart: Chart, tmp_path: Path
) -> None:
    """`PAIRS=500 make e2e` takes that many; the suite takes three."""
    pair = generate(seed)
    file = prepare(life_state, chart, tmp_path, pair)
    computed, refused = preview(life_state, tmp_path)
    done = run_affinity("--stack-file", str(file))
    said = f"{pair}\n{refused}\n{done.stderr}"
    assert (done.returncode, done.stdout.strip()) == (2 if refused else 0, computed), said
