"""Versions of the chart, compared, and how well the values of each are known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..diagnostics.problem import Problem

Knowledge = Literal["whole", "part", "nearest"]
"""How well the values of a chart are known: wholly, in part, or only those of the nearest version."""

SEEN = ("1.7.0", "1.7.1", "1.7.2", "1.7.3", "1.7.5", "1.8.0", "1.8.3")
"""Published versions whose values are known to the last key."""

PARTLY_SEEN = (1, 9)
"""Of this minor version the values of prereleases are known, and of the releases one key more."""

_FORM = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """A chart's version; prereleases come before the release of their number and are not told apart."""

    number: tuple[int, int, int]
    is_release: bool
    text: str = field(compare=False)
    knowledge: Knowledge = field(compare=False)
    is_openkruises: bool = field(default=True, compare=False)
    """Whether the chart is called as OpenKruise's own."""


def version(text: str, *, published: bool = True) -> Version:
    """Read a version, ``1.8.3`` or ``1.8.3-custom``; raises ValueError for any other text.

    ``published`` says whether the chart is called as OpenKruise's own.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"not a version: {text!r}")
    major, minor, patch = (int(part[:9]) for part in found.group(1, 2, 3))
    suffix = found.group(4) or ""
    knowledge: Knowledge = "nearest"
    if published and text in SEEN:
        knowledge = "whole"
    elif (
        published
        and (major, minor) == PARTLY_SEEN
        and "+" not in text
        and re.match("alpha|beta|rc|$", suffix)
    ):
        knowledge = "part"
    return Version((major, minor, patch), not suffix, text, knowledge, published)


NOTES: dict[str, str] = {
    "1.7.3": "still installs OpenKruise v1.7.2 (values.manager.image.tag); 1.7.5 is the fixed one",
    "1.9.0": (
        "its manager can panic on cluster versions with a +, as GKE's and EKS's (kruise#2502), "
        "and its CRDs cannot be taken back to 1.8"
    ),
    "1.9.1": "its EnableExternalCerts does not work (charts#203), and its CRDs cannot be taken back to 1.8",
}
"""By version, only what somebody who installs it has to know."""


def version_problems(chart: Version, where: str, *, values_given: bool) -> Iterator[Problem]:
    """Yield a warning for a version with a trap, and one where values cannot be judged with certainty."""
    if chart.text in NOTES and chart.knowledge != "nearest":
        yield Problem("version-note", where, f"{chart.text}: {NOTES[chart.text]}", severity="warning")
    if not values_given:
        return
    if chart.knowledge == "part":
        reason = (
            f"{chart.text}: its values are not wholly known here, only those of 1.9.0-alpha.4 and the new "
            "webhookConfiguration.aksIntegration; a key beyond them is a warning, no error"
        )
        yield Problem("unknown-contract", where, reason, severity="warning")
    elif chart.knowledge == "nearest":
        from .contract import FIRST  # what the chart takes: where a chart is known, nobody asks

        nearest = f"{FIRST} to 1.8.3"
        reason = (
            f"{chart.text}: no chart of OpenKruise's whose values are known here, so they are held against "
            f"those of {nearest}; a key beyond them is a warning, no error"
        )
        yield Problem("unknown-contract", where, reason, severity="warning")
