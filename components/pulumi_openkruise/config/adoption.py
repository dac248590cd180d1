"""Moving in: an installation that is there already, in this stack under another name or on the cluster alone.

Imports no Pulumi.
"""

from collections.abc import Mapping
from typing import Any

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, shown

KEEP = {"helm.sh/resource-policy": "keep"}
"""The annotation with which Helm leaves an object alone that has gone from its release."""

_OWNER = ("meta.helm.sh/release-namespace", "meta.helm.sh/release-name")


def moving_problems(given: Mapping[str, Any], field_name: FieldName) -> list[Problem]:
    """Return what is wrong with the three keys for an installation that is there already.

    ``given`` are fields by name, those of wrong types left out; ``field_name`` says what a field is called.
    """
    problems = []
    for name in ("former_release", "former_namespace"):
        former = given.get(name)
        if former is not None and (not former.strip() or former != former.strip()):
            reason = f"expected the resource's name in the program so far, or its URN, found {shown(former)}"
            remedy = "`pulumi stack --show-urns` lists both"
            problems.append(Problem("invalid-former-name", field_name(name), reason, (), remedy))
    if given.get("import_release") and given.get("former_release") is not None:
        reason = (
            f"of no use with {field_name('former_release')}: what the stack holds already is not imported"
        )
        remedy = f"leave out {field_name('import_release')}"
        problems.append(Problem("needless-import", field_name("import_release"), reason, (), remedy))
    if given.get("former_namespace") is not None and not given.get("create_namespace", True):
        reason = f"of no use with {field_name('create_namespace')} false, by which the stack does not own one"
        remedy = f"leave out {field_name('create_namespace')}: the stack owns the namespace already"
        problems.append(Problem("needless-former-name", field_name("former_namespace"), reason, (), remedy))
    return problems


def doomed(metadata: Mapping[str, Any] | None, namespace: str, release: str) -> Problem | None:
    """Return the problem of an adopted namespace that the next revision of the release would delete.

    A namespace that the chart made belongs to the release, as its annotations say. This module has the chart
    make none, so to Helm it is gone from the release, and Helm deletes it with everything in it, unless an
    annotation on the live object says otherwise. ``metadata`` is the live namespace's, ``release`` the
    release as ``<namespace>/<name>``.
    """
    annotations = (metadata or {}).get("annotations") or {}
    owner = "/".join(str(annotations.get(key)) for key in _OWNER)
    if owner != release or all(annotations.get(key) == value for key, value in KEEP.items()):
        return None
    setting = ",".join(f"{key}={value}" for key, value in KEEP.items())
    return Problem(
        "doomed-namespace",
        f"namespace {namespace}",
        f"Helm release {release} has made it, and would now delete it with everything in it",
        remedy=f"have Helm leave it alone first: kubectl annotate namespace {namespace} {setting}",
    )
