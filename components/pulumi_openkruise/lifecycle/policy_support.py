"""Whether an API server can have the admission policy about virtual nodes, and what to do where it cannot."""

from collections.abc import Collection

from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import Problem
from ..policy.manifests import API_VERSION, MUTATING, MUTATING_SINCE, VALIDATING, VALIDATING_SINCE


def check_policy_is_served(
    mode: str, served: Collection[str], field_name: FieldName = argument_name
) -> list[Problem]:
    """Return why ``node_label_policy`` cannot be ``mode`` here: the API server serves no such policies.

    ``served`` are the kinds that discovery lists of the version ``policy.manifests.API_VERSION``.
    """
    kind, since = (MUTATING, MUTATING_SINCE) if mode == "label" else (VALIDATING, VALIDATING_SINCE)
    if kind in served:
        return []
    where = field_name("node_label_policy")
    ways = ["  with Kyverno 1.15 or newer: pulumi-openkruise policy --format kyverno | kubectl apply -f -"]
    if mode == "label" and VALIDATING in served:
        ways.append(f"  to be warned of such nodes, and label them by hand: {where} warn")
    ways.append(f"  without it, by selectors alone: {where} off")
    return [
        Problem(
            "policy-not-served",
            where,
            f"{mode} needs {kind} of {API_VERSION}, which this API server does not serve "
            f"(Kubernetes {since} and newer do, unless it is switched off)",
            tuple(ways),
        )
    ]
