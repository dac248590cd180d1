"""Versions of the chart, compared, and how well the values of each are known."""

import re
from dataclasses import dataclass, field
from typing import Literal

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
