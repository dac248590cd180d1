"""Unit tests of a user's program, written and run as Pulumi's documentation does: mocks, then an import."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.engine import ROOT

INFRA = """
import pulumi
from pulumi_openkruise import OpenKruise

kruise = OpenKruise("kruise", {"virtual_node_selectors": ["type=virtual-kubelet"]VALUES})
"""
TESTS = """
import unittest

import pulumi


class MyMocks(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs):
        return [args.name + "_id", args.inputs]

    def call(self, args: pulumi.runtime.MockCallArgs):
        return {}


pulumi.runtime.set_mocks(MyMocks(), preview=False)

import infra


class TestingWithMocks(unittest.TestCase):
    @pulumi.runtime.test
    def test_selectors(self):
        def check(args):
            urn, selectors, affinity = args
            self.assertIn("type=virtual-kubelet", selectors, f"{urn} does not exclude Virtual Kubelet")
            self.assertIn("nodeSelectorTerms", affinity)

        return pulumi.Output.all(infra.kruise.urn, infra.kruise.selectors, infra.kruise.affinity).apply(check)

    @pulumi.runtime.test
    def test_namespace(self):
        return infra.kruise.namespace.apply(lambda found: self.assertEqual(found, "kruise-system"))

    @pulumi.runtime.test
    def test_that_a_test_can_fail(self):
        def check(namespace):
            with self.assertRaises(AssertionError):
                self.assertEqual(namespace, "elsewhere")

        return infra.kruise.namespace.apply(check)
"""


LOOP = """
import asyncio

asyncio.set_event_loop(asyncio.new_event_loop())
"""
"""What Pulumi's own mocks need since Python 3.14, where nothing makes an event loop by itself."""


@pytest.mark.parametrize("runner", ["pytest", "unittest"])
@pytest.mark.parametrize("values", ["", ', "values": {"manager": {"replicas": pulumi.Output.from_input(2)}}'])
def test_the_program_is_imported_below_mocks(tmp_path: Path, runner: str, values: str) -> None:
    (tmp_path / "infra.py").write_text(INFRA.replace("VALUES", values))
    loop = LOOP if sys.version_info >= (3, 14) else ""
    (tmp_path / "test_infra.py").write_text(f"{loop}{TESTS}")
    # Each as its documentation starts it; neither has an event loop that runs when the module is imported.
    command = {"pytest": ["pytest", "-q", "-p", "no:cacheprovider"], "unittest": ["unittest", "-q"]}[runner]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "components"), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, output
    assert "3 passed" in output or "Ran 3 tests" in output, output
