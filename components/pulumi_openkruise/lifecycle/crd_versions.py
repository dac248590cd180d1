"""Whether a chart can read what an installation has stored.

The API server refuses a CRD that lacks a version in which objects may be stored, so a chart whose CRD lacks
one cannot replace a chart whose CRD has it. ``chart/crds.py`` has the versions of each chart.
"""

import re
from collections.abc import Iterable

from ..chart.crds import ALPHA, BETA, STORAGE_CHANGE, list_known_versions
from ..inventory.release import Definition


def parse_minor_version(version: str) -> tuple[int, int] | None:
    """Return major and minor of a version of the chart; None if it is not written as one."""
    found = re.match(r"v?(\d+)\.(\d+)\.", version, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def is_older(version: str, than: str) -> bool:
    """Tell whether a version of the chart comes before another one by major and minor."""
    old, new = parse_minor_version(than), parse_minor_version(version)
    return old is not None and new is not None and new < old


def changes_storage(version: str, newer: str) -> bool:
    """Tell whether, as far as is known, the newer chart stores something that the older one cannot."""
    old, new = parse_minor_version(version), parse_minor_version(newer)
    return old is not None and new is not None and old < STORAGE_CHANGE <= new


def find_unreadable(version: str, definitions: Iterable[Definition]) -> list[tuple[str, str]]:
    """Return the (CRD, stored version) pairs that block a chart: its CRD does not have that version.

    ``version`` is the chart's, ``definitions`` are the cluster's CRDs. A CRD that the chart lacks altogether
    is not among the pairs: Helm would delete it, which ``check_dropped_kinds`` refuses.
    """
    asked = parse_minor_version(version)
    if asked is None:
        return []
    return [
        (definition.name, stored)
        for definition in definitions
        for stored in definition.stored
        if stored in (ALPHA, BETA)
        and (known := list_known_versions(asked, definition.name)) is not None
        and stored not in known.versions
    ]
