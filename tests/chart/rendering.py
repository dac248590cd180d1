"""What Helm printed, as objects."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

Object = dict[str, Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def identity(obj: Object) -> str:
    """``Kind/name``, which tells all objects of the chart apart."""
    return f"{obj['kind']}/{obj['metadata']['name']}"


@dataclass(frozen=True)
class Render:
    """One run of ``helm template``: the documents, or the error."""

    text: str
    error: str = ""

    @cached_property
    def documents(self) -> frozenset[str]:
        """The documents as text, without those that are empty but for Helm's comment."""
        assert not self.error, self.error
        parts = ("\n" + self.text).split("\n---\n")
        return frozenset(part.strip() for part in parts if _has_content(part))

    @cached_property
    def objects(self) -> dict[str, Object]:
        """The objects by ``Kind/name``; fails where two share one."""
        return _by_identity(self.documents)

    def changed_to(self, other: "Render") -> set[str]:
        """Return ``Kind/name`` of each object that is not the same in both (only those are parsed)."""
        before = _by_identity(self.documents - other.documents)
        after = _by_identity(other.documents - self.documents)
        return {key for key in before | after if before.get(key) != after.get(key)}


def _has_content(text: str) -> bool:
    return any(line.strip() and not line.startswith("#") for line in text.splitlines())


def _by_identity(documents: frozenset[str]) -> dict[str, Object]:
    objects = [yaml.load(text, Loader=_LOADER) for text in documents]
    result = {identity(obj): obj for obj in objects}
    assert len(result) == len(objects), "two objects of one kind and name"
    return result
