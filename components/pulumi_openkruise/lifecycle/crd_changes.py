"""Refuses changes of the release that endanger OpenKruise's CRDs, and with them every custom resource."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..chart.crds import ADDED
from ..diagnostics.field_names import FieldName, argument_name, setting
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import shorten
from ..inventory.release import Definition
from . import crd_versions
from .installation import LOST


def check_crds_kept(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    definitions: Iterable[Definition] | Unavailable,
    field_name: FieldName = argument_name,
) -> list[Problem]:
    """Return the problem of values that take the CRDs from a release: Helm would delete them.

    ``definitions`` are the cluster's CRDs. Those annotated for Helm to keep are safe.
    """
    if not takes_crds(old, new):
        return []
    if isinstance(definitions, Unavailable):
        which, select = "all of OpenKruise's CRDs", "<each crd/...kruise.io>"
        checked: tuple[str, ...] = (f"  whether Helm keeps them is not known: {definitions}",)
    else:
        unkept = [one.name for one in definitions if not one.kept]
        if not unkept:
            return []
        which, select, checked = shorten(unkept), "crd/" + " crd/".join(unkept), ()
    return [
        Problem(
            "crds-given-up",
            f"{field_name('values')}.crds.managed",
            f"false takes the CRDs from the release, and Helm deletes them with {LOST}",
            (
                f"  this is about {which}",
                *checked,
                "  leave it true; or have Helm keep them first:",
                f"    kubectl annotate {select} helm.sh/resource-policy=keep",
            ),
        )
    ]


def takes_crds(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Tell whether a change of values takes the CRDs from the release that has them."""
    return manages_crds(old) and not manages_crds(new)


def is_downgrade(old: str, new: str) -> bool:
    """Tell whether a chart of an earlier minor version would replace the present one."""
    return crd_versions.is_older(new, old)


def check_downgrade(
    old: str,
    new: str,
    definitions: Iterable[Definition] | Unavailable,
    field_name: FieldName = argument_name,
) -> list[Problem]:
    """Return the problem of an older chart that lacks a version in which custom resources may be stored.

    Where the cluster's ``definitions`` cannot be read, it goes by the versions that the two charts store.
    """
    if not is_downgrade(old, new):
        return []
    if isinstance(definitions, Unavailable):
        found = [("some CRDs", "v1beta1")] if crd_versions.changes_storage(new, old) else []
    else:
        found = crd_versions.find_unreadable(new, definitions)
    if not found:
        return []
    names = shorten([f"{name} ({version})" for name, version in found])
    return [
        Problem(
            "chart-downgrade",
            field_name("chart_version"),
            f"{new} does not know versions in which custom resources are stored since {old}: {names}",
            (
                "  the API server refuses its CRDs half way, and Helm cannot roll that back",
                f"  stay at {old} or go forward; to go back, first rewrite the objects (docs/upgrading.md):",
                f"    pulumi-openkruise migrate-storage --to {new}",
            ),
        )
    ]


def check_upgrade_is_explicit(
    old: str, new: str, stated: bool, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return the problem of an upgrade that changes the storage although the config gives no version.

    ``stated`` tells whether it gives one. A new default, or another file behind the same path, does not count
    as the user's decision to give up the way back.
    """
    if stated or not crd_versions.changes_storage(old, new):
        return []
    return [
        Problem(
            "unstated-upgrade",
            field_name("chart_version"),
            f"the installed chart is {old}, and {new} would replace it although no version is given; "
            f"what {new} stores no older chart can read",
            (
                "  to upgrade, add the line (docs/upgrading.md says what comes with it):",
                f"    {setting(field_name, 'chart_version', new)}",
                "  to stay:",
                f"    {setting(field_name, 'chart_version', old)}",
            ),
        )
    ]


def check_dropped_kinds(
    old: str,
    new: str,
    resources: Mapping[str, int] | Unavailable,
    field_name: FieldName = argument_name,
) -> list[Problem]:
    """Return the problem of an older chart that lacks kinds of existing objects: Helm would delete these.

    ``resources`` is the number of custom resources by kind. Where it is not known, ``check_downgrade``
    refuses the same change.
    """
    if isinstance(resources, Unavailable) or not crd_versions.changes_storage(new, old):
        return []
    found = [f"{resources[kind]} {kind}" for kind in ADDED.values() if resources.get(kind)]
    if not found:
        return []
    return [
        Problem(
            "chart-downgrade",
            field_name("chart_version"),
            f"{new} lacks kinds that {old} has, and Helm deletes their CRDs with all objects: "
            f"{shorten(found)}",
            (f"  stay at {old}, or delete these objects first",),
        )
    ]


def manages_crds(values: Mapping[str, Any] | None) -> bool:
    """Tell whether Helm values leave the CRDs to the release; also where the value is not known yet."""
    crds = (values or {}).get("crds")
    managed = crds.get("managed", True) if isinstance(crds, Mapping) else True
    return managed is not None and managed is not False
