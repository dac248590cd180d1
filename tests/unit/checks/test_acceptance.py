"""Accepted findings: which count no more, which count again, and what is left of those accepted in part."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.checks import Finding, ObjectReference
from pulumi_openkruise.checks.acceptance import Acceptance, apply_acceptances
from pulumi_openkruise.checks.finding import SEVERITIES, Severity, refer_to_nodes

TODAY = date(2026, 11, 29)
SINGLE = Finding("manager-single", "warning", "one manager only", ("spec.replicas is 1",), "c", "r")
NODES = Finding(
    "real-node-without-daemon",
    "error",
    "3 nodes",
    ("x",),
    "c",
    "r",
    tuple(refer_to_nodes(["gpu-1", "gpu-2", "web-1"])),
)


def accept(code: str, objects: str = "", until: date = TODAY) -> Acceptance:
    return Acceptance(code, "it is known", until, objects, "accepted.yaml: accepted[0]")


def test_a_finding_is_accepted_up_to_its_last_day() -> None:
    for until, counts in ((TODAY, False), (TODAY - timedelta(days=1), True)):
        findings, accepted = apply_acceptances([SINGLE], [accept("manager-single", until=until)], TODAY)
        assert ("manager-single" in {one.code for one in findings}) is counts
        assert [one.reason for one in accepted] == ([] if counts else ["it is known"])


def test_an_expired_acceptance_is_a_finding_even_where_nothing_is_wrong() -> None:
    (finding,), _accepted = apply_acceptances([], [accept("manager-single", until=date(2026, 1, 1))], TODAY)
    assert (finding.code, finding.severity) == ("acceptance-expired", "warning")
    assert finding.evidence == (
        "accepted.yaml: accepted[0]: manager-single was accepted until 2026-01-01: it is known",
    )


def test_some_objects_of_a_finding_leave_the_others() -> None:
    (finding,), (accepted,) = apply_acceptances([NODES], [accept(NODES.code, "gpu-*")], TODAY)
    assert list(map(str, finding.objects)) == ["web-1"]
    assert finding.evidence[-1] == "2 objects of 3 accepted"
    assert list(map(str, accepted.finding.objects)) == ["gpu-1", "gpu-2"]


def test_all_objects_by_several_entries_leave_nothing() -> None:
    entries = [accept(NODES.code, "gpu-?"), accept(NODES.code, "web-1")]
    findings, accepted = apply_acceptances([NODES], entries, TODAY)
    assert (findings, len(accepted)) == ([], 2)


@pytest.mark.parametrize("pattern", ["GPU-1", "gpu", "pu-1", "[x", "gpu-1\n"])
def test_a_pattern_covers_whole_names_only(pattern: str) -> None:
    findings, accepted = apply_acceptances([NODES], [accept(NODES.code, pattern)], TODAY)
    assert (findings, accepted) == ([NODES], [])


def test_objects_are_named_as_findings_name_them() -> None:
    pod = ObjectReference("Pod", "kruise-daemon-x", "kruise-system")
    assert accept("x", "Pod kruise-system/*").covers(pod)
    assert not accept("x", "kruise-daemon-x").covers(pod)


def test_an_entry_with_objects_accepts_no_finding_without_any() -> None:
    findings, accepted = apply_acceptances([SINGLE], [accept("manager-single", "*")], TODAY)
    assert (findings, accepted) == ([SINGLE], [])


FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(["a", "b", "c"]),
    severity=st.sampled_from(SEVERITIES),
    what=st.just("w"),
    evidence=st.just(()),
    consequence=st.just("c"),
    remedy=st.just("r"),
    objects=st.sets(st.sampled_from("pqrs"), max_size=4).map(
        lambda names: tuple(refer_to_nodes(sorted(names)))
    ),
)
ENTRIES = st.builds(
    Acceptance,
    code=st.sampled_from(["a", "b", "c"]),
    reason=st.just("why"),
    until=st.sampled_from([TODAY, TODAY - timedelta(days=1)]),
    objects=st.sampled_from(["", "p", "?", "q", "*"]),
)


@given(st.lists(FINDINGS, max_size=6), st.lists(ENTRIES, max_size=5))
def test_every_object_is_found_or_accepted_once_and_none_gets_lost(
    found: list[Finding], entries: list[Acceptance]
) -> None:
    findings, accepted = apply_acceptances(found, entries, TODAY)
    before = sorted((one.code, str(it)) for one in found for it in one.objects)
    after = [*findings, *(one.finding for one in accepted)]
    assert sorted((one.code, str(it)) for one in after for it in one.objects) == before
    order: list[Severity] = [one.severity for one in findings]
    assert order == sorted(order, key=SEVERITIES.index)
