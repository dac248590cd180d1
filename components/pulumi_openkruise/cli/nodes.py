"""Nodes from a file: what ``kubectl get nodes -o json`` prints."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ..selectors import Difference, NodeMatcher
from .output import safe
from .sources import UnusableInputError

_NAMED = 10


@dataclass(frozen=True)
class Node:
    """A node as far as an affinity can tell it from others."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Counted:
    """Which nodes of a cluster a difference concerns."""

    total: int
    gaining: tuple[str, ...]
    """Names of the nodes that gain the daemon, in order."""
    losing: tuple[str, ...]
    """Names of the nodes that lose it."""
    keeping: int
    """Number of nodes that have it before and after."""
    restarts: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain data for JSON."""
        return {
            "total": self.total,
            "gaining": list(self.gaining),
            "losing": list(self.losing),
            "keeping": self.keeping,
            "restarting": self.keeping if self.restarts else 0,
        }

    def to_text(self) -> str:
        """Write the counts on lines of text."""
        kept = f"{self.keeping} keep it{' and restart its pod' if self.restarts else ''}"
        lines = [
            f"Of {self.total} nodes {len(self.gaining)} gain the daemon, {len(self.losing)} lose it, {kept}."
        ]
        for title, names in (("gain", self.gaining), ("lose", self.losing)):
            if names:
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                lines.append(f"  {title}: {safe(', '.join(names[:_NAMED]))}{more}")
        return "\n".join(lines)


def count(change: Difference, nodes: Sequence[Node]) -> Counted:
    """Tell which of the nodes gain or lose the daemon by a change of affinity."""
    labels, names = [node.labels for node in nodes], [node.name for node in nodes]
    before = [match.admitted for match in NodeMatcher([], change.before).match_all(labels, names)]
    after = [match.admitted for match in NodeMatcher([], change.after).match_all(labels, names)]
    pairs = list(zip(names, before, after, strict=True))
    return Counted(
        total=len(nodes),
        gaining=tuple(sorted(name for name, was, now in pairs if now and not was)),
        losing=tuple(sorted(name for name, was, now in pairs if was and not now)),
        keeping=sum(1 for _name, was, now in pairs if was and now),
        restarts=change.restarts,
    )


def from_nodes_file(path: str) -> list[Node]:
    """Read the nodes in a file (``-`` is standard input): a NodeList, a list of nodes, or one node."""
    source = "standard input" if path == "-" else path or "''"
    try:
        with click.open_file(path, "rb") as file:
            data = json.loads(file.read())
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"not JSON: {error}"
        raise UnusableInputError(f"{source}: {reason}") from None
    items = data.get("items", [data]) if isinstance(data, Mapping) else data
    if not isinstance(items, list):
        raise UnusableInputError(f"{source}: expected what `kubectl get nodes -o json` prints")
    return [_node(item, f"{source}: items[{at}]") for at, item in enumerate(items)]


def _node(item: Any, place: str) -> Node:
    metadata = item.get("metadata") if isinstance(item, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(name, str) or item.get("kind", "Node") != "Node":
        raise UnusableInputError(f"{place}: not a Node with metadata.name")
    labels = metadata.get("labels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(value, str) for value in labels.values()):
        raise UnusableInputError(f"{place}: metadata.labels must map texts to texts")
    return Node(name, labels)
