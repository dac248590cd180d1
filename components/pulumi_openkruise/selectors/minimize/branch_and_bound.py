"""The cheapest way to cover given nodes by parts of primes: branch and bound with reduced costs.

Each node is covered by one of its candidates, primes that contain it; what a prime has to contain decides
what it costs. Two facts keep the search small. How many primes of which slot every answer with the fewest
terms takes is known beforehand (``hitting.slots``), so only requirements and values are left to be compared.
And a dual ascent bounds what is still to be paid (dual.py): a candidate with which the bound exceeds what is
allowed is dropped for good (reduced cost fixing; Beasley 1987, "An algorithm for set covering problem").
"""

from collections.abc import Callable, Mapping, Sequence

from .cubes import Steps
from .dual_ascent import LABELS, REQUIREMENT, Candidates, Shrunk, affordable, ascent

Needs = dict[int, int]
"""For some primes, the box around the nodes that each has to contain."""


class State:
    """What is decided so far, and what is left to decide."""

    def __init__(self, needs: Needs, price: int, listed: dict[int, Candidates], room: list[int]) -> None:
        self.needs, self.price = needs, price
        """What primes have to contain, and what that costs."""
        self.listed = listed
        """The candidates that each node has left which no box contains."""
        self.room = room
        """How many primes may still be taken of each slot."""

    def copy(self) -> "State":
        """Return a state that can be decided further without changing this one."""
        return State(self.needs.copy(), self.price, self.listed.copy(), self.room.copy())


class Cheapest:
    """Search for the cheapest ways to cover the nodes of one problem."""

    def __init__(
        self,
        shrunk: Callable[[int, int], Shrunk],
        candidates: Mapping[int, Candidates],
        slots: Sequence[tuple[int, int]],
        steps: Steps,
    ) -> None:
        """Take ``shrunk(place, needed)``, the box that a prime shrinks to and its price, nodes, and slots.

        ``candidates`` are for each node the primes that contain it (``alone``). Of each slot, a mask of
        primes, no more than its count may be taken in addition to those with needs from the start.
        """
        self._shrunk, self._slots, self._steps = shrunk, slots, steps
        self._mask = {node: sum([1 << one[1] for one in own]) for node, own in candidates.items()}
        self._candidates = candidates
        self._slot_of = {
            place: number
            for number, (mask, _count) in enumerate(slots)
            for place in range(mask.bit_length())
            if mask >> place & 1
        }

    def start(self, needs: Needs) -> State:
        """Return the state in which nothing is decided but what some primes have to contain anyway."""
        price = sum([self._shrunk(place, needed)[1] for place, needed in needs.items()])
        room = [count for _mask, count in self._slots]
        state = State(needs.copy(), price, dict(self._candidates), room)
        self._refresh(state, ~0)
        return state

    def bound(self, state: State) -> int:
        """Return what every way to go on costs at least."""
        return ascent(state.listed, state.price)[0]

    def optimum(self, state: State, least: int) -> State:
        """Return a cheapest way to cover all nodes, which costs ``least`` or more.

        What may be paid is raised from there on, ever faster, until there is an answer: where little may be
        paid, few candidates are left.
        """
        allowed = least
        step = 1
        while True:
            found = self.within(state, allowed, least)
            if found is not None:
                return found
            least, allowed = allowed + 1, allowed + step
            step = step * 2 if step < 32 else max(step * 2, REQUIREMENT)

    def within(self, state: State, allowed: int, least: int) -> State | None:
        """Return the cheapest way to go on at no more than the price allowed; None where there is none.

        Any way that costs no more than ``least`` will do.
        """
        found: State | None = None
        rest = self.reduced(state, allowed)
        while rest is not None:
            listed = rest.listed
            if not listed:
                return rest
            node = min(listed, key=lambda node: (len(listed[node]), node))
            place = listed[node][0][1]
            inside = self.covering(rest, node, place)
            better = None if inside is None else self.within(inside, allowed, least)
            if better is not None:
                found = better
                if better.price <= least:
                    break
                allowed = better.price - 1
            rest = rest.copy()
            rest.listed[node] = listed[node][1:]
            rest = self.reduced(rest, allowed)
        return found

    def holds(self, state: State, node: int, place: int) -> bool:
        """Tell whether the box of a prime contains a node."""
        return place in state.needs and not node & ~self._shrunk(place, state.needs[place])[0]

    def covering(self, state: State, node: int, place: int) -> State | None:
        """Return the state in which a prime has to contain a node, too; None where that cannot be."""
        state = state.copy()
        state.listed.pop(node, None)
        dirty = self._cover(state, node, place)
        return state if dirty and self._refresh(state, dirty) else None

    def reduced(self, state: State, allowed: int) -> State | None:
        """Decide what all ways to go on at no more than the price allowed have in common; None without any.

        A candidate is dropped only where no such way takes it, so none is lost.
        """
        state = state.copy()
        listed = state.listed
        while True:
            self._steps.take(2 + 4 * len(listed))
            if state.price > allowed:
                return None
            bound, paid = ascent(listed, state.price)
            spare = allowed - bound
            if spare < 0:
                return None
            dropped = False
            forced = []
            for node, own in listed.items():
                left = affordable(own, paid, spare)
                if len(left) < len(own):
                    if not left:
                        return None
                    listed[node] = left
                    dropped = True
                if len(left) == 1:
                    forced.append(node)
            dirty = 0
            for node in forced:
                changed = self._cover(state, node, listed.pop(node)[0][1])
                if not changed:
                    return None
                dirty |= changed
            if not dirty and not dropped:
                return state
            if not self._refresh(state, dirty):
                return None

    def _cover(self, state: State, node: int, place: int) -> int:
        """Let a prime contain a node; return the primes whose price or room that changes, 0 if it cannot."""
        needs, dirty = state.needs, 1 << place
        if place in needs:
            state.price -= self._shrunk(place, needs[place])[1]
            needs[place] |= node
        else:
            slot = self._slot_of.get(place)
            if slot is None or not state.room[slot]:
                return 0
            needs[place] = node
            state.room[slot] -= 1
            if not state.room[slot]:
                dirty |= self._slots[slot][0]
        state.price += self._shrunk(place, needs[place])[1]
        return dirty

    def _refresh(self, state: State, dirty: int) -> bool:
        """Price the candidates anew that some primes are; tell whether every node has one left."""
        needs, room, listed = state.needs, state.room, state.listed
        shrunk, slot_of, mask = self._shrunk, self._slot_of, self._mask
        for node in [node for node in listed if mask[node] & dirty]:
            candidates: Candidates = []
            for one in listed[node]:
                place = one[1]
                if place in needs:
                    box, price, costs = shrunk(place, needs[place])
                    if not node & ~box:
                        del listed[node]
                        break
                    _box, dearer, more = shrunk(place, needs[place] | node)
                    parts = [
                        (place << LABELS | at, own - costs[at])
                        for at, own in enumerate(more)
                        if own != costs[at]
                    ]
                    candidates.append((dearer - price, place, parts))
                elif place in slot_of and room[slot_of[place]]:
                    candidates.append(one)
            else:
                if not candidates:
                    return False
                candidates.sort()
                listed[node] = candidates
        return True


class Advice:
    """Which decisions, one after the other, a cheapest way can still follow."""

    def __init__(self, search: Cheapest, start: State, best: State) -> None:
        """Take where the decisions begin, and a cheapest way to go on from there."""
        self._search, self._best = search, best
        self._state = search.reduced(start, best.price)
        self._decided: list[tuple[int, int]] = []

    def first(self, node: int, places: Sequence[int]) -> int:
        """Decide for the first of these primes that a cheapest way covers the node by."""
        place = next(place for place in places if self._allows(node, place))
        self._decided.append((node, place))
        return place

    def _allows(self, node: int, place: int) -> bool:
        if self._search.holds(self._best, node, place):
            return True
        state = self._state
        while self._decided and state is not None:
            state = self._search.covering(state, *self._decided.pop(0))
        self._state = state
        if state is None or all(place != one[1] for one in state.listed.get(node, ((0, place),))):
            return False
        inside = self._search.covering(state, node, place)
        other = inside and self._search.within(inside, self._best.price, self._best.price)
        self._best = other or self._best
        return other is not None
