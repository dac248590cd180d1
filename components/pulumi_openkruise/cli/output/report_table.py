"""A report of a check as text for people: in full, or a line for each finding."""

from ...checks import Finding, Report
from ...checks.finding import AcceptedFinding
from ...checks.node_states import STATES
from ...diagnostics.wording import count_rest, pluralize, shorten
from .doc_links import refer_to_finding
from .table import NARROW, as_block, as_table, find_output_width, wrap_words
from .terminal import SafeText, join_safely, paint

_LINES = 8
_SEE_ALL = ", see --output json"


def as_text(report: Report) -> SafeText:
    """Return how the nodes stand, every finding, what was well, what could not be checked, and a summary."""
    rows = [[f"{count:,}", STATES[state]] for state, count in report.counts().items()]
    width = find_output_width()
    title = _write_on_one_line(f"{report.snapshot.source}, compared with {report.expected.source}")
    blocks = [
        "\n".join(_wrap(title, width)),
        as_table(["Nodes", "State"], [rows or [["0", "no nodes"]]]),
    ]
    if report.findings and width < NARROW:
        blocks += [_write_block(finding, width) for finding in report.findings]
    elif report.findings:
        colours = [finding.severity for finding in report.findings]
        blocks.append(
            as_table(["Finding", ""], [_write_rows(one) for one in report.findings], colours=colours)
        )
    notes = [_describe_accepted(one) for one in report.accepted]
    notes += [f"Not checked: {one.what}, because {one.because}" for one in report.not_checked]
    if report.passed:
        notes.append(f"Checked without findings: {'; '.join(report.passed)}.")
    if notes:
        blocks.append("\n".join(line for text in notes for line in _wrap(_write_on_one_line(text), width)))
    blocks.append(_write_summary(report))
    return join_safely(blocks, "\n\n")


def as_lines(report: Report) -> SafeText:
    """Return a line for each finding, as compilers write them, and the summary."""
    lines = []
    for finding in report.findings:
        objects = shorten(map(str, finding.objects), 3)
        about = f": {objects}" if objects else ""
        severity = paint(finding.severity, finding.severity)
        lines.append(
            join_safely([severity, " ", _write_on_one_line(f"{finding.code}: {finding.what}{about}")], "")
        )
    return join_safely([*lines, _write_summary(report)])


def _write_summary(report: Report) -> SafeText:
    """Return the line that sums up, in the colour of the worst finding."""
    found = report.describe_findings() or "no findings"
    accepted = f", {len(report.accepted):,} accepted" if report.accepted else ""
    checks = f"{pluralize(len(report.passed), 'check')} found nothing"
    if report.not_checked:
        checks += f", {len(report.not_checked):,} not checked"
    worst = report.findings[0].severity if report.findings else "good"
    return paint(f"Summary: {found}{accepted}; {checks}.", worst)


def _write_rows(finding: Finding) -> list[list[str]]:
    return [
        [finding.severity.upper(), finding.what],
        [finding.code, "\n".join(_list_evidence(finding))],
        ["  means", finding.consequence],
        ["  do", finding.remedy],
        ["  see", refer_to_finding(finding.code)],
    ]


def _write_block(finding: Finding, width: int) -> SafeText:
    """Return a finding as lines for a narrow terminal."""
    head = paint(f"{finding.severity.upper()} {finding.code}", finding.severity)
    lines = wrap_words(f"  {finding.what}", width, 2)
    for line in _list_evidence(finding):
        lines += wrap_words(f"  - {line}", width, 4)
    facts = [
        ("  means", finding.consequence),
        ("  do", finding.remedy),
        ("  see", refer_to_finding(finding.code)),
    ]
    return join_safely([head, *lines, as_block(facts, width)])


def _list_evidence(finding: Finding) -> list[str]:
    evidence = [_write_on_one_line(line) for line in finding.evidence[:_LINES]]
    if len(finding.evidence) > _LINES:
        evidence.append(f"{count_rest(finding.evidence, _LINES)}{_SEE_ALL}")
    return evidence


def _describe_accepted(one: AcceptedFinding) -> str:
    objects = shorten(map(str, one.finding.objects), 3)
    about = f" ({objects})" if objects else ""
    return f"Accepted until {one.until}: {one.finding.code}{about}: {one.reason}"


def _wrap(line: str, width: int) -> list[str]:
    return wrap_words(line, width, 2) if width < NARROW else [line]


def _write_on_one_line(text: str) -> str:
    return text.replace("\n", " ")
