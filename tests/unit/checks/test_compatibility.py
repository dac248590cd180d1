"""Versions, container runtimes and feature gates: what the evidence says."""

from pulumi_openkruise.checks import check

from tests.support.findings import changed, found, pods
from tests.support.installed import broken, expected


def test_a_gate_that_the_version_does_not_have() -> None:
    gates = ["--feature-gates=EnhancedLivenessProbeGate=true"]
    gated = [changed(one, "spec", "containers", 0, "args", to=gates) for one in pods()]
    finding = found(check(broken(pods=gated), expected()))["gates-misspelt"]
    assert finding.evidence == (
        "EnhancedLivenessProbeGate=true: OpenKruise has no gate EnhancedLivenessProbeGate",
    )
