"""The cheapest boxes, each inside a prime, that cover what all the primes cover.

The nodes that have to be covered are found one at a time, as what the cheapest boxes so far leave out.
Each must lie in one of the boxes, so the search branches on which one; nodes that have no prime in common,
directly or through others, are searched apart. The bound on what is still to be paid is a dual ascent:
whatever covers a node pays at least its own cost for it, and what a prime pays is counted once.
"""

from collections.abc import Callable, Sequence

from .boxes import Frame, Steps, hole, linked

_TERM = 1 << 80
"""Price of a term; a requirement costs less than that, and a value less than a requirement."""

_Needs = dict[int, int]
"""For some primes, the box around the nodes that each has to contain."""


class Shrinking:
    """Lexicographic minimum of terms, requirements and values over all covers made of parts of primes."""

    def __init__(
        self,
        primes: Sequence[int],
        private: _Needs,
        frame: Frame,
        classes: Sequence[Sequence[int]],
        shrink: Callable[[int, int], int],
        cost: Callable[[int], int],
        steps: Steps,
    ) -> None:
        """Take the primes, the span of what only one of them contains, and how to shrink and price a box.

        ``classes`` are for each label the groups of values that no prime tells apart.
        """
        self._primes, self._private = primes, private
        self._frame, self._classes, self._steps = frame, classes, steps
        self._shrink_box, self._box_cost = shrink, cost
        self._shrunk: dict[tuple[int, int], tuple[int, int]] = {}
        self._solved: dict[tuple[int, ...], _Needs] = {}
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

    def _shrunk_to(self, place: int, needed: int) -> tuple[int, int]:
        """Return the cheapest box around the needed nodes inside a prime, and its price."""
        known = self._shrunk.get((place, needed))
        if known is None:
            box = self._shrink_box(self._primes[place], needed)
            known = self._shrunk[place, needed] = (box, _TERM + self._box_cost(box))
        return known

    def _left_out(self, boxes: Sequence[int]) -> set[int]:
        """Return for each prime a node that none of the boxes contains, as a box of single classes."""
        found = set()
        for prime in self._primes:
            gap = hole(prime, boxes, self._frame, self._steps)
            if gap is not None:
                found.add(self._node(gap))
        return found

    def _node(self, gap: int) -> int:
        """Choose the node in a gap that few primes contain, and note which."""
        self._steps.take(len(self._primes) // 8)
        alive: Sequence[int] = range(len(self._primes))
        node = 0
        for field, groups in zip(self._frame.fields, self._classes, strict=True):
            best: Sequence[int] | None = None
            chosen = 0
            for group in groups:
                if group & gap & field:
                    rest = [place for place in alive if self._primes[place] & group]
                    if best is None or len(rest) < len(best):
                        best, chosen = rest, group
            alive = best or ()
            node |= chosen
        self._candidates[node] = tuple(alive)
        return node

    def _linked(self, nodes: Sequence[int]) -> list[tuple[int, ...]]:
        """Group nodes that are linked by primes in common."""
        spans = ((sum(1 << place for place in self._candidates[node]), node) for node in nodes)
        return [tuple(sorted(members)) for _span, members in linked(spans)]

    def _cheapest(self, nodes: Sequence[int]) -> _Needs:
        """Return what each prime has to contain so that the nodes are covered at the least price."""
        places = {place for node in nodes for place in self._candidates[node]}
        start = {place: self._private[place] for place in sorted(places) if place in self._private}
        base = sum(self._shrunk_to(place, needed)[1] for place, needed in start.items())
        best: _Needs = {}
        best_price = -1

        def search(needs: _Needs, price: int, tried: tuple[tuple[int, int], ...]) -> None:
            nonlocal best, best_price
            boxes = {place: self._shrunk_to(place, needed) for place, needed in needs.items()}
            for place, node in tried:
                if place in boxes and not node & ~boxes[place][0]:
                    return
            open_nodes = self._open(nodes, needs, boxes)
            if not open_nodes:
                best, best_price = needs, price
                return
            paid: dict[int, int] = {}
            bound = price
            for _count, candidates, _node in open_nodes:
                least = min(own - paid.get(place, 0) for own, place in candidates)
                if least > 0:
                    bound += least
                    if 0 <= best_price <= bound:
                        return
                    for _own, place in candidates:
                        paid[place] = paid.get(place, 0) + least
            _count, candidates, node = open_nodes[0]
            for own, place in candidates:
                if 0 <= best_price <= price + own:
                    break
                search({**needs, place: needs.get(place, 0) | node}, price + own, tried)
                tried = (*tried, (place, node))

        search(start, base, ())
        return best

    def _open(
        self, nodes: Sequence[int], needs: _Needs, boxes: dict[int, tuple[int, int]]
    ) -> list[tuple[int, list[tuple[int, int]], int]]:
        """List the nodes outside the boxes, hardest first: number of candidates, (price, prime), node."""
        listed = []
        self._steps.take(2 + len(nodes))
        for node in nodes:
            candidates = []
            for place in self._candidates[node]:
                if place in needs:
                    box, own = boxes[place]
                    if not node & ~box:
                        break
                    candidates.append((self._shrunk_to(place, needs[place] | node)[1] - own, place))
                else:
                    candidates.append((self._shrunk_to(place, node)[1], place))
            else:
                candidates.sort()
                listed.append((len(candidates), candidates, node))
        listed.sort(key=lambda entry: (entry[0], -entry[1][0][0], entry[2]))
        return listed
