"""The smallest terms for labels that selectors link with each other.

Selectors that share no label are independent: their complements are solved apart and multiplied.
"""

from collections.abc import Sequence

from .affinity import Term
from .boxes import Frame, OutOfSteps, Steps, hole, maximal_outside
from .cheapest import REQUIREMENT, Shrunk
from .cover import Cover, Shape, classes_of, irredundant, smallest_cover
from .requirement import Requirement
from .space import LabelSpace

SIZE_LIMIT = 1024 * 1024
"""Largest affinity in bytes of JSON: etcd takes requests of 1.5 MiB; the rest of the object needs room."""


class LinkedLabels:
    """The labels and forbidden boxes of one component, which shares no label with the others."""

    def __init__(
        self, spaces: Sequence[LabelSpace], offsets: Sequence[int], forbidden: Sequence[int]
    ) -> None:
        """Take the labels, where their fields begin, and the boxes that must stay out."""
        self.spaces, self.offsets = list(spaces), list(offsets)
        self.fields = [space.full << offset for space, offset in zip(spaces, offsets, strict=True)]
        self.frame = Frame(self.fields)
        self.full = self.frame.full
        self.forbidden = [box & self.full for box in forbidden]
        self.primes: list[int] = []
        self.oversize = False
        """Whether the primes were too many to go on: they are not all, and no answer can be made of them."""
        self._complete = True

    @property
    def has_ranges(self) -> bool:
        """Whether integers of some label are compared, so that a complement may be inexpressible."""
        return any(space.ranges for space in self.spaces)

    def node_in(self, box: int) -> dict[str, str]:
        """Return the labels of a node in a box; prefers non-integers where integers are compared."""
        labels = {}
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            atoms = (box & field) >> offset
            if space.ranges and atoms & space.other:
                atoms = space.other
            value = space.sample(atoms)
            if value is not None:
                labels[space.key] = value
        return labels

    def find_primes(self, budget: int) -> None:
        """Find all maximal boxes outside the forbidden ones; out of budget, enough of them to cover."""

        def pieces(place: int, outside: int) -> list[int]:
            offset = self.offsets[place]
            return [piece << offset for piece in self.spaces[place].pieces(outside >> offset)]

        try:
            order = self._overlapping_first()
            primes = maximal_outside(self.frame, order, pieces, Steps(budget))
        except OutOfSteps:
            self._complete = False
            primes = self._enough_primes()
        if len(primes) > 1:
            primes.sort(key=lambda prime: (self._cost(prime), self.texts(prime)))
        self.primes = primes

    def cover(self, budget: int) -> Cover:
        """Return the smallest cover of this component that the budget allows to find."""
        shape = Shape(self.frame, classes_of(self.frame, self.primes), self._shrink)
        if self._complete:
            return smallest_cover(self.primes, shape, budget)
        return Cover(irredundant(self.primes, shape), 0, False)

    def term(self, box: int) -> Term:
        """Write a box as the requirements of a node selector term."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            for operator, values in space.render((box & field) >> offset):
                (fields if space.is_field else labels).append(Requirement(space.key, operator, values))
        return tuple(labels), tuple(fields)

    def texts(self, box: int) -> list[str]:
        """Write the requirements of a box as texts about as long as their JSON."""
        labels, fields = self.term(box)
        return [
            f'{{"key":"{r.key}","operator":"{r.operator}","values":["{"-,-".join(r.values)}"]}}'
            for r in (*labels, *fields)
        ]

    def _cost(self, box: int) -> tuple[int, int]:
        requirements = values = 0
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            cost = space.cost((box & field) >> offset)
            requirements += cost[0]
            values += cost[1]
        return requirements, values

    def _shrink(self, prime: int, needed: int, *, count_values: bool) -> Shrunk:
        """Return the cheapest statable box between the two, its price, and the price of each label in it."""
        box = 0
        costs = []
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            piece, inside = (prime & field) >> offset, (needed & field) >> offset
            if piece != inside:
                piece = space.smaller(piece, inside, count_values=count_values)
            box |= piece << offset
            requirements, values = space.cost(piece)
            costs.append(requirements * REQUIREMENT + (values if count_values else 0))
        return box, sum(costs), tuple(costs)

    def _overlapping_first(self) -> list[int]:
        """Order the forbidden boxes so that each restricts labels that those before it do, if any does.

        Primes that a later box would cut up are then never made: it halves the work on long lists.
        """
        if len(self.forbidden) < 3:
            return sorted(self.forbidden)
        spans = {}
        for box in sorted(self.forbidden):
            missing = self.full & ~box
            spans[box] = [place for place, field in enumerate(self.fields) if missing & field]
        users = [0] * len(self.fields)
        for span in spans.values():
            for place in span:
                users[place] += 1
        seen: set[int] = set()
        order = []
        while spans:
            box = max(
                spans,
                key=lambda box: (sum(p in seen for p in spans[box]), sum(users[p] for p in spans[box]), -box),
            )
            seen.update(spans.pop(box))
            order.append(box)
        return order

    def _enough_primes(self) -> list[int]:
        """Cover the complement by primes, each grown around nodes that are not covered yet.

        Walks the complement part by part (disjoint sharp), and stops when the answer is too large anyway.
        """
        found: list[int] = []
        size = 0
        unlimited = Steps(10**12)
        stack = [(self.full, self.forbidden)]
        while stack:
            part, near = stack.pop()
            if near:
                first, *rest = near
                missing, inside = part & ~first, part
                for field in self.fields:
                    outside = missing & field
                    if outside:
                        side = (inside & ~field) | outside
                        stack.append((side, self.frame.touching(side, rest)))
                        inside &= ~outside
                continue
            while (gap := hole(part, found, self.frame, unlimited)) is not None:
                grown = self._grow(gap)
                if grown is None:  # an inexpressible rest, which the caller names
                    break
                found.append(grown)
                size += 26 + sum(len(text) for text in self.texts(grown))
                if size > SIZE_LIMIT:
                    self.oversize = True
                    return found
        return found

    def _grow(self, box: int) -> int | None:
        """Return a maximal box that has nodes of ``box``; None when one term cannot state any of them."""
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            atoms = (box & field) >> offset
            # A term that holds one unnamed non-integer holds all unnamed values.
            if space.ranges and atoms & space.other:
                atoms = atoms & ~space.other or space.unnamed
                box = (box & ~field) | (atoms << offset)
        if self.frame.touching(box, self.forbidden):
            return None
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            blocked = 0
            for forbidden in self.frame.touching(box | field, self.forbidden):
                blocked |= forbidden & field
            inside = (box & field) >> offset
            pieces = space.pieces((field & ~blocked) >> offset)
            best = max(pieces, key=lambda piece: ((piece & inside).bit_count(), piece.bit_count()))
            box = (box & ~field) | (best << offset)
        return box
