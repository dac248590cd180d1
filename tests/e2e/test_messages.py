"""The table of messages through `pulumi preview` itself: engine, language host, provider and a cluster."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State
from tests.support.message_cases import RUNNING, Case, Stage

from .stack import Stack

BARE = Chart("kruise", None, None, "the default")


@pytest.fixture(scope="module")
def chart(charts: dict[str, Chart]) -> Chart:
    """Provide the default version, which the table's messages name, whatever chart the suite has."""
    return charts["1.8.3"]


@pytest.fixture(scope="module")
def previewed(life_state: State, chart: Chart) -> Stack:
    """Provide a stack by which nothing is ever installed."""
    return Stack(life_state, chart, name="messages")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide this repository's program in its own folder, so that a case can put files beside it."""
    folder = tmp_path_factory.mktemp("program")
    shutil.copy(ROOT / "__main__.py", folder)
    # Without the types that the project declares: Pulumi itself would refuse values of another one.
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    kept = {key: project[key] for key in ("name", "runtime")}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(kept))
    return folder


@pytest.fixture
def stage(case: Case, program: Path) -> Iterator[Stage]:
    before = set(program.iterdir())
    yield Stage(case, program)
    for path in set(program.iterdir()) - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("case", RUNNING, ids=[case.name for case in RUNNING])
def test_message(case: Case, stage: Stage, previewed: Stack, chart: Chart) -> None:
    settings = stage.config()
    plain = {key: value for key, value in settings.items() if key not in case.secret}
    named = case.beside or "chartRepository" in settings
    previewed.configure(plain, BARE if named or "chart" in settings else chart)
    for key in case.secret:
        previewed.encrypt(key, settings[key])

    outcome = previewed.preview(folder=stage.folder)

    if case.severity == "error":
        outcome.failed()
    else:
        outcome.succeeded()
    assert _lines(stage.message(previewed.name)) in _lines(outcome.output), outcome.output
    # Nothing else is wrong; Pulumi shows the first line as progress, too.
    counted = set(re.findall(r"\d+ problems?\b", outcome.output))
    assert counted == ({"1 problem"} if case.severity == "error" else set())


LATE = """
import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_openkruise import OpenKruise

made = ConfigMap("made", metadata={{"name": "made", "namespace": "default"}})
network = made.metadata.apply(lambda metadata: metadata["uid"])
OpenKruise("kruise", {{"chart": {chart!r}, "values": {{"manager": {{"hostNetwork": network}}}}}})
"""


@pytest.mark.parametrize("command", [("preview",), ("up", "--yes", "--skip-preview")], ids=["preview", "up"])
def test_what_shows_only_later_is_reported_alone(
    command: tuple[str, ...], previewed: Stack, chart: Chart, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "__main__.py").write_text(LATE.format(chart=chart.reference))
    previewed.configure()

    output = previewed.run(*command, folder=tmp_path).failed().output

    said = """
        arguments of OpenKruise 'kruise': 1 problem
        values.manager.hostNetwork: expected true or false, found a string
    """
    assert _lines(said) in _lines(output), output
    assert "hook" not in output, output
    assert not [urn for urn in previewed.resources() if "core/v1:Namespace" in urn]
    previewed.run("destroy", "--yes", "--skip-preview").succeeded()


def _lines(text: str) -> str:
    """Return the text without indentation and empty lines, which Pulumi adds to."""
    return "\n".join(line.strip() for line in text.replace("error: ", "").splitlines() if line.strip())
