"""The report on one snapshot: findings, the worst first, and what could not be checked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize
from ..inventory.location import is_installed_here
from ..inventory.snapshot import NOT_ASKED, Snapshot
from . import acceptance
from .expected import Expected
from .finding import SEVERITIES, AcceptedFinding, Finding, NotChecked, Severity
from .node_states import STATES, NodeState, State, classify_nodes
from .registry import CHECKS


@dataclass(frozen=True)
class Report:
    """The result of checking a cluster."""

    snapshot: Snapshot
    expected: Expected
    states: Sequence[NodeState]
    findings: tuple[Finding, ...]
    """The worst first."""
    not_checked: tuple[NotChecked, ...]
    passed: tuple[str, ...] = ()
    """What was checked without a finding, as words that may follow "checked without findings:"."""
    accepted: tuple[AcceptedFinding, ...] = ()
    """Findings that do not count, since the team has accepted them."""

    @property
    def clean(self) -> bool:
        """Whether no finding needs action."""
        return not self.fails_on("warning")

    def fails_on(self, threshold: Severity) -> bool:
        """Return whether a finding is as severe as the threshold, or more."""
        return bool(self.find_failing(threshold))

    def find_failing(self, threshold: Severity) -> list[Finding]:
        """Return the findings that are as severe as the threshold, or more."""
        severe = SEVERITIES[: SEVERITIES.index(threshold) + 1]
        return [finding for finding in self.findings if finding.severity in severe]

    def accept(self, acceptances: Sequence[acceptance.Acceptance], today: date) -> "Report":
        """Return the report with the findings apart that a team has accepted for that day."""
        findings, accepted = acceptance.apply_acceptances(self.findings, acceptances, today)
        return replace(self, findings=tuple(findings), accepted=(*self.accepted, *accepted))

    def counts(self) -> dict[State, int]:
        """Count the nodes by state, in the order of ``STATES``."""
        found = Counter(one.state for one in self.states)
        return {state: found[state] for state in STATES if found[state]}

    def summary(self) -> str:
        """Return a line with the nodes by state and the number of findings."""
        nodes = [f"{count:,} {STATES[state]}" for state, count in self.counts().items()]
        listed = "; ".join(nodes) or "no nodes"
        findings = self.describe_findings() or "none"
        return f"{pluralize(len(self.states), 'node')}: {listed}. Findings: {findings}."

    def describe_findings(self) -> str:
        """Return the number of findings by severity in words, empty where there is none."""
        found = Counter(finding.severity for finding in self.findings)
        nouns = {"error": "errors", "warning": "warnings"}
        counts = [
            pluralize(found[severity], severity, nouns.get(severity, severity))
            for severity in SEVERITIES
            if found[severity]
        ]
        return ", ".join(counts)


def _find_part(snapshot: Snapshot, expected: Expected, name: str) -> object:
    """Return what a check needs: a part of the snapshot, or the place of the socket by stack or DaemonSet."""
    if name == "socket":
        return snapshot.daemon_set if expected.socket is None else expected.socket
    return getattr(snapshot, name)


def check(snapshot: Snapshot, expected: Expected) -> Report:
    """Run every check whose parts were requested; what could not be read is reported, not guessed."""
    states = classify_nodes(snapshot, expected)
    findings: list[Finding] = []
    not_checked: list[NotChecked] = []
    passed: list[str] = []
    for needs, what, run in CHECKS:
        parts = [_find_part(snapshot, expected, name) for name in needs]
        if any(part is NOT_ASKED for part in parts):
            continue
        why = next((part.reason for part in parts if isinstance(part, Unavailable)), None)
        if why is not None:
            not_checked.append(NotChecked(what, why))
        else:
            found = list(run(snapshot, states, expected))
            findings += found
            # Of an installation that is not there, nothing is well.
            if not found and (not needs or is_installed_here(snapshot)):
                passed.append(what)
    for kind, why in snapshot.unread_kinds.items():
        not_checked.append(NotChecked(f"custom resources of kind {kind}", why))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Report(snapshot, expected, states, tuple(findings), tuple(not_checked), tuple(passed))
