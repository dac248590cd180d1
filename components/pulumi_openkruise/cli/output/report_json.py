"""A report of a check as JSON. docs/schemas/check-report.schema.json describes it for other programs."""

from typing import Any

from ...checks import Finding, ObjectReference, Report
from ...checks.finding import SEVERITIES, Severity
from .doc_links import link_finding

SCHEMA_VERSION = 1
"""Goes up when a field is removed or means something else, not when one is added."""


def as_data(report: Report, fail_on: Severity) -> dict[str, Any]:
    """Return the report as plain data; all keys are written in camelCase."""
    from importlib.metadata import version  # as slow to import as half of this command

    return {
        "schemaVersion": SCHEMA_VERSION,
        "tool": {"name": "pulumi-openkruise", "version": version("pulumi-openkruise")},
        "source": report.snapshot.source,
        "taken": report.snapshot.taken,
        "selectorsFrom": report.expected.source,
        "clean": report.clean,
        "failOn": fail_on,
        "failed": report.fails_on(fail_on),
        "nodes": {"total": len(report.states), **report.counts()},
        "counts": {
            **{
                severity: sum(finding.severity == severity for finding in report.findings)
                for severity in SEVERITIES
            },
            "accepted": len(report.accepted),
        },
        "findings": [write_finding(finding) for finding in report.findings],
        "accepted": [
            {**write_finding(one.finding), "reason": one.reason, "until": one.until.isoformat()}
            for one in report.accepted
        ],
        "passed": list(report.passed),
        "notChecked": [{"what": one.what, "because": one.because} for one in report.not_checked],
    }


def write_finding(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain data."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "what": finding.what,
        "evidence": list(finding.evidence),
        "consequence": finding.consequence,
        "remedy": finding.remedy,
        "link": link_finding(finding.code),
        "objects": [_write_reference(one) for one in finding.objects],
    }


def _write_reference(one: ObjectReference) -> dict[str, str]:
    """Return a reference as data; the namespace is left out for what lives in none."""
    namespace = {"namespace": one.namespace} if one.namespace else {}
    return {"kind": one.kind, **namespace, "name": one.name}
