"""The schema that editors read, beside the validation, which knows more."""

import jsonschema
import pytest
from pulumi_openkruise.config.fleet_file import load_fleet_schema, read_fleet
from pulumi_openkruise.config.yaml_data import load_yaml
from pulumi_openkruise.fleet.project import read_project

from tests.support.engine import ROOT

from .test_fleet_file import GOOD, changed, problems

ELSEWHERE = {"duplicate-wave", "empty-wave", "cluster-in-no-wave", "missing-stack", "invalid-label"}
"""What only the validation finds, since it looks at several entries, or at selectors, at once."""


def accepted(data: object) -> bool:
    return jsonschema.Draft202012Validator(load_fleet_schema()).is_valid(data)


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(load_fleet_schema())


def test_the_fleet_of_this_repository_is_good() -> None:
    project = read_project(ROOT / "fleet.yaml", "openkruise")
    assert [wave.name for wave in project.waves] == ["dev", "staging", "prod"]
    text = (ROOT / "fleet.yaml").read_text()
    assert accepted(load_yaml(text, "fleet.yaml"))
    path = text.split("$schema=")[1].split()[0]
    assert (ROOT / path).read_text().startswith("{")


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
        ("clusters/dev-1/hold", " "),
        ("clusters", {}),
        ("waves", []),
        ("gate", False),
        ("gate", 0),
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
