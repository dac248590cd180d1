"""The cheapest way to cover given nodes by parts of primes: branch and bound with reduced costs.

Each node is covered by one of its candidates, the primes that contain it; the nodes that a prime must contain
decide its price. Two facts keep the search small. It is known in advance how many primes of each slot every
minimum cover takes (``unate_covering.find_slots``), so only requirements and values are left to compare.
And a dual ascent bounds from below what the rest costs: a candidate that raises the bound above the allowed
price is dropped for good (reduced cost fixing; Beasley 1987, "An algorithm for set covering problem").
"""

from collections.abc import Callable, Mapping, Sequence

from .budget import Budget
from .dual_ascent import REQUIREMENT, Candidates, DualAscent, Reduced

_COMPARED = 6
"""How many candidates a step looks at. Steps are counted by nodes, of which some have many candidates."""

Needs = dict[int, int]
"""For some primes, the cube around the nodes that each must contain."""


class SearchNode:
    """A node of the search tree: what is decided so far, and what is left to decide."""

    def __init__(self, needs: Needs, price: int, candidates: dict[int, Candidates], room: list[int]) -> None:
        self.needs, self.price = needs, price
        """The nodes that primes must contain, and the price of that."""
        self.candidates = candidates
        """The remaining candidates of each cluster node (no search node) that no cube contains yet."""
        self.room = room
        """How many more primes of each slot may be taken."""

    def copy(self) -> "SearchNode":
        """Return a copy that can be decided further without changing this one."""
        return SearchNode(self.needs.copy(), self.price, self.candidates.copy(), self.room.copy())


class BranchAndBound:
    """Search for the cheapest way to cover the nodes of one problem."""

    def __init__(
        self,
        reduce: Callable[[int, int], Reduced],
        candidates: Mapping[int, Candidates],
        slots: Sequence[tuple[int, int]],
        labels: int,
        budget: Budget,
    ) -> None:
        """Take how to reduce a prime, the candidates of each node, the slots and the budget.

        ``reduce(place, needed)`` returns the cheapest cube around ``needed`` inside a prime, and its price
        for each label, of which there are at most so many. ``candidates`` are for each node the primes that
        contain it, with the price of each for this node alone (``price_alone``). A slot is a mask of primes
        and a count: no more of them may be taken in addition to the primes that have needs from the start.
        """
        self._reduce, self._slots, self._budget = reduce, slots, budget
        self._mask = {node: sum([1 << one[1] for one in own]) for node, own in candidates.items()}
        self._candidates = candidates
        self._labels = labels
        primes = 1 + max([one[1] for own in candidates.values() for one in own], default=-1)
        self._ascent = DualAscent(primes * labels)
        self._slot_of = {
            place: number
            for number, (mask, _count) in enumerate(slots)
            for place in range(mask.bit_length())
            if mask >> place & 1
        }

    def start(self, needs: Needs) -> SearchNode:
        """Return the root of the search, where only ``needs`` are decided: nodes that primes must contain."""
        price = sum([self._reduce(place, needed)[1] for place, needed in needs.items()])
        room = [count for _mask, count in self._slots]
        root = SearchNode(needs.copy(), price, dict(self._candidates), room)
        self._refresh(root, ~0)
        return root

    def compute_bound(self, branch: SearchNode) -> int:
        """Return a lower bound on the price of every cover below a search node."""
        return self._ascent.compute_bound(branch.candidates, branch.price)

    def find_optimum(self, branch: SearchNode, least: int) -> SearchNode:
        """Return a cheapest cover below a search node, given that none costs less than ``least``.

        The allowed price starts there and is raised, ever faster, until there is an answer: a low price
        leaves few candidates. Raises BudgetExceeded.
        """
        allowed = least
        step = 1
        while True:
            found = self.find_within(branch, allowed, least)
            if found is not None:
                return found
            least, allowed = allowed + 1, allowed + step
            step = step * 2 if step < 32 else max(step * 2, REQUIREMENT)

    def find_within(self, branch: SearchNode, allowed: int, least: int) -> SearchNode | None:
        """Return the cheapest cover below a search node at no more than the allowed price; None without any.

        The first cover at ``least`` or less ends the search. Raises BudgetExceeded.
        """
        found: SearchNode | None = None
        rest = self.propagate(branch, allowed)
        while rest is not None:
            candidates = rest.candidates
            if not candidates:
                return rest
            node = min(candidates, key=lambda node: (len(candidates[node]), node))
            place = candidates[node][0][1]
            inside = self.try_cover(rest, node, place)
            better = None if inside is None else self.find_within(inside, allowed, least)
            if better is not None:
                found = better
                if better.price <= least:
                    break
                allowed = better.price - 1
            rest = rest.copy()
            rest.candidates[node] = candidates[node][1:]
            rest = self.propagate(rest, allowed)
        return found

    def contains(self, branch: SearchNode, node: int, place: int) -> bool:
        """Check whether the cube of a prime contains a node."""
        return place in branch.needs and not node & ~self._reduce(place, branch.needs[place])[0]

    def try_cover(self, branch: SearchNode, node: int, place: int) -> SearchNode | None:
        """Return the search node in which a prime must also contain a node; None if that is impossible."""
        branch = branch.copy()
        branch.candidates.pop(node, None)
        dirty = self._cover_in_place(branch, node, place)
        return branch if dirty and self._refresh(branch, dirty) else None

    def propagate(self, branch: SearchNode, allowed: int) -> SearchNode | None:
        """Decide what all covers at no more than the allowed price have in common; None if there is none.

        A candidate is dropped only where no such cover takes it, so none is lost. Raises BudgetExceeded.
        """
        branch = branch.copy()
        candidates = branch.candidates
        while True:
            steps = 2 + 4 * len(candidates)
            self._budget.spend(steps)
            self._budget.excess += max(0, sum(map(len, candidates.values())) // _COMPARED - steps)
            if branch.price > allowed:
                return None
            spare = allowed - self._ascent.compute_bound(candidates, branch.price, allowed)
            if spare < 0:
                return None
            dropped = False
            forced = []
            for node, own in candidates.items():
                left = self._ascent.keep_affordable(own, spare)
                if len(left) < len(own):
                    if not left:
                        return None
                    candidates[node] = left
                    dropped = True
                if len(left) == 1:
                    forced.append(node)
            dirty = 0
            for node in forced:
                changed = self._cover_in_place(branch, node, candidates.pop(node)[0][1])
                if not changed:
                    return None
                dirty |= changed
            if not dirty and not dropped:
                return branch
            if not self._refresh(branch, dirty):
                return None

    def _cover_in_place(self, branch: SearchNode, node: int, place: int) -> int:
        """Make a prime contain a node; return the primes whose price or room changes, 0 if it cannot."""
        needs, dirty = branch.needs, 1 << place
        if place in needs:
            branch.price -= self._reduce(place, needs[place])[1]
            needs[place] |= node
        else:
            slot = self._slot_of.get(place)
            if slot is None or not branch.room[slot]:
                return 0
            needs[place] = node
            branch.room[slot] -= 1
            if not branch.room[slot]:
                dirty |= self._slots[slot][0]
        branch.price += self._reduce(place, needs[place])[1]
        return dirty

    def _refresh(self, branch: SearchNode, dirty: int) -> bool:
        """Price the dirty candidates again; return whether every node still has a candidate."""
        needs, room, candidates = branch.needs, branch.room, branch.candidates
        reduce, slot_of, mask, labels = self._reduce, self._slot_of, self._mask, self._labels
        for node in [node for node in candidates if mask[node] & dirty]:
            updated: Candidates = []
            for one in candidates[node]:
                place = one[1]
                if place in needs:
                    cube, price, costs = reduce(place, needs[place])
                    if not node & ~cube:
                        del candidates[node]
                        break
                    _cube, dearer, more = reduce(place, needs[place] | node)
                    parts = [
                        (place * labels + at, own - costs[at])
                        for at, own in enumerate(more)
                        if own != costs[at]
                    ]
                    updated.append((dearer - price, place, parts))
                elif place in slot_of and room[slot_of[place]]:
                    updated.append(one)
            else:
                if not updated:
                    return False
                updated.sort()
                candidates[node] = updated
        return True


class TieBreaker:
    """Answers which decisions, one after the other, a cheapest cover can still follow."""

    def __init__(self, search: BranchAndBound, start: SearchNode, best: SearchNode) -> None:
        """Take the search node where the decisions begin, and a cheapest cover below it."""
        self._search, self._best = search, best
        self._branch = search.propagate(start, best.price)
        self._decided: list[tuple[int, int]] = []

    def choose(self, node: int, places: Sequence[int]) -> int:
        """Decide for the first of these primes by which a cheapest cover covers the node, and return it."""
        place = next(place for place in places if self._allows(node, place))
        self._decided.append((node, place))
        return place

    def _allows(self, node: int, place: int) -> bool:
        if self._search.contains(self._best, node, place):
            return True
        branch = self._branch
        while self._decided and branch is not None:
            branch = self._search.try_cover(branch, *self._decided.pop(0))
        self._branch = branch
        if branch is None or all(place != one[1] for one in branch.candidates.get(node, ((0, place),))):
            return False
        inside = self._search.try_cover(branch, node, place)
        other = inside and self._search.find_within(inside, self._best.price, self._best.price)
        self._best = other or self._best
        return other is not None
