"""The smallest terms for one connected component of labels.

Selectors connect the labels that they restrict. Components share no label, so their complements are solved
apart and multiplied.
"""

from collections.abc import Sequence

from ..node_selector import Term, estimate_length
from ..requirement import Requirement
from .budget import Budget, BudgetExceeded
from .cube_layout import CubeLayout
from .cubes import find_prime_implicants
from .dual_ascent import REQUIREMENT, Reduced
from .expansion import Expansion
from .heuristic_cover import find_small_cover, reduce_cubes
from .label_domain import LabelDomain, sample_name
from .minimum_cover import Cover, find_minimum_cover
from .prime_table import PrimeTable

SIZE_LIMIT = 1024 * 1024
"""Largest affinity in bytes of JSON: etcd takes requests of 1.5 MiB; the rest of the object needs room."""

_MOST_EXPANDED = SIZE_LIMIT * 3 // 2
"""Bytes of all expanded primes together, of which local search leaves six to nine tenths."""

PRIMES = 4
"""How many times the steps all primes may take."""

_EXPANSION = 100_000
"""Steps that are kept for enough primes; mostly a fifth of them are."""

_SHARE = 3
"""Which part of the effort that is left may find more primes; the rest chooses between them."""

MOST_CONNECTED = 256
"""How many connected selectors have an answer even where their primes are too many to list."""

_MOST_SEARCHED, _MOST_BITS = 64, 128
"""Of more selectors over more atoms the expanded primes are the answer: a smaller cover takes minutes."""

_Known = tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]
"""By the needed values of a label: what its literal can leave out, and its price (without, with values)."""


class Subproblem:
    """The labels and forbidden cubes of one component, which shares no label with the others."""

    def __init__(
        self, domains: Sequence[LabelDomain], offsets: Sequence[int], forbidden: Sequence[int]
    ) -> None:
        """Take the labels, where their fields begin, and the cubes that must stay out."""
        self.domains, self.offsets = list(domains), list(offsets)
        self.fields = [domain.full << offset for domain, offset in zip(domains, offsets, strict=True)]
        self._labels = list(zip(self.domains, self.offsets, self.fields, strict=True))
        self.layout = CubeLayout(self.fields)
        self.full = self.layout.full
        self.forbidden = list(forbidden)
        self.has_ranges = any(domain.ranges for domain in domains)
        """Whether integers of some label are compared, so that a complement may be inexpressible."""
        self.primes: list[int] = []
        self.exceeds_limit = False
        """Whether the expanded primes exceeded the size limit: they do not cover everything then."""
        self.exceeds_steps = False
        """Whether the effort did not suffice for primes that cover everything."""
        self.too_many = False
        """Whether there are too many forbidden cubes to look for primes any longer: there are none then."""
        self.size = 0
        """Bytes of the terms of the expanded primes, about."""
        self.is_complete = True
        """Whether all primes are known."""
        self._enough: list[int] = []
        """Primes that cover everything, where not all primes are known."""
        self._restricted: dict[int, list[tuple[LabelDomain, int, int, int, _Known]]] = {}
        """For each prime the labels that it restricts, each with the literal of the prime."""
        self._cover: Cover | None = None
        self._reduced: dict[int, _Known] = {}
        """By the literal of a prime on a label, what it reduces to."""

    def sample_node(self, cube: int) -> dict[str, str]:
        """Return the labels of one node in a cube; prefers non-integers where integers are compared."""
        labels = {}
        for domain, offset, field in self._labels:
            atoms = (cube & field) >> offset
            if domain.ranges and atoms & domain.other:
                atoms = domain.other
            value = domain.sample_value(atoms)
            if value is not None and not domain.is_field:
                labels[domain.key] = value
        return labels

    def sample_name(self, cube: int) -> str:
        """Return the name of one node in a cube; empty where any name will do."""
        return sample_name(self.domains, self.offsets, cube)

    def find_primes(self, steps: int, effort: Budget, most_enough: int | None = None) -> None:
        """Find all primes, or where the steps do not suffice enough primes to cover the complement.

        ``effort`` bounds all the work on this component, and ``most_enough`` what enough primes take where it
        is given. What was found before is not searched for again.
        """
        if self.primes and not self.exceeds_limit and not self.exceeds_steps:
            return
        self.is_complete, self.exceeds_limit, self.exceeds_steps, self.too_many = True, False, False, False

        def list_literals(place: int, outside: int) -> list[int]:
            offset = self.offsets[place]
            return [literal << offset for literal in self.domains[place].list_literals(outside >> offset)]

        count = len(self.forbidden)
        most = PRIMES * steps
        if count > MOST_CONNECTED:  # there are about as many labels and values, so each step takes longer
            most = most * _MOST_SEARCHED // (count * (1 + self.layout.price // 4))
        # Where all primes are too many, finding enough of them needs steps, too.
        most = min(most, effort.left - min(_EXPANSION, effort.left // 2))
        try:
            with effort.lend(most) as budget:
                primes = find_prime_implicants(self.layout, self._order_by_overlap(), list_literals, budget)
        except BudgetExceeded:
            self.is_complete = False
            if count > MOST_CONNECTED:
                self.too_many = True
                return
            expansion = Expansion(self._labels, self.layout, self.forbidden)
            with effort.lend(effort.left if most_enough is None else most_enough) as lent:
                primes = expansion.find_enough(self._estimate_size, _MOST_EXPANDED, lent)
            self.size, self.exceeds_limit = expansion.size, expansion.exceeds_limit
            self.exceeds_steps = expansion.exceeds_steps
            if not self.exceeds_limit and not self.exceeds_steps and self._may_search():
                self._enough = primes
                with effort.lend(effort.left // _SHARE) as share:
                    primes = expansion.find_neighbours(primes, share)
        self.primes = self._sort_primes(primes) if len(primes) > 1 else primes

    def cover(self, steps: int, effort: Budget) -> Cover:
        """Return the smallest cover of this component that is found in a number of steps.

        ``effort`` bounds all the work, for all components together. A cover that was found before is the
        answer.
        """
        if self._cover is None:
            self._cover = self._find_cover(steps, effort)
        return self._cover

    def _find_cover(self, steps: int, effort: Budget) -> Cover:
        if self.is_complete and len(self.forbidden) == 1 and not self.has_ranges:
            # Each prime excludes the one cube by values of one label, its own, and states nothing else.
            return Cover(tuple(self.primes), 3, True)
        table = PrimeTable(self.layout, self.primes, self._reduce)
        if not self.is_complete and not self._may_search():
            return Cover(reduce_cubes(self.primes, table, effort), 0, False)
        if not self.is_complete:
            return Cover(find_small_cover(table, self._enough, effort), 0, False)
        return find_minimum_cover(table, steps, effort)

    def write_term(self, cube: int) -> Term:
        """Write a cube as a term: requirements on labels and on fields."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for domain, offset, field in self._labels:
            inside = cube & field
            if inside != field:
                (fields if domain.is_field else labels).extend(domain.to_requirements(inside >> offset))
        return tuple(labels), tuple(fields)

    def _may_search(self) -> bool:
        """Return whether a small cover can be searched for in seconds where not all primes are known."""
        return len(self.forbidden) <= _MOST_SEARCHED or self.full.bit_length() <= _MOST_BITS

    def _estimate_size(self, cube: int) -> int:
        """Return about how many bytes a cube takes as a term in JSON."""
        return 26 + estimate_length(self.write_term(cube))

    def _sort_primes(self, cubes: Sequence[int]) -> list[int]:
        """Order cubes by the number of requirements, then of values, then by the requirements."""
        alike: dict[tuple[int, int], list[int]] = {}
        for cube in cubes:
            requirements = values = 0
            for domain, offset, field in self._labels:
                inside = cube & field
                if inside != field:
                    more, listed = domain.price(inside >> offset)
                    requirements += more
                    values += listed
            alike.setdefault((requirements, values), []).append(cube)
        ordered = []
        for price in sorted(alike):
            group = alike[price]
            if len(group) > 1:
                group.sort(key=self.write_term)
            ordered += group
        return ordered

    def _reduce(self, prime: int, needed: int, *, count_values: bool) -> Reduced:
        """Return the cheapest cube of literals between the two, its price, and that of each label."""
        restricted = self._restricted.get(prime)
        if restricted is None:
            restricted = self._restricted[prime] = [
                (domain, offset, field, own, self._reduced.setdefault(own, ({}, {})))
                for domain, offset, field in self._labels
                if (own := prime & field) != field
            ]
        cube = prime
        costs = []
        for domain, offset, field, own, known in restricted:
            inside = needed & field
            part = known[count_values].get(inside)
            if part is None:
                atoms = domain.lower(own >> offset, inside >> offset, count_values=count_values)
                requirements, values = domain.price(atoms)
                price = requirements * REQUIREMENT + (values if count_values else 0)
                part = known[count_values][inside] = (own & ~(atoms << offset), price)
            cube ^= part[0]
            costs.append(part[1])
        return cube, sum(costs), tuple(costs)

    def _order_by_overlap(self) -> list[int]:
        """Order the forbidden cubes so that each shares labels with those before it, if any does.

        Primes that a later cube would cut are then never made, which halves the work on long lists.
        """
        if not 8 <= len(self.forbidden) <= MOST_CONNECTED:  # beyond, ordering would take longer than it saves
            return sorted(self.forbidden)
        labels = {}
        for cube in sorted(self.forbidden):
            missing = self.full & ~cube
            labels[cube] = [place for place, field in enumerate(self.fields) if missing & field]
        users = [0] * len(self.fields)
        for places in labels.values():
            for place in places:
                users[place] += 1
        seen: set[int] = set()

        def overlap(cube: int) -> tuple[int, int, int]:
            places = labels[cube]
            return sum(place in seen for place in places), sum(users[place] for place in places), -cube

        order = []
        while labels:
            cube = max(labels, key=overlap)
            seen.update(labels.pop(cube))
            order.append(cube)
        return order
