"""The complement: the nodes that no selector matches, and the terms that admit exactly these nodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, product
from math import prod
from operator import itemgetter
from typing import Any

from .errors import Problem, SelectorError
from .minimize.budget import Budget, BudgetExceeded
from .minimize.cube_encoder import CubeEncoder
from .minimize.cubes import absorb, find_connected_components, find_uncovered, merge
from .minimize.label_domain import list_bits
from .minimize.minimum_cover import Cover
from .minimize.subproblem import PRIMES, SIZE_LIMIT, Subproblem
from .node_selector import Term, estimate_length, join_labels, write
from .requirement import Requirement, Selector
from .unsolvable import (
    report_inexpressible,
    report_no_node_left,
    report_too_intricate,
    report_too_large,
    report_too_many_connected,
    report_undecided,
)

_SMALL_PRODUCT = 256
"""How many primes the components together may have, multiplied, to be solved as one problem, too."""

_LABEL_SIZE, _VALUE_SIZE = 1200, 70
"""Upper bounds of what a term takes in bytes: for a label, in at most three requirements, and for a value."""

_EFFORT = 1_000_000
"""Steps of about a microsecond beside those for the primes, all components of labels together."""

_INTRICATE, _RESERVE, _LEAST = 4, 100_000, 2_000
"""A component of more selectors may take long: so many steps are left to each that comes later, and some to
every component."""

_WIDE = 512
"""From so many bits in a cube on a step takes longer."""

_CERTAIN = 1_000_000
"""Steps that finding out whether a node is left may take, beside the others."""

_MOST_FACTORS = 16
"""Of so many components with two terms or more each the terms, multiplied, are always too large."""

_MOST_ENCODED = 16_000
"""How many selectors are encoded at most, all rounds together, to find those that are superfluous."""

_MOST_REPORTED = 100
"""How many labels whose complement is inexpressible are reported, each with a node that shows it."""

_Separate = list[tuple[int, int]]
"""The places of labels that no selector connects with others, and the values that remain of each."""


class Complement:
    """The nodes that satisfy the required terms and no selector, as cubes over the labels that matter."""

    def __init__(
        self,
        selectors: Sequence[Selector],
        terms: Sequence[Term] | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Take the excluding selectors, the required terms, and the labels of the pods' ``nodeSelector``."""
        self.selectors = selectors
        self.terms = join_labels(terms, labels or {})
        self._by_labels = bool(labels)
        self._admitting = ["the required node affinity"] if terms is not None else []
        if labels:
            self._admitting.append("the nodeSelector")
        self._kept = selectors
        self._encoder = CubeEncoder([selector.requirements for selector in selectors], self.terms or ())
        # Values that only a superfluous selector names must not cut a label that has integer ranges.
        encoded = 0
        while (
            self._encoder.has_ranges
            and (encoded := encoded + len(self._kept)) <= _MOST_ENCODED
            and len(needed := self._select_needed()) < len(self._kept)
        ):
            self._kept = [selector for _cube, selector in needed]
            self._encoder = CubeEncoder([selector.requirements for selector in self._kept], self.terms or ())
        self._layout = self._encoder.layout
        self._full = self._layout.full

    def solve(self, steps: int) -> tuple[dict[str, Any] | None, int]:
        """Return the node selector (None: nothing is excluded) and what is proven of it (0 to 3, see Cover).

        ``steps`` bounds the search. Raises SelectorError where no node is left, or where the answer is
        inexpressible or too large.
        """
        cubes = merge(self._list_excluded() + self._encoder.encode_outside(self.terms), self._layout)
        if not cubes:
            return None, 3
        if self._full in cubes:
            raise SelectorError([self._report_no_node_left()])
        parts, separate = self._split(cubes)
        if not parts:
            factored = [[self._write_separate(separate)]]
            self._check_size(factored, 3)
            return write(factored[0]), 3
        # All components together take no longer than one may take.
        effort = Budget(PRIMES * steps + _EFFORT * _WIDE // max(_WIDE, self._full.bit_length()))
        factors = 0
        for part, lent in _share(parts, effort, find_primes=True):
            part.find_primes(steps, lent)
            # A single term holds what all primes hold only where it is the only prime.
            factors += len(part.primes) > 1
            if part.too_many:
                raise SelectorError([report_too_many_connected(len(part.forbidden))])
            if part.exceeds_steps:
                raise SelectorError([report_too_intricate(len(part.forbidden), len(part.primes))])
            if part.exceeds_limit:
                found = "no exact affinity was found with less than"
                raise SelectorError([report_too_large(found, len(part.primes), part.size)])
            if factors > _MOST_FACTORS and effort.left <= _LEAST:
                terms = 1 << factors
                raise SelectorError(
                    [report_too_large("the exact affinity needs more than", terms, 26 * terms)]
                )
        self._check_complete(parts, separate)
        covers = self._cover(parts, steps, effort)
        proven = min([cover.proven for cover in covers])
        unproven = [cover for cover in covers if not cover.fooling]
        if proven and unproven and sum([len(cover.cubes) > 1 for cover in covers]) > 1:
            # A product of minimum covers is proven minimum where all of them have a fooling set, and its
            # number of terms where all but one have; else the components are solved as one, while they are
            # small.
            if prod(len(part.primes) for part in parts) <= _SMALL_PRODUCT:
                whole = Subproblem(self._encoder.domains, self._encoder.offsets, cubes)
                whole.find_primes(steps, Budget(PRIMES * steps + _EFFORT))
                separate = []
                parts, covers = [whole], [whole.cover(steps, effort)]
                proven = covers[0].proven
            else:
                proven = 1 if len(unproven) == 1 else 0
        factored = [
            [part.write_term(cube) for cube in cover.cubes] for part, cover in zip(parts, covers, strict=True)
        ]
        if separate:
            factored.append([self._write_separate(separate)])
        self._check_size(factored, proven)
        combined = factored[0] if len(factored) == 1 else [_combine(choice) for choice in product(*factored)]
        return write(combined), proven

    def _cover(self, parts: Sequence[Subproblem], steps: int, effort: Budget) -> list[Cover]:
        """Return a small cover of each component; raises SelectorError once all of them would be too large.

        The product of the covers is looked at early only where the effort is used up, so that other lists are
        refused by their whole number.
        """
        covers: list[Cover] = []
        written: list[list[Term]] = []
        for part, lent in _share(parts, effort):
            covers.append(part.cover(steps, lent))
            if lent.left <= _LEAST and len(covers[-1].cubes) > 1:
                written += [
                    [other.write_term(cube) for cube in cover.cubes]
                    for other, cover in zip(parts[len(written) :], covers[len(written) :], strict=False)
                ]
                self._check_size(written, 0)
        return covers

    def check_leaves_a_node(self) -> None:
        """Raise SelectorError where no node is left, or where that is not found out in a bounded search."""
        cubes = self._list_excluded() + self._encoder.encode_outside(self.terms)
        try:
            exhaustive = self._find_exhaustive(cubes)
        except BudgetExceeded:
            raise SelectorError([report_undecided(len(self.selectors))]) from None
        if exhaustive is not None:
            raise SelectorError([self._report_no_node_left()])

    def _list_excluded(self) -> list[int]:
        """Return the cubes of the selectors that match some node."""
        cubes = [self._encoder.encode(selector.requirements) for selector in self._kept]
        return [cube for cube in cubes if not self._layout.is_empty(cube)]

    def _select_needed(self) -> list[tuple[int, Selector]]:
        """Return the selectors that match a node which no single other one matches, each with its cube."""
        encoder = self._encoder
        cubes = [(encoder.encode(selector.requirements), selector) for selector in self._kept]
        kept = set(
            absorb([cube for cube, _selector in cubes if not encoder.layout.is_empty(cube)], encoder.layout)
        )
        needed = []
        for cube, selector in cubes:
            if cube in kept:
                kept.discard(cube)
                needed.append((cube, selector))
        return needed

    def _split(self, cubes: Sequence[int]) -> tuple[list[Subproblem], _Separate]:
        """Group cubes that restrict a label in common; labels that no cube restricts are left out.

        What a single requirement excludes, on a label of its own, every term must exclude; such labels are
        returned separately.
        """
        domains, offsets = self._encoder.domains, self._encoder.offsets
        parts: list[tuple[int, Subproblem]] = []
        separate: _Separate = []
        for places, members in self._connect(cubes):
            first = places[0]
            if len(places) == len(members) == 1 and not domains[first].ranges:
                literals = domains[first].list_literals((self._full & ~members[0]) >> offsets[first])
                if len(literals) == 1:
                    separate.append((first, literals[0]))
                    continue
            own = [domains[place] for place in places]
            # Side by side the labels take no more room than they need: thousands of components do.
            beside = [0, *accumulate([domain.width + 1 for domain in own])][:-1]
            offset_of = dict(zip(places, beside, strict=True))
            full = sum([domain.full << offset for domain, offset in zip(own, beside, strict=True)])
            forbidden = []
            for cube in sorted(members):
                moved = full
                for place in self._layout.list_restricted(cube):
                    missing = (self._layout.fields[place] & ~cube) >> offsets[place]
                    moved ^= missing << offset_of[place]
                forbidden.append(moved)
            parts.append((places[-1], Subproblem(own, beside, forbidden)))
        return [part for _last, part in sorted(parts, key=itemgetter(0))], separate

    def _connect(self, cubes: Iterable[int]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the places of labels that cubes connect, and these cubes."""
        marked = ((sum([1 << place for place in self._layout.list_restricted(cube)]), cube) for cube in cubes)
        for mask, members in find_connected_components(marked):
            yield list(list_bits(mask)), members

    def _check_complete(self, parts: Sequence[Subproblem], separate: _Separate) -> None:
        """Raise SelectorError where no node is left, or where the primes do not hold all that are left."""
        if all(part.primes and not part.has_ranges for part in parts):
            return
        budget = Budget(_CERTAIN // self._layout.price)
        part = parts[0]
        missing: list[tuple[int, int]] = []
        allowed = []
        try:
            for part in parts:
                cube = find_uncovered(part.full, part.forbidden, part.layout, budget)
                if cube is None:
                    raise SelectorError([self._report_no_node_left()])
                allowed.append(cube)
            for place, part in enumerate(parts):
                covers = part.forbidden + part.primes
                uncovered = find_uncovered(part.full, covers, part.layout, budget)
                if uncovered is not None:
                    missing.append((place, uncovered))
        except BudgetExceeded:
            raise SelectorError([report_too_intricate(len(part.forbidden), len(part.primes))]) from None
        if missing:
            raise SelectorError(self._report_all_inexpressible(parts, separate, allowed, missing))

    def _report_all_inexpressible(
        self,
        parts: Sequence[Subproblem],
        separate: _Separate,
        allowed: Sequence[int],
        missing: Sequence[tuple[int, int]],
    ) -> list[Problem]:
        """Report the components, by their place, of which the primes leave out a cube, each with a node.

        ``allowed`` are cubes of nodes that must be admitted, one of each component.
        """
        own, own_name = {}, ""
        for at, atoms in sorted(separate):
            domain = self._encoder.domains[at]
            value = domain.sample_value(atoms)
            if domain.is_field:
                own_name = value or ""
            elif value is not None:
                own[domain.key] = value
        samples = [part.sample_node(cube) for part, cube in zip(parts, allowed, strict=True)]
        names = [part.sample_name(cube) for part, cube in zip(parts, allowed, strict=True)]
        needed = [selector for _cube, selector in self._select_needed()]
        problems = []
        for place, uncovered in missing[:_MOST_REPORTED]:
            part, labels = parts[place], own.copy()
            here, name_here = part.sample_node(uncovered), part.sample_name(uncovered)
            for at, others in enumerate(samples):
                labels |= here if at == place else others
            name = own_name or next(filter(None, [*names[:place], name_here, *names[place + 1 :]]), "")
            problems.append(_report_inexpressible(part, here, needed, labels, name))
        return problems

    def _check_size(self, factored: Sequence[Sequence[Term]], proven: int) -> None:
        """Raise SelectorError where an affinity of all combinations of these terms would be too large."""
        terms = prod([len(factor) for factor in factored])
        most = _LABEL_SIZE * len(self._layout.fields) + _VALUE_SIZE * self._full.bit_length()
        if terms * most < SIZE_LIMIT and not self._encoder.has_fields:  # whose values need a requirement each
            return
        size = 24 + terms * 26
        for factor in factored:
            own = sum([2 * len(term[0] + term[1]) + estimate_length(term) for term in factor])
            size += own * (terms // len(factor))
        if size > SIZE_LIMIT:
            needed = (
                "the exact affinity needs" if proven else "the smallest exact affinity that was found has"
            )
            raise SelectorError([report_too_large(f"{needed} about", terms, size)])

    def _write_separate(self, separate: _Separate) -> Term:
        """Write in one term what remains of the separate labels."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for place, atoms in separate:
            domain = self._encoder.domains[place]
            (fields if domain.is_field else labels).extend(domain.to_requirements(atoms))
        return tuple(labels), tuple(fields)

    def _find_exhaustive(self, cubes: Sequence[int]) -> list[int] | None:
        """Return those of the cubes that share labels and leave no node; None where a node is left.

        Raises BudgetExceeded.
        """
        budget = Budget(_CERTAIN // self._layout.price)
        for _places, group in self._connect(cubes):
            if find_uncovered(self._full, group, self._layout, budget) is None:
                return group
        return None

    def _report_no_node_left(self) -> Problem:
        budget = Budget(200_000 // (1 + self._layout.price // 8))
        needed, outside = self._select_needed(), self._encoder.encode_outside(self.terms)
        cubes = [*(cube for cube, _selector in needed), *outside]
        exhaustive = set(cubes)
        with suppress(BudgetExceeded):
            exhaustive = set(self._find_exhaustive(cubes) or cubes)
        needed = [one for one in needed if one[0] in exhaustive]
        outside = [cube for cube in outside if cube in exhaustive]
        try:
            for entry in list(needed):
                rest = [other for other in needed if other is not entry]
                covers = [cube for cube, _selector in rest] + outside
                if find_uncovered(self._full, covers, self._layout, budget) is None:
                    needed = rest
        except BudgetExceeded:
            pass
        named = [selector.text or str(selector) for _cube, selector in needed]
        if self.terms is None:
            return report_no_node_left(named, [], {}, "", by_labels=False)
        encode, is_empty = self._encoder.encode, self._layout.is_empty
        admitted = min(cube for term in self.terms if not is_empty(cube := encode(*term)))
        whole = Subproblem(self._encoder.domains, self._encoder.offsets, [])
        return report_no_node_left(
            named,
            self._admitting,
            whole.sample_node(admitted),
            whole.sample_name(admitted),
            by_labels=self._by_labels,
        )


def _report_inexpressible(
    part: Subproblem,
    here: Mapping[str, str],
    selectors: Iterable[Selector],
    labels: Mapping[str, str],
    name: str,
) -> Problem:
    """Report that no terms admit a node with these labels, ``here`` those of the component at fault."""
    keys = [domain.key for domain in part.domains if domain.ranges and domain.key in here]
    involved = [
        selector.text or str(selector)
        for selector in selectors
        if any(r.operator in ("Gt", "Lt") and r.key in keys for r in selector.requirements)
    ]
    return report_inexpressible(keys[0] if keys else part.domains[0].key, involved, labels, name)


def _share(
    parts: Sequence[Subproblem], effort: Budget, *, find_primes: bool = False
) -> Iterator[tuple[Subproblem, Budget]]:
    """Yield each component with the steps that it may take of those that are left.

    Where several may take long, they get equal parts of half of the steps for their primes, and of all that
    are left for what cannot be proven; a proof takes what it needs beside a reserve for each later one.
    """
    later = sum(len(part.forbidden) > _INTRICATE for part in parts)
    half = 2 if find_primes and later > 1 else 1
    reserve = min(_RESERVE, max(0, effort.left) // (2 * later + 1))
    for part in parts:
        intricate = len(part.forbidden) > _INTRICATE
        later -= intricate
        most = effort.left - later * reserve
        if intricate and (find_primes or not part.is_complete):
            most = effort.left // (later + 1) // half
        effort.left = max(_LEAST * part.layout.price, effort.left)
        price = part.layout.price
        with effort.lend(max(_LEAST * price, most), price=price) as lent:
            yield part, lent


def _combine(choice: Iterable[Term]) -> Term:
    """Join terms, one of each component, into one."""
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    for term in choice:
        labels += term[0]
        fields += term[1]
    return labels, fields
