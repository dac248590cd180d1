"""The cheapest boxes, each inside a prime, that cover what all the primes cover.

The nodes that have to be covered are found one at a time, as what the cheapest boxes so far leave out.
Each must lie in one of the boxes, so the search branches on which one; nodes that have no prime in common,
directly or through others, are searched apart. The bound on what is still to be paid is a dual ascent:
whatever covers a node pays at least its own cost for it, and what a prime pays is counted once.
"""

from collections.abc import Callable, Sequence

from .branch_and_bound import Advice, Cheapest, Needs
from .cubes import Steps, hole, linked
from .dual_ascent import Candidates, Shrunk, alone
from .unate_covering import places_of, slots
from .prime_table import Shape

_Rank = tuple[int, int, int, list[tuple[int, int]]]
"""Number of candidates, the least price below zero, the node, the candidates: price and prime."""

_TERM = 1 << 80
"""Price of a term; a requirement costs less than that, and a value less than a requirement."""


class Shrinking:
    """Lexicographic minimum of terms, requirements and values over all covers made of parts of primes."""

    def __init__(
        self,
        shape: Shape,
        private: Needs,
        shrink: Callable[[int, int], Shrunk],
        steps: Steps,
    ) -> None:
        """Take the primes, the span of what only one of them contains, and how to shrink and price a box."""
        self._primes, self._private = shape.primes, private
        self._shape, self._steps = shape, steps
        self._shrink = shrink
        self._shrunk: list[dict[int, Shrunk]] = [{} for _prime in shape.primes]
        self._solved: dict[tuple[int, ...], Needs] = {}
        self._alone: dict[int, Candidates] = {}
        self._candidates: dict[int, tuple[int, ...]] = {}

    def run(self) -> tuple[int, ...]:
        """Return the cheapest boxes; raises OutOfSteps."""
        nodes: list[int] = []
        while True:
            needs = dict(self._private)
            for group in self._linked(nodes):
                if group not in self._solved:
                    self._solved[group] = self._cheapest(group)
                needs.update(self._solved[group])
            boxes = [self._shrunk_to(place, needed)[0] for place, needed in sorted(needs.items())]
            found = self._left_out(boxes)
            if not found:
                return tuple(boxes)
            nodes = sorted({*nodes, *found})

    def _shrunk_to(self, place: int, needed: int) -> Shrunk:
        """Return the cheapest box around the needed nodes inside a prime, and its price."""
        known = self._shrunk[place].get(needed)
        if known is None:
            known = self._shrunk[place][needed] = self._shrink(self._primes[place], needed)
        return known

    def _left_out(self, boxes: Sequence[int]) -> set[int]:
        """Return for each prime a node that none of the boxes contains, as a box of single classes."""
        found = set()
        whole = set(boxes)
        for prime in self._primes:
            if prime in whole:
                continue
            gap = hole(prime, boxes, self._shape.frame, self._steps)
            if gap is not None:
                found.add(self._node(gap))
        return found

    def _node(self, gap: int) -> int:
        """Choose the node in a gap that few primes contain, and note which."""
        self._steps.take(len(self._primes) // 8)
        alive = (1 << len(self._primes)) - 1
        node = 0
        for groups in self._shape.members:
            fewest, best, chosen = -1, 0, 0
            for group, members in groups:
                if group & gap:
                    rest = alive & members
                    if fewest < 0 or rest.bit_count() < fewest:
                        fewest, best, chosen = rest.bit_count(), rest, group
            alive = best
            node |= chosen
        self._candidates[node] = tuple(places_of(alive))
        return node

    def _linked(self, nodes: Sequence[int]) -> list[tuple[int, ...]]:
        """Group nodes that are linked by primes in common."""
        spans = ((sum(1 << place for place in self._candidates[node]), node) for node in nodes)
        return [tuple(sorted(members)) for _span, members in linked(spans)]

    def _cheapest(self, nodes: Sequence[int]) -> Needs:
        """Return what each prime has to contain so that the nodes are covered at the least price.

        Of several cheapest ways the first one in a fixed order: the hardest node first, its cheapest
        candidate first. Each decision is one that a cheapest way still follows.
        """
        places = {place for node in nodes for place in self._candidates[node]}
        needs = {place: self._private[place] for place in sorted(places) if place in self._private}
        if len(nodes) == 1:
            return self._dive(nodes, needs, None)
        chosen = sum([1 << place for place in needs])
        rows = [sum([1 << place for place in self._candidates[node]]) for node in nodes]
        groups = slots([row for row in rows if not row & chosen], self._steps)
        for node in nodes:
            if node not in self._alone:
                self._alone[node] = alone(self._candidates[node], node, self._shrunk_to)
        listed = {node: self._alone[node] for node in nodes}
        search = Cheapest(self._shrunk_to, listed, groups, self._steps)
        start = search.start(needs)
        least = search.bound(start)
        first = self._dive(nodes, needs, None)
        price = sum([self._shrunk_to(place, needed)[1] for place, needed in first.items()])
        if price == least and len(first) == len(needs) + sum([count for _mask, count in groups]):
            return first
        best = search.optimum(start, least)
        return self._dive(nodes, needs, Advice(search, start, best))

    def _dive(self, nodes: Sequence[int], needs: Needs, advice: Advice | None) -> Needs:
        """Cover the hardest node first, by its cheapest candidate or the first that the advice allows."""
        needs = needs.copy()
        ranks = {node: rank for node in nodes if (rank := self._rank(node, needs))}
        while ranks:
            self._steps.take(1 + len(ranks) // 8)
            node = min(ranks.values())[2]
            places = [place for _own, place in ranks.pop(node)[3]]
            place = places[0] if advice is None else advice.first(node, places)
            needs[place] = needs.get(place, 0) | node
            self._rank_anew(ranks, place, needs[place])
        return needs

    def _rank(self, node: int, needs: Needs) -> "_Rank | None":
        """Return how hard a node is to cover and its candidates; None where a box contains it already.

        The hardest node has the fewest candidates, among equals the dearest ones.
        """
        candidates = []
        for place in self._candidates[node]:
            if place in needs:
                box, price, _costs = self._shrunk_to(place, needs[place])
                if not node & ~box:
                    return None
                candidates.append((self._shrunk_to(place, needs[place] | node)[1] - price, place))
            else:
                candidates.append((_TERM + self._shrunk_to(place, node)[1], place))
        candidates.sort()
        return len(candidates), -candidates[0][0], node, candidates

    def _rank_anew(self, ranks: dict[int, _Rank], place: int, needed: int) -> None:
        """Rank nodes anew after a prime has to contain more; drop those that its box contains."""
        box, price, _costs = self._shrunk_to(place, needed)
        for node in [node for node in ranks if not node & ~self._primes[place]]:
            if not node & ~box:
                del ranks[node]
                continue
            count, _least, _node, candidates = ranks[node]
            own = (self._shrunk_to(place, needed | node)[1] - price, place)
            candidates = sorted([own if one[1] == place else one for one in candidates])
            ranks[node] = count, -candidates[0][0], node, candidates
