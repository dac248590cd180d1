"""Checks of the keys that adopt an installation: an imported release, or resources under former names."""

from collections.abc import Mapping
from typing import Any

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, show


def check_adoption(given: Mapping[str, Any], field_name: FieldName) -> list[Problem]:
    """Return the problems of the three keys that adopt an existing installation.

    ``given`` are fields by name, without those of wrong types; ``field_name`` returns what the user calls a
    field.
    """
    problems = []
    for name in ("former_release", "former_namespace"):
        former = given.get(name)
        if former is not None and (not former.strip() or former != former.strip()):
            reason = f"expected the resource's name in the program so far, or its URN, found {show(former)}"
            remedy = "`pulumi stack --show-urns` lists both"
            problems.append(Problem("invalid-former-name", field_name(name), reason, (), remedy))
    if given.get("import_release") and given.get("former_release") is not None:
        reason = (
            f"has no effect together with {field_name('former_release')}: the stack holds the release already"
        )
        remedy = f"leave out {field_name('import_release')}"
        problems.append(Problem("needless-import", field_name("import_release"), reason, (), remedy))
    if given.get("former_namespace") is not None and not given.get("create_namespace", True):
        reason = f"has no effect with {field_name('create_namespace')} false: the stack owns no namespace"
        remedy = f"leave out {field_name('create_namespace')}: the stack owns the namespace already"
        problems.append(Problem("needless-former-name", field_name("former_namespace"), reason, (), remedy))
    return problems
