"""Few primes that cover every row, where finding the fewest takes too long: local search with row weights.

Nodes are rows and primes are columns, as in ``unate_covering``. Again and again a prime is removed from a
cover and another one added for a row that is uncovered now; a row weighs the more the longer it was uncovered
(Gao, Weise and Li 2015, "An efficient local search heuristic with row weighting for the unicost set covering
problem"). Nothing is random: the same rows give the same primes.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from .budget import Budget, BudgetExceeded
from .prime_table import Rows
from .unate_covering import drop_dominated, list_places, reduce_rows, select_minimal_rows

_FRESH_ROWS, _LISTED = 500, 16
_MOVES, _WORK = 3_000, 2_000_000
_MOVE = 16
"""Steps that a move counts for, and more where many primes are chosen or cover many rows."""


def choose_few_columns(rows: Rows, effort: Budget) -> list[int]:
    """Return few primes that cover every row, in order: often the fewest, but nothing is proven.

    The order of the rows decides between equally good primes. Of many rows only those are considered that the
    primes found so far do not cover. Once the effort is used up, each row that is uncovered takes its first
    prime.
    """
    considered: list[int] = []
    chosen, known = rows.essential_mask, 0
    while True:
        forced: list[int] = []
        try:
            uncovered = rows.list_smallest(chosen)
            if not uncovered:
                return list_places(chosen)
            known = known or len(uncovered)
            effort.spend((rows.count if rows.is_cut else known) // _LISTED)
            considered += islice(select_minimal_rows(uncovered, effort), _FRESH_ROWS)
            effort.spend(sum([row.bit_count() for row in considered]))
            rest = reduce_rows(drop_dominated(considered, effort), forced, effort)
        except BudgetExceeded:
            # The smallest rows first, as far as they are known, and then whatever is left.
            return list_places(_take_first(_take_first(chosen, rows.list_smallest(chosen)), rows))
        chosen = rows.essential_mask | sum([1 << place for place in forced])
        if rest:
            chosen |= _Search(rest).run(effort)


def _take_first(chosen: int, rows: Iterable[int]) -> int:
    """Add to a set of primes the first prime of each row that is still uncovered, row by row."""
    for row in rows:
        if not row & chosen:
            chosen |= row & -row
    return chosen


class _Search:
    """A state of the search: the chosen primes and the uncovered rows, which change with each move."""

    def __init__(self, rows: Sequence[int]) -> None:
        union = 0
        for row in rows:
            union |= row
        self._primes = list_places(union)
        number = {place: at for at, place in enumerate(self._primes)}
        self._columns = [[number[place] for place in list_places(row)] for row in rows]
        """The primes of each row."""
        self._rows: list[list[int]] = [[] for _prime in self._primes]
        """The rows of each prime."""
        for at, primes in enumerate(self._columns):
            for prime in primes:
                self._rows[prime].append(at)
        self._weight = [1] * len(rows)
        self._times = [0] * len(rows)
        """How many chosen primes cover each row."""
        self._covering = [0] * len(rows)
        """The numbers of these primes, joined by exclusive or: of a single one, its number."""
        self._worth = [len(own) for own in self._rows]
        """The weight of the rows that only this prime covers, or would cover if it were chosen."""
        self._moved = list(range(-len(self._primes), 0))
        """When each prime was added or removed."""
        self._clock = 0
        self._touched = 0
        """The rows that the last moves had to look at."""
        self._chosen: dict[int, None] = {}
        self._uncovered: dict[int, None] = dict.fromkeys(range(len(rows)))

    def run(self, effort: Budget) -> int:
        """Return the smallest cover seen, as a set of primes."""
        while self._uncovered:
            self._add()
        best = list(self._chosen)
        for _move in range(min(_MOVES, _WORK // len(self._primes))):
            while not self._uncovered:
                best = list(self._chosen)
                self._remove()
            effort.left -= _MOVE + len(self._chosen) // 8 + self._touched // 2
            self._touched = 0
            if effort.left < 0:
                break
            self._remove()
            self._add()
            for row in self._uncovered:
                self._weight[row] += 1
                for prime in self._columns[row]:
                    self._worth[prime] += 1
        return sum([1 << self._primes[prime] for prime in best])

    def _add(self) -> None:
        """Choose the prime of most worth for the row uncovered for longest; not the one just removed."""
        moved, worth = self._moved, self._worth
        row = next(iter(self._uncovered))
        best = max(
            self._columns[row], key=lambda prime: (moved[prime] != self._clock, worth[prime], -moved[prime])
        )
        self._clock += 1
        moved[best] = self._clock
        self._touched += len(self._rows[best])
        for row in self._rows[best]:
            self._times[row] += 1
            self._covering[row] ^= best
            if self._times[row] == 1:
                del self._uncovered[row]
                for prime in self._columns[row]:
                    if prime != best:
                        worth[prime] -= self._weight[row]
            elif self._times[row] == 2:
                worth[self._covering[row] ^ best] -= self._weight[row]
        self._chosen[best] = None

    def _remove(self) -> None:
        """Remove the chosen prime of least worth; not the one just added."""
        moved, worth = self._moved, self._worth
        least = min(self._chosen, key=lambda prime: (moved[prime] == self._clock, worth[prime], moved[prime]))
        self._clock += 1
        moved[least] = self._clock
        del self._chosen[least]
        self._touched += len(self._rows[least])
        for row in self._rows[least]:
            self._times[row] -= 1
            self._covering[row] ^= least
            if not self._times[row]:
                self._uncovered[row] = None
                for prime in self._columns[row]:
                    if prime != least:
                        worth[prime] += self._weight[row]
            elif self._times[row] == 1:
                worth[self._covering[row]] += self._weight[row]
