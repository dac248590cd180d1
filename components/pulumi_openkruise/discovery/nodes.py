"""Nodes as they are judged, and groups of those that differ in nothing that matters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..detection import Judgement, judge, pool_of
from ..selectors import NodeMatcher


@dataclass(frozen=True, slots=True)
class JudgedNode:
    """A node: what it is called, its labels, and what it is."""

    name: str
    labels: Mapping[str, str]
    judgement: Judgement
    pool: str

    @property
    def is_target(self) -> bool:
        """Whether the daemon is to stay off: it is virtual, or no image of the daemon exists for it."""
        return bool(self.judgement.no_daemon)


def judged(node: Mapping[str, Any]) -> JudgedNode:
    """Judge a Node object; labels that are no texts are left out, as no affinity can name them."""
    metadata = node.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    labels = metadata.get("labels")
    plain = {
        key: value
        for key, value in (labels.items() if isinstance(labels, Mapping) else ())
        if isinstance(key, str) and isinstance(value, str)
    }
    return JudgedNode(str(metadata.get("name", "")), plain, judge(node), pool_of(node))


@dataclass
class Group:
    """Nodes of one pool that are the same kind, for the same reasons, and are excluded or not alike."""

    judgement: Judgement
    pool: str
    excluded_by: tuple[int, ...]
    """Places in the list of selectors of those that match these nodes."""
    names: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether something remains to be done or asked about these nodes."""
        judgement = self.judgement
        if judgement.verdict == "unsure":
            return True
        return bool(judgement.no_daemon) != bool(self.excluded_by)


def grouped(nodes: Iterable[JudgedNode], selectors: Sequence[str]) -> list[Group]:
    """Group nodes; virtual ones first, then unsure, then real, each with the largest groups first."""
    matcher = NodeMatcher(selectors)
    groups: dict[tuple[int, str, int], Group] = {}
    for node in nodes:
        mask = matcher.match(node.labels, node.name).selectors
        key = (id(node.judgement), node.pool, mask)  # equal judgements are the same object, unless forgotten
        group = groups.get(key)
        if group is None:
            places = tuple(place for place in range(mask.bit_length()) if mask >> place & 1)
            group = groups[key] = Group(node.judgement, node.pool, places)
        group.names.append(node.name)
    merged: dict[tuple[Judgement, str, tuple[int, ...]], Group] = {}
    for group in groups.values():
        first = merged.setdefault((group.judgement, group.pool, group.excluded_by), group)
        if first is not group:
            first.names += group.names
    order = ("virtual", "unsure", "real")
    for group in merged.values():
        group.names.sort()
    return sorted(
        merged.values(),
        key=lambda group: (order.index(group.judgement.verdict), -len(group.names), group.names),
    )
