"""Which Kubernetes goes with which OpenKruise: the data, the finding of ``check``, and the document."""

import pytest
from pulumi_openkruise.chart.kubernetes import REASONS, RUN_HERE, SUPPORT, find_support, format_minor
from pulumi_openkruise.checks.compatibility import check_versions

from tests.support.documents import check_table, markdown
from tests.support.engine import ROOT
from tests.support.installed import broken, expected


def found(cluster: str, kruise: str) -> list[tuple[str, str, str]]:
    findings = check_versions(broken(version=cluster, records=[]), expected(chart_version=kruise))
    return [(one.code, one.severity, " ".join(one.evidence)) for one in findings]


@pytest.mark.parametrize(
    ("cluster", "kruise"),
    [("v1.28.3", "1.8.3"), ("v1.30.0-eks-1", "1.8.3"), ("v1.32.1", "1.9.1"), ("v1.18.20", "1.7.5")],
)
def test_within_what_upstream_tests_nothing_is_said(cluster: str, kruise: str) -> None:
    assert found(cluster, kruise) == []


def test_what_helm_refuses_is_an_error() -> None:
    ((code, severity, evidence),) = found("v1.17.4", "1.8.3")
    assert (code, severity) == ("version-untested", "error")
    assert "OpenKruise 1.8.3 needs 1.18 or newer" in evidence


def test_beyond_what_upstream_tests_is_a_hint() -> None:
    ((code, severity, evidence),) = found("v1.36.3", "1.8.3")
    assert (code, severity) == ("version-untested", "info")
    assert "upstream tests OpenKruise 1.8.3 from 1.18 on, and builds it for 1.30" in evidence
    assert "the end-to-end tests of pulumi-openkruise run with 1.33 to 1.36" in evidence
    ((_code, severity, evidence),) = found("v1.20.1", "1.9.1")
    assert severity == "info", "the chart can be installed on it"
    assert "end-to-end" not in evidence


def test_a_newer_openkruise_is_taken_for_the_newest_known() -> None:
    assert find_support((2, 0)) == find_support((1, 9))
    assert find_support((1, 6)) is None


def test_the_document_is_made_from_it() -> None:
    rows = [
        [
            format_minor(kruise),
            f"{format_minor(one.oldest)} or newer",
            format_minor(one.tested_from),
            format_minor(one.built_for),
        ]
        for kruise, one in SUPPORT.items()
    ]
    oldest, newest = map(format_minor, RUN_HERE)
    run = f"with {newest}, and with {newest} emulating {oldest}"
    columns = ["OpenKruise", "needs", "oldest that upstream tests", "version that upstream builds against"]
    check_table("upgrading.md", "kubernetes", f"{markdown(columns, rows)}\n\nRun end to end here: {run}.")
    support = (ROOT / "docs" / "support.md").read_text()
    assert f"| Kubernetes | {format_minor(SUPPORT[max(SUPPORT)].oldest)} or newer" in support
    assert f"end to end {run} |" in support
    check_table("upgrading.md", "kubernetes reasons", markdown(["why", "source"], REASONS))
