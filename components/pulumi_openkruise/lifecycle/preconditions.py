"""What must not be done to an installation, decided from what is asked, what was, and what is in the cluster.

Each function returns ConfigProblems: what would be lost, and what to do instead. Deleting the release
deletes every custom resource of OpenKruise in the cluster, since the chart keeps its CRDs in its templates;
so whatever would have the engine make a second one and then delete the first is refused, also where
``protect`` is off, as far as state and cluster show it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..config import names
from ..diagnostics.field_names import FieldName, argument_name, setting
from ..diagnostics.problem import Problem
from ..diagnostics.wording import listed
from ..inventory.release import Definition, ReleaseId, Seen
from . import crd_versions
from .release_condition import condition

_LOST = "every CloneSet and all other custom resources of OpenKruise"
_MANY = 5


@dataclass(frozen=True)
class Asked:
    """What of an installation's description matters here."""

    component: str
    """The component's name."""
    release: ReleaseId
    namespace: str
    create_namespace: bool
    field_name: FieldName = argument_name
    """What the fields are called in messages."""


def creating(asked: Asked, seen: Seen) -> list[Problem]:
    """Return why the stack must not create the release: it is there, or OpenKruise is elsewhere."""
    problems = elsewhere(asked, seen)
    latest = seen.latest
    if problems or latest is None:
        return problems
    blocked = condition(seen)
    if blocked is not None and blocked.blocked:
        return [blocked.problem(seen.release)]
    return [
        Problem(
            "release-exists",
            f"Helm release {seen.release}",
            f"is there ({latest.status}, revision {latest.number}), and this stack is about to create it",
            (f"  the end of that would be the old one's deletion, and with it {_LOST}", *_ways_in(asked)),
        )
    ]


def creating_namespace(asked: Asked, seen: Seen, there: bool) -> list[Problem]:
    """Return why the stack must not create the namespace; that of an installation may be restored.

    ``there`` tells whether the namespace is in the cluster, or may be.
    """
    problems = elsewhere(asked, seen) or blocked(seen)
    latest = seen.latest
    if problems or latest is None or not there:
        return problems
    return [
        Problem(
            "namespace-exists",
            f"namespace {asked.namespace}",
            f"is there, with Helm release {seen.release} ({latest.status}, revision {latest.number}), and "
            "this stack is about to create it",
            (
                "  the end of that would be the old one's deletion, and with it manager, daemons and",
                f"  {_LOST}",
                *_ways_in(asked),
            ),
        )
    ]


def _ways_in(asked: Asked) -> tuple[str, ...]:
    """Return how a stack comes by what is there already."""
    return (
        f"  if the component had another name or parent: give {asked.component!r} what it had as an alias,",
        '    pulumi.ResourceOptions(aliases=[pulumi.Alias(name="<old name>")]), or',
        "    aliases=[pulumi.Alias(parent=<old parent>)], pulumi.ROOT_STACK_RESOURCE if it had none;",
        "    in YAML, options: {aliases: [{name: <old name>}]}",
        "  if it was moved from another stack: `pulumi state move` takes it along",
        "  if the cluster's address changed: with the old kubeconfig, first give the provider an identifier,",
        "    pulumi config set kubernetes:clusterIdentifier <any name> && pulumi up",
        "  if helm or an interrupted `up` made it, take it over as it is:",
        f"    {setting(asked.field_name, 'import_release', 'true')}",
    )


def elsewhere(asked: Asked, seen: Seen) -> list[Problem]:
    """Return the problem of an OpenKruise that another Helm release has installed: a cluster holds one."""
    if seen.owner is None or seen.owner == asked.release:
        return []
    keys = []
    if seen.owner.name != asked.release.name:
        keys.append(f"{asked.field_name('release_name')} {seen.owner.name}")
    if seen.owner.namespace != asked.release.namespace:
        key = f"{asked.field_name('release_namespace')} {seen.owner.namespace}"
        if asked.release.namespace == asked.namespace and not names.is_reserved(seen.owner.namespace):
            # The record's namespace is not given, so it goes with the other one.
            namespace = asked.field_name("namespace")
            key = f"{namespace} {seen.owner.namespace}, or {key} if only its record is there"
        keys.append(key)
    return [
        Problem(
            "other-release",
            f"Helm release {asked.release}",
            f"this cluster's OpenKruise is the release {seen.owner}, and a cluster holds one",
            (
                f"  a release keeps its name and namespace: removing the old one deletes {_LOST}",
                f"  to keep that installation: {' and '.join(keys)}",
            ),
        )
    ]


def crds_given_up(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    definitions: Iterable[Definition] | None,
    field_name: FieldName = argument_name,
) -> list[Problem]:
    """Return the problem of values that take the CRDs from a release: Helm would delete them.

    ``definitions`` are the cluster's CRDs; None where that could not be looked at. CRDs that Helm is told to
    keep are given up safely.
    """
    if not (_managed(old) and not _managed(new)):
        return []
    unkept = None if definitions is None else [one.name for one in definitions if not one.kept]
    if unkept == []:
        return []
    which = "all of OpenKruise's CRDs" if unkept is None else listed(unkept)
    select = "crd/" + " crd/".join(unkept) if unkept else "<each crd/...kruise.io>"
    checked = () if unkept is not None else ("  whether they are could not be checked in the cluster",)
    return [
        Problem(
            "crds-given-up",
            f"{field_name('values')}.crds.managed",
            f"false takes the CRDs from the release, and Helm deletes them with {_LOST}",
            (
                f"  this is about {which}",
                *checked,
                "  leave it true; or have Helm keep them first:",
                f"    kubectl annotate {select} helm.sh/resource-policy=keep",
            ),
        )
    ]


def older(old: str, new: str) -> bool:
    """Tell whether a chart is to be replaced by one of an earlier minor version."""
    return crd_versions.is_older(new, old)


def downgraded(
    old: str, new: str, definitions: Iterable[Definition] | None, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return the problem of an older chart that lacks a version in which custom resources may be stored.

    Without the cluster's ``definitions`` (None) the known change of the chart counts.
    """
    if not older(old, new):
        return []
    if definitions is None:
        found = [("some CRDs", "v1beta1")] if crd_versions.moved_between(new, old) else []
    else:
        found = crd_versions.unknown_to(new, definitions)
    if not found:
        return []
    names = listed([f"{name} ({version})" for name, version in found])
    return [
        Problem(
            "chart-downgrade",
            field_name("chart_version"),
            f"{new} does not know versions in which custom resources are stored since {old}: {names}",
            (
                "  the API server refuses its CRDs half way, and Helm cannot roll that back",
                f"  stay at {old} or go forward; going back needs the objects rewritten and",
                "  status.storedVersions of these CRDs cleared, which docs/recovering.md describes",
            ),
        )
    ]


def namespace_given_up(old: Mapping[str, Any] | None, asked: Asked) -> list[Problem]:
    """Return the problem of a namespace that the stack owns and is told not to own any more.

    ``old`` are the component's inputs as the engine has kept them.
    """
    if asked.create_namespace or not old or old.get("createNamespace") is not True:
        return []
    return [
        Problem(
            "namespace-given-up",
            asked.field_name("create_namespace"),
            f"this stack has made the namespace {asked.namespace}, and with false would delete it, with "
            "manager, daemons and the release's record, while the fail-closed webhooks stay",
            ("  set it to true again, as it was; false is for a namespace that the stack has not made",),
        )
    ]


def cluster_left(old: str | None, new: str | None, urn: str, seen: Seen | None) -> list[Problem]:
    """Return the problem of an installation whose stack has got another cluster's kubeconfig.

    ``old`` and ``new`` are addresses of API servers. A cluster may have got another one: then the release is
    on it, as ``seen`` tells. On one that cannot be looked at nothing is installed, and then nothing deleted.
    ``urn`` is the component's.
    """
    if old is None or new is None or old == new or seen is None or seen.latest is not None:
        return []
    return [
        Problem(
            "cluster-left",
            f"Helm release {seen.release}",
            f"this stack has installed it on the cluster at {old}, and now has the kubeconfig of {new}, "
            "where it is not",
            (
                f"  the end of that would be its deletion on the other cluster, and with it {_LOST}",
                "  to remove it there: give the kubeconfig back, and `pulumi destroy` first",
                "  to leave it there, or if that cluster is gone: have the stack forget it, which changes no",
                "  cluster, and install it here:",
                f"    pulumi state delete --target-dependents '{urn}' && pulumi up",
            ),
        )
    ]


def namespace_left(old: str, asked: Asked, seen: Seen | None = None) -> list[Problem]:
    """Return the problem of an installation that is to go to another namespace than the one it runs in.

    ``seen`` is what is in the cluster, if that matters: an installation that never came to be is free to go.
    """
    if old == asked.namespace or (seen is not None and seen.latest is None and seen.owner is None):
        return []
    return [
        Problem(
            "namespace-left",
            asked.field_name("namespace"),
            f"OpenKruise runs in {old}, and this stack would move it to {asked.namespace}, and delete {old} "
            "if it has made it, with manager, daemons and the release's record if that is there",
            ("  set it back:", f"    {setting(asked.field_name, 'namespace', old)}"),
        )
    ]


def runs_in(values: Mapping[str, Any]) -> str:
    """Return the namespace that OpenKruise runs in by a release's Helm values."""
    installation = values.get("installation")
    given = installation.get("namespace") if isinstance(installation, Mapping) else None
    return given if isinstance(given, str) and given else names.NAMESPACE


def deleting(
    release: ReleaseId, found: Mapping[str, int] | str, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return why a guarded release is not deleted: custom resources by kind, or why they were not counted."""
    if found == {}:
        return []
    way_out = (
        "  delete them first, or give the guard up:",
        f"    {setting(field_name, 'guard_destroy', 'false')}",
    )
    if isinstance(found, str):
        reason = f"its deletion is guarded, and whether custom resources exist is not known: {found}"
        return [Problem("unknown-resources", f"Helm release {release}", reason, way_out)]
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
    reason = f"deleting it deletes, with its CRDs, {listed}"
    return [Problem("resources-exist", f"Helm release {release}", reason, way_out)]


def blocked(seen: Seen) -> list[Problem]:
    """Return the problem of a release that can neither be changed nor counts as unchanged."""
    found = condition(seen)
    return [found.problem(seen.release)] if found is not None and found.blocked else []


def _managed(values: Mapping[str, Any] | None) -> bool:
    crds = (values or {}).get("crds")
    managed = crds.get("managed", True) if isinstance(crds, Mapping) else True
    return bool(managed)
