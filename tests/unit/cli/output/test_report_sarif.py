"""The SARIF of a check is SARIF 2.1.0: by a schema of the parts used, and by rules that no schema holds."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from pulumi_openkruise.checks import Finding, Report
from pulumi_openkruise.checks.finding import AcceptedFinding, make, refer_to_nodes
from pulumi_openkruise.checks.registry import CODES
from pulumi_openkruise.cli.output.report_sarif import as_data
from pulumi_openkruise.cli.output.terminal import as_json

from tests.support.reports import EXPECTED, hostile_reports, make_report

SCHEMA = json.loads((Path(__file__).parent / "sarif-parts.schema.json").read_text())


def run_of(report: Report, stack_file: str | None = "stacks/Pulumi.prod.yaml") -> dict[str, Any]:
    data = json.loads(as_json(as_data(report, stack_file)))
    assert list(Draft202012Validator(SCHEMA).iter_errors(data)) == []
    run: dict[str, Any] = data["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:  # 3.27.6: the index names the rule of that id
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def test_every_code_is_a_rule_and_a_result() -> None:
    run = run_of(make_report())
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(CODES)
    counted = [result for result in run["results"] if "suppressions" not in result]
    assert {result["ruleId"] for result in counted} == set(CODES)
    levels = {result["ruleId"]: result["level"] for result in counted}
    assert levels["real-node-excluded"] == levels["virtual-node-admitted"] == "error"
    assert (levels["manager-single"], levels["version-untested"]) == ("warning", "note")


def prints_of(report: Report) -> dict[str, str]:
    """Return the fingerprint of each result by the first line of its message."""
    results = run_of(report)["results"]
    found = {
        one["message"]["text"].splitlines()[0]: one["partialFingerprints"]["finding/v2"] for one in results
    }
    assert len(found) == len(results)
    return found


def lost(what: str, nodes: str, selector: str) -> Finding:
    return make(CODES["real-node-excluded"], what, ["seen"], refer_to_nodes(nodes), identity=(selector,))


def test_a_finding_keeps_its_fingerprint_whatever_it_is_about_and_whatever_comes_beside_it() -> None:
    first = prints_of(make_report([lost("lost", "a", "pool=a")]))
    later = prints_of(make_report([lost("other", "x", "pool=b"), lost("lost", "bcd", "pool=a")]))
    assert later["lost."] == first["lost."]
    assert len(set(later.values())) == 3  # with the accepted one


def test_the_order_of_findings_changes_no_fingerprint() -> None:
    findings = [lost(f"lost by {name}", name, f"pool={name}") for name in "abc"]
    forwards, backwards = prints_of(make_report(findings)), prints_of(make_report(findings[::-1]))
    assert list(forwards) != list(backwards)
    assert forwards == backwards
    assert len(set(forwards.values())) == len(forwards)


def test_an_accepted_finding_keeps_its_fingerprint_and_a_part_of_one_gets_its_own() -> None:
    whole = lost("lost", "ab", "pool=a")
    (alone,) = prints_of(make_report([whole], accepted=())).values()
    because = ("known", date(2027, 1, 1))
    assert prints_of(make_report([], accepted=(AcceptedFinding(whole, *because),))) == {"lost.": alone}
    parts = [replace(whole, what=name, objects=tuple(refer_to_nodes(name))) for name in "abc"]
    accepted = tuple(AcceptedFinding(one, *because) for one in parts[1:])
    found = prints_of(make_report(parts[:1], accepted=accepted))
    assert found["a."] == alone
    assert len(set(found.values())) == 3


def test_a_fingerprint_shows_nothing_of_the_cluster() -> None:
    for fingerprint in prints_of(make_report([lost("lost", "a", "pool=secret")])).values():
        assert re.fullmatch("[a-z-]+/[0-9a-f]{32}", fingerprint)


def test_runs_of_different_stacks_do_not_replace_each_other() -> None:
    other = make_report([], expected=replace(EXPECTED, source="stacks/Pulumi.dev.yaml"))
    categories = {
        run_of(one)["automationDetails"]["id"].rpartition("/")[0] for one in (make_report([]), other)
    }
    assert len(categories) == 2


def test_accepted_findings_are_suppressed() -> None:
    (result,) = run_of(make_report([]))["results"]
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "a cluster for tests (until 2027-01-01)"}
    ]


def test_what_could_not_be_checked_is_a_notification() -> None:
    (invocation,) = run_of(make_report([]))["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("Not checked: the live affinity, because")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("./stacks/Pulumi.prod.yaml", "stacks/Pulumi.prod.yaml"),
        ("stacks\\Pulumi.a b.yaml", "stacks/Pulumi.a%20b.yaml"),
        ("/srv/é.yaml", "file:///srv/%C3%A9.yaml"),
    ],
)
def test_a_result_is_placed_in_the_stack_file(path: str, uri: str) -> None:
    location = run_of(make_report(), path)["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert location["logicalLocations"][1]["fullyQualifiedName"] == "Pod/kruise-system/kruise-daemon-x"


def test_the_objects_of_a_finding_are_its_places() -> None:
    """SARIF 3.33.7: an element of a system, and no part of a programming language, is a resource."""
    report = make_report()
    results = run_of(report)["results"]
    by_code = {finding.code: finding for finding in report.findings}
    seen = 0
    for one in results:
        for location in one.get("locations", ()):
            places = location.get("logicalLocations", [])
            objects = by_code[one["ruleId"]].objects[: len(places)]
            assert [place["name"] for place in places] == [found.name for found in objects]
            assert {place["kind"] for place in places} <= {"resource"}
            for place, found in zip(places, objects, strict=True):
                assert place["fullyQualifiedName"] == f"{found.kind}/{found.namespace}/{found.name}"
            seen += len(places)
    assert seen > 0


def test_without_a_file_and_objects_there_is_no_location() -> None:
    accepted = run_of(make_report([]), None)["results"][0]
    assert "locations" not in accepted


@given(hostile_reports())
def test_whatever_a_cluster_says_fits_the_schema(report: Report) -> None:
    run_of(report)
