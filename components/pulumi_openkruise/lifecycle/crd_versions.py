"""In which versions the charts of OpenKruise can store their resources.

The API server refuses a CRD that lacks a version in which objects may be stored, so a chart that lacks one
cannot take the place of one that has it. Sources: the CRDs of openkruise/kruise v1.8.3 (config/crd/bases),
and those of the charts 1.9.0 and 1.9.1; 1.7 lists the same as 1.8.
"""

import re
from collections.abc import Iterable

from ..inventory.release import Definition

_NEW = (1, 9)
"""Up to this version all but Advanced StatefulSets are known in v1alpha1 only."""
_BEFORE: dict[str, frozenset[str]] = {"statefulsets.apps.kruise.io": frozenset({"v1alpha1", "v1beta1"})}


def minor(version: str) -> tuple[int, int] | None:
    """Return major and minor of a version of the chart; None if it is not written as one."""
    found = re.match(r"v?(\d+)\.(\d+)\.", version, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def is_older(version: str, than: str) -> bool:
    """Tell whether a version of the chart comes before another one by major and minor."""
    old, new = minor(than), minor(version)
    return old is not None and new is not None and new < old


def moved_between(version: str, newer: str) -> bool:
    """Tell whether, as far as is known, the newer chart stores something that the older one cannot."""
    old, new = minor(version), minor(newer)
    return old is not None and new is not None and old < _NEW <= new


def unknown_to(version: str, definitions: Iterable[Definition]) -> list[tuple[str, str]]:
    """Return the CRDs, each with the version that objects may be stored in, that a chart cannot take over."""
    asked = minor(version)
    if asked is None or asked >= _NEW:
        return []
    known = frozenset({"v1alpha1"})
    return [
        (definition.name, stored)
        for definition in definitions
        for stored in definition.stored
        if stored not in _BEFORE.get(definition.name, known)
    ]
