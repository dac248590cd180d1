"""The types that a project (``Pulumi.yaml``) declares for config, and values of other types.

Pulumi's rules, by ValidateConfigValue in sdk/go/common/workspace and validateStackConfigValue in
pkg/workspace: a stack's value has to be of the declared type, and encrypted where the project says so.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..diagnostics.problem import Problem, show

TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
"""The types that a project can declare, each with its name for people."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True)
class DeclaredType:
    """What a project declares for a key of its own."""

    name: str
    """One of ``TYPES``."""
    items: Any = None
    """For a list: the declaration of its members, a mapping with ``type``."""
    is_secret: bool = False

    def accepts(self, value: Any) -> bool:
        """Tell whether Pulumi takes a value for this type; it takes numbers and booleans as strings, too."""
        if self.name == "array":
            kind = self.items.get("type") if isinstance(self.items, Mapping) else None
            if not isinstance(value, list) or not isinstance(kind, str):
                return False
            member = DeclaredType(kind, self.items.get("items"))
            return all(member.accepts(one) for one in value)
        if self.name == "integer":
            if isinstance(value, str):
                return _WHOLE.fullmatch(value) is not None
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
        if self.name == "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        return isinstance(value, {"string": str, "object": dict}.get(self.name, ()))


def check_types(
    declared: Mapping[str, DeclaredType],
    own: Mapping[str, Any],
    namespace: str,
    project: str,
    secret_keys: Collection[str] = (),
) -> list[Problem]:
    """Return the problems of a stack's own values that are not as the project declares them.

    ``own`` and ``secret_keys`` are without ``namespace``; ``project`` is what messages call its file.
    """
    problems = []
    for key, kind in declared.items():
        value, place = own.get(key), f"{namespace}:{key}"
        if value is None:
            continue
        is_encrypted = isinstance(value, dict) and set(value) == {"secure"}
        if kind.is_secret and key not in secret_keys:
            reason = f"{project} declares it secret, and it is not encrypted"
            problems.append(Problem("wrong-type", place, reason, (), "set it again with --secret"))
        elif (is_encrypted and kind.name in ("array", "object")) or not (is_encrypted or kind.accepts(value)):
            found = "an encrypted string" if is_encrypted else show(value)
            if key in secret_keys and not is_encrypted:
                found = "something else, which holds secrets"
            wanted = TYPES[kind.name]
            if kind.name == "array" and isinstance(kind.items, Mapping):
                wanted += f" whose members are of type {show(kind.items.get('type'))}"
            reason = f"{project} declares {wanted} for it, and Pulumi takes nothing else; found {found}"
            problems.append(Problem("wrong-type", place, reason, (), _remedy(kind, value)))
    return problems


def _remedy(kind: DeclaredType, value: Any) -> str:
    if kind.name in ("array", "object") and not isinstance(value, (dict, list)):
        return f"write {TYPES[kind.name]} in YAML below the key, not a string"
    return "write what is declared, or change the declaration"
