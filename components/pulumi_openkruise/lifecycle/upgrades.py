"""What a change of OpenKruise's version brings: what restarts, what does not go back, what to do before.

From upstream's change log, its documents, and a comparison of its sources; each entry names its source.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..chart.crds import find_removed_fields
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize
from .crd_versions import parse_minor_version

if TYPE_CHECKING:
    from ..inventory.field_uses import FieldUse

Kind = Literal["before", "restarts", "one-way", "lost", "changed"]

HEADINGS: dict[Kind, str] = {
    "before": "do before",
    "one-way": "does not go back",
    "lost": "is lost",
    "changed": "behaves differently",
    "restarts": "restarts",
}
"""What each kind of change is called, in the order in which people should read them."""

_LISTED = 20


class Change(NamedTuple):
    """One thing that comes with a version."""

    since: str
    """The first version of the chart that brings it; empty if every change of version does."""
    kind: Kind
    what: str
    source: str


CHANGES = (
    Change(
        "",
        "restarts",
        "the manager (new pods start before old ones stop), and kruise-daemon on every node, a tenth of "
        "them at a time. No other pod restarts",
        "templates of the chart: maxUnavailable 0 and 10%; tests/e2e/test_upgrades.py",
    ),
    Change(
        "1.7.3",
        "changed",
        "destroy runs a Job that refuses while CloneSets, Advanced StatefulSets or Advanced DaemonSets exist",
        "CHANGELOG 1.8.0, kruise#1843",
    ),
    Change(
        "1.8.0",
        "before",
        "to keep the protection against cascading deletion: featureGates ResourcesDeletionProtection: "
        "true, which is off by default from here on",
        "CHANGELOG 1.8.0, kruise#1919",
    ),
    Change(
        "1.8.0",
        "changed",
        "a CloneSet's partition is the number of pods that are not updated, even if it is given as a "
        "percentage",
        "CHANGELOG 1.8.0, kruise#1819",
    ),
    Change(
        "1.8.3",
        "changed",
        "the cluster's roles view, edit and admin include OpenKruise's resources",
        "templates of the chart: aggregate-kruise-view, -edit and -admin",
    ),
    Change(
        "1.9.0",
        "before",
        'write maxUnavailable and maxSurge as numbers where they are numbers in quotes: "5" is refused '
        "at the next change of the object",
        "CHANGELOG 1.9.0, kruise#2111",
    ),
    Change(
        "1.9.0",
        "one-way",
        "seven kinds are stored as v1beta1, and no chart before 1.9 can be installed again until "
        "`pulumi-openkruise migrate-storage --to 1.8.3` has rewritten them",
        "CHANGELOG 1.9.0, kruise#2186 and kruise#2201; CRDs of v1.8.3 and v1.9.1",
    ),
    Change(
        "1.9.0",
        "lost",
        "a UnitedDeployment's adaptive.unschedulableLastSeconds, which the new CRD lacks: set it again as"
        " unschedulableDuration, otherwise the default of 300 seconds applies",
        "uniteddeployment_types.go of v1.8.3 and v1.9.1",
    ),
    Change(
        "1.9.0",
        "changed",
        "an Advanced DaemonSet's rollingUpdate type Surging counts as Standard; a SidecarSet's namespace "
        "becomes a namespaceSelector",
        "openkruise.io, API Upgrade Guide",
    ),
    Change(
        "1.9.0",
        "changed",
        "the webhooks of seven kinds have other paths: until the new manager answers, changes of these "
        "kinds may be refused",
        "charts#180; tests/e2e/test_upgrades.py",
    ),
    Change(
        "1.9.0",
        "changed",
        "after every change of the release, Advanced DaemonSets and SidecarSets cannot be read in the "
        "other API version for about a second: their CRDs name a conversion service that does not exist, "
        "until the manager corrects them. A tool that enforces the chart's objects (Argo CD) and the "
        "manager then overwrite each other",
        "charts#192, open",
    ),
    Change(
        "1.9.0",
        "before",
        "on a cluster whose version has a + (GKE, EKS): install 1.9.1, since 1.9.0's manager panics there",
        "kruise#2502, in 1.9.1 by kruise#2504",
    ),
    Change(
        "1.9.1",
        "before",
        "with EnableExternalCerts: do not upgrade, because the CRDs lack the annotations and the manager "
        "crash-loops",
        "charts#203, open",
    ),
    Change(
        "2.0.0",
        "before",
        "`pulumi-openkruise migrate-storage`: v1alpha1 of Advanced StatefulSet will be removed",
        "openkruise.io, API Upgrade Guide",
    ),
)
"""All that is known, oldest version first."""


def find_changes(old: str, new: str) -> list[Change]:
    """Return what comes with an upgrade, in the order in which people should read it.

    Empty for no change of version, and where one of the two is not written as a version.
    """
    before, after = _read_numbers(old), _read_numbers(new)
    if before is None or after is None or before == after:
        return []
    found = [one for one in CHANGES if not one.since or before < (_read_numbers(one.since) or ()) <= after]
    return sorted(found, key=lambda one: list(HEADINGS).index(one.kind))


def write_upgrade_notice(old: str, new: str) -> str | None:
    """Return what to say in preview of a change of the chart's version; None where nothing changes."""
    changes = find_changes(old, new)
    if not changes:
        return None
    lines = [f"  {HEADINGS[one.kind]}: {one.what} ({one.source})" for one in changes]
    return "\n".join([f"OpenKruise {old} becomes {new}", *lines])


def list_removed_fields(old: str, new: str) -> dict[str, tuple[str, ...]]:
    """Return the fields of custom resources, by CRD, that an upgrade between two charts drops."""
    before, after = parse_minor_version(old), parse_minor_version(new)
    return {} if before is None or after is None else find_removed_fields(before, after)


def write_lost_fields_notice(new: str, uses: "Sequence[FieldUse] | Unavailable") -> str | None:
    """Return the warning of an upgrade that drops fields which objects set; None where none does."""
    if isinstance(uses, Unavailable):
        return f"fields that {new} drops without an error may be set: the objects cannot be read: {uses}"
    if not uses:
        return None
    return "\n".join(
        [
            f"{new} lacks fields that custom resources set; the API server drops them without an error",
            *(f"  {use}" for use in uses[:_LISTED]),
            *([f"  and {pluralize(len(uses) - _LISTED, 'more object')}"] if len(uses) > _LISTED else []),
            "  note their values before the upgrade: what replaces each field is in docs/upgrading.md",
        ]
    )


def list_table_rows(changes: Sequence[Change] = CHANGES) -> list[list[str]]:
    """Return the rows of the table in docs/upgrading.md."""
    return [[one.since or "every", HEADINGS[one.kind], one.what, one.source] for one in changes]


def _read_numbers(version: str) -> tuple[int, ...] | None:
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version, re.ASCII)
    return tuple(map(int, found.groups())) if found else None
