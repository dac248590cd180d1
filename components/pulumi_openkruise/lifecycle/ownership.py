"""Which Helm release owns an object, and what Helm deletes of it; pure.

Helm marks what it creates with two annotations, and deletes what is gone from a release's next revision.
"""

from collections.abc import Mapping
from typing import Any

from ..diagnostics.problem import Problem

KEEP = {"helm.sh/resource-policy": "keep"}
"""The annotation that makes Helm keep an object that is gone from its release."""

_OWNER = ("meta.helm.sh/release-namespace", "meta.helm.sh/release-name")


def check_adopted_namespace(
    metadata: Mapping[str, Any] | None, namespace: str, release: str
) -> Problem | None:
    """Return the problem of an adopted namespace that the next revision of the release would delete.

    A namespace that the chart created belongs to the release, as its annotations say. This module disables
    the chart's own namespace, so Helm deletes it with everything in it, unless an annotation on the live
    object keeps it. ``metadata`` is the live namespace's, ``release`` is ``<namespace>/<name>``.
    """
    annotations = (metadata or {}).get("annotations") or {}
    owner = "/".join(str(annotations.get(key)) for key in _OWNER)
    if owner != release or all(annotations.get(key) == value for key, value in KEEP.items()):
        return None
    return Problem(
        "doomed-namespace",
        f"namespace {namespace}",
        f"Helm release {release} created it, and would now delete it with everything in it",
        remedy=f"make Helm keep it first: {write_keep_command(namespace)}",
    )


def write_keep_command(namespace: str) -> str:
    """Return the command that makes Helm keep a namespace."""
    ((key, value),) = KEEP.items()
    return f"kubectl annotate namespace {namespace} {key}={value}"
