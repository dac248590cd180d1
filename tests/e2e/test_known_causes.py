"""What the engine shows of a program whose cause of trouble is known; nothing is ever installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.cluster import CONTEXT
from sandbox.programs import PROVIDER_VERSION
from sandbox.state import ROOT, State

from .observing import Cluster, eventually
from .stack import Stack

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that it does not know yet."""
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PROGRAM = """
import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_openkruise import OpenKruise

made = ConfigMap("made", metadata={"name": "made", "namespace": "default"})
late = made.id
kruise = OpenKruise("kruise", {"chart": CHART, "values": VALUES})
"""
PARENTS = """
import pulumi
import pulumi_kubernetes
from pulumi_openkruise import OpenKruise

KUBECONFIG = pulumi.Config("kubernetes").require("kubeconfig")
for type_, host in (("x:index:A", "127.0.0.1"), ("x:index:B", "localhost")):
    text = open(KUBECONFIG).read().replace("127.0.0.1", host)
    provider = pulumi_kubernetes.Provider(host, kubeconfig=text, context="CONTEXT")
    parent = pulumi.ComponentResource(type_, "edge")
    options = pulumi.ResourceOptions(parent=parent, providers=[provider])
    OpenKruise("kruise", {"chart": CHART}, options)
"""
"""Two parents of one name; both addresses are the sandbox's, which for this module are two clusters."""
PINNED = """
import pulumi
import pulumi_kubernetes
import pulumi_kubernetes._utilities

pulumi_kubernetes._utilities.get_version = lambda: "4.34.2"
from pulumi_openkruise import OpenKruise

pinned = pulumi_kubernetes.Provider(
    "pinned",
    kubeconfig=pulumi.Config("kubernetes").require("kubeconfig"),
    context="CONTEXT",
    opts=pulumi.ResourceOptions(version=VERSION),
)
options = pulumi.ResourceOptions(providers=[pinned])
OpenKruise("kruise", {"chart": CHART, "namespace": "edge-system"}, options)
"""
"""An SDK whose own plugin refuses an existing namespace, and an older plugin, which takes it over."""


@pytest.fixture(scope="module")
def chart(charts: dict[str, Chart]) -> Chart:
    """Provide the default version, which the messages name, whatever chart the suite has."""
    return charts["1.8.3"]


@pytest.fixture(scope="module")
def previewed(life_state: State, chart: Chart) -> Stack:
    """Provide a stack by which nothing is ever installed."""
    return Stack(life_state, chart, name="causes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


def write(folder: Path, program: str, chart: Chart, values: str = "{}") -> None:
    text = program.replace("CHART", repr(chart.reference)).replace("VALUES", values)
    text = text.replace('"CONTEXT"', repr(CONTEXT)).replace("VERSION", repr(PROVIDER_VERSION))
    (folder / "__main__.py").write_text(text)


def released(stack: Stack, folder: Path) -> dict[str, Any]:
    """Return the Helm values that a preview shows of the release."""
    output = stack.preview("--json", folder=folder).succeeded().output
    steps = json.loads(output[output.index("{") :])["steps"]
    (release,) = [step["newState"] for step in steps if "helm.sh/v3:Release" in step["urn"]]
    values: dict[str, Any] = release["inputs"]["values"]
    return values


def test_one_output_among_the_values_is_all_that_a_preview_does_not_know(
    previewed: Stack, folder: Path, chart: Chart
) -> None:
    write(folder, PROGRAM, chart, '{"manager": {"replicas": 2, "resources": {"limits": {"cpu": late}}}}')
    values = released(previewed, folder)
    assert values["manager"].pop("nodeAffinity")[REQUIRED]["nodeSelectorTerms"]
    assert values["manager"] == {"replicas": 2, "resources": {"limits": {"cpu": UNKNOWN}}}
    assert values["daemon"]["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]


def test_what_is_computed_from_an_output_is_unknown(previewed: Stack, folder: Path, chart: Chart) -> None:
    write(folder, PROGRAM, chart, '{"daemon": {"nodeSelector": {"pool": late}, "port": 1}}')
    daemon = released(previewed, folder)["daemon"]
    assert daemon.pop("affinity")["nodeAffinity"][REQUIRED] == UNKNOWN
    assert daemon == {"nodeSelector": {"pool": UNKNOWN}, "port": 1}


@pytest.mark.parametrize(
    "values", ['{"manager": {"replcas": late}}', '{"manager": {"replcas": 1, "replicas": late}}']
)
def test_a_misspelt_key_does_not_pass_beside_an_output(
    previewed: Stack, folder: Path, chart: Chart, values: str
) -> None:
    write(folder, PROGRAM, chart, values)
    output = previewed.preview(folder=folder).failed().output
    assert "values.manager.replcas: the chart 1.8.3 has no such key" in output, output


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ('OpenKruise("", ARGS)', "name"),
        ("OpenKruise(7, ARGS)", "name"),
        ('OpenKruise("kruise", ARGS, pulumi.ResourceOptions(parent="text"))', "parent"),
        (
            'OpenKruise("kruise", ARGS, pulumi.ResourceOptions(transformations=[fail]))',
            "the program's own words",
        ),
    ],
)
def test_a_registration_that_raises_ends_the_program(
    previewed: Stack, folder: Path, chart: Chart, component: str, words: str
) -> None:
    fail = 'def fail(args):\n    raise ValueError("the program\'s own words")\n\n'
    source = "import pulumi\nfrom pulumi_openkruise import OpenKruise\n\nARGS = {'chart': CHART}\n"
    write(folder, f"{source}{fail}\n{component}\n", chart)
    outcome = previewed.preview(folder=folder)
    assert outcome.code != 0
    assert words in outcome.output.lower() or words in outcome.output, outcome.output
    assert "Segmentation" not in outcome.output
    assert "signal" not in outcome.output


def test_an_output_inside_a_list_is_named_as_such(previewed: Stack, folder: Path, chart: Chart) -> None:
    program = PROGRAM.replace('"values": VALUES', '"virtual_node_selectors": ["a=b", late]')
    write(folder, program, chart)
    output = previewed.preview(folder=folder).failed().output
    assert "virtual_node_selectors[1]: expected a string, found an Output" in output, output
    assert "of all arguments only values may hold Outputs" in output, output


def test_one_name_below_parents_of_one_name_makes_two_components(
    previewed: Stack, folder: Path, chart: Chart
) -> None:
    write(folder, PARENTS, chart)
    output = previewed.preview("--json", folder=folder).succeeded().output
    steps = json.loads(output[output.index("{") :])["steps"]
    urns = [step["urn"] for step in steps if step["newState"]["type"] == "kubernetes:helm.sh/v3:Release"]
    above = sorted(urn.split("::")[2].split("$")[0] for urn in urns)
    assert above == ["x:index:A", "x:index:B"]


def test_what_an_older_plugin_does_to_a_namespace_does_not_depend_on_the_sdk(
    previewed: Stack, folder: Path, chart: Chart, life_cluster: Cluster
) -> None:
    path = "/api/v1/namespaces"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge-system"}}
    api.call(life_cluster.client, "POST", path, body)
    try:
        write(folder, PINNED, chart)
        output = previewed.preview(folder=folder).succeeded().output
    finally:
        api.call(life_cluster.client, "DELETE", f"{path}/edge-system")
        eventually("the namespace to be gone", lambda: not life_cluster.exists(f"{path}/edge-system"))
    assert "an older plugin takes it over and deletes it with the stack" in output, output


def test_a_check_notes_that_the_stack_file_names_another_cluster(life_state: State, tmp_path: Path) -> None:
    kubeconfig = yaml.safe_load(life_state.kubeconfig.read_text())
    (found,) = kubeconfig["clusters"]
    server = found["cluster"]["server"]
    found["cluster"]["server"] = "https://127.0.0.1:1"
    other = tmp_path / "kubeconfig"
    other.write_text(yaml.safe_dump(kubeconfig))
    file = tmp_path / "Pulumi.other.yaml"
    file.write_text(yaml.safe_dump({"config": {"kubernetes:kubeconfig": str(other)}}))
    command = [str(Path(sys.executable).parent / "pulumi-openkruise"), "check", "--stack-file", str(file)]
    env = {**os.environ, "KUBECONFIG": str(life_state.kubeconfig)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    noted = f"kubernetes:kubeconfig names https://127.0.0.1:1, and this reads {server}, which kubectl uses"
    assert noted in done.stderr, done.stderr
