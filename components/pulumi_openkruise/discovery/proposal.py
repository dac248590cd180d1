"""The smallest config that excludes the nodes where no daemon can run, and no other node."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..selectors import NodeMatcher
from ..selectors.placement import Placement
from .candidates import Candidate, Conjunctions, find_candidates, find_value_lists, keep_usable_labels
from .nodes import ClassifiedNode, find_exclusions

_STEPS = 20_000
"""Bounds the search; a cluster with a dozen kinds of virtual nodes takes a few hundred."""


@dataclass(frozen=True)
class Proposal:
    """What to add to a stack's config, and which nodes need a label first."""

    presets: tuple[str, ...]
    """Names to add to ``virtualNodePresets``."""
    selectors: tuple[str, ...]
    """Label selectors to add to ``virtualNodeSelectors``."""
    to_label: tuple[ClassifiedNode, ...]
    """Nodes that no selector over their labels distinguishes from nodes that must keep the daemon."""
    twins: tuple[str, ...] = ()
    """For each of these a node that must keep the daemon and has the same labels, hostnames and the like
    aside; empty for a node that has no label to select it by."""

    @property
    def additions(self) -> dict[str, tuple[str, ...]]:
        """What to add, by the key of the list in a stack's config."""
        return {"virtualNodePresets": self.presets, "virtualNodeSelectors": self.selectors}

    def __bool__(self) -> bool:
        """Tell whether anything has to be done."""
        return bool(self.presets or self.selectors or self.to_label)


def propose(nodes: Sequence[ClassifiedNode], existing: Placement) -> Proposal:
    """Return the smallest addition to what excludes nodes already, the same for the same set of nodes.

    Presets come before labels, one label before several values or two labels, those before longer
    conjunctions. Nodes that are real and nodes that are unsure are spared by whatever is added. A node is
    left ``to_label`` only if that is proven to be the only way.
    """
    targets = [
        node
        for node, already in zip(nodes, find_exclusions(nodes, existing), strict=True)
        if node.is_target and not already
    ]
    if not targets:
        return Proposal((), (), ())
    targets.sort(key=_order)
    spared = sorted((node for node in nodes if not node.is_target), key=_order)
    offered = sorted([*find_candidates(_group_by_labels(targets)), *find_value_lists(targets, spared)])
    usable = _find_harmless(offered, [node.labels for node in spared])
    rows = _make_rows(usable, targets)
    to_label: list[tuple[ClassifiedNode, str]] = []
    if rows.get(0):
        longer, to_label = _find_conjunctions(rows[0], spared)
        usable += longer
        rows = _make_rows(usable, targets)
    chosen = _cover([row for row in rows if row], [candidate.cost for candidate in usable])
    picked = [usable[place] for place in chosen]
    return Proposal(
        presets=tuple(sorted(one.entry for one in picked if one.is_preset)),
        selectors=tuple(sorted(one.entry for one in picked if not one.is_preset)),
        to_label=tuple(node for node, _twin in to_label),
        twins=tuple(twin for _node, twin in to_label),
    )


def _order(node: ClassifiedNode) -> tuple[str, list[tuple[str, str]]]:
    return node.name, sorted(node.labels.items())


def _group_by_labels(targets: Iterable[ClassifiedNode]) -> list[list[ClassifiedNode]]:
    groups: dict[tuple[str | None, str, str], list[ClassifiedNode]] = {}
    for node in targets:
        key = (node.classification.kind, node.classification.no_daemon, node.pool)
        groups.setdefault(key, []).append(node)
    return list(groups.values())


def _find_conjunctions(
    uncovered: Sequence[ClassifiedNode], spared: Sequence[ClassifiedNode]
) -> tuple[list[Candidate], list[tuple[ClassifiedNode, str]]]:
    """Return longer selectors for nodes that no candidate excludes, and the nodes for which there are none.

    With each of the latter comes the name of a spared node that has the same labels, if there is one.
    """
    conjunctions = Conjunctions(uncovered, spared)
    known: dict[tuple[tuple[str, str], ...], Candidate | ClassifiedNode | None] = {}
    found: dict[str, Candidate] = {}
    impossible = []
    for node in uncovered:
        key = tuple(sorted(keep_usable_labels(node).items()))
        if key not in known:
            known[key] = conjunctions.find(node)
        answer = known[key]
        if isinstance(answer, Candidate):
            found.setdefault(answer.entry, answer)
        else:
            impossible.append((node, answer.name if answer is not None else ""))
    return sorted(found.values()), impossible


def _find_harmless(offered: Sequence[Candidate], spared: Iterable[Mapping[str, str]]) -> list[Candidate]:
    """Return the candidates of which no selector matches a spared node."""
    flat = [selector for candidate in offered for selector in candidate.selectors]
    hit = 0
    for match in NodeMatcher(flat).match_all(spared):
        hit |= match.selectors
    kept, at = [], 0
    for candidate in offered:
        mask = (1 << len(candidate.selectors)) - 1 << at
        at += len(candidate.selectors)
        if not hit & mask:
            kept.append(candidate)
    return kept


def _make_rows(
    usable: Sequence[Candidate], targets: Sequence[ClassifiedNode]
) -> dict[int, list[ClassifiedNode]]:
    """Return the nodes by the candidates that exclude them, as bits."""
    flat = [(place, selector) for place, one in enumerate(usable) for selector in one.selectors]
    matcher = NodeMatcher([selector for _place, selector in flat])
    rows: dict[int, list[ClassifiedNode]] = {}
    for node, match in zip(targets, matcher.match_all(node.labels for node in targets), strict=True):
        row = 0
        for at in match.indexes():
            row |= 1 << flat[at][0]
        rows.setdefault(row, []).append(node)
    return rows


def _cover(rows: Sequence[int], costs: Sequence[int]) -> list[int]:
    """Return the cheapest columns that hit every row; ties go to the first in order.

    Exact up to a bound of steps, then the best found so far; the first one is greedy.
    """
    rows = _drop_dominated(rows, costs)
    best = _choose_greedily(rows, costs)
    price = sum(costs[place] for place in best)
    steps = _STEPS

    def search(left: Sequence[int], chosen: list[int], spent: int, banned: int) -> None:
        nonlocal best, price, steps
        steps -= 1
        if not left:
            if (spent, sorted(chosen)) < (price, best):
                best, price = sorted(chosen), spent
            return
        if steps < 0:
            return
        # The row with the fewest ways out decides next.
        row = min(left, key=lambda row: ((row & ~banned).bit_count(), row))
        for place in _list_bits(row & ~banned):
            if spent + costs[place] <= price:
                rest = [other for other in left if not other >> place & 1]
                search(rest, [*chosen, place], spent + costs[place], banned)
            banned |= 1 << place

    search(sorted(set(rows)), [], 0, 0)
    return best


def _drop_dominated(rows: Sequence[int], costs: Sequence[int]) -> list[int]:
    """Return the rows without columns that an earlier one dominates: it hits as many at no more cost."""
    columns: dict[int, int] = {}
    for number, row in enumerate(rows):
        for place in _list_bits(row):
            columns[place] = columns.get(place, 0) | 1 << number
    kept: list[int] = []
    for place in sorted(columns):
        hits = columns[place]
        if not any(
            hits | columns[other] == columns[other] and costs[other] <= costs[place] for other in kept
        ):
            kept.append(place)
    mask = sum(1 << place for place in kept)
    return [row & mask for row in rows]


def _choose_greedily(rows: Sequence[int], costs: Sequence[int]) -> list[int]:
    left, chosen = list(rows), []
    while left:
        places = {place for row in left for place in _list_bits(row)}
        worth = {place: sum(row >> place & 1 for row in left) / costs[place] for place in places}
        place = max(sorted(places), key=worth.__getitem__)
        chosen.append(place)
        left = [row for row in left if not row >> place & 1]
    return sorted(chosen)


def _list_bits(row: int) -> list[int]:
    return [place for place in range(row.bit_length()) if row >> place & 1]
