"""All checks over one snapshot: findings, the worst first, and what could not be checked."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize
from ..inventory.location import is_installed_here
from ..inventory.snapshot import NOT_ASKED, Snapshot
from . import (
    acceptance,
    admission,
    compatibility,
    coverage,
    daemons,
    definitions,
    destroy,
    drift,
    installation,
    node_labels,
    release,
    runtimes,
)
from .expected import Expected
from .finding import SEVERITIES, AcceptedFinding, Code, Finding, NotChecked, Severity
from .node_states import STATES, NodeState, State, classify_nodes

GROUPS: dict[str, tuple[Code, ...]] = {
    "Nodes and selectors": (*coverage.CODES, *daemons.CODES, *node_labels.CODES),
    "Installation": installation.CODES,
    "Versions, runtimes and gates": (*runtimes.CODES, *compatibility.CODES),
    "Webhooks and definitions": (*admission.CODES, *definitions.CODES),
    "Live objects (--live)": drift.CODES,
    "Before a destroy (--before-destroy)": destroy.CODES,
    "Accepted findings (--accepted)": acceptance.CODES,
}
"""Every code of a finding, by the group of checks that it belongs to."""

_Check = Callable[[Snapshot, Sequence[NodeState], Expected], Iterable[Finding]]

# Each check names what it needs, so that a part that could not be read is reported and not taken for empty.
_CHECKS: tuple[tuple[tuple[str, ...], str, _Check], ...] = (
    (
        (),
        "nodes against selectors",
        lambda snapshot, states, expected: coverage.check_nodes(
            states, expected, destroy=snapshot.custom_resources is not NOT_ASKED
        ),
    ),
    (
        ("pods",),
        "whether daemons and managers run where they should",
        lambda snapshot, states, expected: daemons.check_pods(snapshot, states, expected),
    ),
    (
        ("node_images",),
        "NodeImages of excluded nodes",
        lambda snapshot, states, _expected: daemons.check_node_images(snapshot, states),
    ),
    (
        ("node_pod_probes",),
        "NodePodProbes of excluded nodes",
        lambda snapshot, states, _expected: daemons.check_node_pod_probes(snapshot, states),
    ),
    (
        ("node_label_policy",),
        "whether the admission policy has labelled virtual nodes",
        lambda snapshot, states, expected: node_labels.check_policy(snapshot, states, expected),
    ),
    (
        ("namespace",),
        "the labels of OpenKruise's namespace",
        lambda snapshot, _states, expected: installation.check_namespace(snapshot, expected),
    ),
    (
        ("deployment", "daemon_set"),
        "Deployment and DaemonSet",
        lambda snapshot, _states, expected: installation.check_workloads(snapshot, expected),
    ),
    (
        ("config_namespace", "daemon_set"),
        "the namespace kruise-daemon-config",
        lambda snapshot, _states, expected: installation.check_config_namespace(snapshot, expected),
    ),
    (
        ("lease",),
        "whether a manager leads",
        lambda snapshot, _states, expected: installation.check_lease(snapshot, expected),
    ),
    (
        ("records", "daemon_set"),
        "the state of the Helm release",
        lambda snapshot, _states, expected: release.check_release(snapshot, expected),
    ),
    (
        ("version",),
        "OpenKruise's version against the cluster's",
        lambda snapshot, _states, expected: compatibility.check_versions(snapshot, expected),
    ),
    (
        ("field_uses", "records"),
        "whether the stack's version of OpenKruise drops fields of custom resources",
        lambda snapshot, _states, expected: compatibility.check_lost_fields(snapshot, expected),
    ),
    (
        (),
        "whether container runtimes serve the CRI version that the daemon speaks",
        lambda snapshot, states, expected: runtimes.check_cri(
            states, _read_kruise_version(snapshot, expected)
        ),
    ),
    (
        ("socket",),
        "where the daemon searches for the runtime's socket",
        lambda snapshot, states, expected: runtimes.check_sockets(
            snapshot, states, expected, _read_kruise_version(snapshot, expected)
        ),
    ),
    (
        ("logs",),
        "why daemons keep restarting, by their logs",
        lambda snapshot, _states, expected: runtimes.check_logs(snapshot, expected),
    ),
    (
        ("pods", "daemon_set"),
        "the feature gates of running pods",
        lambda snapshot, _states, expected: compatibility.check_gates(snapshot, expected),
    ),
    (
        ("mutating", "validating"),
        "the webhook configurations",
        lambda snapshot, _states, expected: admission.check_configurations(snapshot, expected),
    ),
    (
        ("endpoint_slices",),
        "the webhooks' endpoints",
        lambda snapshot, _states, expected: admission.check_endpoints(snapshot, expected),
    ),
    (
        ("certificates", "deployment"),
        "the webhooks' certificates and CA",
        lambda snapshot, _states, expected: admission.check_certificates(snapshot, expected),
    ),
    (
        ("definitions",),
        "OpenKruise's CustomResourceDefinitions",
        lambda snapshot, _states, expected: definitions.check_definitions(snapshot, expected),
    ),
    (
        ("live", "daemon_set", "deployment"),
        "the live affinity",
        lambda snapshot, _states, expected: drift.check_affinity(snapshot, expected),
    ),
    (
        ("manifest", "live"),
        "objects and fields of the deployed revision",
        lambda snapshot, _states, _expected: drift.check_objects(snapshot),
    ),
    (
        ("custom_resources",),
        "custom resources that a destroy would delete",
        lambda snapshot, _states, expected: destroy.check_custom_resources(snapshot, expected),
    ),
    (
        ("custom_resources", "records"),
        "whether the pre-delete Job's image is known to be missing",
        lambda snapshot, _states, _expected: destroy.check_hook_image(snapshot),
    ),
    (
        ("jobs",),
        "a pre-delete Job that hangs",
        lambda snapshot, _states, expected: destroy.check_jobs(snapshot, expected),
    ),
    (
        ("custom_resources", "pods"),
        "foreign pods in the namespace",
        lambda snapshot, _states, expected: destroy.check_namespace(snapshot, expected),
    ),
)

CODES: dict[str, Code] = {code.name: code for codes in GROUPS.values() for code in codes}
"""Every code by its name."""


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


def _read_kruise_version(snapshot: Snapshot, expected: Expected) -> tuple[int, int] | None:
    version = compatibility.read_kruise_version(snapshot, expected)
    return None if version is None else version[:2]


def check(snapshot: Snapshot, expected: Expected) -> Report:
    """Run every check whose parts were requested; what could not be read is reported, not guessed."""
    states = classify_nodes(snapshot, expected)
    findings: list[Finding] = []
    not_checked: list[NotChecked] = []
    passed: list[str] = []
    for needs, what, run in _CHECKS:
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
