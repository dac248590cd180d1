"""What an installation must not leave: its namespace, its cluster, and the stack that owns its namespace."""

from collections.abc import Mapping
from typing import Any

from ..config import names
from ..diagnostics.field_names import setting
from ..diagnostics.problem import Problem
from ..inventory.release import ReleaseState
from .installation import LOST, Declared


def check_namespace_ownership(old: Mapping[str, Any] | None, declared: Declared) -> list[Problem]:
    """Return the problem of a namespace that the stack owns and, as now declared, would own no more.

    ``old`` is what was recorded of the component.
    """
    if declared.create_namespace or not old or old.get("createNamespace") is not True:
        return []
    return [
        Problem(
            "namespace-given-up",
            declared.field_name("create_namespace"),
            f"this stack created the namespace {declared.namespace}, and with false would delete it, with "
            "manager, daemons and the release's record, while the fail-closed webhooks stay",
            ("  set it to true again, as it was; false is for a namespace that the stack did not create",),
        )
    ]


def check_cluster(old: str | None, new: str | None, urn: str, seen: ReleaseState | None) -> list[Problem]:
    """Return the problem of an installation whose stack has got another cluster's kubeconfig.

    ``old`` and ``new`` are addresses of API servers. A cluster may have a new address: then ``seen`` has the
    release. Nothing is installed on a cluster that does not answer (``seen`` is None), so nothing is deleted.
    ``urn`` is the component's.
    """
    if old is None or new is None or old == new or seen is None or seen.latest is not None:
        return []
    return [
        Problem(
            "cluster-left",
            f"Helm release {seen.release}",
            f"this stack installed it on the cluster at {old}, and now has the kubeconfig of {new}, "
            "where it does not exist",
            (
                f"  this would eventually delete it on the other cluster, and with it {LOST}",
                "  to remove it there: give the kubeconfig back, and `pulumi destroy` first",
                "  to leave it there, or if that cluster is gone: have the stack forget it, which changes no",
                "  cluster, and install it here:",
                f"    pulumi state delete --target-dependents '{urn}' && pulumi up",
            ),
        )
    ]


def check_namespace(old: str, declared: Declared, seen: ReleaseState | None = None) -> list[Problem]:
    """Return the problem of an installation that would move to another namespace than the one it runs in.

    ``seen`` is given where an installation that never came to be is free to move.
    """
    if old == declared.namespace or (seen is not None and seen.latest is None and seen.owner is None):
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
