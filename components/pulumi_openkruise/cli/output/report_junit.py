"""A report of a check as JUnit XML, which most CI systems show as a list of tests.

There is no standard; what readers agree on is the form of Ant's task and Jenkins' plugin: suites of cases,
of which each may hold one `failure` or `skipped`.
"""

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ...checks import Finding, Report
from ...checks.finding import SEVERITIES, Severity
from ...diagnostics.wording import count_rest
from .doc_links import refer_to_finding
from .streams import escape

_NAMED = 100
"""Most objects of one case."""


def as_xml(report: Report, fail_on: Severity) -> str:
    """Return the report as one suite: a case for each finding, each check without one, and each left out.

    Findings below ``fail_on`` pass, with their text as output. Accepted ones are skipped, as are the checks
    that were not made.
    """
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    suite = Element("testsuite", name=escape(f"pulumi-openkruise check {report.expected.source}"))
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", name="cluster", value=escape(report.snapshot.source))
    failures = skipped = 0
    seen: Counter[str] = Counter()
    for finding in report.findings:
        seen[finding.code] += 1
        # Readers take two cases of one name for the same test.
        again = f" ({seen[finding.code]})" if seen[finding.code] > 1 else ""
        case = _add_case(suite, f"{finding.code}{again}", finding.severity)
        if finding.severity in failing:
            failures += 1
            failure = SubElement(case, "failure", type=finding.severity, message=escape(finding.what))
            failure.text = _make_text(finding)
        else:
            SubElement(case, "system-out").text = _make_text(finding)
    for one in report.accepted:
        skipped += 1
        case = _add_case(suite, one.finding.code, one.finding.severity)
        message = f"{one.finding.what}: accepted until {one.until.isoformat()}: {one.reason}"
        SubElement(case, "skipped", message=escape(message))
    for missing in report.not_checked:
        skipped += 1
        case = _add_case(suite, missing.what, "check")
        SubElement(case, "skipped", message=escape(f"not checked, because {missing.because}"))
    for what in report.passed:
        _add_case(suite, what, "check")
    count = sum(1 for _case_element in suite.iter("testcase"))
    numbers = {"tests": str(count), "failures": str(failures), "errors": "0", "time": "0"}
    taken = report.snapshot.taken.removesuffix("Z")
    for name, value in {**numbers, "skipped": str(skipped), "timestamp": taken}.items():
        suite.set(name, value)
    suites = Element("testsuites", {"name": "pulumi-openkruise", **numbers})
    suites.append(suite)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}'


def _add_case(suite: Element, name: str, kind: str) -> Element:
    """Add a case; how long a part of the check took is not known, and 0 is what readers take for that."""
    return SubElement(suite, "testcase", name=escape(name), classname=f"pulumi-openkruise.{kind}", time="0")


def _make_text(finding: Finding) -> str:
    objects = [str(one) for one in finding.objects]
    more = [count_rest(objects, _NAMED)] if len(objects) > _NAMED else []
    lines = [*finding.evidence, *objects[:_NAMED], *more]
    lines += [
        f"means: {finding.consequence}",
        f"do: {finding.remedy}",
        f"see: {refer_to_finding(finding.code)}",
    ]
    return escape("\n".join(lines))
