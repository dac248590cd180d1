"""``fleet check`` and ``fleet list``, over an API server and a ``pulumi`` that are test doubles."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pulumi_openkruise.checks import check
from pulumi_openkruise.cli.fleet import read_record
from pulumi_openkruise.fleet import report
from pulumi_openkruise.fleet.record import MESSAGE
from pulumi_openkruise.fleet.release import abbreviate

from tests.support.api_server import ApiServer
from tests.support.installed import broken, expected
from tests.support.schemas import close, load_schema

Command = Callable[..., tuple[int, str, str]]
PULUMI = """#!/bin/sh
# Answers a command, by its second word, with the file of that name of its stack.
for one; do [ "$before" = --stack ] && stack=$one; before=$one; done
cat "{folder}/$stack.$2" || exit 1
"""
RELEASE = {"config": "a", "program": "b", "packages": "c"}
FLEET = """
clusters: {dev: {env: dev}, east: {env: prod}, west: {env: prod, hold: moves}}
waves: [{name: dev, select: env=dev}, {name: prod, select: env=prod, parallel: 2, soak: 30m}]
"""


class Answers:
    """A project with its fleet, and what `pulumi` answers about its stacks."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, str(folder / "fleet.yaml")

    def write(self, stack: str, command: str, data: Any) -> None:
        """Write what a command prints for a stack."""
        (self.folder / f"{stack}.{command}").write_text(json.dumps(data))


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> Answers:
    """Make a project of three stacks that this fleet has updated, and whose cluster is the test double."""
    folder = tmp_path / "project"
    for path in (folder / "fleet", tmp_path / "bin"):
        path.mkdir(parents=True)
    program = tmp_path / "bin" / "pulumi"
    program.write_text(PULUMI.format(folder=folder))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (folder / "Pulumi.yaml").write_text("name: openkruise\nruntime: python\n")
    (folder / "fleet.yaml").write_text(FLEET)
    made = Answers(folder)
    resources = []
    for name in ("dev", "east", "west"):
        (folder / f"Pulumi.{name}.yaml").write_text("config: {}\n")
        made.write(name, "--json", {"kubernetes:kubeconfig": {"value": kubeconfig, "secret": True}})
        update = {"result": "succeeded", "message": f"{MESSAGE}{abbreviate(RELEASE)}", "kind": "update"}
        made.write(name, "history", [update])
        urn = f"urn:pulumi:fleet::fleet::openkruise:fleet:Cluster::{name}"
        resources.append({"urn": urn, "type": "openkruise:fleet:Cluster", "inputs": {"release": RELEASE}})
    made.write("fleet", "export", {"deployment": {"resources": resources}})
    return made


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each cluster have a healthy installation, whatever its stack."""
    found = check(broken(), expected())
    monkeypatch.setattr(report, "check_cluster", lambda _stack, _config, live: found)


def check_fleet(command: Command, answers: Answers, *more: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Check the fleet; return the exit code, and each cluster's report by its name."""
    code, printed, _errors = command("fleet", "check", "--file", answers.file, *more, "-o", "json")
    data = json.loads(printed)
    assert list(Draft202012Validator(close(load_schema("fleet-check"))).iter_errors(data)) == []
    return code, {one["cluster"]: one for one in data["clusters"]}


@pytest.mark.usefixtures("healthy")
def test_each_cluster_is_reported_by_its_record_and_its_history(command: Command, answers: Answers) -> None:
    answers.write("east", "history", [{"result": "succeeded", "message": "hotfix", "kind": "update"}])
    code, found = check_fleet(command, answers)
    assert code == 1
    assert {name: one["state"] for name, one in found.items()} == {
        "dev": "due",
        "east": "by-hand",
        "west": "on-hold",
    }
    assert {name: one["clean"] for name, one in found.items()} == {"dev": True, "east": False, "west": True}
    assert found["east"]["notes"] == ["last update, by hand: update: hotfix"]
    assert found["west"]["hold"] == "moves"


def test_a_cluster_that_cannot_be_inspected_is_reported_with_the_reason(
    command: Command, answers: Answers
) -> None:
    answers.write("dev", "--json", {})
    (answers.folder / "east.history").unlink()
    code, found = check_fleet(command, answers)
    assert code == 1
    assert {one["state"] for one in found.values()} == {"unreachable"}
    assert found["dev"]["notes"][0] == "stack dev has no kubernetes:kubeconfig"
    assert "east.history" in found["east"]["notes"][0]
    assert found["west"]["notes"][0]  # the double of the API server holds nothing


@pytest.mark.usefixtures("healthy")
def test_what_is_due_or_on_hold_needs_no_action(command: Command, answers: Answers) -> None:
    code, found = check_fleet(command, answers)
    assert code == 0
    assert {name: one["state"] for name, one in found.items()} == {
        "dev": "due",
        "east": "due",
        "west": "on-hold",
    }


def test_without_the_fleets_own_stack_the_report_says_so(command: Command, answers: Answers) -> None:
    (answers.folder / "fleet.export").unlink()
    _code, printed, errors = command("fleet", "check", "--file", answers.file)
    assert "the fleet's record is not known" in errors
    assert "3 clusters: " in printed


def test_a_kubeconfig_beside_the_project_is_found_from_any_folder(
    command: Command,
    answers: Answers,
    server: ApiServer,
    kubeconfig: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (answers.folder / "kube.yaml").write_text(Path(kubeconfig).read_text())
    for name in ("dev", "east", "west"):
        answers.write(name, "--json", {"kubernetes:kubeconfig": {"value": "kube.yaml"}})
    monkeypatch.chdir(tmp_path)
    check_fleet(command, answers)
    assert server.asked


def test_the_page_is_written_beside_the_report(command: Command, answers: Answers, tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    check_fleet(command, answers, "--html", str(page))
    assert 'href="#west"' in page.read_text()
    code, _printed, errors = command("fleet", "check", "--file", answers.file, "--html", answers.file)
    assert code == 2, errors
    assert (answers.folder / "fleet.yaml").read_text() == FLEET


def test_a_fleet_without_its_program_is_checked_without_its_record(
    command: Command, answers: Answers
) -> None:
    nowhere = str(answers.folder / "nowhere")
    _code, printed, errors = command(
        "fleet", "check", "--file", answers.file, "--program", nowhere, "-o", "json"
    )
    assert f"note: the fleet's record is not known: there is no folder {nowhere}" in errors
    assert [one["cluster"] for one in json.loads(printed)["clusters"]] == ["dev", "east", "west"]


def test_the_waves_are_listed_for_a_matrix(command: Command, answers: Answers) -> None:
    code, printed, _errors = command("fleet", "list", "--file", answers.file, "-o", "json")
    assert code == 0
    waves = json.loads(printed)["waves"]
    assert [(wave["name"], wave["parallel"], wave["soakSeconds"]) for wave in waves] == [
        ("dev", 1, 0),
        ("prod", 2, 1800),
    ]
    assert [one["name"] for wave in waves for one in wave["clusters"]] == ["dev", "east", "west"]
    table = command("fleet", "list", "--file", answers.file)[1]
    assert "moves" in table


def test_every_problem_of_the_file_is_reported_at_once(command: Command, answers: Answers) -> None:
    (answers.folder / "fleet.yaml").write_text(FLEET.replace("30m", "soon").replace("dev: {", "deu: {"))
    for name in ("check", "list"):
        code, _printed, errors = command("fleet", name, "--file", answers.file)
        assert code == 2
        assert "clusters.deu: there is no stack file Pulumi.deu.yaml" in errors
        assert "did you mean dev?" in errors
        assert "waves[1].soak" in errors


def test_the_record_is_read_from_the_fleets_own_state() -> None:
    resources = [
        {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:fleet::fleet::pulumi:pulumi:Stack::fleet-fleet"},
        {
            "type": "openkruise:fleet:Cluster",
            "urn": "urn:pulumi:fleet::fleet::openkruise:fleet:Fleet$openkruise:fleet:Cluster::dev-1",
            "inputs": {"release": RELEASE},
        },
    ]
    assert read_record({"deployment": {"resources": resources}}) == {"dev-1": RELEASE}
    assert read_record({"deployment": None}) == {}
    assert read_record([]) == {}
