"""The smallest exact cover: fewest terms, then fewest requirements, then fewest values, with proof.

Some answer with the fewest terms consists of primes (maximal boxes), so the terms are a set cover over
primes; what is left is to shrink primes to cheaper boxes where others cover the rest. Both searches branch
on a node that is not covered yet: one of the boxes must cover it. Only primes enter, in a fixed order, so
the result depends on the set of nodes and not on how the selectors spell it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .boxes import Frame, OutOfSteps, Steps, hole, span_outside
from .hitting import greedy, hitting_set, independent


@dataclass(frozen=True)
class Cover:
    """A list of boxes whose union is exactly the union of the primes."""

    boxes: tuple[int, ...]
    minimal: bool
    """Whether the search proved that nothing smaller exists."""
    fooling: bool
    """Whether there are as many nodes as boxes no two of which fit into one prime."""


@dataclass(frozen=True)
class Shape:
    """What the search has to know about the labels: their fields, and how to shrink and price a box."""

    frame: Frame
    classes: tuple[tuple[int, ...], ...]
    """For each label the groups of values that no prime tells apart, in a fixed order."""
    shrink: Callable[[int, int], int]
    """``shrink(prime, needed)``: the cheapest statable box between the two."""
    cost: Callable[[int], int]
    """Requirements and values of a box in one number, requirements first."""


def classes_of(frame: Frame, primes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Group the values of each label that belong to the same primes; absent first, unnamed values last."""
    grouped = []
    for field in frame.fields:
        groups = [field]
        for part in {prime & field for prime in primes}:
            groups = [side for group in groups for side in (group & part, group & ~part) if side]
        grouped.append(tuple(sorted(groups, key=lambda group: (group.bit_length(), group))))
    return tuple(grouped)


def smallest_cover(primes: Sequence[int], shape: Shape, steps: Steps) -> Cover:
    """Return the smallest cover of the union of the primes that the budget allows to find.

    Out of budget the result is still exact, and says so by ``minimal=False``.
    """
    if len(primes) == 1:
        return Cover(tuple(primes), True, True)
    try:
        spans = _private_spans(primes, shape, steps)
        chosen, fooling = _fewest(primes, spans, shape, steps)
    except OutOfSteps:
        return Cover(_greedy(primes, shape), False, False)
    boxes, proven = _Shrinking(primes, chosen, spans, shape, steps).run()
    return Cover(boxes, proven, fooling)


def _greedy(primes: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Choose primes that contain the most nodes not covered yet, then drop those that the rest covers."""
    unlimited = Steps(1 << 60)
    nodes = _Nodes(primes, shape, unlimited)
    kept: list[int] = []
    while nodes.find(kept, every=True):
        kept = [primes[place] for place in greedy(nodes.rows)]
    for prime in reversed(kept):
        rest = [other for other in kept if other != prime]
        if hole(prime, rest, shape.frame, unlimited) is None:
            kept = rest
    return tuple(kept)


def _private_spans(primes: Sequence[int], shape: Shape, steps: Steps) -> dict[int, int]:
    """For each prime that some node needs, the box around all nodes that no other prime contains."""
    spans = {}
    for place, prime in enumerate(primes):
        others = [other for at, other in enumerate(primes) if at != place]
        span = span_outside(prime, others, shape.classes, shape.frame, steps)
        if span:
            spans[place] = span
    return spans


class _Nodes:
    """Nodes found so far, each as a point and as the set of primes (bit i for prime i) that contain it."""

    def __init__(self, primes: Sequence[int], shape: Shape, steps: Steps) -> None:
        self._primes, self._shape, self._steps = primes, shape, steps
        self.points: list[int] = []
        self.rows: list[int] = []

    def find(self, boxes: Sequence[int], *, every: bool) -> int:
        """Add nodes that none of the boxes contains, one for each prime or only one; return how many."""
        added = 0
        for prime in self._primes:
            found = hole(prime, boxes, self._shape.frame, self._steps)
            if found is not None:
                point = self._point(found)
                row = 0
                for place, other in enumerate(self._primes):
                    if not point & ~other:
                        row |= 1 << place
                if point not in self.points:
                    self.points.append(point)
                    self.rows.append(row)
                    added += 1
                if not every:
                    break
        return added

    def _point(self, box: int) -> int:
        """Choose the node in the box that few primes contain."""
        self._steps.take(len(self._primes))
        alive: Sequence[int] = self._primes
        point = 0
        for field, groups in zip(self._shape.frame.fields, self._shape.classes, strict=True):
            best: Sequence[int] | None = None
            chosen = 0
            for group in groups:
                if group & box & field:
                    rest = [prime for prime in alive if prime & group]
                    if best is None or len(rest) < len(best):
                        best, chosen = rest, group
            alive = best or ()
            point |= chosen
        return point


def _fewest(
    primes: Sequence[int], spans: dict[int, int], shape: Shape, steps: Steps
) -> tuple[list[int], bool]:
    """Choose the fewest primes with the same union; say whether a fooling set proves their number."""
    essential = sorted(spans)
    fixed = [primes[place] for place in essential]
    nodes = _Nodes(primes, shape, steps)
    chosen: list[int] = []
    while nodes.find(fixed + [primes[place] for place in chosen], every=True):
        chosen = hitting_set(nodes.rows, steps)
    return sorted(essential + chosen), independent(nodes.rows) == len(chosen)


class _Shrinking:
    """Branch and bound for the cheapest boxes, each inside a prime, that cover what the primes cover.

    A state gives some primes the nodes that they have to contain; its boxes are the cheapest around these.
    """

    def __init__(
        self,
        primes: Sequence[int],
        start: Sequence[int],
        spans: dict[int, int],
        shape: Shape,
        steps: Steps,
    ) -> None:
        self._primes, self._spans, self._shape, self._steps = primes, spans, shape, steps
        self._count = len(start)
        self._nodes = _Nodes(primes, shape, steps)
        self._best: list[int] = [primes[place] for place in start]
        self._best_cost = sum(shape.cost(box) for box in self._best)
        self._shrunk: dict[tuple[int, int], tuple[int, int]] = {}

    def run(self) -> tuple[tuple[int, ...], bool]:
        """Return the best boxes found and whether they are proven to be the cheapest."""
        try:
            self._search(dict(self._spans), ())
        except OutOfSteps:
            return tuple(self._best), False
        return tuple(self._best), True

    def _shrink(self, place: int, needed: int) -> tuple[int, int]:
        """Return the cheapest box around the needed nodes inside a prime, and its cost."""
        known = self._shrunk.get((place, needed))
        if known is None:
            box = self._shape.shrink(self._primes[place], needed)
            known = self._shrunk[place, needed] = (box, self._shape.cost(box))
        return known

    def _search(self, needs: dict[int, int], tried: tuple[tuple[int, int], ...]) -> None:
        """Explore a state; ``tried`` pairs a prime with a node that it covered in an earlier branch."""
        self._steps.take(4 + len(needs))
        shrunk = {place: self._shrink(place, needed) for place, needed in needs.items()}
        if any(place in shrunk and not point & ~shrunk[place][0] for place, point in tried):
            return
        cost = sum(own for _box, own in shrunk.values())
        if cost >= self._best_cost:
            return
        boxes = [box for box, _own in shrunk.values()]
        ranked = self._uncovered(needs, shrunk, boxes)
        if not ranked:
            if not self._nodes.find(boxes, every=False):
                self._best, self._best_cost = boxes, cost
                return
            ranked = self._uncovered(needs, shrunk, boxes)
        # Whatever covers a node adds at least its own cost there; what a prime pays is counted once.
        paid: dict[int, int] = {}
        for _point, candidates, _dearer in ranked:
            if not candidates:
                return
            least = min(own - paid.get(place, 0) for own, place in candidates)
            if least > 0:
                cost += least
                if cost >= self._best_cost:
                    return
                for _own, place in candidates:
                    paid[place] = paid.get(place, 0) + least
        point, candidates, _dearer = ranked[0]
        for _own, place in candidates:
            self._search({**needs, place: needs.get(place, 0) | point}, tried)
            tried = (*tried, (place, point))

    def _uncovered(
        self, needs: dict[int, int], shrunk: dict[int, tuple[int, int]], boxes: Sequence[int]
    ) -> list[tuple[int, list[tuple[int, int]], int]]:
        """List known nodes outside the boxes: the node, its candidates (cost, prime), the least added cost.

        Those with the fewest candidates come first.
        """
        room = len(needs) < self._count
        listed = []
        self._steps.take(1 + len(self._nodes.points) * len(boxes) // 8)
        for point, row in zip(self._nodes.points, self._nodes.rows, strict=True):
            if not all(point & ~box for box in boxes):
                continue
            candidates = []
            for place in range(row.bit_length()):
                if row >> place & 1:
                    if place in needs:
                        _box, own = self._shrink(place, needs[place] | point)
                        candidates.append((own - shrunk[place][1], place))
                    elif room:
                        candidates.append((self._shrink(place, point)[1], place))
            candidates.sort()
            listed.append((point, candidates, candidates[0][0] if candidates else 0))
        listed.sort(key=lambda entry: (len(entry[1]), -entry[2]))
        return listed
