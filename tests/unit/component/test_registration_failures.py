"""A registration that fails is reported at once: nothing that waits for it holds up the program's end."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine import ROOT

PROGRAM = """
import pulumi
from pulumi_openkruise import OpenKruise
from tests.support.engine import new_engine

def fail(args):
    raise ValueError("the transformation's own words")

def program():
    other = pulumi.ComponentResource("x:index:Other", "other")
    EXPRESSION

with new_engine(preview=PREVIEW) as engine:
    engine.run(program)
"""


def run(folder: Path, expression: str, preview: bool) -> "subprocess.CompletedProcess[str]":
    """Run a program in a process of its own; raises TimeoutExpired for one that does not end."""
    indented = expression.replace("\n", "\n    ")
    program = PROGRAM.replace("EXPRESSION", indented).replace("PREVIEW", str(preview))
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        env={"PYTHONPATH": f"{ROOT / 'components'}:{ROOT}", "HOME": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('OpenKruise("")', "name"),
        ("OpenKruise(7)", "name"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(parent="other"))', "parent"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(providers=["edge"]))', "provider"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(aliases=[7]))', "alias"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(aliases=["a", None]))', "alias"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(depends_on=[7]))', "depends_on"),
        ('OpenKruise("kruise", {}, pulumi.ResourceOptions(parent=other, depends_on=[other]))', "parent"),
        (
            'OpenKruise("kruise", {}, pulumi.ResourceOptions(transformations=[fail]))',
            "the transformation's own words",
        ),
    ],
)
def test_the_exception_is_reported_at_once(
    tmp_path: Path, expression: str, words: str, preview: bool
) -> None:
    done = run(tmp_path, expression, preview)
    assert done.returncode == 1, done.stderr  # -11 would be a segmentation fault
    assert words in done.stderr.splitlines()[-1].lower() or words in done.stderr, done.stderr


BAD = "pulumi.ResourceOptions(transformations=[fail])"


@pytest.mark.parametrize("preview", [True, False])
def test_a_program_that_goes_on_after_the_exception_ends(tmp_path: Path, preview: bool) -> None:
    expression = f"""
try:
    OpenKruise("kruise", {{}}, {BAD})
except ValueError:
    print("caught")
pulumi.export("name", other.urn)"""
    done = run(tmp_path, expression, preview)
    assert (done.returncode, done.stdout) == (0, "caught\n"), done.stderr


@pytest.mark.parametrize("preview", [True, False])
def test_the_outputs_of_another_component_hold_nothing_up(tmp_path: Path, preview: bool) -> None:
    """The program waits for the first one's outputs, and the second one's registration raises."""
    expression = f"""
first = OpenKruise("first", {{"node_check": "off"}})
pulumi.export("status", first.status)
OpenKruise("kruise", {{}}, {BAD})"""
    done = run(tmp_path, expression, preview)
    assert done.returncode == 1, done.stderr
    assert "the transformation's own words" in done.stderr
