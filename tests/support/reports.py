"""Reports of a check as one could come out, without a cluster: one of everything, and hostile ones."""

from datetime import date
from typing import Any

from hypothesis import strategies as st
from pulumi_openkruise.checks import Finding, NotChecked, ObjectReference, Report, Snapshot, expect_selectors
from pulumi_openkruise.checks.finding import AcceptedFinding, make
from pulumi_openkruise.checks.node_states import NodeState
from pulumi_openkruise.checks.registry import CODES
from pulumi_openkruise.selectors import solve

SELECTORS = ["type=virtual-kubelet", "pool=burst"]
EXPECTED = expect_selectors(
    solve(SELECTORS), "stacks/Pulumi.prod.yaml", [(text, "argument") for text in SELECTORS], "kruise-system"
)
OBJECTS = (
    ObjectReference("Node", "worker-1"),
    ObjectReference("Pod", "kruise-daemon-x", "kruise-system"),
    ObjectReference("CloneSet.apps.kruise.io", "shop", "default"),
)


def make_report(
    findings: list[Finding] | None = None, *, states: tuple[NodeState, ...] = (), **others: Any
) -> Report:
    """Return a report with one finding of every code, or with those given, the worst first."""
    order = ["critical", "error", "warning", "info"]
    every = (
        findings
        if findings is not None
        else [make(one, one.title, ["seen"], OBJECTS) for one in CODES.values()]
    )
    snapshot = Snapshot(source="https://10.0.0.1 (context prod)", taken="2026-11-29T10:00:00Z", nodes=())
    parts: dict[str, Any] = {
        "snapshot": snapshot,
        "expected": EXPECTED,
        "states": states,
        "not_checked": (NotChecked("the live affinity", "not allowed: GET x: 403"),),
        "passed": ("whether a manager leads",),
        "accepted": (
            AcceptedFinding(
                make(CODES["manager-single"], "one manager", ["seen"]),
                "a cluster for tests",
                date(2027, 1, 1),
            ),
        ),
    }
    sorted_findings = tuple(sorted(every, key=lambda finding: order.index(finding.severity)))
    return Report(findings=sorted_findings, **{**parts, **others})


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", "\x1b[2J", "\ud800", "\u202eevil", "a\r\nb", "'\"&</testcase>", "\0"]
)
"""Strings as nodes, labels and messages of others may hold them."""


def hostile_reports() -> st.SearchStrategy[Report]:
    """Return a strategy of reports whose every string from a cluster is hostile."""
    objects = st.lists(
        st.builds(ObjectReference, st.just("Node") | HOSTILE.filter(bool), HOSTILE, HOSTILE), max_size=3
    )
    findings = st.builds(
        lambda code, what, evidence, found: make(CODES[code], what or "x", evidence, found),
        st.sampled_from(sorted(CODES)),
        HOSTILE,
        st.lists(HOSTILE, max_size=3),
        objects,
    )
    return st.builds(
        lambda found, what, because: make_report(
            found, not_checked=(NotChecked(what or "x", because or "x"),), passed=(what or "x",)
        ),
        st.lists(findings, max_size=3),
        HOSTILE,
        HOSTILE,
    )
