"""Which custom resources must be rewritten to be stored in another API version, and what that would lose.

An object stays stored in the version in which it was last written. The API server refuses a CRD that lacks a
version that may be stored. So before a chart with such a CRD is installed, every object is written once more
in a version that the chart has, and the other versions are removed from ``status.storedVersions``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..chart.crds import (
    ADDED_FIELDS,
    MOVED_FIELDS,
    NUMBERS_ONLY,
    OWN,
    REMOVED_FIELDS,
    STORAGE_CHANGE,
    list_known_versions,
)
from ..inventory.crd_storage import CrdStorage
from ..inventory.json_access import values_at
from .crd_versions import parse_minor_version

WRITTEN = "written"
"""The target that is, for each CRD, the version in which the API server writes."""


class Target(NamedTuple):
    """The target of a migration: a chart's version, an API version, or the one that is written anyway."""

    text: str
    chart: tuple[int, int] | None = None
    """Major and minor of the chart that must be able to read all of them."""

    def may_lack_fields(self, crd: str) -> bool:
        """Tell whether the chart's CRD may lack fields that the installed one has, in the same version."""
        if self.chart is None:
            return False
        if self.chart >= STORAGE_CHANGE:
            return crd in REMOVED_FIELDS
        return crd in ADDED_FIELDS or crd in NUMBERS_ONLY


class Step(NamedTuple):
    """The migration of one CRD."""

    crd: CrdStorage
    version: str
    """The version in which all objects should be stored."""
    needed: bool
    """Whether objects may be stored in another version, which the target cannot read."""
    blocked: str = ""
    """Why it cannot be done; empty if it can."""

    @property
    def switches(self) -> bool:
        """Tell whether the CRD's storage version must be changed first."""
        return self.crd.written != self.version


class Loss(NamedTuple):
    """An object that cannot be stored in the target without losing something."""

    kind: str
    object: str
    fields: tuple[str, ...]


def parse_target(text: str) -> Target:
    """Read ``written``, an API version as ``v1beta1``, or a chart's version as ``1.8.3``.

    Raises ValueError for anything else.
    """
    if text == WRITTEN or re.fullmatch(r"v\d+((alpha|beta)\d+)?", text, re.ASCII):
        return Target(text)
    chart = parse_minor_version(text) if re.match(r"\d", text) else None
    if chart is None:
        raise ValueError(
            "expected a chart version such as 1.8.3, an API version such as v1beta1, "
            f"or {WRITTEN}, found {text!r}"
        )
    return Target(text, chart)


def plan_steps(crds: Sequence[CrdStorage], target: Target) -> list[Step]:
    """Return a step for each CRD, in their order; also for CRDs that need no change."""
    return [_plan_step(crd, target) for crd in crds]


def _plan_step(crd: CrdStorage, target: Target) -> Step:
    version = crd.written
    if target.chart is not None:
        known = list_known_versions(target.chart, crd.name)
        if known is None:
            lacks = f"the chart {target.text} lacks this kind, and Helm would delete its objects with it"
            return Step(crd, version, False, lacks if crd.objects else "")
        if known.versions.issuperset((*crd.stored, crd.written)):
            return Step(crd, version, False)
        version = known.stored
    elif target.text in crd.versions:
        version = target.text
    elif target.text != WRITTEN:
        return Step(crd, version, False)
    needed = crd.stored != (version,) or crd.written != version
    return Step(crd, version, needed, "" if version in crd.served else f"{version} is not served")


def list_versions_to_compare(step: Step) -> list[str]:
    """Return the other versions in which objects may be stored, and whose fields the target may lack."""
    crd = step.crd
    return sorted(
        version for version in {*crd.stored, crd.written} if version != step.version and version in crd.served
    )


def find_lost_fields(
    crd: CrdStorage, target: Target, shown: Mapping[str, Any], converted: Mapping[str, Any]
) -> list[str]:
    """Return the fields of an object's spec that it would lose.

    ``shown`` is the object in a version in which it may be stored, ``converted`` the same in the target
    version. Fields that the conversion keeps in another place are no loss. Of the manager's own objects
    nothing counts: it makes them again.
    """
    if crd.name in OWN:
        return []
    moved = MOVED_FIELDS.get(crd.name, ())
    lost = [
        path
        for path in _list_missing(shown.get("spec"), converted.get("spec"), "spec")
        if not any(f"{path}.".startswith(f"{field}.") for field in moved)
    ]
    if target.chart is not None and target.chart >= STORAGE_CHANGE:
        # Where 1.9 is installed already, the API server shows none of them.
        lost += [path for path in REMOVED_FIELDS.get(crd.name, ()) if values_at(shown, path)]
    elif target.chart is not None:
        lost += [path for path in ADDED_FIELDS.get(crd.name, ()) if values_at(converted, path)]
        lost += [
            f"{path} (a percentage)"
            for path in NUMBERS_ONLY.get(crd.name, ())
            if any(isinstance(value, str) for value in values_at(converted, path))
        ]
    return lost


def _list_missing(before: Any, after: Any, path: str) -> Iterator[str]:
    """Yield the paths that one value has and the other has not, the outermost of each."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in before.items():
            if key in after:
                yield from _list_missing(value, after[key], f"{path}.{key}")
            elif value not in ({}, [], None):
                yield from _list_leaves(value, f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list):
        for index, value in enumerate(before):
            if index < len(after):
                yield from _list_missing(value, after[index], f"{path}[{index}]")
            else:
                yield f"{path}[{index}]"


def _list_leaves(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of a mapping's values, so that each can be known as moved."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _list_leaves(inner, f"{path}.{key}")
    else:
        yield path
