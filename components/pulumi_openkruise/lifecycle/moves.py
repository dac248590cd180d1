"""Refuses to move an installation to another namespace, cluster, or owner of its namespace."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config import names
from ..diagnostics.field_names import setting
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..foreign.addresses import strip_login
from ..inventory.release import ReleaseId, ReleaseState
from .installation import IF_PROTECTED, LOST, Declared


class Recorded(NamedTuple):
    """Where an installation is, and who owns its namespace, as an earlier update recorded it."""

    server: str | None
    """Address of the API server; None where it was not known."""
    namespace: str
    create_namespace: bool


def read_inputs(old: Mapping[str, Any]) -> Recorded | None:
    """Return where an installation is by the component's inputs in the state; None if they do not say it.

    Versions of this module that had no record yet also wrote the server into the inputs.
    """
    server, namespace = old.get("server"), old.get("namespace", names.NAMESPACE)
    if not isinstance(namespace, str):
        return None
    place = strip_login(server) if isinstance(server, str) else None
    return Recorded(place, namespace, old.get("createNamespace") is True)


def was_never_installed(old: Mapping[str, Any], state: ReleaseState | Unavailable) -> bool:
    """Tell whether the component's inputs in the state are those of an `up` that was refused early.

    Such an update registers the component, but neither release nor record: its inputs say what was declared,
    not what is installed. For a version that had no record yet, the inputs are all that is known.
    """
    has_record = old.get("stateVersion") == 2
    if not has_record or isinstance(state, Unavailable):
        return False
    return state.latest is None and state.owner in (None, state.release)


def check_moves(
    recorded: Recorded, declared: Declared, server: str | None, state: ReleaseState | Unavailable, urn: str
) -> list[Problem]:
    """Return a problem for each way in which the installation, as declared now, would move.

    ``server`` is the address of the API server that ``state`` is from, ``urn`` the component's.
    """
    found = state if isinstance(state, ReleaseState) else None
    return [
        *check_namespace_ownership(recorded, declared),
        *check_namespace(recorded.namespace, declared, found),
        *check_cluster(declared.release, recorded.server, server, urn, state),
    ]


def check_namespace_ownership(recorded: Recorded, declared: Declared) -> list[Problem]:
    """Return the problem of a namespace that the stack owns and, as now declared, would no longer own."""
    if declared.create_namespace or not recorded.create_namespace:
        return []
    return [
        Problem(
            "namespace-given-up",
            declared.field_name("create_namespace"),
            f"this stack created the namespace {recorded.namespace}, and with false would delete it, with "
            "manager, daemons and the release's record, while the fail-closed webhooks stay",
            ("  set it to true again, as it was; false is for a namespace that the stack did not create",),
        )
    ]


def check_cluster(
    release: ReleaseId, old: str | None, new: str | None, urn: str, state: ReleaseState | Unavailable
) -> list[Problem]:
    """Return the problem of an installation whose stack now has another cluster's kubeconfig.

    ``old`` and ``new`` are addresses of API servers, ``state`` is what is at the new one. A cluster may have
    a new address: then the release is there. ``urn`` is the component's.
    """
    if old is None or new is None or old == new:
        return []
    if isinstance(state, Unavailable):
        found = f"which cannot be inspected: {state}"
        way = "  if this is the same cluster, try again when it answers"
    elif state.latest is None:
        found = "where it does not exist"
        way = f"  this would eventually delete it on the other cluster, and with it {LOST}"
    else:
        return []
    return [
        Problem(
            "cluster-left",
            f"Helm release {release}",
            f"this stack installed it on the cluster at {old}, and now has the kubeconfig of {new}, {found}",
            (
                way,
                "  to remove it there: give the kubeconfig back, and `pulumi destroy --run-program` first",
                "  to leave it there, or if that cluster is gone: have the stack forget it, which changes no",
                f"  cluster, and install it here ({IF_PROTECTED}):",
                f"    pulumi state delete --target-dependents '{urn}' && pulumi up",
            ),
        )
    ]


def check_cluster_known(old: str | None, new: str | None, why: str) -> list[Problem]:
    """Return the problem of creating or deleting something on a cluster that may be another one.

    ``why`` says why the address ``new`` is None.
    """
    if old is None or new is not None:
        return []
    return [
        Problem(
            "cluster-unknown",
            "Kubernetes provider",
            f"the installation is on the cluster at {old}, and it is not known which cluster this is: {why}",
            (
                "  nothing is created or deleted until that is known:",
                "  give the provider a kubeconfig that can be used",
            ),
        )
    ]


def check_only_installation(declared: Declared, other: str | None, place: str) -> list[Problem]:
    """Return the problem of a second component on the cluster of the component ``other``."""
    if other is None:
        return []
    return [
        Problem(
            "second-installation",
            f"OpenKruise {declared.component!r}",
            f"has {place} of OpenKruise {other!r} in this program, and a cluster holds one OpenKruise",
            (
                "  removing either of them later would delete the CRDs of both",
                "  keep one; or give each its own cluster:",
                "    pulumi.ResourceOptions(providers=[<its Kubernetes provider>])",
            ),
        )
    ]


def check_included(component_urn: str, left_out: bool, state: ReleaseState | None = None) -> list[Problem]:
    """Return the problem of a ``--target`` or ``--exclude`` run that skips a component without a record.

    An earlier version wrote its state, which does not say on which cluster its parts are. A destroy that was
    killed after it had deleted release and record leaves the same state: where the cluster (``state``) has no
    release, the message also says how to finish it.
    """
    if not left_out:
        return []
    gone = state is not None and state.latest is None and state.owner is None
    finish = (
        "  if a `pulumi destroy` was interrupted, finish it; repeat this until the namespace is gone:",
        "    pulumi refresh --yes",
        "    pulumi destroy",
    )
    return [
        Problem(
            "component-left-out",
            "OpenKruise",
            "this operation leaves the component out, by --target or --exclude, and an earlier version of "
            "this module wrote its state, which does not say on which cluster its parts are",
            (
                *(finish if gone else ()),
                f"  {'else ' if gone else ''}run `pulumi up` once without these options, or with",
                f"    --target '{component_urn}'",
            ),
        )
    ]


def check_namespace(old: str, declared: Declared, state: ReleaseState | None = None) -> list[Problem]:
    """Return the problem of an installation that would move to another namespace than the one it runs in.

    ``state`` is given for inputs that may be of an installation that was never made, which is free to move.
    """
    if old == declared.namespace or (state is not None and state.latest is None and state.owner is None):
        return []
    return [
        Problem(
            "namespace-left",
            declared.field_name("namespace"),
            f"OpenKruise runs in {old}, and this stack would move it to {declared.namespace}, and delete "
            f"{old} if the stack created it, with manager, daemons and the release's record if that is there",
            ("  set it back:", f"    {setting(declared.field_name, 'namespace', old)}"),
        )
    ]


def find_namespace(values: Mapping[str, Any]) -> str:
    """Return the namespace that OpenKruise runs in by a release's Helm values."""
    installation = values.get("installation")
    given = installation.get("namespace") if isinstance(installation, Mapping) else None
    return given if isinstance(given, str) and given else names.NAMESPACE
