"""What the engine shows of a program whose cause of trouble is known; nothing is ever installed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

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
