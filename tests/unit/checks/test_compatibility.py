"""Versions, container runtimes and feature gates: what the evidence says."""

from pulumi_openkruise.checks import check

from tests.support.findings import changed, found, pods
from tests.support.installed import broken, expected


def test_the_log_of_a_daemon_without_a_socket_says_so() -> None:
    snapshot = broken(logs={"kruise-daemon-x": "E0101 not found container runtime sock\n"})
    assert tuple(map(str, found(check(snapshot, expected()))["runtime-socket"].objects)) == (
        "Pod kruise-system/kruise-daemon-x",
    )


def test_a_gate_that_the_version_does_not_have() -> None:
    gates = ["--feature-gates=EnhancedLivenessProbeGate=true"]
    gated = [changed(one, "spec", "containers", 0, "args", to=gates) for one in pods()]
    finding = found(check(broken(pods=gated), expected()))["gates-misspelt"]
    assert finding.evidence == (
        "EnhancedLivenessProbeGate=true: OpenKruise has no gate EnhancedLivenessProbeGate",
    )
