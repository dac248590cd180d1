"""The names of an installation in the cluster, checked by the rules of Kubernetes and Helm."""

import re
from collections.abc import Mapping
from typing import Any

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, show

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RELEASE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

NAMESPACE = "kruise-system"
"""The namespace that OpenKruise runs in by default."""

NAMESPACE_LABEL = {"control-plane": "openkruise"}
"""The label without which OpenKruise's namespace does not work.

The fail-closed pod webhooks leave namespaces with this label alone (templates of the chart); without it they
refuse OpenKruise's own pods until they answer, which they never do. ``component/namespace.py`` sets it, or
refuses an adopted namespace that lacks it; ``checks/installation.py`` reports it missing; ``cli/values.py``
tells those who deploy without Pulumi to set it.
"""

NAMESPACE_LABEL_PAIR = ",".join(f"{key}={value}" for key, value in NAMESPACE_LABEL.items())
"""The same label as kubectl takes it, for messages."""

NAMESPACE_LABELS = {
    **NAMESPACE_LABEL,
    # The daemon needs the host's network and the container runtime's socket.
    "pod-security.kubernetes.io/enforce": "privileged",
}
"""All labels of a namespace that is made for OpenKruise."""

RELEASE = "kruise"
"""The name of its Helm release by default."""


def is_reserved(namespace: str) -> bool:
    """Return whether a namespace is Kubernetes' own, which no stack may create."""
    return namespace == "default" or namespace.startswith("kube-")


def check_names(given: Mapping[str, Any], field_name: FieldName) -> list[Problem]:
    """Return the problems of namespaces and release name, of fields with the right kind of value."""
    problems = []
    for name, pattern, longest in (
        ("namespace", _DNS_LABEL, 63),
        ("release_namespace", _DNS_LABEL, 63),
        ("release_name", _RELEASE_NAME, 53),
    ):
        value = given.get(name, RELEASE)
        if not pattern.fullmatch(value) or len(value) > longest:
            reason = f"expected lower-case letters, digits and '-', at most {longest}, found {show(value)}"
            problems.append(Problem("invalid-name", field_name(name), reason))
    namespace = given.get("namespace", NAMESPACE)
    if given.get("create_namespace", True) and is_reserved(namespace):
        # Created means owned: a destroy would delete it, with everything else that lives there.
        reason = f"{show(namespace)} belongs to Kubernetes: a stack would delete it with everything in it"
        remedy = f"choose another, or adopt the existing one with {field_name('create_namespace')} false"
        problems.append(Problem("reserved-namespace", field_name("namespace"), reason, (), remedy))
    return problems
