"""The complement: the nodes that no selector matches, and the terms that admit exactly these nodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from itertools import product
from math import prod
from typing import Any

from .errors import Problem, SelectorError
from .label_group import LabelGroup, Separate, group_by_labels
from .minimize.budget import Budget, BudgetExceeded
from .minimize.cube_encoder import place_side_by_side
from .minimize.cube_layout import compute_price
from .minimize.cubes import find_uncovered
from .minimize.label_domain import LabelDomain
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

_EFFORT = 900_000
"""Steps of about a microsecond beside those for the primes, all components of labels together."""

_INTRICATE, _RESERVE, _LEAST = 4, 100_000, 2_000
"""A component of more selectors may take long: so many steps are left to each that comes later, and some to
every component."""

_BOTH, _AGAIN = 4, 4
"""How many thirds of the steps two searches have, without and with the labels of the ``nodeSelector``, and
which part of the steps the second one has in any case."""

_VALUES = 2
"""How many listed values take as long to read and to encode as a step."""

_ENOUGH = 550_000
"""Steps in which a search that a second one may follow must find enough primes, where not all are found."""

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


class Complement:
    """The nodes that satisfy the required terms and no selector, as cubes over the labels that matter."""

    def __init__(
        self,
        selectors: Sequence[Selector],
        terms: Sequence[Term] | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Take the excluding selectors, the required terms, and the labels of the pods' ``nodeSelector``."""
        self.selectors, self.terms = selectors, terms
        self._labels = labels or {}
        self._with_labels = False
        """Whether only nodes with the labels are left."""
        self._groups = group_by_labels(selectors, terms, labels)
        left = _MOST_ENCODED
        for group in self._groups:
            left -= group.drop_superfluous(left)
        self._split_before: dict[LabelGroup, tuple[list[Subproblem], Separate]] = {}
        listed = [len(requirement[2]) for selector in selectors for requirement in selector.requirements]
        self._spent = sum(listed) // _VALUES
        """The steps of the search without the labels, and what the selectors take beside it."""
        self._measure()

    def _measure(self) -> None:
        """List the domains of all groups, and price a cube over all of them."""
        encoders = [group.encoder for group in self._groups]
        self._domains = sorted(
            [domain for encoder in encoders for domain in encoder.domains], key=_sort_by_key
        )
        """Labels, then fields, each sorted by key."""
        self._has_fields = any(encoder.has_fields for encoder in encoders)
        self._bits = max(0, sum([domain.width + 1 for domain in self._domains]) - 1)
        """How wide a cube over all labels would be."""
        self._price = compute_price(self._bits)

    def require_labels(self) -> "Complement":
        """Return the nodes that also have the labels; what is known of the others' groups is used again.

        The search for the answer has fewer steps the more the one without the labels took.
        """
        whole = copy(self)
        whole._with_labels = True
        whole._groups = [group.require_labels() for group in self._groups]
        whole._split_before = {
            group: self._split_before[group]
            for group in self._groups
            if group in whole._groups and group in self._split_before
        }
        self._split_before = {}
        named = {key for group in self._groups for key in group.labels}
        unnamed = {key: value for key, value in self._labels.items() if key not in named}
        if unnamed:
            whole._groups.append(LabelGroup([], join_labels(None, unnamed)))
        whole._measure()
        return whole

    def solve(self, steps: int) -> tuple[dict[str, Any] | None, int]:
        """Return the node selector (None: nothing is excluded) and what is proven of it (0 to 3, see Cover).

        ``steps`` bounds the search. Raises SelectorError where no node is left, or where the answer is
        inexpressible or too large.
        """
        # All components together take no longer than one may take.
        most = PRIMES * steps + _EFFORT * _WIDE // max(_WIDE, self._bits)
        again = max(most // _AGAIN, min(most, most * _BOTH // 3 - self._spent))
        effort = Budget(again if self._with_labels else most)
        try:
            return self._solve(steps, effort)
        finally:
            self._spent += most - effort.left

    def _solve(self, steps: int, effort: Budget) -> tuple[dict[str, Any] | None, int]:
        parts, separate = self._split()
        if not parts:
            if not separate:
                return None, 3
            factored = [[self._write_separate(separate)]]
            self._check_size(factored, 3)
            return write(factored[0]), 3
        factors = 0
        for part, lent in _share(parts, effort, find_primes=True):
            part.find_primes(steps, lent, _ENOUGH if self._labels and not self._with_labels else None)
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
                whole = self._join(parts, separate)
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
        """Raise SelectorError where no node with the labels is left, or where that is not found out.

        The search is bounded. Where no node is left without the labels either, they are not reported.
        """
        budget = Budget(_CERTAIN // self._price)
        try:
            exhausted = [
                (at, group)
                for at, group in enumerate(self._groups)
                if group.find_exhaustive(group.merge_excluded(), budget, group.labels) is not None
            ]
            for _at, group in exhausted:
                if group.find_exhaustive(group.merge_excluded(), budget) is not None:
                    raise SelectorError([self._report_no_node_left(group)])
        except BudgetExceeded:
            raise SelectorError([report_undecided(len(self.selectors))]) from None
        if exhausted:
            whole = self.require_labels()
            raise SelectorError([whole._report_no_node_left(whole._groups[exhausted[0][0]])])

    def _split(self) -> tuple[list[Subproblem], Separate]:
        """Return the components, by their last label, and the labels that no selector connects with others.

        Raises SelectorError where a single cube holds all nodes.
        """
        parts: list[Subproblem] = []
        separate: Separate = []
        for group in self._groups:
            known = self._split_before.get(group)
            if known is None:
                cubes = group.merge_excluded()
                if group.encoder.layout.full in cubes:
                    raise SelectorError([self._report_no_node_left(group)])
                known = group.split(cubes)
                if self._labels:
                    self._split_before[group] = known
            parts += known[0]
            separate += known[1]
        parts.sort(key=lambda part: _sort_by_key(part.domains[-1]))
        separate.sort(key=lambda one: _sort_by_key(one[0]))
        return parts, separate

    def _join(self, parts: Sequence[Subproblem], separate: Separate) -> Subproblem:
        """Return all components, and the labels that are not connected with others, as one problem."""
        offsets = place_side_by_side(self._domains)
        offset_of = dict(zip(map(id, self._domains), offsets, strict=True))
        full = sum([domain.full << offset for domain, offset in zip(self._domains, offsets, strict=True)])
        cubes = [full ^ (atoms << offset_of[id(domain)]) for domain, atoms in separate]
        for part in parts:
            for forbidden in part.forbidden:
                cube = full
                for domain, offset in zip(part.domains, part.offsets, strict=True):
                    missing = domain.full & ~(forbidden >> offset)
                    cube ^= missing << offset_of[id(domain)]
                cubes.append(cube)
        return Subproblem(self._domains, offsets, sorted(sorted(cubes), key=int.bit_count, reverse=True))

    def _check_complete(self, parts: Sequence[Subproblem], separate: Separate) -> None:
        """Raise SelectorError where no node is left, or where the primes do not hold all that are left."""
        if all(part.primes and not part.has_ranges for part in parts):
            return
        budget = Budget(_CERTAIN // self._price)
        part = parts[0]
        missing: list[tuple[int, int]] = []
        allowed = []
        try:
            for part in parts:
                cube = find_uncovered(part.full, part.forbidden, part.layout, budget)
                if cube is None:
                    group = next(one for one in self._groups if part.domains[0] in one.encoder.domains)
                    raise SelectorError([self._report_no_node_left(group)])
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
        separate: Separate,
        allowed: Sequence[int],
        missing: Sequence[tuple[int, int]],
    ) -> list[Problem]:
        """Report the components, by their place, of which the primes leave out a cube, each with a node.

        ``allowed`` are cubes of nodes that must be admitted, one of each component.
        """
        own, own_name = {}, ""
        for domain, atoms in separate:
            value = domain.sample_value(atoms)
            if domain.is_field:
                own_name = value or ""
            elif value is not None:
                own[domain.key] = value
        samples = [part.sample_node(cube) for part, cube in zip(parts, allowed, strict=True)]
        names = [part.sample_name(cube) for part, cube in zip(parts, allowed, strict=True)]
        needed = self._list_needed()
        problems = []
        for place, uncovered in missing[:_MOST_REPORTED]:
            part, labels = parts[place], own.copy()
            here, name_here = part.sample_node(uncovered), part.sample_name(uncovered)
            for at, others in enumerate(samples):
                labels |= here if at == place else others
            # Components before this one have no name: the one with the node's name is the last.
            name = own_name or next(filter(None, [name_here, *names[place + 1 :]]), "")
            problems.append(_report_inexpressible(part, here, needed, labels, name))
        return problems

    def _check_size(self, factored: Sequence[Sequence[Term]], proven: int) -> None:
        """Raise SelectorError where an affinity of all combinations of these terms would be too large."""
        terms = prod([len(factor) for factor in factored])
        most = _LABEL_SIZE * len(self._domains) + _VALUE_SIZE * self._bits
        if terms * most < SIZE_LIMIT and not self._has_fields:  # whose values need a requirement each
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

    def _write_separate(self, separate: Separate) -> Term:
        """Write in one term what remains of the separate labels."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for domain, atoms in separate:
            (fields if domain.is_field else labels).extend(domain.to_requirements(atoms))
        return tuple(labels), tuple(fields)

    def _list_needed(self) -> list[Selector]:
        """Return the selectors that match a node which no single other one matches, in their order."""
        needed = {id(selector) for group in self._groups for _cube, selector in group.select_needed()}
        return [selector for selector in self.selectors if id(selector) in needed]

    def _report_no_node_left(self, group: LabelGroup) -> Problem:
        """Report that the selectors and terms of a group match every node, by few of them."""
        layout = group.encoder.layout
        admitted = group.encoder.encode_labels(group.labels if self._with_labels else {})
        needed = [one for one in group.select_needed() if not layout.is_empty(one[0] & admitted)]
        outside = group.encode_outside()
        cubes = [*(cube for cube, _selector in needed), *outside]
        with suppress(BudgetExceeded):
            exhaustive = set(group.find_exhaustive(cubes, Budget(_CERTAIN // self._price)) or cubes)
            needed = [one for one in needed if one[0] in exhaustive]
            outside = [cube for cube in outside if cube in exhaustive]
        budget = Budget(200_000 // (1 + self._price // 8))
        try:
            for entry in list(needed):
                rest = [other for other in needed if other is not entry]
                covers = [cube for cube, _selector in rest] + outside
                if find_uncovered(layout.full, covers, layout, budget) is None:
                    needed = rest
        except BudgetExceeded:
            pass
        named = [selector.text or str(selector) for _cube, selector in needed]
        admitting, witness, name = [], {}, ""
        if self.terms is not None:
            admitting.append("the required node affinity")
            group = next(group for group in self._groups if group.terms is not None)
            encode, is_empty = group.encoder.encode, group.encoder.layout.is_empty
            terms = join_labels(group.terms, group.labels if self._with_labels else {}) or ()
            admitted = min(cube for term in terms if not is_empty(cube := encode(*term)))
            whole = Subproblem(group.encoder.domains, group.encoder.offsets, [])
            witness, name = whole.sample_node(admitted), whole.sample_name(admitted)
        if self._with_labels:
            admitting.append("the nodeSelector")
            witness = dict(sorted({**witness, **self._labels}.items()))
        return report_no_node_left(named, admitting, witness, name, by_labels=self._with_labels)


def _sort_by_key(domain: LabelDomain) -> tuple[bool, str]:
    """Order labels before fields, each by their keys."""
    return domain.is_field, domain.key


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
