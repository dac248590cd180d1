"""The smallest exact cover: fewest terms, then fewest requirements, then fewest values, with proof.

Some answer with the fewest terms consists of primes (maximal boxes), so the terms are a set cover over
primes; what is left is to shrink primes to cheaper boxes where others cover the rest. Both searches branch
on a node that is not covered yet: one of the boxes must cover it. Only primes enter, in a fixed order, so
the result depends on the set of nodes and not on how the selectors spell it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .boxes import Fields, OutOfSteps, Steps, hole, is_empty, span_outside

Cost = tuple[int, int]
"""Requirements and values."""


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

    fields: Fields
    classes: tuple[tuple[int, ...], ...]
    """For each label the groups of values that no prime tells apart, in a fixed order."""
    shrink: Callable[[int, int], int]
    """``shrink(prime, needed)``: the cheapest statable box between the two."""
    cost: Callable[[int], Cost]


def classes_of(fields: Fields, primes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Group the values of each label that belong to the same primes; absent first, unnamed values last."""
    grouped = []
    for field in fields:
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
        chosen, fooling = _fewest(primes, shape, steps)
    except OutOfSteps:
        return Cover(tuple(_irredundant(primes, shape)), False, False)
    best = [primes[place] for place in chosen]
    try:
        boxes = _cheapest(primes, len(chosen), best, shape, steps)
        return Cover(tuple(boxes), True, fooling)
    except OutOfSteps as stop:
        found = stop.args[0] if stop.args else best
        return Cover(tuple(found), False, fooling)


def _irredundant(primes: Sequence[int], shape: Shape) -> list[int]:
    """Drop primes that the rest covers, last first."""
    kept = list(primes)
    for prime in reversed(primes):
        rest = [other for other in kept if other != prime]
        try:
            if hole(prime, rest, shape.fields, Steps(20_000)) is None:
                kept = rest
        except OutOfSteps:
            continue
    return kept


class _Rows:
    """Nodes found so far, each as the set of primes (bit i for prime i) that contain it."""

    def __init__(self, primes: Sequence[int], shape: Shape, steps: Steps) -> None:
        self.primes, self.shape, self.steps = primes, shape, steps
        self.points: list[int] = []
        self.rows: list[int] = []

    def uncovered(self, boxes: Sequence[int]) -> int | None:
        """Return a node of some prime that none of the boxes contains, as a box of single classes."""
        for prime in self.primes:
            found = hole(prime, boxes, self.shape.fields, self.steps)
            if found is not None:
                return self._point(found)
        return None

    def row(self, point: int) -> int:
        row = 0
        for place, prime in enumerate(self.primes):
            if not point & ~prime:
                row |= 1 << place
        return row

    def add(self, point: int) -> int:
        row = self.row(point)
        self.points.append(point)
        self.rows.append(row)
        return row

    def _point(self, box: int) -> int:
        """Choose a node in the box that few primes contain."""
        alive = list(self.primes)
        point = 0
        for field, groups in zip(self.shape.fields, self.shape.classes, strict=True):
            best: list[int] | None = None
            chosen = 0
            for group in groups:
                # A hole is cut along values that primes tell apart, so it takes a group whole or not at all.
                if not group & box & field:
                    continue
                rest = [prime for prime in alive if prime & group]
                if best is None or len(rest) < len(best):
                    best, chosen = rest, group
            alive = best or []
            point |= chosen
        self.steps.take(len(self.primes))
        return point


def _fewest(primes: Sequence[int], shape: Shape, steps: Steps) -> tuple[list[int], bool]:
    """Choose the fewest primes with the same union; say whether a fooling set proves their number."""
    fields = shape.fields
    essential: list[int] = []
    for place, prime in enumerate(primes):
        others = [other for at, other in enumerate(primes) if at != place]
        if hole(prime, others, fields, steps) is not None:
            essential.append(place)
    table = _Rows(primes, shape, steps)
    fixed = [primes[place] for place in essential]
    while True:
        chosen = _hitting_set(table.rows, steps)
        point = table.uncovered(fixed + [primes[place] for place in chosen])
        if point is None:
            independent = _independent(table.rows)
            return sorted(essential + chosen), independent == len(chosen)
        table.add(point)


def _independent(rows: Sequence[int]) -> int:
    """Count rows, greedily, no two of which share a prime: a lower bound for every cover."""
    used = count = 0
    for row in sorted(rows, key=lambda row: (row.bit_count(), row)):
        if not row & used:
            used |= row
            count += 1
    return count


def _hitting_set(rows: Sequence[int], steps: Steps) -> list[int]:
    """Return the fewest primes that contain every row's node, by branch and bound; the first in order."""
    if not rows:
        return []
    for limit in range(_independent(rows), len(rows) + 1):
        found = _hit(list(rows), limit, steps)
        if found is not None:
            return found
    raise AssertionError("each row is hit by a prime of its own")  # pragma: no cover


def _hit(rows: list[int], limit: int, steps: Steps) -> list[int] | None:
    steps.take(1 + len(rows))
    if not rows:
        return []
    if _independent(rows) > limit:
        return None
    row = min(rows, key=lambda row: (row.bit_count(), row))
    excluded = 0
    while row:
        bit = row & -row
        row ^= bit
        # What an earlier branch tried is not tried again below a later one.
        rest = [other & ~excluded for other in rows if not other & bit]
        if all(rest):
            found = _hit(rest, limit - 1, steps)
            if found is not None:
                return [bit.bit_length() - 1, *found]
        excluded |= bit
    return None


def _cheapest(primes: Sequence[int], count: int, start: list[int], shape: Shape, steps: Steps) -> list[int]:
    """Return the cheapest boxes, each inside a prime, that cover what the primes cover.

    Raises OutOfSteps that carries the best boxes found.
    """
    fields = shape.fields
    table = _Rows(primes, shape, steps)
    # What only one prime covers is needed of it in every cover.
    assigned: dict[int, int] = {}
    for place, prime in enumerate(primes):
        others = [other for at, other in enumerate(primes) if at != place]
        needed = span_outside(prime, others, fields, steps)
        if needed:
            assigned[place] = needed
    best = list(start)
    best_cost = _total(best, shape)

    def search(assigned: dict[int, int]) -> None:
        nonlocal best, best_cost
        steps.take(1 + len(assigned))
        boxes = {place: shape.shrink(primes[place], needed) for place, needed in assigned.items()}
        cost = _total(list(boxes.values()), shape)
        if cost >= best_cost:
            return
        options: list[int] | None = None
        chosen = 0
        for point, row in zip(table.points, table.rows, strict=True):
            if all(point & ~box for box in boxes.values()):
                candidates = _candidates(row, assigned, count)
                if options is None or len(candidates) < len(options):
                    options, chosen = candidates, point
        if options is None:
            found = table.uncovered(list(boxes.values()))
            if found is None:
                best, best_cost = list(boxes.values()), cost
                return
            chosen = found
            options = _candidates(table.add(found), assigned, count)
        for place in options:
            search({**assigned, place: assigned.get(place, 0) | chosen})

    try:
        search(assigned)
    except OutOfSteps:
        raise OutOfSteps(best) from None
    return best


def _candidates(row: int, assigned: dict[int, int], count: int) -> list[int]:
    """List the primes that may cover a node: those in use first, new ones while there is room."""
    listed = [place for place in assigned if row >> place & 1]
    if len(assigned) < count:
        listed += [place for place in range(row.bit_length()) if row >> place & 1 and place not in assigned]
    return listed


def _total(boxes: Sequence[int], shape: Shape) -> Cost:
    costs = [shape.cost(box) for box in boxes]
    return sum(cost[0] for cost in costs), sum(cost[1] for cost in costs)


__all__ = ["Cover", "Shape", "classes_of", "is_empty", "smallest_cover"]
