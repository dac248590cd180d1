"""Sets of nodes as boxes: for each label a set of values, all of which have to hold.

A box is one integer: the atom sets of all labels side by side (positional cube notation). A selector is
a box, and so is a node selector term. A box with an empty field is empty. Everything here is exact set
arithmetic; nothing knows about cost or syntax.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Member = TypeVar("Member")


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


class Frame:
    """Where the labels lie in a box: one field of bits for each, and a spare bit above each field.

    Adding ``low`` (all bits of all fields) to a box carries into the spare bit of exactly those fields that
    are not empty, which tests all labels at once.
    """

    def __init__(self, fields: Sequence[int]) -> None:
        """Take the masks of the fields; the bit above each must be unused."""
        self.fields = tuple(fields)
        self.spares = [1 << field.bit_length() for field in fields]
        self.full = sum(fields)
        self.guard = sum(self.spares)
        self.low = self.guard - sum([field & -field for field in fields])
        self.field_below = dict(zip(self.spares, self.fields, strict=True))
        """The field of each spare bit."""

    def is_empty(self, box: int) -> bool:
        """Tell whether no node can be in the box: some label has no value left."""
        return (box + self.low) & self.guard != self.guard

    def span(self, box: int) -> int:
        """Return the labels that the box restricts: what it leaves out carries into their spare bits."""
        return ((self.full & ~box) + self.low) & self.guard

    def touching(self, box: int, others: Iterable[int]) -> list[int]:
        """Return those of the other boxes that have a node in common with the box."""
        low, guard = self.low, self.guard
        return [other for other in others if ((box & other) + low) & guard == guard]


def absorb(boxes: Iterable[int]) -> list[int]:
    """Drop every box that lies inside another one; the result is sorted, largest first."""
    kept: list[int] = []
    outside: list[int] = []
    for box in _largest_first(set(boxes)):
        for missing in outside:
            if not box & missing:
                break
        else:
            kept.append(box)
            outside.append(~box)
    return kept


def _largest_first(boxes: Iterable[int]) -> list[int]:
    return sorted(sorted(boxes), key=int.bit_count, reverse=True)


def merge(boxes: Iterable[int], frame: Frame) -> list[int]:
    """Absorb boxes and join those that differ in one label only, until nothing changes; sorted.

    The set of nodes stays the same: ``type=a`` and ``type=b`` become ``type in (a,b)``.
    """
    full, low, guard = frame.full, frame.low, frame.guard
    # Most restrict one label only: those of a label are one box, whatever else there is.
    single: dict[int, int] = {}
    several: list[int] = []
    for box in boxes:
        span = ((full & ~box) + low) & guard
        if span & (span - 1):
            several.append(box)
        else:
            single[span] = single.get(span, 0) | box
    current = absorb([*single.values(), *several])
    while len(current) > 1:
        # What differs in one label only restricts the same labels.
        alike: dict[int, list[int]] = {}
        for box in current:
            alike.setdefault(((full & ~box) + low) & guard, []).append(box)
        if len(alike) == len(current):
            break
        joined: list[int] = []
        for span, group in alike.items():
            if len(group) > 1:
                for field, spare in zip(frame.fields, frame.spares, strict=True):
                    if span & spare:
                        groups: dict[int, int] = {}
                        for box in group:
                            groups[box & ~field] = groups.get(box & ~field, 0) | box
                        group = list(groups.values())
            joined += group
        if len(joined) == len(current):
            break
        current = absorb(joined)
    return current


def linked(spans: Iterable[tuple[int, Member]]) -> list[tuple[int, list[Member]]]:
    """Group members whose spans share a bit, directly or through others; each group with its joint span."""
    groups: list[tuple[int, list[Member]]] = []
    for span, member in spans:
        members = [member]
        apart = []
        for group in groups:
            if group[0] & span:
                span |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (span, members)]
    return groups


def maximal_outside(
    frame: Frame,
    forbidden: Sequence[int],
    pieces: Callable[[int, int], Sequence[int]],
    steps: Steps,
) -> list[int]:
    """Return all maximal boxes that avoid every forbidden box and are made of allowed pieces (the primes).

    ``pieces(place, set)`` lists the largest allowed subsets of a set of values of label ``place``.
    Multiplying out the complements one by one, absorbing after each, yields exactly these (Nelson's
    theorem for multi-valued variables). Raises OutOfSteps.
    """
    low, guard, full = frame.low, frame.guard, frame.full
    # What restricts one label is left out of that label first: it makes no prime more.
    start, linking = full, []
    for box in forbidden:
        span = ((full & ~box) + low) & guard
        if not span & (span - 1):
            place = frame.spares.index(span)
            field = frame.fields[place]
            parts_of_label = pieces(place, field & ~box)
            if len(parts_of_label) == 1:
                start &= parts_of_label[0] | ~field
                continue
        linking.append(box)
    if (start + low) & guard != guard:
        return []
    current = [start]
    for box in linking:
        sides: list[tuple[int, int]] = []
        for place, field in enumerate(frame.fields):
            outside = field & ~box
            if outside:
                sides += [(field, piece | (full & ~field)) for piece in pieces(place, outside)]
        if current == [full]:
            # Each side is largest on its own label.
            current = [mask for _field, mask in sides]
            continue
        kept: list[int] = []
        cut: list[int] = []
        for prime in current:
            (cut if ((prime & box) + low) & guard == guard else kept).append(prime)
        parts = {part for prime in cut for field, mask in sides if (part := prime & mask) & field}
        fresh: list[int] = []
        for part in _largest_first(parts):
            steps.take(1 + (len(kept) + len(fresh)) // 16)
            for other in kept:
                if not part & ~other:
                    break
            else:
                for other in fresh:
                    if not part & ~other:
                        break
                else:
                    fresh.append(part)
        current = kept + fresh
    return current


def hole(box: int, covers: Iterable[int], frame: Frame, steps: Steps) -> int | None:
    """Return a box inside ``box`` that no cover touches, or None when the covers fill it.

    Disjoint sharp: subtract the covers one after the other. Deterministic in the order of the covers.
    """
    low, guard, field_below = frame.low, frame.guard, frame.field_below
    left = [(box, covers)]
    while left:
        box, around = left.pop()
        near = frame.touching(box, around)
        steps.take(1 + len(near) // 4)
        # What a cover leaves on one label only is no choice. Else the cover that leaves the least of the box
        # is subtracted first: it makes the smallest tree.
        narrowed = False
        best, best_sides = 0, 1 << 30
        for cover in near:
            missing = box & ~cover
            if not missing:
                break
            span = (missing + low) & guard
            if not span & (span - 1):
                box &= ~cover | ~field_below[span]
                narrowed = True
            elif not narrowed and (sides := span.bit_count()) < best_sides:
                best, best_sides = cover, sides
        else:
            if not near:
                return box
            if narrowed:
                left.append((box, near))
                continue
            parts = []
            missing, inside = box & ~best, box
            for field in frame.fields:
                outside = missing & field
                if outside:
                    parts.append(((inside & ~field) | outside, near))
                    inside &= ~outside
            left += reversed(parts)
    return None


def span_outside(
    box: int, covers: Sequence[int], classes: Sequence[Sequence[int]], frame: Frame, steps: Steps
) -> int:
    """Return the smallest box around what the covers leave of ``box``, 0 when they fill it.

    ``classes`` are for each label the groups of values that neither the box nor a cover tells apart.
    """
    near = frame.touching(box, covers)
    found = hole(box, near, frame, steps)
    if found is None:
        return 0
    for field, groups in zip(frame.fields, classes, strict=True):
        for group in groups:
            if group & box & ~found:
                part = box & (group | ~field)
                found |= hole(part, near, frame, steps) or 0
    return found
