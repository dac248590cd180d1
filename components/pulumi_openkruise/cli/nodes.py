"""Which nodes of a file a change of affinity concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..selectors import Difference, NodeMatcher
from .errors import UnusableInputError
from .input.node_objects import read_node_objects
from .output.terminal import safe

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
    before = _admitted(change.before, change.labels_before, labels, names)
    after = _admitted(change.after, change.labels_after, labels, names)
    pairs = list(zip(names, before, after, strict=True))
    return Counted(
        total=len(nodes),
        gaining=tuple(sorted(name for name, was, now in pairs if now and not was)),
        losing=tuple(sorted(name for name, was, now in pairs if was and not now)),
        keeping=sum(1 for _name, was, now in pairs if was and now),
        restarts=change.restarts,
    )


def _admitted(
    affinity: Mapping[str, Any] | None,
    asked: Mapping[str, str],
    labels: Sequence[Mapping[str, str]],
    names: Sequence[str],
) -> list[bool]:
    """Tell for each node whether an affinity and a ``nodeSelector`` admit it."""
    return [
        match.admitted and asked.items() <= own.items()
        for match, own in zip(NodeMatcher([], affinity).match_all(labels, names), labels, strict=True)
    ]


def from_nodes_file(path: str) -> list[Node]:
    """Read the nodes in a file (``-`` is standard input): a NodeList, a list of nodes, or one node."""
    source = "standard input" if path == "-" else path or "''"
    return [
        _node(item, f"{source}: items[{at}]: {item['metadata']['name']}")
        for at, item in enumerate(read_node_objects(path))
    ]


def _node(item: Mapping[str, Any], place: str) -> Node:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(value, str) for value in labels.values()):
        raise UnusableInputError(f"{place}: metadata.labels must map texts to texts")
    return Node(metadata["name"], labels)
