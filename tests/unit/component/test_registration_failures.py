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
    program = PROGRAM.replace("EXPRESSION", expression).replace("PREVIEW", str(preview))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        env={"PYTHONPATH": f"{ROOT / 'components'}:{ROOT}", "HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stderr  # -11 would be a segmentation fault
    assert words in done.stderr.splitlines()[-1].lower() or words in done.stderr, done.stderr
