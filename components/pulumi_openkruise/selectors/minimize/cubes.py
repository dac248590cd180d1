"""Sets of nodes as cubes: for each label a set of values, and a node is inside when all its values are.

A cube is one integer, the sets of values of all labels side by side (positional cube notation; where each
label lies says the CubeLayout). A selector is a cube, and so is a node selector term. A cube with an empty
field holds no node. Everything here is exact set arithmetic and knows neither costs nor syntax.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from .budget import Budget
from .cube_layout import CubeLayout

Member = TypeVar("Member")


def absorb(cubes: Iterable[int]) -> list[int]:
    """Drop every cube that lies inside another one; the result is sorted, largest first."""
    kept: list[int] = []
    outside: list[int] = []
    for cube in _sort_largest_first(set(cubes)):
        for missing in outside:
            if not cube & missing:
                break
        else:
            kept.append(cube)
            outside.append(~cube)
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
    current = absorb([*single.values(), *several])
    while len(current) > 1:
        # Cubes that differ in one label only restrict the same labels.
        alike: dict[int, list[int]] = {}
        for cube in current:
            alike.setdefault(((full & ~cube) + low) & guard, []).append(cube)
        if len(alike) == len(current):
            break
        united: list[int] = []
        for restricted, group in alike.items():
            if len(group) > 1:
                for field, spare in zip(layout.fields, layout.spares, strict=True):
                    if restricted & spare:
                        groups: dict[int, int] = {}
                        for cube in group:
                            groups[cube & ~field] = groups.get(cube & ~field, 0) | cube
                        group = list(groups.values())
            united += group
        if len(united) == len(current):
            break
        current = absorb(united)
    return current


def find_connected_components(marked: Iterable[tuple[int, Member]]) -> list[tuple[int, list[Member]]]:
    """Group members whose masks share a bit, directly or through others; each group with its joint mask."""
    groups: list[tuple[int, list[Member]]] = []
    for mask, member in marked:
        members = [member]
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
            place = layout.spares.index(restricted)
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
        for place, field in enumerate(layout.fields):
            outside = field & ~cube
            if outside:
                sides += [(field, literal | (full & ~field)) for literal in list_literals(place, outside)]
        if current == [full]:
            # Each side is the largest one on its own label.
            current = [mask for _field, mask in sides]
            continue
        kept: list[int] = []
        cut: list[int] = []
        for prime in current:
            (cut if ((prime & cube) + low) & guard == guard else kept).append(prime)
        parts = {part for prime in cut for field, mask in sides if (part := prime & mask) & field}
        fresh: list[int] = []
        for part in _sort_largest_first(parts):
            budget.spend(1 + (len(kept) + len(fresh)) // 16)
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
            parts = []
            missing, inside = cube & ~best, cube
            for field in layout.fields:
                outside = missing & field
                if outside:
                    parts.append(((inside & ~field) | outside, near))
                    inside &= ~outside
            left += reversed(parts)
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
