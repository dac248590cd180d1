"""The unate covering problem: the fewest primes (columns) such that every node (row) lies in one of them.

Exact: forced choices, dominance and splitting first, then branch and bound with a lower bound from rows that
have no column in common (Coudert 1994 surveys these reductions). A row is an integer whose bit i says that
prime i contains the node. Of several minimum covers the one with the first primes, in order, is found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .budget import Budget
from .cubes import find_connected_components


def list_places(primes: int) -> list[int]:
    """List the places of the primes in a set, in order."""
    written = bin(primes)[:1:-1]
    places = []
    place = written.find("1")
    while place >= 0:
        places.append(place)
        place = written.find("1", place + 1)
    return places


def count_independent(rows: Sequence[int]) -> int:
    """Count rows, chosen greedily, no two of which share a prime: a lower bound for every cover."""
    used = count = 0
    for row in sorted(rows, key=lambda row: (row.bit_count(), row)):
        if not row & used:
            used |= row
            count += 1
    return count


def find_fewest_columns(rows: Sequence[int], budget: Budget) -> list[int]:
    """Return the fewest primes that cover every row, in order; raises BudgetExceeded."""
    chosen: list[int] = []
    rest = reduce_rows(rows, chosen, budget)
    for _mask, group in find_connected_components((row, row) for row in rest):
        chosen += _cover_connected(group, budget)
    return sorted(chosen)


def find_slots(rows: Sequence[int], budget: Budget) -> list[tuple[int, int]]:
    """Return slots: disjoint sets of primes, and how many of each every minimum cover takes.

    No minimum cover takes a prime that is in no slot.

    Replace each prime by the one that dominates it: a minimum cover becomes a cover of the reduced rows that
    is not larger, so it is a minimum cover, too. No two of its primes become the same one, none is lost, and
    each forced prime and each connected group of rows gets its share. Raises BudgetExceeded.
    """
    forced: list[int] = []
    dominated: dict[int, int] = {}
    rest = reduce_rows(rows, forced, budget, dominated)
    taken = [(1 << place, 1) for place in forced]
    taken += [
        (mask, len(_cover_connected(group, budget)))
        for mask, group in find_connected_components((row, row) for row in rest)
    ]
    members = [mask for mask, _count in taken]
    for bit in dominated:
        last = dominated[bit]
        while last in dominated:
            last = dominated[last]
        for place, (mask, _count) in enumerate(taken):
            if mask & last:
                members[place] |= bit
    return [(mask, count) for mask, (_mask, count) in zip(members, taken, strict=True)]


def _cover_connected(rows: Sequence[int], budget: Budget) -> list[int]:
    """Return the fewest primes that cover connected rows."""
    limit = count_independent(rows)
    while (found := _cover_within(rows, limit, budget)) is None:
        limit += 1
    return found


def select_minimal_rows(rows: Iterable[int], budget: Budget) -> Iterator[int]:
    """Yield the rows, given the smallest first, that contain no other row: what covers these covers all."""
    kept: dict[int, list[int]] = {}
    firsts = count = 0
    for row in rows:
        budget.spend(count // 64)
        if not _contains_one(row, kept, firsts):
            count += 1
            first = row & -row
            firsts |= first
            kept.setdefault(first, []).append(row)
            yield row


def _contains_one(row: int, rows: Mapping[int, Sequence[int]], firsts: int) -> bool:
    """Check whether a row has all primes of one of the others, which are grouped by their first prime.

    ``firsts`` are these first primes.
    """
    missing = ~row
    near = row & firsts
    while near:
        first = near & -near
        near ^= first
        for other in rows[first]:
            if not other & missing:
                return True
    return False


def reduce_rows(
    rows: Sequence[int], chosen: list[int], budget: Budget, dominated: dict[int, int] | None = None
) -> list[int]:
    """Add forced primes to ``chosen`` and drop dominated rows and primes until nothing changes.

    ``dominated`` receives for each dropped prime (as a bit) one that covers no less. Raises BudgetExceeded.
    """
    while True:
        budget.spend(1 + len(rows))
        smallest_first = sorted(set(rows), key=lambda row: (row.bit_count(), row))
        kept = list(select_minimal_rows(smallest_first, budget))
        forced = 0
        for row in kept:
            if row.bit_count() == 1:
                forced |= row
        if forced:
            chosen += list_places(forced)
            kept = [row for row in kept if not row & forced]
        narrowed = drop_dominated(kept, budget, dominated)
        if narrowed == kept and not forced:
            return kept
        rows = narrowed


def drop_dominated(rows: Sequence[int], budget: Budget, dominated: dict[int, int] | None = None) -> list[int]:
    """Remove from all rows the primes that cover no more than another prime does."""
    covered: dict[int, list[int]] = {}
    budget.spend(len(rows) * (len(rows) // 512))
    for number, row in enumerate(rows):
        for place in list_places(row):
            covered.setdefault(place, []).append(number)
    # A prime that covers no less covers each row of this one, too, so looking at one row is enough: the row
    # of which the fewest primes are kept.
    kept: list[list[tuple[int, int]]] = [[] for _row in rows]
    kept_mask = 0
    for place in sorted(covered, key=lambda place: (-len(covered[place]), place)):
        numbers = covered[place]
        own = sum([1 << number for number in numbers])
        fewest = min([kept[number] for number in numbers], key=len)
        budget.spend(1 + (len(numbers) + len(fewest)) // 16)
        for other, by in fewest:
            if not own & ~other:
                if dominated is not None:
                    dominated[1 << place] = 1 << by
                break
        else:
            for number in numbers:
                kept[number].append((own, place))
            kept_mask |= 1 << place
    return [row & kept_mask for row in rows]


def _cover_within(rows: Sequence[int], limit: int, budget: Budget) -> list[int] | None:
    """Return at most ``limit`` primes that cover every row, or None."""
    chosen: list[int] = []
    rest = reduce_rows(rows, chosen, budget)
    limit -= len(chosen)
    if limit < 0 or count_independent(rest) > limit:
        return None
    if not rest:
        return chosen
    row = min(rest, key=lambda row: (row.bit_count(), row))
    tried = 0
    while row:
        bit = row & -row
        row ^= bit
        # A prime that an earlier branch tried is not tried again below a later one.
        below = [other & ~tried for other in rest if not other & bit]
        if all(below):
            found = _cover_within(below, limit - 1, budget)
            if found is not None:
                return [*chosen, bit.bit_length() - 1, *found]
        tried |= bit
    return None
