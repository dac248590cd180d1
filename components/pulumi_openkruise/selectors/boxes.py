"""Sets of nodes as boxes: for each label a set of values, all of which have to hold.

A box is one integer: the atom sets of all labels side by side (positional cube notation). A selector is
a box, and so is a node selector term. A box with an empty field is empty. Everything here is exact set
arithmetic; nothing knows about cost or syntax.
"""

from collections.abc import Callable, Iterable, Sequence


class Steps:
    """A budget that is counted in steps of the search, so that equal input stops at the same place."""

    def __init__(self, limit: int) -> None:
        """Allow ``limit`` steps."""
        self.left = limit

    def take(self, count: int = 1) -> None:
        """Use up steps; raises OutOfSteps when there are none left."""
        self.left -= count
        if self.left < 0:
            raise OutOfSteps


class OutOfSteps(Exception):  # noqa: N818 - a signal between the search and its caller, not an error
    """The budget of a search is used up."""


Fields = Sequence[int]
"""One mask for each label: the bits of a box that belong to it."""


def is_empty(box: int, fields: Fields) -> bool:
    """Tell whether no node can be in the box: some label has no value left."""
    return not all(box & field for field in fields)


def absorb(boxes: Iterable[int]) -> list[int]:
    """Drop every box that lies inside another one; the result is sorted, largest first."""
    kept: list[int] = []
    for box in sorted(set(boxes), key=lambda box: (-box.bit_count(), box)):
        if all(box & ~other for other in kept):
            kept.append(box)
    return kept


def merge(boxes: Iterable[int], fields: Fields) -> list[int]:
    """Absorb boxes and join those that differ in one label only, until nothing changes; sorted.

    The set of nodes stays the same: ``type=a`` and ``type=b`` become ``type in (a,b)``.
    """
    current = absorb(boxes)
    while True:
        joined: list[int] = []
        for field in fields:
            groups: dict[int, int] = {}
            for box in current:
                groups[box & ~field] = groups.get(box & ~field, 0) | box
            joined = list(groups.values())
            if len(joined) < len(current):
                break
        else:
            return current
        current = absorb(joined)


def maximal_outside(
    full: int,
    fields: Fields,
    forbidden: Sequence[int],
    pieces: Callable[[int, int], Sequence[int]],
    steps: Steps,
) -> list[int]:
    """Return all maximal boxes that avoid every forbidden box and are made of allowed pieces (the primes).

    ``pieces(place, set)`` lists the largest allowed subsets of a set of values of label ``place``.
    Multiplying out the complements one by one, absorbing after each, yields exactly these (Nelson's
    theorem for multi-valued variables). Raises OutOfSteps.
    """
    current = [full]
    for box in forbidden:
        sides: list[tuple[int, list[int]]] = []
        for place, field in enumerate(fields):
            outside = field & ~box
            if outside:
                sides.append((field, [piece | (full & ~field) for piece in pieces(place, outside)]))
        kept: list[int] = []
        cut: list[int] = []
        for prime in current:
            (cut if all(prime & box & field for field, _ in sides) else kept).append(prime)
        parts = [
            part
            for prime in cut
            for field, masks in sides
            for mask in masks
            if (part := prime & mask) & field
        ]
        steps.take(len(parts) * (1 + len(kept)))
        fresh: list[int] = []
        for part in sorted(set(parts), key=lambda part: (-part.bit_count(), part)):
            if all(part & ~other for other in kept) and all(part & ~other for other in fresh):
                fresh.append(part)
        steps.take(len(fresh) * len(fresh))
        current = kept + fresh
    return current


def hole(box: int, covers: Iterable[int], fields: Fields, steps: Steps) -> int | None:
    """Return a box inside ``box`` that no cover touches, or None when the covers fill it.

    Disjoint sharp: subtract the covers one after the other. Deterministic in the order of the covers.
    """
    relevant = [cover for cover in covers if not is_empty(box & cover, fields)]
    return _hole(box, relevant, fields, steps)


def _hole(box: int, covers: list[int], fields: Fields, steps: Steps) -> int | None:
    steps.take(1 + len(covers))
    if not covers:
        return box
    # The cover that leaves the least of the box is subtracted first: it makes the smallest tree.
    best, best_sides = covers[0], len(fields) + 1
    for cover in covers:
        missing = box & ~cover
        sides = 0
        for field in fields:
            if missing & field:
                sides += 1
        if sides == 0:
            return None
        if sides < best_sides:
            best, best_sides = cover, sides
    missing = box & ~best
    inside = box
    for field in fields:
        outside = missing & field
        if outside:
            part = (inside & ~field) | outside
            found = _hole(
                part,
                [cover for cover in covers if cover != best and not is_empty(part & cover, fields)],
                fields,
                steps,
            )
            if found is not None:
                return found
            inside &= ~outside
    return None


def span_outside(box: int, covers: Iterable[int], fields: Fields, steps: Steps) -> int:
    """Return the smallest box around what the covers leave of ``box``, 0 when they fill it."""
    found = 0
    stack = [(box, [cover for cover in covers if not is_empty(box & cover, fields)])]
    while stack:
        part, near = stack.pop()
        steps.take(1 + len(near))
        if not part & ~found and found:
            # Every value of this part is in the span already; its own remainder cannot widen it.
            continue
        if not near:
            found |= part
            if found == box:
                return found
            continue
        cover, *rest = near
        missing, inside = part & ~cover, part
        for field in fields:
            outside = missing & field
            if outside:
                side = (inside & ~field) | outside
                stack.append((side, [other for other in rest if not is_empty(side & other, fields)]))
                inside &= ~outside
    return found
