"""Few primes that hit every row, where finding the fewest takes too long: local search with weights.

Nodes are rows and primes are columns, as in hitting.py. A prime is taken out of a hitting set and another one
put in for a row that is not hit now, again and again; a row weighs the more the longer it was not hit (Gao,
Weise and Li 2015, "An efficient local search heuristic with row weighting for the unicost set covering
problem"). Nothing is left to chance: the same rows give the same primes.
"""

from collections.abc import Collection, Sequence
from itertools import islice

from .cubes import Steps
from .unate_covering import minimal_rows, places_of, reduced, without_dominated

_FRESH_ROWS = 500
_MOVES, _WORK = 3_000, 2_000_000


def few_primes(rows: Collection[int]) -> list[int]:
    """Return few primes that hit every row, in order: often the fewest, but nothing is proven of them.

    The order of the rows tells which of equals is taken. Of many rows only those are looked at that what was
    found so far does not hit.
    """
    unlimited = Steps(1 << 60)
    needed = 0
    for row in rows:
        if not row & (row - 1):
            needed |= row
    smallest_first = sorted([row for row in rows if not row & needed], key=int.bit_count)
    looked_at: list[int] = []
    chosen = needed
    while missed := [row for row in smallest_first if not row & chosen]:
        looked_at += islice(minimal_rows(missed, unlimited), _FRESH_ROWS)
        forced: list[int] = []
        rest = reduced(without_dominated(looked_at, unlimited), forced, unlimited)
        chosen = needed | sum([1 << place for place in forced])
        if rest:
            chosen |= _Search(rest).few()
    return places_of(chosen)


class _Search:
    """Some primes are chosen, and some rows are not hit by them; both change with each move."""

    def __init__(self, rows: Sequence[int]) -> None:
        union = 0
        for row in rows:
            union |= row
        self._primes = places_of(union)
        number = {place: at for at, place in enumerate(self._primes)}
        self._hitting = [[number[place] for place in places_of(row)] for row in rows]
        """The primes of each row."""
        self._hit: list[list[int]] = [[] for _prime in self._primes]
        """The rows of each prime."""
        for at, primes in enumerate(self._hitting):
            for prime in primes:
                self._hit[prime].append(at)
        self._weight = [1] * len(rows)
        self._times = [0] * len(rows)
        """How many chosen primes hit each row."""
        self._worth = [len(hit) for hit in self._hit]
        """What the rows weigh that only this prime hits, or would hit if it was chosen."""
        self._moved = list(range(-len(self._primes), 0))
        """When a prime was put in or taken out."""
        self._clock = 0
        self._chosen: dict[int, None] = {}
        self._unhit: dict[int, None] = dict.fromkeys(range(len(rows)))

    def few(self) -> int:
        """Return the smallest hitting set seen, as a set of primes."""
        while self._unhit:
            self._put_in()
        best = list(self._chosen)
        for _move in range(min(_MOVES, _WORK // len(self._primes))):
            while not self._unhit:
                best = list(self._chosen)
                self._take_out()
            self._take_out()
            self._put_in()
            for row in self._unhit:
                self._weight[row] += 1
                for prime in self._hitting[row]:
                    self._worth[prime] += 1
        return sum([1 << self._primes[prime] for prime in best])

    def _put_in(self) -> None:
        """Choose the prime that is worth most for the row not hit for longest; not the one just taken out."""
        moved, worth = self._moved, self._worth
        row = next(iter(self._unhit))
        best = max(
            self._hitting[row], key=lambda prime: (moved[prime] != self._clock, worth[prime], -moved[prime])
        )
        self._clock += 1
        moved[best] = self._clock
        for row in self._hit[best]:
            self._times[row] += 1
            if self._times[row] == 1:
                del self._unhit[row]
                for prime in self._hitting[row]:
                    if prime != best:
                        worth[prime] -= self._weight[row]
            elif self._times[row] == 2:
                worth[self._only(row)] -= self._weight[row]
        self._chosen[best] = None

    def _take_out(self) -> None:
        """Give up the prime that is worth least, not the one just put in."""
        moved, worth = self._moved, self._worth
        least = min(self._chosen, key=lambda prime: (moved[prime] == self._clock, worth[prime], moved[prime]))
        self._clock += 1
        moved[least] = self._clock
        del self._chosen[least]
        for row in self._hit[least]:
            self._times[row] -= 1
            if not self._times[row]:
                self._unhit[row] = None
                for prime in self._hitting[row]:
                    if prime != least:
                        worth[prime] += self._weight[row]
            elif self._times[row] == 1:
                worth[self._only(row)] += self._weight[row]

    def _only(self, row: int) -> int:
        """Return the one chosen prime that hits a row."""
        return next(prime for prime in self._hitting[row] if prime in self._chosen)
