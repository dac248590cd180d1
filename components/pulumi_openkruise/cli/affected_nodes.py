"""Which nodes of a file gain, lose or keep the daemon when the affinity changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..diagnostics.wording import shorten
from ..selectors import Difference, NodeMatcher
from .errors import UnusableInputError
from .input.node_objects import read_node_objects
from .output.streams import escape

_NAMED = 10


@dataclass(frozen=True)
class Node:
    """The part of a node that an affinity can select by."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class AffectedNodes:
    """The nodes of a cluster, by what a change of affinity does to them."""

    total: int
    """Number of all nodes."""
    gaining: tuple[str, ...]
    """Names of the nodes that gain the daemon, in order."""
    losing: tuple[str, ...]
    """Names of the nodes that lose it."""
    keeping: int
    """Number of nodes that have it before and after."""
    restarts: bool
    """Whether the daemons that stay restart: any change of the DaemonSet's pod template does that."""

    def to_dict(self) -> dict[str, Any]:
        """Return names and counts as plain data for JSON."""
        return {
            "total": self.total,
            "gaining": list(self.gaining),
            "losing": list(self.losing),
            "keeping": self.keeping,
            "restarting": self.keeping if self.restarts else 0,
        }

    def to_text(self) -> str:
        """Return names and counts as lines for people."""
        kept = f"{self.keeping} keep it{' and restart its pod' if self.restarts else ''}"
        lines = [
            f"Of {self.total} nodes {len(self.gaining)} gain the daemon, {len(self.losing)} lose it, {kept}."
        ]
        for title, names in (("gain", self.gaining), ("lose", self.losing)):
            if names:
                lines.append(f"  {title}: {escape(shorten(names, _NAMED))}")
        return "\n".join(lines)


def find_affected(change: Difference, nodes: Sequence[Node]) -> AffectedNodes:
    """Return which of the nodes gain or lose the daemon by a change of affinity."""
    labels, names = [node.labels for node in nodes], [node.name for node in nodes]
    before = _find_admitted(change.before, change.labels_before, labels, names)
    after = _find_admitted(change.after, change.labels_after, labels, names)
    pairs = list(zip(names, before, after, strict=True))
    return AffectedNodes(
        total=len(nodes),
        gaining=tuple(sorted(name for name, was, now in pairs if now and not was)),
        losing=tuple(sorted(name for name, was, now in pairs if was and not now)),
        keeping=sum(1 for _name, was, now in pairs if was and now),
        restarts=change.restarts,
    )


def _find_admitted(
    affinity: Mapping[str, Any] | None,
    asked: Mapping[str, str],
    labels: Sequence[Mapping[str, str]],
    names: Sequence[str],
) -> list[bool]:
    """Return for each node whether both the affinity and the ``nodeSelector`` admit it."""
    return [
        match.admitted and asked.items() <= own.items()
        for match, own in zip(NodeMatcher([], affinity).match_all(labels, names), labels, strict=True)
    ]


def read_nodes_file(path: str) -> list[Node]:
    """Read the nodes in a file (``-`` is standard input): a NodeList, a list of nodes, or one node."""
    source = "standard input" if path == "-" else path or "''"
    return [
        _read_node(item, f"{source}: items[{at}]: {item['metadata']['name']}")
        for at, item in enumerate(read_node_objects(path))
    ]


def _read_node(item: Mapping[str, Any], place: str) -> Node:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(value, str) for value in labels.values()):
        raise UnusableInputError(f"{place}: metadata.labels must map strings to strings")
    return Node(metadata["name"], labels)
