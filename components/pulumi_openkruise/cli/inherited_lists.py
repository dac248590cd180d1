"""Lists that a stack has without setting them: what ``input`` keeps whole, and ``output`` shows whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InheritedLists:
    """Lists that a stack has without setting them: a list of its own would replace them."""

    lists: Mapping[str, Any] = field(default_factory=dict)
    """By key, as they stand where they are set."""
    origin: str = ""
    """Where that is: the project's file."""
    may_be_more: bool = False
    """Whether ESC environments may give the stack lists that no file shows."""

    def entries(self, name: str) -> Sequence[str]:
        """Return the entries of the list under this key, none where the stack inherits no such list."""
        return [str(entry) for entry in decode_list(self.lists.get(name)) or []]


def decode_list(value: Any) -> list[Any] | None:
    """Return a list, given as one or as JSON in a string; None for anything else."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return list(value) if isinstance(value, list) else None
