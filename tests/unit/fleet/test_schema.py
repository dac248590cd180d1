"""The schema for editors is the committed one, and takes what the validation takes."""

import json

import jsonschema
import pytest
from pulumi_openkruise.config.yaml_data import load_yaml
from pulumi_openkruise.fleet.file import read_fleet
from pulumi_openkruise.fleet.project import read_project
from pulumi_openkruise.fleet.schema import fleet_schema

from tests.support.engine import ROOT

from .test_file import GOOD, changed, problems

COMMITTED = ROOT / "docs" / "schemas" / "fleet.json"
ELSEWHERE = {"duplicate-wave", "empty-wave", "cluster-in-no-wave", "missing-stack", "invalid-label"}
"""What only the validation finds, since it looks at several entries, or at selectors, at once."""


def accepted(data: object) -> bool:
    return jsonschema.Draft202012Validator(fleet_schema()).is_valid(data)


def test_the_committed_schema_is_this_one() -> None:
    assert json.loads(COMMITTED.read_text()) == fleet_schema()


def test_this_repositorys_own_fleet_is_good() -> None:
    project = read_project(ROOT / "fleet.yaml", "openkruise")
    assert [wave.name for wave in project.waves] == ["dev", "staging", "prod"]
    assert accepted(load_yaml((ROOT / "fleet.yaml").read_text(), "fleet.yaml"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("gates", "error"),
        ("gate", "fatal"),
        ("waves/0/paralell", 3),
        ("waves/0/parallel", 0),
        ("waves/0/parallel", True),
        ("waves/0/soak", "soon"),
        ("waves/0/name", ""),
        ("waves/0/select", KeyError),
        ("waves/0/name", "prod"),
        ("waves/3/select", "env=dev"),
        ("clusters/dev-1", ["dev"]),
        ("clusters/dev-1/env", True),
        ("clusters/dev-1/env", "no spaces"),
        ("clusters", {}),
        ("waves", []),
        ("gate", False),
        ("gate", "warning"),
    ],
)
def test_schema_and_validation_agree(path: str, value: object) -> None:
    data = changed(path, value)
    try:
        read_fleet(data, "fleet.yaml")
        codes: set[str] = set()
    except Exception:
        codes = set(problems(data).values())
    assert accepted(data) == (not codes - ELSEWHERE)


def test_the_good_file_is_good_for_both() -> None:
    assert accepted(GOOD)
