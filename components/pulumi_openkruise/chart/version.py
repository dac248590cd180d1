"""Versions of the chart, compared, and how well each is known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..diagnostics.problem import Problem

Knowledge = Literal["whole", "newer", "nearest"]
"""How well a chart is known: wholly; not, being newer than all that are; or not, for another reason."""

SEEN = ("1.7.0", "1.7.1", "1.7.2", "1.7.3", "1.7.5", "1.8.0", "1.8.3", "1.9.0", "1.9.1")
"""Published versions whose values, feature gates and CRDs are known wholly."""

NEWEST = SEEN[-1]
"""The newest version that is known; a newer one is checked as this one."""

ANNOUNCED_REMOVALS: dict[str, tuple[str, ...]] = {
    "2.0.0": ("v1alpha1 of Advanced StatefulSet",),
}
"""What upstream has announced that a version to come removes (openkruise.io, API Upgrade Guide)."""

_FORM = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


@dataclass(frozen=True)
class Version:
    """A chart's version."""

    number: tuple[int, int, int]
    is_release: bool
    text: str = field(compare=False)
    knowledge: Knowledge = field(compare=False)
    is_openkruises: bool = field(default=True, compare=False)
    """Whether the chart is called as OpenKruise's own."""

    def includes(self, since: str) -> bool:
        """Return whether this version has what came with another; a pre-release precedes its release."""
        other = parse_version(since)
        return (other.number, other.is_release) <= (self.number, self.is_release)

    @property
    def is_pre_release(self) -> bool:
        """Whether this is a pre-release of OpenKruise's, and not a fork's own version, as 1.8.3-custom."""
        suffix = self.text.partition("+")[0].partition("-")[2]
        return self.is_openkruises and suffix.startswith(("alpha", "beta", "rc"))


def parse_version(text: str, *, published: bool = True) -> Version:
    """Read a version, ``1.8.3`` or ``1.8.3-custom``; raises ValueError for any other text.

    ``published`` says whether the chart is called as OpenKruise's own.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"not a version: {text!r}")
    major, minor, patch = (int(part[:9]) for part in found.group(1, 2, 3))
    knowledge: Knowledge = "nearest"
    if published and text in SEEN:
        knowledge = "whole"
    elif published and (major, minor, patch) > tuple(map(int, NEWEST.split("."))):
        knowledge = "newer"
    return Version((major, minor, patch), not found.group(4), text, knowledge, published)


NOTES: dict[str, str] = {
    "1.7.3": "still installs OpenKruise v1.7.2 (values.manager.image.tag); 1.7.5 is the fixed one",
    "1.9.0": (
        "its manager can panic on cluster versions with a +, as GKE's and EKS's (kruise#2502); 1.9.1 is the "
        "fixed one"
    ),
    "1.9.1": (
        "its EnableExternalCerts does not work (charts#203), and it goes back to 1.8 only after "
        "`pulumi-openkruise migrate-storage --to 1.8.3`"
    ),
}
"""By version, only what anyone who installs it has to know."""


_WRONG_WEBHOOK_PATHS = ("1.9.0-alpha3", "1.9.0-alpha.3", "1.9.0-alpha4", "1.9.0-alpha.4")
_SUPPORTED = f"use a release from {SEEN[0]} to {NEWEST}"


def check_version(chart: Version, where: str, *, values_given: bool) -> Iterator[Problem]:
    """Yield a warning for a version with a trap, and one for a version that is not known or not supported."""
    if chart.text in NOTES and chart.knowledge != "nearest":
        yield Problem("version-note", where, f"{chart.text}: {NOTES[chart.text]}", severity="warning")
    if chart.knowledge == "newer":
        yield Problem("unknown-contract", where, _describe_assumption(chart), severity="warning")
    elif (
        chart.knowledge == "nearest" and chart.is_openkruises and chart.number < parse_version(SEEN[0]).number
    ):
        reason = (
            f"{chart.text}: older than {SEEN[0]}, the oldest chart that is supported; its values are checked "
            f"against those of {SEEN[0]}, and an unknown key is a warning, not an error"
        )
        yield Problem("unknown-contract", where, reason, (), _SUPPORTED, "warning")
    elif chart.knowledge == "nearest" and chart.is_pre_release:
        reason = (
            f"{chart.text}: a pre-release, which is not supported; its values are checked against those of "
            f"{SEEN[0]} to {NEWEST}, and an unknown key is a warning, not an error"
        )
        if chart.text in _WRONG_WEBHOOK_PATHS:
            reason += "; its webhooks have wrong paths, which its manager does not serve (charts#169)"
        yield Problem("unknown-contract", where, reason, (), _SUPPORTED, "warning")
    elif chart.knowledge == "nearest" and values_given:
        reason = (
            f"{chart.text}: not one of OpenKruise's charts whose values are known here, so they are checked "
            f"against those of {SEEN[0]} to {NEWEST}; an unknown key is a warning, not an error"
        )
        yield Problem("unknown-contract", where, reason, severity="warning")


def _describe_assumption(chart: Version) -> str:
    """Say what is assumed of a version that is newer than all that are known, and what is announced of it."""
    reason = (
        f"{chart.text}: newer than {NEWEST}, the newest that is known here; its values, feature gates, "
        f"stored versions and Kubernetes versions are assumed to be those of {NEWEST}, and an unknown key or "
        "gate is a warning, not an error"
    )
    removed = [
        what
        for since, removals in ANNOUNCED_REMOVALS.items()
        if parse_version(since).number <= chart.number
        for what in removals
    ]
    if removed:
        reason += f"; announced for it: the removal of {', '.join(removed)}"
    return reason
