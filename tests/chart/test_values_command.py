"""What ``pulumi-openkruise values`` prints, rendered: the same objects for Helm, Argo CD and Flux."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from .conftest import ROOT, Renderer

STACKS = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def printed(stack: Any, output: str) -> Any:
    command = [sys.executable, "-m", "pulumi_openkruise", "values", "--stack-file", str(stack), "-o", output]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = list(yaml.safe_load_all(done.stdout))[-1]
    if output == "argocd":
        return found["spec"]["source"]["helm"]["valuesObject"]
    return found["spec"]["values"] if output == "flux" else found


@pytest.mark.parametrize("stack", STACKS, ids=lambda path: path.stem)
def test_the_daemon_gets_the_computed_affinity(stack: Any, render: Renderer) -> None:
    values = printed(stack, "helm")
    objects = render(values).objects
    daemon = objects["DaemonSet/kruise-daemon"]["spec"]["template"]["spec"]
    assert daemon["affinity"]["nodeAffinity"] == values["daemon"]["affinity"]["nodeAffinity"]
    command = [
        sys.executable,
        "-m",
        "pulumi_openkruise",
        "affinity",
        "--stack-file",
        str(stack),
        "-o",
        "json",
    ]
    alone = subprocess.run(command, capture_output=True, text=True, check=True)
    assert daemon["affinity"]["nodeAffinity"][REQUIRED] == json.loads(alone.stdout)
    assert "Namespace/kruise-system" not in objects


@pytest.mark.parametrize("output", ["argocd", "flux"])
def test_other_tools_render_the_same_objects(output: str, render: Renderer) -> None:
    stack = ROOT / "stacks" / "Pulumi.prod.yaml"
    assert render(printed(stack, output)).documents == render(printed(stack, "helm")).documents
