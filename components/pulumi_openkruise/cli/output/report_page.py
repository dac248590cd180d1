"""A report of a check as one self-contained HTML page: no script, no image, no other file.

The page is built as a tree and written by the standard library, which escapes every text and attribute. A
Content-Security-Policy in the page forbids scripts and everything from elsewhere. Findings come first. Long
lists are folded in ``details`` elements, and a click on a command selects all of it, ready to be copied.
"""

from xml.etree.ElementTree import Element, SubElement

from ...checks import Finding, Report
from ...diagnostics.unavailable import Unavailable
from ...diagnostics.wording import pluralize
from ...inventory.helm_records import find_latest
from .doc_links import link_finding, refer_to_finding
from .page_elements import add, add_facts, add_list, add_words, render_page, start_page
from .page_nodes import add_pools, add_table
from .page_style import STYLE
from .written_files import write_report

_NAMES = 200
_LINES = 25


def write_page(report: Report, path: str, inputs: tuple[str | None, ...] = ()) -> None:
    """Write the page to a file that is not one of the command's ``inputs``; raises UnusableInputError."""
    write_report(path, page(report), inputs)


def page(report: Report) -> str:
    """Return the page; it stays small however many nodes the cluster has."""
    found = report.describe_findings() or "no findings"
    facts = _list_facts(report)
    title = f"OpenKruise, {found}: {', '.join(value for _name, value in facts)}"
    html, main = start_page(title, STYLE)
    header = add(main, "header")
    add(header, "h1", "Check of OpenKruise")
    add_facts(header, facts)
    worst = report.findings[0].severity if report.findings else "good"
    add(header, "p", found, f"verdict {worst}")
    _add_contents(header, report)
    _add_findings(main, report)
    _add_other_checks(main, report)
    add_pools(main, report)
    add_table(main, report)
    return render_page(html)


def _list_facts(report: Report) -> list[tuple[str, str]]:
    """Return what the page is about: cluster, stack, versions and time."""
    records = report.snapshot.records
    newest = None if isinstance(records, Unavailable) else find_latest(records)
    kruise = (newest.app_version or newest.chart_version) if newest else report.expected.chart_version
    version = report.snapshot.version
    versions = [f"OpenKruise {kruise}"] if kruise else []
    versions += [] if isinstance(version, Unavailable) else [f"Kubernetes {version}"]
    return [
        ("cluster", report.snapshot.source),
        ("compared with", report.expected.source),
        *([("versions", ", ".join(versions))] if versions else []),
        ("checked at", report.snapshot.taken.replace("T", " ").replace("Z", " UTC")),
    ]


def _add_contents(header: Element, report: Report) -> None:
    links = [
        ("findings", f"Findings ({len(report.findings):,})"),
        ("checks", "Other checks"),
        ("pools", "Nodes by pool"),
    ]
    if report.states:
        links.append(("nodes", "Nodes"))
    entries = add(add(header, "nav", aria_label="Contents"), "ul")
    for target, text in links:
        add(add(entries, "li"), "a", text, href=f"#{target}")


def _add_findings(main: Element, report: Report) -> None:
    section = add(main, "section", id="findings", aria_labelledby="findings-title")
    add(section, "h2", "Findings", id="findings-title")
    for finding in report.findings:
        _add_finding(section, finding)
    if not report.findings:
        add(section, "p", "None.")


def _add_finding(section: Element, finding: Finding) -> None:
    card = add(section, "article", style=f"finding {finding.severity}")
    heading = SubElement(card, "h3")
    add(heading, "span", finding.severity, "severity")
    add(heading, "span", finding.what)
    link = link_finding(finding.code)
    add(card, "code", finding.code)
    if "://" in link:  # a relative path leads nowhere from a page that is stored elsewhere
        add(
            card,
            "a",
            "documentation",
            href=link,
            rel="noreferrer",
            aria_label=f"documentation of {finding.code}",
        )
    add_list(card, finding.evidence, _LINES)
    facts = [("means", finding.consequence), ("do", finding.remedy)]
    if "://" not in link:
        facts.append(("see", f"`{refer_to_finding(finding.code)}`"))
    add_facts(card, facts)
    if len(finding.objects) > 1:
        details = add(card, "details")
        add(details, "summary", pluralize(len(finding.objects), "object"))
        add_list(details, [str(one) for one in finding.objects], _NAMES)


def _add_other_checks(main: Element, report: Report) -> None:
    """Add the accepted findings, the checks that were not made, and the checks without findings."""
    section = add(main, "section", id="checks", aria_labelledby="checks-title")
    add(section, "h2", "Other checks", id="checks-title")
    for one in report.accepted:
        about = add(section, "p")
        add_words(
            about, f"Accepted until {one.until}: `{one.finding.code}`, {one.finding.what}. {one.reason}"
        )
    if report.not_checked:
        missing = [f"{one.what}, because {one.because}" for one in report.not_checked]
        add(section, "h3", f"Not checked ({len(missing):,})")
        add_list(section, missing, len(missing))
    folded = add(section, "details")
    add(folded, "summary", f"{pluralize(len(report.passed), 'check')} without findings")
    add_list(folded, report.passed, len(report.passed))
