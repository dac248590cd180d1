"""What frames the code: licence, changelog, contributing guide, workflow and hooks name only what exists."""

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.engine import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9]+):", MAKEFILE, re.MULTILINE))
PUBLIC_TEXTS = ["CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md"]


def read_yaml(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text())


def test_the_licence_is_the_one_that_the_metadata_names() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert 'license = "Apache-2.0"' in PYPROJECT
    assert 'license-files = ["LICENSE"]' in PYPROJECT


def test_the_changelog_says_of_each_version_what_it_does_to_affinities() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert versions[0].startswith("[Unreleased]")
    (version,) = re.findall(r'^version = "(.+)"$', PYPROJECT, re.MULTILINE)
    assert versions[1].startswith(f"[{version}]")
    assert all("### Affinity" in one for one in versions[:-1])  # nothing came before the first


@pytest.mark.parametrize("name", PUBLIC_TEXTS)
def test_every_path_in_the_text_exists(name: str) -> None:
    text = (ROOT / name).read_text()
    named = {path.split("#")[0] for path in re.findall(r"\]\((?!https?:)([^)]+)\)", text)}
    named |= {
        path
        for path in re.findall(r"`([\w./-]+)`", text)
        if path.split("/")[0] in ("components", "tests", "docs", "deploy", ".ci")
    }
    assert named
    assert {path for path in named if not (ROOT / path).exists()} == set()


def defined_names(path: Path) -> set[str]:
    """Return the functions, classes and constants that a module defines at its top level."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def test_the_table_of_rules_names_files_and_names_that_exist() -> None:
    package, tests = ROOT / "components" / "pulumi_openkruise", ROOT / "tests" / "unit"
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("### Where a rule is")[2].partition("\n#")[0]
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)[2:]
    assert len(rows) > 10
    for code, test in rows:
        places = re.findall(r"`([a-z_]+/[\w/.]*)`((?:[:,] `\w+`)*)", code)
        assert places, code
        for path, symbols in places:
            assert (package / path).exists() or (ROOT / path).exists(), path
            names = set(re.findall(r"`(\w+)`", symbols))
            assert not names or names <= defined_names(package / path), (path, names)
        if test == "tests of the same names":
            modules = [path.partition("/") for path, _symbols in places]
            files = [tests / folder / f"test_{module}" for folder, _slash, module in modules]
        else:
            found = re.findall(r"`([\w/.]+)`(?:: `(\w+)`)?", test)
            files = [ROOT / path if path.startswith("tests/") else tests / path for path, _name in found]
            named = [(file, name) for file, (_path, name) in zip(files, found, strict=True) if name]
            assert [one for one in named if f"def {one[1]}(" not in one[0].read_text()] == []
        assert files
        assert [file for file in files if not file.is_file()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", ".github/workflows/ci.yml", ".pre-commit-config.yaml"])
def test_every_make_target_that_is_named_exists(name: str) -> None:
    named = set(
        re.findall(r"(?:^|run: |`|=1 |entry: )make ([a-z0-9]+)", (ROOT / name).read_text(), re.MULTILINE)
    )
    assert named
    assert named <= TARGETS


def test_the_workflow_runs_what_a_merge_must_pass() -> None:
    jobs = read_yaml(".github/workflows/ci.yml")["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert sorted(commands) == [".ci/run", "make lint", "make test"]
    classifiers = re.findall(r"Python :: (3\.\d+)", PYPROJECT)
    assert jobs["test"]["strategy"]["matrix"]["python"] == classifiers


def notes() -> Any:
    return runpy.run_path(str(ROOT / ".github" / "release_notes.py"))["read_entry"]


CHANGES = "# Changelog\n\n## [1.2.0] - 2026-01-01\n\n### Added\n\n- a\n\n## [1.1.0]\n\n- b\n"


def test_release_notes_are_the_changelogs_entry() -> None:
    assert notes()("v1.2.0", CHANGES, 'version = "1.2.0"\n') == "### Added\n\n- a"
    assert notes()("v1.1.0", CHANGES, 'version = "1.1.0"\n') == "- b"


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("1.2.0", "1.2.0", "expected v<major>"),
        ("v1.2.0", "1.1.0", "pyproject.toml has version 1.1.0"),
        ("v1.3.0", "1.3.0", r"no entry \[1.3.0\]"),
        ("v1.2.0", "", "pyproject.toml has version none"),
    ],
)
def test_a_release_needs_tag_version_and_entry_to_agree(tag: str, version: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        notes()(tag, CHANGES, f'version = "{version}"\n' if version else "")


def test_the_release_publishes_nothing() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    workflow = read_yaml(".github/workflows/release.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert not re.findall(r"publish@|twine upload|npm publish|gh release|secrets\.", text)
    (job,) = workflow["jobs"].values()
    assert any(step.get("run") == ".ci/run" for step in job["steps"])


def test_every_target_has_a_line_in_the_list() -> None:
    described = set(re.findall(r"^([a-z0-9]+):.*## ", MAKEFILE, re.MULTILINE))
    assert described == TARGETS


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda p: p.stem
)
def test_issue_forms_have_what_the_host_requires(path: Any) -> None:
    form = YAML(typ="safe").load(path.read_text())
    if path.stem == "config":
        return
    assert {"name", "description", "body"} <= set(form)
    inputs = [item for item in form["body"] if item["type"] != "markdown"]
    assert len({item["id"] for item in inputs}) == len(inputs)
    assert all(item["attributes"]["label"] for item in inputs)
