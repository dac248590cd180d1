"""The cheapest cubes, each inside a prime, that cover what all the primes cover.

The nodes that must be covered are found one at a time: nodes that the cheapest cubes so far leave out. Each
must lie in one of the cubes, so the search branches on which one; nodes that share no prime, directly or
through others, are searched apart.
"""

from collections.abc import Callable, Sequence

from .branch_and_bound import BranchAndBound, Needs, TieBreaker
from .budget import Budget
from .cubes import find_connected_components, find_uncovered
from .dual_ascent import Candidates, Reduced, price_alone
from .prime_table import PrimeTable
from .unate_covering import find_slots, list_places

_Rank = tuple[int, int, int, list[tuple[int, int]]]
"""Of a node: the number of candidates, the least price negated, the node, the prices and primes."""

_TERM = 1 << 80
"""Price of a term; a requirement costs less than that, and a value less than a requirement."""


class Reduction:
    """Lexicographic minimum of terms, requirements and values over all covers made of parts of primes."""

    def __init__(
        self,
        table: PrimeTable,
        essential: Needs,
        reduce: Callable[[int, int], Reduced],
        budget: Budget,
    ) -> None:
        """Take the primes, the supercubes of nodes in only one of them, and how to reduce a prime.

        ``reduce(prime, needed)`` returns the cheapest cube between the two, and its price.
        """
        self._primes, self._essential = table.primes, essential
        self._table, self._budget = table, budget
        self._reduce = reduce
        self._reduced: list[dict[int, Reduced]] = [{} for _prime in table.primes]
        self._solved: dict[tuple[int, ...], Needs] = {}
        self._alone: dict[int, Candidates] = {}
        self._candidates: dict[int, tuple[int, ...]] = {}

    def run(self) -> tuple[int, ...]:
        """Return the cheapest cubes; raises BudgetExceeded."""
        nodes: list[int] = []
        while True:
            needs = dict(self._essential)
            for group in self._group_connected(nodes):
                if group not in self._solved:
                    self._solved[group] = self._cover_cheapest(group)
                needs.update(self._solved[group])
            cubes = [self._reduce_to(place, needed)[0] for place, needed in sorted(needs.items())]
            found = self._find_uncovered_nodes(cubes)
            if not found:
                return tuple(cubes)
            nodes = sorted({*nodes, *found})

    def _reduce_to(self, place: int, needed: int) -> Reduced:
        """Return the cheapest cube around the needed nodes inside a prime, and its price."""
        known = self._reduced[place].get(needed)
        if known is None:
            known = self._reduced[place][needed] = self._reduce(self._primes[place], needed)
        return known

    def _find_uncovered_nodes(self, cubes: Sequence[int]) -> set[int]:
        """Return for each prime a node that none of the cubes contains, as a cube of single value classes."""
        found = set()
        whole = set(cubes)
        for prime in self._primes:
            if prime in whole:
                continue
            uncovered = find_uncovered(prime, cubes, self._table.layout, self._budget)
            if uncovered is not None:
                found.add(self._choose_node(uncovered))
        return found

    def _choose_node(self, uncovered: int) -> int:
        """Choose a node in a cube that few primes contain, and remember which primes these are."""
        self._budget.spend(len(self._primes) // 8)
        alive = (1 << len(self._primes)) - 1
        node = 0
        for groups in self._table.labels:
            fewest, best, chosen = -1, 0, 0
            for group, members in groups:
                if group & uncovered:
                    rest = alive & members
                    if fewest < 0 or rest.bit_count() < fewest:
                        fewest, best, chosen = rest.bit_count(), rest, group
            alive = best
            node |= chosen
        self._candidates[node] = tuple(list_places(alive))
        return node

    def _group_connected(self, nodes: Sequence[int]) -> list[tuple[int, ...]]:
        """Group nodes that primes in common connect."""
        marked = ((sum(1 << place for place in self._candidates[node]), node) for node in nodes)
        return [tuple(sorted(members)) for _mask, members in find_connected_components(marked)]

    def _cover_cheapest(self, nodes: Sequence[int]) -> Needs:
        """Return what each prime must contain so that the nodes are covered at the least price.

        Of several cheapest covers the first one in a fixed order: the hardest node first, its cheapest
        candidate first. Each decision is one that a cheapest cover still follows.
        """
        places = {place for node in nodes for place in self._candidates[node]}
        needs = {place: self._essential[place] for place in sorted(places) if place in self._essential}
        if len(nodes) == 1:
            return self._dive(nodes, needs, None)
        chosen = sum([1 << place for place in needs])
        rows = [sum([1 << place for place in self._candidates[node]]) for node in nodes]
        groups = find_slots([row for row in rows if not row & chosen], self._budget)
        labels = len(self._table.labels)
        for node in nodes:
            if node not in self._alone:
                self._alone[node] = price_alone(self._candidates[node], node, self._reduce_to, labels)
        candidates = {node: self._alone[node] for node in nodes}
        search = BranchAndBound(self._reduce_to, candidates, groups, labels, self._budget)
        start = search.start(needs)
        least = search.compute_bound(start)
        first = self._dive(nodes, needs, None)
        price = sum([self._reduce_to(place, needed)[1] for place, needed in first.items()])
        if price == least and len(first) == len(needs) + sum([count for _mask, count in groups]):
            return first
        best = search.find_optimum(start, least)
        return self._dive(nodes, needs, TieBreaker(search, start, best))

    def _dive(self, nodes: Sequence[int], needs: Needs, tie_breaker: TieBreaker | None) -> Needs:
        """Cover the hardest node first, by its cheapest candidate or the first one the tie breaker allows."""
        needs = needs.copy()
        ranks = {node: rank for node in nodes if (rank := self._rank(node, needs))}
        while ranks:
            self._budget.spend(1 + len(ranks) // 8)
            node = min(ranks.values())[2]
            places = [place for _own, place in ranks.pop(node)[3]]
            place = places[0] if tie_breaker is None else tie_breaker.choose(node, places)
            needs[place] = needs.get(place, 0) | node
            self._update_ranks(ranks, place, needs[place])
        return needs

    def _rank(self, node: int, needs: Needs) -> _Rank | None:
        """Return how hard a node is to cover, and its candidates; None where a cube contains it already.

        The hardest node has the fewest candidates, of several such nodes the one with the dearest candidates.
        """
        candidates = []
        for place in self._candidates[node]:
            if place in needs:
                cube, price, _costs = self._reduce_to(place, needs[place])
                if not node & ~cube:
                    return None
                candidates.append((self._reduce_to(place, needs[place] | node)[1] - price, place))
            else:
                candidates.append((_TERM + self._reduce_to(place, node)[1], place))
        candidates.sort()
        return len(candidates), -candidates[0][0], node, candidates

    def _update_ranks(self, ranks: dict[int, _Rank], place: int, needed: int) -> None:
        """Update the ranks of nodes after a prime must contain more; drop those that its cube contains."""
        cube, price, _costs = self._reduce_to(place, needed)
        for node in [node for node in ranks if not node & ~self._primes[place]]:
            if not node & ~cube:
                del ranks[node]
                continue
            count, _least, _node, candidates = ranks[node]
            own = (self._reduce_to(place, needed | node)[1] - price, place)
            candidates = sorted([own if one[1] == place else one for one in candidates])
            ranks[node] = count, -candidates[0][0], node, candidates
