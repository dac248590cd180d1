"""The smallest hitting set: the fewest primes such that every node lies in one of them.

Exact: forced choices, dominance and splitting first, then branch and bound with a lower bound from nodes
that have no prime in common (Coudert 1994 surveys these reductions). Nodes are rows, primes are columns;
a row is an integer whose bit i says that prime i contains the node. Ties go to the first prime in order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .cubes import Steps, linked


def places_of(primes: int) -> list[int]:
    """List the places of the primes in a set, in order."""
    places = []
    while primes:
        first = primes & -primes
        primes ^= first
        places.append(first.bit_length() - 1)
    return places


def independent(rows: Sequence[int]) -> int:
    """Count rows, chosen greedily, no two of which share a prime: a lower bound for every hitting set."""
    used = count = 0
    for row in sorted(rows, key=lambda row: (row.bit_count(), row)):
        if not row & used:
            used |= row
            count += 1
    return count


def hitting_set(rows: Sequence[int], steps: Steps) -> list[int]:
    """Return the fewest primes that hit every row, in order; raises OutOfSteps."""
    chosen: list[int] = []
    rest = reduced(rows, chosen, steps)
    for _span, group in linked((row, row) for row in rest):
        chosen += _fewest(group, steps)
    return sorted(chosen)


def slots(rows: Sequence[int], steps: Steps) -> list[tuple[int, int]]:
    """Return disjoint sets of primes, and of how many each every smallest hitting set takes; none of others.

    Put for each prime the one that dominates it, and the smallest hitting sets go over into hitting sets of
    the reduced rows that are not larger, thus smallest, too: no two of their primes go over into the same
    one, none is lost, and each forced prime and each group of linked rows gets its share. Raises OutOfSteps.
    """
    forced: list[int] = []
    dominated: dict[int, int] = {}
    rest = reduced(rows, forced, steps, dominated)
    taken = [(1 << place, 1) for place in forced]
    taken += [(span, len(_fewest(group, steps))) for span, group in linked((row, row) for row in rest)]
    members = [span for span, _count in taken]
    for bit in dominated:
        last = dominated[bit]
        while last in dominated:
            last = dominated[last]
        for place, (span, _count) in enumerate(taken):
            if span & last:
                members[place] |= bit
    return [(mask, count) for mask, (_span, count) in zip(members, taken, strict=True)]


def _fewest(rows: Sequence[int], steps: Steps) -> list[int]:
    """Return the fewest primes that hit linked rows."""
    limit = independent(rows)
    while (found := _hit(rows, limit, steps)) is None:
        limit += 1
    return found


def minimal_rows(rows: Iterable[int], steps: Steps) -> Iterator[int]:
    """Yield the rows, given the smallest first, that hold no other one: what hits these hits all."""
    kept: dict[int, list[int]] = {}
    count = 0
    for row in rows:
        steps.take(count // 64)
        if not _holds_one(row, kept):
            count += 1
            kept.setdefault(row & -row, []).append(row)
            yield row


def _holds_one(row: int, rows: Mapping[int, Sequence[int]]) -> bool:
    """Tell whether a row has all primes of one of the others, which are grouped by their first prime."""
    missing = ~row
    for first, others in rows.items():
        if row & first:
            for other in others:
                if not other & missing:
                    return True
    return False


def reduced(
    rows: Sequence[int], chosen: list[int], steps: Steps, dominated: dict[int, int] | None = None
) -> list[int]:
    """Take forced primes into ``chosen`` and drop dominated rows and primes until nothing changes.

    ``dominated`` takes for each dropped prime (as a bit) one that hits no less.
    """
    while True:
        steps.take(1 + len(rows))
        smallest_first = sorted(set(rows), key=lambda row: (row.bit_count(), row))
        kept = list(minimal_rows(smallest_first, steps))
        forced = 0
        for row in kept:
            if row.bit_count() == 1:
                forced |= row
        if forced:
            chosen += places_of(forced)
            kept = [row for row in kept if not row & forced]
        narrowed = without_dominated(kept, steps, dominated)
        if narrowed == kept and not forced:
            return kept
        rows = narrowed


def without_dominated(
    rows: Sequence[int], steps: Steps, dominated: dict[int, int] | None = None
) -> list[int]:
    """Remove from all rows the primes that hit no more than another prime does."""
    hit: dict[int, list[int]] = {}
    steps.take(len(rows) * (len(rows) // 512))
    for number, row in enumerate(rows):
        while row:
            bit = row & -row
            row ^= bit
            hit.setdefault(bit, []).append(number)
    # What hits no less hits each of its rows, too: the row of which the fewest are kept tells.
    kept: list[list[tuple[int, int]]] = [[] for _row in rows]
    kept_mask = 0
    for bit in sorted(hit, key=lambda bit: (-len(hit[bit]), bit)):
        own = sum([1 << number for number in hit[bit]])
        fewest = min([kept[number] for number in hit[bit]], key=len)
        steps.take(1 + (len(hit[bit]) + len(fewest)) // 16)
        for other, by in fewest:
            if not own & ~other:
                if dominated is not None:
                    dominated[bit] = by
                break
        else:
            for number in hit[bit]:
                kept[number].append((own, bit))
            kept_mask |= bit
    return [row & kept_mask for row in rows]


def _hit(rows: Sequence[int], limit: int, steps: Steps) -> list[int] | None:
    """Return at most ``limit`` primes that hit every row, or None."""
    chosen: list[int] = []
    rest = reduced(rows, chosen, steps)
    limit -= len(chosen)
    if limit < 0 or independent(rest) > limit:
        return None
    if not rest:
        return chosen
    row = min(rest, key=lambda row: (row.bit_count(), row))
    tried = 0
    while row:
        bit = row & -row
        row ^= bit
        # What an earlier branch has tried is not tried again below a later one.
        below = [other & ~tried for other in rest if not other & bit]
        if all(below):
            found = _hit(below, limit - 1, steps)
            if found is not None:
                return [*chosen, bit.bit_length() - 1, *found]
        tried |= bit
    return None
