"""The package as others meet it: its schema for other languages, and what importing it brings along."""

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pulumi_openkruise
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.config.fields import FIELDS
from pulumi_openkruise.diagnostics.field_names import config_key

from tests.support.engine import ROOT


def component() -> Any:
    return Analyzer("openkruise").analyze([OpenKruise])["component_definitions"]["OpenKruise"]


def test_schema_has_every_field_optional_and_described() -> None:
    inputs = component().inputs
    assert list(inputs) == [config_key(name) for name in FIELDS]
    assert all(field.optional for field in inputs.values())
    assert all(field.description for field in inputs.values())


def test_schema_marks_what_preview_has_to_know_as_plain() -> None:
    inputs = component().inputs
    assert {name for name, field in inputs.items() if not field.plain} == {"values"}


def test_schema_outputs() -> None:
    outputs = component().outputs
    assert list(outputs) == [
        "affinity",
        "selectors",
        "chartVersion",
        "namespace",
        "status",
        "releaseRevision",
        "daemonDesired",
        "daemonReady",
    ]
    assert all(output.description for output in outputs.values())


def test_arguments_are_the_fields() -> None:
    assert list(OpenKruiseArgs.__annotations__) == list(FIELDS)
    assert OpenKruiseArgs.__required_keys__ == frozenset()


def test_public_names() -> None:
    names = ["InvalidConfigError", "OpenKruise", "OpenKruiseArgs", "__version__", "args_from_config"]
    assert pulumi_openkruise.__all__ == names
    assert set(names) <= set(dir(pulumi_openkruise))
    assert all(getattr(pulumi_openkruise, name) for name in names)
    assert pulumi_openkruise.__version__[0].isdigit()
    assert not hasattr(pulumi_openkruise, "nothing")


def test_types_are_published() -> None:
    assert (Path(pulumi_openkruise.__file__).parent / "py.typed").exists()


def imported_packages() -> set[str]:
    """Return the names of all packages of others that the module imports, inside functions too."""
    names = set[str]()
    for path in Path(pulumi_openkruise.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module or "")
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"pulumi_openkruise"}


def test_what_is_imported_is_declared() -> None:
    """A package that comes along with another one is gone when that one no longer needs it."""
    (block,) = re.findall(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    declared = re.findall(r'"([\w.-]+)', block)
    # The distributions' files: before Python 3.11, packages_distributions() knows few of them.
    provided = {path.parts[0].removesuffix(".py") for one in declared for path in files(one) or ()}
    assert {"yaml", "urllib3"} < imported_packages()
    assert imported_packages() <= provided


def imported_by(statement: str) -> set[str]:
    code = f"import sys, json; {statement}; print(json.dumps(list(sys.modules)))"
    here = str(ROOT)
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=here)
    modules: list[str] = json.loads(result.stdout)
    return set(modules)


def test_the_core_imports_no_pulumi() -> None:
    pure = "catalogue, chart, checks, config, detection, diagnostics, discovery, lifecycle, selectors"
    config = "adoption, excluded_nodes, helm_values, settings, stack_config"
    modules = imported_by(
        f"from pulumi_openkruise import {pure}; from pulumi_openkruise.config import {config}"
    )
    assert not {
        name for name in modules if name == "pulumi" or name.startswith(("pulumi.", "pulumi_kubernetes"))
    }


def test_the_component_brings_nothing_of_the_kubernetes_sdk() -> None:
    # Each part of it costs more than everything else together; Release is imported where it is made.
    modules = imported_by("from pulumi_openkruise import OpenKruise, args_from_config")
    assert "pulumi_openkruise.component.openkruise" in modules
    assert not {name for name in modules if name.partition(".")[0] == "pulumi_kubernetes"}


def test_a_kubernetes_object_brings_no_slow_part_of_the_sdk() -> None:
    code = "from pulumi_openkruise.component.kubernetes_object import read_provider_version as read; read()"
    modules = {name for name in imported_by(code) if name.startswith("pulumi_kubernetes.")}
    expected = imported_by("import pulumi_kubernetes")
    assert modules == {name for name in expected if name.startswith("pulumi_kubernetes.")}


def test_the_component_brings_nothing_that_only_some_runs_need() -> None:
    modules = imported_by("from pulumi_openkruise import OpenKruise, OpenKruiseArgs, args_from_config")
    parts = ["catalogue", "checks", "cli", "cluster", "detection", "discovery"]
    parts += [
        "inventory.helm_records",
        "inventory.survey",
        "chart.value_checks",
        "chart.contract",
        "chart.value_types",
        "selectors.explanations.explanation",
        "selectors.node_matcher",
    ]
    unwanted = {f"pulumi_openkruise.{part}" for part in parts} | {
        "kubernetes",
        "tarfile",
        "ruamel.yaml",
        "rich",
    }
    assert not unwanted & modules


def test_an_installation_brings_no_slow_part_of_the_kubernetes_sdk() -> None:
    run = "engine = new_engine(); engine.__enter__().run(lambda: OpenKruise('kruise', {}))"
    modules = imported_by(
        f"from pulumi_openkruise import OpenKruise; from tests.support.engine import new_engine; {run}"
    )
    assert "pulumi_kubernetes.helm.v3.Release" in modules
    assert "pulumi_kubernetes.core.v1.Namespace" not in modules
