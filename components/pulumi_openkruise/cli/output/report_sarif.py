"""A report of a check as SARIF 2.1.0, which code scanning services show beside the changed lines.

The specification is OASIS' "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; the sections
named here are its own. A finding is about a cluster, not a line: its location is the stack's file, as far as
there is one, and the objects are logical locations.
"""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ...checks import GROUPS, Finding, Report
from ...checks.finding import Severity
from .doc_links import link_finding, refer_to_finding

_LEVELS: dict[Severity, str] = {"critical": "error", "error": "error", "warning": "warning", "info": "note"}
"""The levels of SARIF (3.27.10); it has none above error."""
_CODES = [code for codes in GROUPS.values() for code in codes]
_OBJECTS = 100
"""Most objects of one result; a viewer shows a few, and services refuse large files."""


def as_data(report: Report, stack_file: str | None) -> dict[str, Any]:
    """Return the report as a SARIF log; ``stack_file`` is the path of the stack's file, as it was given."""
    from importlib.metadata import version  # as slow to import as half of this command

    driver = {
        "name": "pulumi-openkruise",
        "semanticVersion": version("pulumi-openkruise"),
        "rules": [
            {
                "id": code.name,
                "shortDescription": {"text": code.title},
                "fullDescription": {"text": code.consequence},
                "help": {"text": f"{code.remedy}. See {refer_to_finding(code.name)}"},
                **({"helpUri": link} if "://" in (link := link_finding(code.name)) else {}),
                "defaultConfiguration": {"level": _LEVELS[code.severity]},
                "properties": {"severity": code.severity, "tags": [group.partition(" (")[0]]},
            }
            for group, codes in GROUPS.items()
            for code in codes
        ],
    }
    found = [*report.findings, *(one.finding for one in report.accepted)]
    results = [
        _write_result(one, fingerprint, stack_file)
        for one, fingerprint in zip(found, _write_fingerprints(report), strict=True)
    ]
    for one, result in zip(report.accepted, results[len(report.findings) :], strict=True):
        reason = f"{one.reason} (until {one.until.isoformat()})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    run = {
        "tool": {"driver": driver},
        # What ends with a slash is a category (3.17.3): a run replaces the alerts of its own stack alone.
        "automationDetails": {"id": f"pulumi-openkruise/check/{report.expected.source}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": report.snapshot.taken,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": f"Not checked: {one.what}, because {one.because}"}}
                    for one in report.not_checked
                ],
            }
        ],
        "results": results,
        "properties": {"cluster": report.snapshot.source},
    }
    return {"version": "2.1.0", "runs": [run]}


def _write_fingerprints(report: Report) -> Iterator[str]:
    """Yield the fingerprint (3.27.17) of each finding, then of each accepted one.

    It is a hash of the code and of what distinguishes findings of that code, so it is the same in every run,
    in any order and whichever objects the finding is about: a service keeps one alert. Where an acceptance
    has split a finding, the accepted part is distinguished by its objects.
    """
    counted = Counter(_identify(one) for one in report.findings)
    accepted = Counter(_identify(one.finding) for one in report.accepted)
    for one in report.findings:
        yield _write_fingerprint(one, whole=counted[_identify(one)] == 1)
    for part in report.accepted:
        key = _identify(part.finding)
        yield _write_fingerprint(part.finding, whole=not counted[key] and accepted[key] == 1)


def _identify(finding: Finding) -> tuple[str, ...]:
    return (finding.code, *finding.identity)


def _write_fingerprint(finding: Finding, *, whole: bool) -> str:
    objects = [] if whole else sorted(finding.objects)
    # A hash: a service takes it for a name, and selectors and names may be long.
    digest = sha256(json.dumps([*_identify(finding), objects]).encode()).hexdigest()
    return f"{finding.code}/{digest[:32]}"


def _write_result(finding: Finding, fingerprint: str, stack_file: str | None) -> dict[str, Any]:
    text = "\n".join(
        [f"{finding.what}.", *finding.evidence, f"Means: {finding.consequence}.", finding.remedy]
    )
    index = next(place for place, code in enumerate(_CODES) if code.name == finding.code)
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": one.name,
                "fullyQualifiedName": f"{one.kind}/{one.namespace}/{one.name}",
                "kind": "resource",
            }
            for one in finding.objects[:_OBJECTS]
        ]
    }
    if stack_file is not None:
        # Services place a result by file and line; the finding is about the file as a whole.
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _write_uri(stack_file)},
            "region": {"startLine": 1},
        }
    located = {"locations": [location]} if stack_file is not None or finding.objects else {}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "partialFingerprints": {"finding/v2": fingerprint},
        **located,
    }


def _write_uri(path: str) -> str:
    """Return a path as a relative or absolute URI reference (3.4.3)."""
    plain = path.replace("\\", "/").removeprefix("./")
    return f"file://{quote(plain)}" if plain.startswith("/") else quote(plain)
