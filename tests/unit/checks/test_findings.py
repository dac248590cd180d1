"""Every code of a finding is reached, by one thing that is wrong and by nothing else."""

import pytest
from pulumi_openkruise.checks import GROUPS, check

from tests.support.findings import ALSO, CASES, found
from tests.support.installed import NAMESPACE, expected

ALL_CODES = {code.name: code for codes in GROUPS.values() for code in codes}
CODES = {name: code for name, code in ALL_CODES.items() if name != "acceptance-expired"}
"""Those that a cluster alone can show; test_acceptance.py has the other one."""


def test_every_code_has_a_case() -> None:
    assert set(CASES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_finding_is_reached_by_what_is_wrong_alone(code: str) -> None:
    report = check(*CASES[code]())
    assert set(found(report)) == {code} | ALSO.get(code, set())
    finding = found(report)[code]
    assert finding.what
    assert finding.consequence
    assert finding.remedy
    assert finding.evidence
    assert report.clean is all(finding.severity == "info" for finding in report.findings)


@pytest.mark.parametrize("code", ALL_CODES)
def test_texts_are_sentences_without_a_full_stop(code: str) -> None:
    for text in (ALL_CODES[code].title, ALL_CODES[code].consequence, ALL_CODES[code].remedy):
        assert text == text.strip()
        assert not text.endswith(".")
        assert "  " not in text


def test_namespace_of_the_healthy_one() -> None:
    assert expected().namespace == NAMESPACE
