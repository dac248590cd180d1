"""Findings that a team has accepted: with a reason, and until a day on which they count again; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import translate

from ..diagnostics.wording import pluralize
from .finding import SEVERITIES, AcceptedFinding, Code, Finding, ObjectReference, make

EXPIRED = Code(
    "acceptance-expired",
    "warning",
    "an entry of the file of accepted findings whose last day has passed",
    "the finding that it accepted counts again",
    "fix what was accepted and remove the entry, or give it a later day and a reason that still holds",
)
CODES = (EXPIRED,)


@dataclass(frozen=True)
class Acceptance:
    """One entry of the file: which finding is accepted, why, and until when."""

    code: str
    """Code of the findings that it accepts."""
    reason: str
    until: date
    """The last day on which it holds."""
    objects: str = ""
    """Pattern of the objects that it accepts, as findings name them; empty accepts a finding as a whole."""
    place: str = ""
    """Where it stands, for messages: ``accepted.yaml: accepted[0]``."""

    def covers(self, one: ObjectReference) -> bool:
        """Return whether an object fits the pattern: ``*`` and ``?`` stand for anything, case counts."""
        return re.match(translate(self.objects), str(one)) is not None


def apply_acceptances(
    found: Sequence[Finding], acceptances: Sequence[Acceptance], today: date
) -> tuple[list[Finding], list[AcceptedFinding]]:
    """Return the findings that count, the worst first, and those that are accepted.

    A finding of which some objects are accepted keeps the others. An acceptance of objects never covers a
    finding that names none. Acceptances that have expired are a finding themselves.
    """
    valid = [one for one in acceptances if today <= one.until]
    findings: list[Finding] = list(_find_expired(acceptances, today))
    accepted: list[AcceptedFinding] = []
    for finding in found:
        rest = finding
        for one in valid:
            if one.code != finding.code:
                continue
            taken = tuple(it for it in rest.objects if one.objects and one.covers(it))
            if not one.objects or (taken and len(taken) == len(rest.objects)):
                accepted.append(AcceptedFinding(rest, one.reason, one.until))
                break
            if taken:
                accepted.append(AcceptedFinding(replace(rest, objects=taken), one.reason, one.until))
                rest = replace(rest, objects=tuple(it for it in rest.objects if it not in taken))
        else:
            findings.append(_say_what_is_left(rest, finding))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return findings, accepted


def _find_expired(acceptances: Sequence[Acceptance], today: date) -> Iterator[Finding]:
    expired = [one for one in acceptances if one.until < today]
    if expired:
        evidence = [
            f"{one.place}: {one.code}{f' of {one.objects}' if one.objects else ''} was accepted until "
            f"{one.until}: {one.reason}"
            for one in expired
        ]
        yield make(
            EXPIRED, f"{pluralize(len(expired), 'acceptance has', 'acceptances have')} expired", evidence
        )


def _say_what_is_left(rest: Finding, whole: Finding) -> Finding:
    left, all_of_them = len(rest.objects), len(whole.objects)
    if left == all_of_them:
        return rest
    note = f"{pluralize(all_of_them - left, 'object')} of {all_of_them:,} accepted"
    return replace(rest, evidence=(*rest.evidence, note))
