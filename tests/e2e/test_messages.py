"""The table of messages through `pulumi preview` itself: engine, language host, provider and a cluster."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from messages.cases import RUNNING, Case, Stage

from sandbox import build, chart_choice
from sandbox.chart_choice import Chart
from sandbox.state import ROOT, State

from .stack import Stack

BARE = Chart("kruise", None, None, "the default")


@pytest.fixture(scope="module")
def chart(life_state: State) -> Chart:
    return chart_choice.choose(life_state, build.build()["kruise-manager"])


@pytest.fixture(scope="module")
def previewed(life_state: State, chart: Chart) -> Stack:
    """A stack that nothing is ever installed by."""
    return Stack(life_state, chart, name="messages")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's program in a folder of its own, so that a case can put something beside it."""
    folder = tmp_path_factory.mktemp("program")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
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


def _lines(text: str) -> str:
    """The text without indentation and empty lines, which Pulumi adds to."""
    return "\n".join(line.strip() for line in text.replace("error: ", "").splitlines() if line.strip())
