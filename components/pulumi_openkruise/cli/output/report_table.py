"""A report of a check as text for people."""

from ...checks import Finding, Report
from ...checks.node_states import STATES
from ...diagnostics.wording import and_more
from .terminal import as_table, safe

_LINES = 8


def as_text(report: Report) -> str:
    """Write where it was looked, how the nodes stand, every finding, and what could not be checked."""
    rows = [[f"{count:,}", STATES[state]] for state, count in report.counts().items()]
    blocks = [
        safe(f"{report.snapshot.source}, compared with {report.expected.source}").replace("\n", " "),
        as_table(["Nodes", "State"], [rows or [["0", "no nodes"]]]),
    ]
    if report.findings:
        blocks.append(as_table(["Finding", ""], [_rows(finding) for finding in report.findings]))
    elif not report.not_checked:
        blocks.append("Nothing found.")
    else:
        blocks.append("Nothing found in what could be looked at.")
    if report.not_checked:
        lines = [f"Not checked: {one.what}, because {one.because}" for one in report.not_checked]
        blocks.append("\n".join(line.replace("\n", " ") for line in lines))
    return "\n\n".join(blocks)


def _rows(finding: Finding) -> list[list[str]]:
    evidence = list(finding.evidence[:_LINES])
    if more := and_more(finding.evidence, _LINES):
        evidence.append(f"{more}, see --output json")
    return [
        [finding.severity.upper(), finding.what],
        [finding.code, "\n".join(line.replace("\n", " ") for line in evidence)],
        ["  means", finding.consequence],
        ["  do", finding.remedy],
    ]
