"""The smallest terms for labels that selectors link with each other.

Selectors that share no label are independent: their complements are solved apart and multiplied.
"""

from collections.abc import Sequence

from ..node_selector import Term, length_of
from ..requirement import Requirement
from .cubes import Frame, OutOfSteps, Steps, maximal_outside
from .dual_ascent import REQUIREMENT, Shrunk
from .expansion import Growth
from .heuristic_cover import small_cover
from .label_domain import LabelSpace, node_name
from .minimum_cover import Cover, smallest_cover
from .prime_table import Shape

SIZE_LIMIT = 1024 * 1024
"""Largest affinity in bytes of JSON: etcd takes requests of 1.5 MiB; the rest of the object needs room."""

_MOST_GROWN = SIZE_LIMIT * 3 // 2
"""Bytes of enough primes as they are grown, of which local search leaves six to nine tenths."""

_Known = tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]
"""For what is needed of a label, what of it need not be stated and its price, without and with values."""


class LinkedLabels:
    """The labels and forbidden boxes of one component, which shares no label with the others."""

    def __init__(
        self, spaces: Sequence[LabelSpace], offsets: Sequence[int], forbidden: Sequence[int]
    ) -> None:
        """Take the labels, where their fields begin, and the boxes that must stay out."""
        self.spaces, self.offsets = list(spaces), list(offsets)
        self.fields = [space.full << offset for space, offset in zip(spaces, offsets, strict=True)]
        self._labels = list(zip(self.spaces, self.offsets, self.fields, strict=True))
        self.frame = Frame(self.fields)
        self.full = self.frame.full
        self.forbidden = [box & self.full for box in forbidden]
        self.has_ranges = any(space.ranges for space in spaces)
        """Whether integers of some label are compared, so that a complement may be inexpressible."""
        self.primes: list[int] = []
        self.oversize = False
        """Whether the primes were too many to go on: they are not all, and no answer can be made of them."""
        self.size = 0
        """Bytes of the terms that were too many, about."""
        self._complete = True
        self._restricted: dict[int, list[tuple[LabelSpace, int, int, int, _Known]]] = {}
        """The labels that primes restrict, with what they leave of each."""
        self._shrunk: dict[int, _Known] = {}
        """By what a prime leaves of a label, how that shrinks."""

    def node_in(self, box: int) -> dict[str, str]:
        """Return the labels of a node in a box; prefers non-integers where integers are compared."""
        labels = {}
        for space, offset, field in self._labels:
            atoms = (box & field) >> offset
            if space.ranges and atoms & space.other:
                atoms = space.other
            value = space.sample(atoms)
            if value is not None and not space.is_field:
                labels[space.key] = value
        return labels

    def name_in(self, box: int) -> str:
        """Return the name of a node in a box; empty where any will do."""
        return node_name(self.spaces, self.offsets, box)

    def find_primes(self, budget: int) -> None:
        """Find all maximal boxes outside the forbidden ones; out of budget, enough of them to cover."""

        def pieces(place: int, outside: int) -> list[int]:
            offset = self.offsets[place]
            return [piece << offset for piece in self.spaces[place].pieces(outside >> offset)]

        try:
            order = self._overlapping_first()
            primes = maximal_outside(self.frame, order, pieces, Steps(4 * budget))
        except OutOfSteps:
            self._complete = False
            growth = Growth(self._labels, self.frame, self.forbidden)
            primes = growth.enough(lambda box: 26 + length_of(self.term(box)), _MOST_GROWN)
            self.size, self.oversize = growth.size, growth.oversize
            if not self.oversize:
                primes = growth.neighbours(primes)
        self.primes = self._ordered(primes) if len(primes) > 1 else primes

    def cover(self, budget: int) -> Cover:
        """Return the smallest cover of this component that the budget allows to find."""
        if self._complete and len(self.forbidden) == 1 and not self.has_ranges:
            # Each prime excludes the box by values of its own of one label, and states nothing else.
            return Cover(tuple(self.primes), 3, True)
        shape = Shape(self.frame, self.primes, self._shrink)
        if not self._complete:
            return Cover(small_cover(shape), 0, False)
        return smallest_cover(shape, budget)

    def term(self, box: int) -> Term:
        """Say in requirements on labels and on fields what box of nodes a term admits."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for space, offset, field in self._labels:
            inside = box & field
            if inside != field:
                (fields if space.is_field else labels).extend(space.statement(inside >> offset))
        return tuple(labels), tuple(fields)

    def _ordered(self, boxes: Sequence[int]) -> list[int]:
        """Order boxes by the number of requirements, then of values, then by the requirements."""
        alike: dict[tuple[int, int], list[int]] = {}
        for box in boxes:
            requirements = values = 0
            for space, offset, field in self._labels:
                inside = box & field
                if inside != field:
                    more, listed = space.price(inside >> offset)
                    requirements += more
                    values += listed
            alike.setdefault((requirements, values), []).append(box)
        ordered = []
        for price in sorted(alike):
            group = alike[price]
            if len(group) > 1:
                group.sort(key=self.term)
            ordered += group
        return ordered

    def _shrink(self, prime: int, needed: int, *, count_values: bool) -> Shrunk:
        """Return the cheapest statable box between the two, its price, and that of each restricted label."""
        restricted = self._restricted.get(prime)
        if restricted is None:
            restricted = self._restricted[prime] = [
                (space, offset, field, own, self._shrunk.setdefault(own, ({}, {})))
                for space, offset, field in self._labels
                if (own := prime & field) != field
            ]
        box = prime
        costs = []
        for space, offset, field, own, known in restricted:
            inside = needed & field
            part = known[count_values].get(inside)
            if part is None:
                atoms = space.smaller(own >> offset, inside >> offset, count_values=count_values)
                requirements, values = space.price(atoms)
                price = requirements * REQUIREMENT + (values if count_values else 0)
                part = known[count_values][inside] = (own & ~(atoms << offset), price)
            box ^= part[0]
            costs.append(part[1])
        return box, sum(costs), tuple(costs)

    def _overlapping_first(self) -> list[int]:
        """Order the forbidden boxes so that each restricts labels that those before it do, if any does.

        Primes that a later box would cut up are then never made: it halves the work on long lists.
        """
        if len(self.forbidden) < 8:
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
