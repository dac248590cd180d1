"""The JUnit XML of a check has the form that Ant writes and Jenkins, GitLab and others read."""

import re
from xml.etree import ElementTree

from hypothesis import given
from pulumi_openkruise.checks import Report
from pulumi_openkruise.checks.finding import SEVERITIES, make
from pulumi_openkruise.checks.registry import CODES
from pulumi_openkruise.cli.output.report_junit import as_xml

from tests.support.reports import hostile_reports, make_report

# Ant's JUnit task and the schema that Jenkins' xUnit plugin checks with: element -> required and other
# attributes, and the children in their order.
FORM: dict[str, tuple[set[str], set[str], list[str]]] = {
    "testsuites": (set(), {"name", "tests", "failures", "errors", "time", "disabled"}, ["testsuite"]),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package", "disabled"},
        ["properties", "testcase", "system-out", "system-err"],
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": (
        {"name"},
        {"classname", "time", "status"},
        ["skipped", "error", "failure", "system-out", "system-err"],
    ),
    "failure": (set(), {"type", "message"}, []),
    "skipped": (set(), {"type", "message"}, []),
    "system-out": (set(), set(), []),
}


def assert_form(element: ElementTree.Element) -> None:
    required, others, children = FORM[element.tag]
    assert required <= set(element.attrib) <= required | others
    order = [children.index(child.tag) for child in element]
    assert order == sorted(order)
    for child in element:
        assert_form(child)


def parse(report: Report, fail_on: str = "warning") -> ElementTree.Element:
    root = ElementTree.fromstring(as_xml(report, fail_on))  # type: ignore[arg-type]
    assert_form(root)
    suite = root[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    for name, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        assert int(suite.attrib[name]) == len(list(suite.iter(tag)))
    return suite


def test_every_finding_is_a_case_and_fails_by_the_threshold() -> None:
    for fail_on in ("critical", "error", "warning"):
        suite = parse(make_report(), fail_on)
        failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        failed = {case.attrib["name"] for case in suite.iter("testcase") if case.find("failure") is not None}
        assert failed == {code.name for code in CODES.values() if code.severity in failing}


def test_what_was_accepted_or_not_checked_is_skipped_and_what_is_well_passes() -> None:
    suite = parse(make_report([]))
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert set(cases) == {"manager-single", "the live affinity", "whether a manager leads"}
    skipped = [case.find("skipped") for case in cases.values()]
    assert [one.attrib["message"] for one in skipped if one is not None] == [
        "one manager: accepted until 2027-01-01: a cluster for tests",
        "not checked, because not allowed: GET x: 403",
    ]
    assert len(cases["whether a manager leads"]) == 0


def test_two_findings_of_one_code_are_two_tests() -> None:
    twice = [make(CODES["real-node-excluded"], f"{count} real nodes", ["seen"]) for count in (1, 2)]
    names = [case.attrib["name"] for case in parse(make_report(twice)).iter("testcase")][:2]
    assert names == ["real-node-excluded", "real-node-excluded (2)"]


def test_a_failure_says_what_was_seen_and_what_to_do() -> None:
    failure = next(parse(make_report()).iter("failure"))
    text = str(failure.text)
    assert "seen" in text
    assert "CloneSet.apps.kruise.io default/shop" in text
    assert "do: " in text
    assert "see: pulumi-openkruise check --explain " in text


@given(hostile_reports())
def test_whatever_a_cluster_says_is_well_formed(report: Report) -> None:
    parse(report)
