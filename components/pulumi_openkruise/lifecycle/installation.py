"""What must not be done to an installation, decided from what is declared and what is in the cluster.

Each function returns Problems: what would be lost, and what to do instead. Deleting the release deletes every
custom resource of OpenKruise in the cluster, since the chart has its CRDs in its templates. So every change
is refused that would make the engine create a second release and then delete the first, even with
``protect`` off, as far as state and cluster show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..config import names
from ..diagnostics.field_names import FieldName, argument_name, setting
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..inventory.release import ReleaseId, ReleaseState
from .foreign_installation import check_installer
from .release_condition import find_condition

LOST = "every CloneSet and all other custom resources of OpenKruise"
"""What is lost with the release, as messages name it."""
IF_PROTECTED = "with --force while `protect` is on"
"""What ``pulumi state delete`` needs, as messages that name it say."""


class Declared(NamedTuple):
    """The part of an installation's declaration that these decisions need."""

    component: str
    """The component's name."""
    release: ReleaseId
    namespace: str
    create_namespace: bool
    field_name: FieldName = argument_name
    """Turns the name of a field into what messages call it."""
    manages_crds: bool = True
    """Whether the CRDs are the release's; ``crds.managed`` in its values."""


_REPLACED_BY = (
    "  leave out what replaces it: --replace, `pulumi state taint`, delete_before_replace or",
    "  replace_on_changes from a transformation, or another name or parent without an alias",
)


def check_creation(declared: Declared, state: ReleaseState, recorded: bool = False) -> list[Problem]:
    """Return why the stack must not create the release: it exists, or OpenKruise is another release here.

    ``recorded`` tells whether this component installed it: then the engine replaces its own release, or the
    state has lost it.
    """
    problems = check_other_release(declared, state)
    latest = state.latest
    if problems or latest is None:
        return problems
    blocked = find_condition(state)
    if blocked is not None and blocked.blocked:
        return [blocked.problem(state.release)]
    consequence = f"  this would eventually delete the existing release, and with it {LOST}"
    return [
        Problem(
            "release-exists",
            f"Helm release {state.release}",
            f"exists ({latest.status}, revision {latest.number}), and this stack is about to create it",
            (consequence, *_list_ways_in(declared, recorded)),
        )
    ]


def check_namespace_creation(
    declared: Declared, state: ReleaseState, exists: bool, recorded: bool = False
) -> list[Problem]:
    """Return why the stack must not create the namespace; one deleted by hand may be created again.

    ``exists`` tells whether the cluster has the namespace, or may have it, ``recorded`` whether this
    component installed OpenKruise in it.
    """
    problems = check_other_release(declared, state) or check_blocked(state)
    latest = state.latest
    if problems or latest is None or not exists:
        return problems
    return [
        Problem(
            "namespace-exists",
            f"namespace {declared.namespace}",
            f"exists, with Helm release {state.release} ({latest.status}, revision {latest.number}), and "
            "this stack is about to create it",
            (
                "  this would eventually delete the existing namespace, and with it manager, daemons and",
                f"  {LOST}",
                *_list_ways_in(declared, recorded),
            ),
        )
    ]


def write_takeover_notice(declared: Declared) -> str:
    """Return what happens to an existing namespace that the stack is about to create.

    It depends on the version of pulumi-kubernetes, which a program cannot find out (pulumi-kubernetes#4278).
    """
    key = declared.field_name("create_namespace")
    return (
        f"namespace {declared.namespace} exists, and this stack is about to create it: pulumi-kubernetes "
        "4.29 and newer refuse that, an older plugin takes it over and deletes it with the stack. If it is "
        f"not OpenKruise's alone, set {key} to false"
    )


_AT_ANOTHER_ADDRESS = (
    "  if the cluster's address changed: with the old kubeconfig, first give the provider an identifier,",
    "    pulumi config set kubernetes:clusterIdentifier <any name> && pulumi up",
    "    (a Kubernetes provider that the program declares takes it as its argument cluster_identifier)",
)


def _list_ways_in(declared: Declared, recorded: bool) -> tuple[str, ...]:
    """Return how a stack adopts what exists, or keeps what this component has installed (``recorded``)."""
    name, import_it = declared.component, setting(declared.field_name, "import_release", "true")
    if recorded:
        # The engine does not tell a hook which of the two happens.
        return (
            "  this component installed it. If this operation replaces it:",
            *_REPLACED_BY,
            *_AT_ANOTHER_ADDRESS,
            "  if the state has lost it, by `pulumi state delete` or by a `pulumi refresh` while the",
            "  kubeconfig led to another cluster, import it as it is:",
            f"    {import_it}",
        )
    return (
        f"  if the component had another name or parent: give {name!r} what it had as an alias,",
        '    pulumi.ResourceOptions(aliases=[pulumi.Alias(name="<old name>")]), or',
        "    aliases=[pulumi.Alias(parent=<old parent>)], pulumi.ROOT_STACK_RESOURCE if it had none;",
        "    in YAML, options: {aliases: [{name: <old name>}]}",
        "  if it was moved from another stack: `pulumi state move` takes it along",
        *_AT_ANOTHER_ADDRESS,
        "  if helm or an interrupted `up` created it, import it as it is:",
        f"    {import_it}",
    )


def check_other_release(declared: Declared, state: ReleaseState) -> list[Problem]:
    """Return the problem of an OpenKruise that another release, or no release, has installed.

    A cluster holds one.
    """
    if state.owner is None and state.latest is None:
        manages, field_name = declared.manages_crds, declared.field_name
        return check_installer(state.installer, declared.release, manages_crds=manages, field_name=field_name)
    if state.owner is None or state.owner == declared.release:
        return []
    keys = []
    if state.owner.name != declared.release.name:
        keys.append(f"{declared.field_name('release_name')} {state.owner.name}")
    if state.owner.namespace != declared.release.namespace:
        key = f"{declared.field_name('release_namespace')} {state.owner.namespace}"
        if declared.release.namespace == declared.namespace and not names.is_reserved(state.owner.namespace):
            # The record's namespace is not given, so it follows the other one.
            namespace = declared.field_name("namespace")
            key = f"{namespace} {state.owner.namespace}, or {key} if only its record is there"
        keys.append(key)
    return [
        Problem(
            "other-release",
            f"Helm release {declared.release}",
            f"this cluster's OpenKruise is the release {state.owner}, and a cluster holds one",
            (
                f"  a release keeps its name and namespace: removing the old one deletes {LOST}",
                f"  to keep that installation: {' and '.join(keys)}",
            ),
        )
    ]


def check_blocked(state: ReleaseState) -> list[Problem]:
    """Return the problem of a release that Helm refuses to touch: pending, uninstalling or uninstalled."""
    found = find_condition(state)
    return [found.problem(state.release)] if found is not None and found.blocked else []


def check_deletion(
    release: ReleaseId, found: Mapping[str, int] | Unavailable, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return why a guarded release must not be deleted.

    ``found`` counts custom resources by kind, or says why they could not be counted.
    """
    if found == {}:
        return []
    way_out = (
        "  delete them first, or give the guard up:",
        f"    {setting(field_name, 'guard_destroy', 'false')}",
    )
    if isinstance(found, Unavailable):
        reason = f"its deletion is guarded, and whether custom resources exist is not known: {found}"
        return [Problem("unknown-resources", f"Helm release {release}", reason, way_out)]
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
    reason = f"deleting it deletes, with its CRDs, {listed}"
    return [Problem("resources-exist", f"Helm release {release}", reason, way_out)]


def check_replacement(declared: Declared, what: str, replaced: bool, owned: bool) -> list[Problem]:
    """Return why the engine must not delete the release or the namespace (``what``) in this operation.

    ``replaced`` tells whether it creates a new one in its place, ``owned`` whether the component still
    declares it under the name that is deleted.
    """
    if owned and not replaced:
        return []
    name = declared.component
    reason = (
        "is being replaced, and the old one deleted"
        if replaced
        else f"is not the one that OpenKruise {name!r} declares now, and is being deleted"
    )
    return [
        Problem(
            "deletion-refused",
            what,
            f"{reason}, and with it {LOST}",
            (
                *_REPLACED_BY,
                "  to remove the installation: `pulumi destroy --run-program`",
                "  to have the stack forget it, which changes no cluster: `pulumi state delete <its URN>`,",
                f"  {IF_PROTECTED}",
            ),
        )
    ]


_DROPPED = (
    "  this operation has dropped the release from the state and left it in the cluster, as",
    "  retain_on_delete or deleted_with of a resource above it does: give the option to the component itself",
)


def check_namespace_deletion(
    declared: Declared, state: ReleaseState | Unavailable, *, dropped: bool = False
) -> list[Problem]:
    """Return why the namespace must not be deleted: the release still needs it.

    ``dropped``: the state lost the release in this operation, and the cluster did not.
    """
    if isinstance(state, Unavailable) or state.latest is None or state.latest.status == "uninstalled":
        return []
    return [
        Problem(
            "namespace-in-use",
            f"namespace {declared.namespace}",
            f"Helm release {state.release} is there ({state.latest.status}), and deleting the namespace "
            "would take manager and daemons from it, while the fail-closed webhooks stay",
            (
                "  remove the release first: `pulumi destroy --run-program` if the stack has it, or",
                "  `helm uninstall`",
                *(_DROPPED if dropped else ()),
            ),
        )
    ]


def explain_retention(problems: Sequence[Problem]) -> list[Problem]:
    """Return why something must not be deleted, with what ``retain_on_delete`` of the component changes.

    The engine keeps what it deletes in the cluster only if an earlier update recorded the option, and it
    does not tell a hook of it.
    """
    lines = (
        "  the component has retain_on_delete, which counts once `pulumi up` has recorded it; this check",
        "  ignores it. To have the stack forget the installation and leave the cluster as it is, use",
        f"  `pulumi state delete --target-dependents <the component's URN>`, {IF_PROTECTED}",
    )
    return [replace(problem, detail=(*problem.detail, *lines)) for problem in problems]


def check_present(state: ReleaseState) -> list[Problem]:
    """Return the problem of a release recorded in Pulumi's state but missing in the cluster."""
    if state.latest is not None:
        return []
    if state.owner is None:
        found = "was uninstalled there, or the cluster was rebuilt"
        way: tuple[str, ...] = (
            "  remove it from the state:",
            "    pulumi refresh --yes",
            "  then `pulumi up` installs it again, or `pulumi destroy --run-program` removes what is left",
        )
    else:
        found = f"has no Helm record there, but its CRDs are there, owned by {state.owner}"
        way = ("  restore the Helm record:", "    pulumi-openkruise recover")
    return [
        Problem(
            "release-gone",
            f"Helm release {state.release}",
            f"is in this stack's state, and not in the cluster: it {found}",
            way,
        )
    ]
