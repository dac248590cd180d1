"""Sets of nodes as cubes: for each label a set of values, and a node is inside when all its values are.

A cube is one integer, the sets of values of all labels side by side (positional cube notation; where each
label lies says the CubeLayout). A selector is a cube, and so is a node selector term. A cube with an empty
field holds no node. Everything here is exact set arithmetic and knows neither costs nor syntax.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import TypeVar

from .budget import Budget
from .cube_layout import CubeLayout

Member = TypeVar("Member")


_FEW = 1 << 16
"""Up to so many comparisons cubes are compared with each other without looking at their labels first."""

_MOST_COMPARED = 8_000_000
"""At most so many comparisons absorb the cubes of a layout; one counts for more where these are wide."""


def absorb(cubes: Iterable[int], layout: CubeLayout | None = None) -> list[int]:
    """Drop every cube that lies inside another one; the result is sorted, largest first.

    With a layout the work is bounded: of thousands of wide cubes the smallest ones may all remain.
    """
    ordered = _sort_largest_first(set(cubes))
    if layout is not None and len(ordered) ** 2 * layout.price > _FEW:
        return _absorb_by_labels(ordered, layout)
    kept: list[int] = []
    outside: list[int] = []
    for cube in ordered:
        for missing in outside:
            if not cube & missing:
                break
        else:
            kept.append(cube)
            outside.append(~cube)
    return kept


def _absorb_by_labels(ordered: Sequence[int], layout: CubeLayout) -> list[int]:
    """Drop the cubes that lie inside one before them, which restricts no label that they do not restrict."""
    left = _MOST_COMPARED
    kept: list[int] = []
    groups: dict[tuple[int, ...], list[int]] = {}
    by_first: dict[int, list[tuple[int, ...]]] = {}
    for at, cube in enumerate(ordered):
        places = tuple(layout.list_restricted(cube))
        own = groups.get(places)
        if own is None:
            own = groups[places] = []
            by_first.setdefault(places[0] if places else -1, []).append(places)
        if 1 << len(places) < len(groups):
            subsets = (groups.get(few) for size in range(len(places)) for few in combinations(places, size))
            near = [group for group in subsets if group]
            left -= 1 << len(places)
        else:
            within = set(places)
            near = [
                groups[few]
                for first in (-1, *places)
                for few in by_first.get(first, ())
                if few != places and within.issuperset(few)
            ]
            left -= len(groups)
        near.append(own)
        left -= layout.price * (2 + sum(map(len, near)))
        if left < 0:
            return [*kept, *ordered[at:]]
        for group in near:
            for other in group:
                if cube | other == other:
                    break
            else:
                continue
            break
        else:
            kept.append(cube)
            own.append(cube)
    return kept


def _sort_largest_first(cubes: Iterable[int]) -> list[int]:
    return sorted(sorted(cubes), key=int.bit_count, reverse=True)


def merge(cubes: Iterable[int], layout: CubeLayout) -> list[int]:
    """Absorb cubes and unite those that differ in one label only, until nothing changes; sorted.

    The set of nodes stays the same: ``type=a`` and ``type=b`` become ``type in (a,b)``.
    """
    full, low, guard = layout.full, layout.low, layout.guard
    # Most cubes restrict one label only, and those on the same label unite into one cube whatever else there
    # is.
    single: dict[int, int] = {}
    several: list[int] = []
    for cube in cubes:
        restricted = ((full & ~cube) + low) & guard
        if restricted & (restricted - 1):
            several.append(cube)
        else:
            single[restricted] = single.get(restricted, 0) | cube
    current = absorb([*single.values(), *several], layout)
    while len(current) > 1:
        # Cubes that differ in one label only restrict the same labels.
        alike: dict[int, list[int]] = {}
        for cube in current:
            alike.setdefault(((full & ~cube) + low) & guard, []).append(cube)
        if len(alike) == len(current):
            break
        united: list[int] = []
        for group in alike.values():
            if len(group) > 1:
                for place in layout.list_restricted(group[0]):
                    others = layout.full ^ layout.fields[place]
                    # Wide cubes cut to their other labels take as much memory as they do themselves.
                    if len({hash(cube & others) for cube in group}) == len(group):
                        continue
                    groups: dict[int, int] = {}
                    for cube in group:
                        groups[cube & others] = groups.get(cube & others, 0) | cube
                    group = list(groups.values())
            united += group
        if len(united) == len(current):
            break
        current = absorb(united, layout)
    return current


def find_connected_components(marked: Iterable[tuple[int, Member]]) -> list[tuple[int, list[Member]]]:
    """Group members whose masks share a bit, directly or through others; each group with its joint mask."""
    groups: list[tuple[int, list[Member]]] = []
    seen = 0
    for mask, member in marked:
        members = [member]
        if not mask & seen:
            seen |= mask
            groups.append((mask, members))
            continue
        seen |= mask
        apart = []
        for group in groups:
            if group[0] & mask:
                mask |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (mask, members)]
    return groups


def find_prime_implicants(
    layout: CubeLayout,
    forbidden: Sequence[int],
    list_literals: Callable[[int, int], Sequence[int]],
    budget: Budget,
) -> list[int]:
    """Return all maximal cubes of literals that avoid every forbidden cube: the primes of the complement.

    ``list_literals(place, values)`` lists the largest sets inside ``values`` that one term can state for the
    label at ``place``. Multiplying out the complements one by one, absorbing after each, yields exactly these
    cubes (Nelson's theorem for multi-valued variables). Raises BudgetExceeded.
    """
    low, guard, full = layout.low, layout.guard, layout.full
    # A forbidden cube that restricts one label is subtracted from that label first: it adds no prime.
    start, several = full, []
    for cube in forbidden:
        restricted = ((full & ~cube) + low) & guard
        if not restricted & (restricted - 1):
            place = layout.place_of[restricted]
            field = layout.fields[place]
            literals = list_literals(place, field & ~cube)
            if len(literals) == 1:
                start &= literals[0] | ~field
                continue
        several.append(cube)
    if (start + low) & guard != guard:
        return []
    current = [start]
    for cube in several:
        sides: list[tuple[int, int]] = []
        for place in layout.list_restricted(cube):
            field = layout.fields[place]
            rest = full ^ field
            sides += [(field, literal | rest) for literal in list_literals(place, field & ~cube)]
        if current == [full]:
            # Each side is the largest one on its own label.
            current = [mask for _field, mask in sides]
            continue
        kept: list[int] = []
        cut: list[int] = []
        for prime in current:
            (cut if ((prime & cube) + low) & guard == guard else kept).append(prime)
        current = kept + _cut_primes(cut, sides, kept, budget)
    return current


def _cut_primes(
    primes: Iterable[int], sides: Sequence[tuple[int, int]], kept: Sequence[int], budget: Budget
) -> list[int]:
    """Cut primes to each side, a field and a mask; return the largest parts that no kept prime holds.

    Raises BudgetExceeded.
    """
    parts: set[int] = set()
    for prime in primes:
        parts.update([part for field, mask in sides if (part := prime & mask) & field])
        if len(parts) > budget.left:  # each takes a step, so raise before they take memory
            budget.spend(len(parts))
    outside_kept = [~other for other in kept]
    outside_fresh: list[int] = []
    fresh: list[int] = []
    for part in _sort_largest_first(parts):
        budget.spend(1 + (len(kept) + len(fresh)) // 16)
        for missing in outside_kept:
            if not part & missing:
                break
        else:
            for missing in outside_fresh:
                if not part & missing:
                    break
            else:
                fresh.append(part)
                outside_fresh.append(~part)
    return fresh


def find_uncovered(cube: int, covers: Iterable[int], layout: CubeLayout, budget: Budget) -> int | None:
    """Return a cube inside ``cube`` that no cover touches, or None when the covers hold all its nodes.

    Disjoint sharp: subtract the covers one after the other. The order of the covers decides which of several
    such cubes is found. Raises BudgetExceeded.
    """
    low, guard, field_below = layout.low, layout.guard, layout.field_below
    left = [(cube, covers)]
    while left:
        cube, around = left.pop()
        near = layout.select_intersecting(cube, around)
        budget.spend(1 + len(near) // 4)
        # A cover that leaves nodes on one label only gives no choice. Of the others, the cover that leaves
        # nodes on the fewest labels is subtracted first: that makes the smallest tree.
        narrowed = False
        best, best_sides = 0, 1 << 30
        for cover in near:
            missing = cube & ~cover
            if not missing:
                break
            sides = (missing + low) & guard
            if not sides & (sides - 1):
                cube &= ~cover | ~field_below[sides]
                narrowed = True
            elif not narrowed and (count := sides.bit_count()) < best_sides:
                best, best_sides = cover, count
        else:
            if not near:
                return cube
            if narrowed:
                left.append((cube, near))
                continue
            left += [(part, near) for part in reversed(layout.subtract(cube, best))]
    return None


def find_uncovered_supercube(
    cube: int, covers: Sequence[int], classes: Sequence[Sequence[int]], layout: CubeLayout, budget: Budget
) -> int:
    """Return the smallest cube around the nodes of ``cube`` that no cover holds; 0 when there are none.

    ``classes`` are for each label the groups of values that neither the cube nor a cover tells apart. Raises
    BudgetExceeded.
    """
    near = layout.select_intersecting(cube, covers)
    found = find_uncovered(cube, near, layout, budget)
    if found is None:
        return 0
    for field, groups in zip(layout.fields, classes, strict=True):
        for group in groups:
            if group & cube & ~found:
                part = cube & (group | ~field)
                found |= find_uncovered(part, near, layout, budget) or 0
    return found
