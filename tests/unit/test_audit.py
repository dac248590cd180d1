"""The audit of dependencies: a known vulnerability fails, and data that cannot be reached is said."""

import json
from typing import Any

import pytest

from tests.audit import judge, main

CLEAN: dict[str, Any] = {"name": "click", "version": "8.1.7", "vulns": []}
FLAWED: dict[str, Any] = {
    "name": "urllib3",
    "version": "2.2.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.2.2"]}, {"id": "PYSEC-2", "fix_versions": []}],
}
SKIPPED = {"name": "pulumi", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "said", "code"),
    [
        ([CLEAN], ["1 packages audited, 0 known vulnerabilities"], 0),
        (
            [CLEAN, FLAWED, SKIPPED],
            [
                "urllib3 2.2.0: PYSEC-1, mended in 2.2.2",
                "urllib3 2.2.0: PYSEC-2, mended in none",
                "2 packages audited, 2 known vulnerabilities",
                "NOT AUDITED: 1 packages, of which no data could be reached",
            ],
            1,
        ),
        (
            [SKIPPED],
            [
                "0 packages audited, 0 known vulnerabilities",
                "NOT AUDITED: 1 packages, of which no data could be reached",
            ],
            0,
        ),
    ],
    ids=["clean", "known", "no data"],
)
def test_what_is_known_decides(packages: list[Any], said: list[str], code: int) -> None:
    assert judge(json.dumps({"dependencies": packages, "fixes": []})) == (said, code)


@pytest.mark.parametrize("report", ["", "ERROR: no route", "[]", "{}", '{"dependencies": [1]}'])
def test_no_answer_is_said_and_fails_nothing(report: str) -> None:
    assert judge(report) == (["NOT AUDITED: pip-audit gave no answer"], 0)


def test_a_missing_program_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("/nowhere/pip-audit", ".") == 0
    assert "NOT AUDITED" in capsys.readouterr().out
