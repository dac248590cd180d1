"""A project's folder: its fleet's file, its stack files, and what an update of each stack is made of."""

from pathlib import Path

import pytest
from pulumi_openkruise.diagnostics.problem import ConfigError
from pulumi_openkruise.fleet.project import Project, read_project

FLEET = "clusters: {dev: {env: dev}, prod: {env: prod}}\nwaves: [{name: all, select: env, parallel: 2}]\n"


def write(folder: Path, stacks: str = "", fleet: str = FLEET) -> Path:
    """Write a project whose stack files are in the folder ``stacks``; return the fleet's file."""
    settings = f"stackConfigDir: {stacks}\n" if stacks else ""
    (folder / stacks).mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: openkruise\nruntime: python\n{settings}")
    (folder / "__main__.py").write_text("program")
    for name in ("dev", "prod"):
        (folder / stacks / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    (folder / "fleet.yaml").write_text(fleet)
    return folder / "fleet.yaml"


def changed(before: Project, after: Project) -> dict[str, set[str]]:
    """Return which parts of each stack's release differ, for the stacks that have one that does."""
    parts = {
        name: {part for part in release if release[part] != after.releases[name][part]}
        for name, release in before.releases.items()
    }
    return {name: found for name, found in parts.items() if found}


@pytest.mark.parametrize("stacks", ["", "stacks"], ids=["beside", "in a folder"])
def test_a_release_changes_with_its_stack_file_and_with_the_program(tmp_path: Path, stacks: str) -> None:
    file = write(tmp_path, stacks)
    first = read_project(file)
    (tmp_path / stacks / "Pulumi.dev.yaml").write_text("config: {openkruise:namespace: kruise}\n")
    second = read_project(file)
    assert changed(first, second) == {"dev": {"config"}}
    (tmp_path / "__main__.py").write_text("another program")
    assert changed(second, read_project(file)) == {"dev": {"program"}, "prod": {"program"}}


@pytest.mark.parametrize("stacks", ["", "stacks"], ids=["beside", "in a folder"])
def test_what_is_no_part_of_an_update_changes_no_release(tmp_path: Path, stacks: str) -> None:
    file = write(tmp_path, stacks)
    before = read_project(file)
    file.write_text(FLEET.replace("parallel: 2", "parallel: 1"))
    (tmp_path / stacks / "Pulumi.other.yaml").write_text("config: {}\n")
    for folder in ("fleet", "docs", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.txt").write_text("words")
    assert changed(before, read_project(file)) == {}


def test_all_problems_of_a_fleet_and_of_its_stack_files_are_reported_at_once(tmp_path: Path) -> None:
    clusters = "clusters: {dev: {env: dev}, prod: {env: prod}, lost: {env: lost}}\n"
    file = write(tmp_path, "stacks", f"{clusters}waves: [{{name: prod, select: env=prod, soak: soon}}]\n")
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {openkruise:namespase: x}\n")
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text("config: [\n")
    with pytest.raises(ConfigError) as caught:
        read_project(file, "other")
    assert {(problem.place, problem.code) for problem in caught.value.problems} == {
        ("project", "other-project"),
        ("clusters.dev", "cluster-in-no-wave"),
        ("clusters.lost", "cluster-in-no-wave"),
        ("clusters.lost", "missing-stack"),
        ("waves[0].soak", "invalid-soak"),
        ("Pulumi.dev.yaml, openkruise:namespase", "unknown-key"),
        ("Pulumi.prod.yaml, the file", "unreadable"),
    }


@pytest.mark.parametrize(
    ("missing", "code"), [("Pulumi.yaml", "other-project"), ("fleet.yaml", "unreadable")]
)
def test_a_missing_file_is_named(tmp_path: Path, missing: str, code: str) -> None:
    file = write(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ConfigError, match=missing) as caught:
        read_project(file)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_stack_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError) as caught:
        read_project(file)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("unreadable", "clusters.dev")
    assert "Pulumi.dev.yaml" in problem.reason
