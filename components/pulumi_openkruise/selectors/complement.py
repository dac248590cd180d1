"""What is left of a cluster's nodes when selectors take theirs away, and how to say so in terms."""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from typing import Any

from .affinity import Term, write
from .boxes import Frame, OutOfSteps, Steps, absorb, hole, linked, merge
from .errors import Problem, SelectorError
from .linked import SIZE_LIMIT, LinkedLabels, Said, term_of
from .requirement import Requirement, Selector
from .space import LabelSpace

_SMALL_PRODUCT = 256

_Alone = list[tuple[LabelSpace, int]]
"""Labels that no selector links with others, and the values that remain of each."""


class Complement:
    """The nodes that satisfy the required terms and no selector, as boxes over the labels that matter."""

    def __init__(self, selectors: Sequence[Selector], terms: Sequence[Term] | None) -> None:
        self.selectors, self.terms = selectors, terms
        live = list(selectors)
        while True:
            self._cut(live)
            boxes = [self._box(selector.requirements) for selector in live]
            kept = set(absorb([box for box in boxes if not self.frame.is_empty(box)]))
            self.forbidden = []
            for box, selector in zip(boxes, live, strict=True):
                if box in kept:
                    kept.discard(box)
                    self.forbidden.append((box, selector))
            # Values that only a superfluous selector names must not cut a label that has integer ranges.
            if len(self.forbidden) == len(live) or not any(space.ranges for space in self.spaces):
                break
            live = [selector for _box, selector in self.forbidden]

    def solve(self, budget: int) -> tuple[dict[str, Any] | None, int]:
        """Return the node selector (None: nothing is excluded) and what is proven of it (0 to 3, see Cover).

        Raises SelectorError where no node is left, where the rest is inexpressible, or too large.
        """
        boxes = merge([box for box, _ in self.forbidden] + self._outside_terms(), self.frame)
        if not boxes:
            return None, 3
        if self.full in boxes:
            raise SelectorError([self._leaves_no_node()])
        parts, alone = self._components(boxes)
        for part in parts:
            part.find_primes(budget)
            if part.oversize:
                raise SelectorError([_too_large(len(part.primes), SIZE_LIMIT, "more than ")])
        self._check_complete(parts, alone)
        covers = [part.cover(budget) for part in parts]
        proven = min([cover.proven for cover in covers], default=3)
        unproven = [cover for cover in covers if not cover.fooling]
        factors = [cover for cover in covers if len(cover.boxes) > 1]
        if proven and unproven and len(factors) > 1:
            # A product of smallest covers is proven smallest where all have a fooling set, and its number of
            # terms where all but one have; else look at the product itself while it is small.
            if prod(len(part.primes) for part in parts) <= _SMALL_PRODUCT:
                whole = LinkedLabels(self.spaces, self.offsets, boxes)
                whole.find_primes(budget)
                alone = []
                parts, covers = [whole], [whole.cover(budget)]
                proven = covers[0].proven
            else:
                proven = 1 if len(unproven) == 1 else 0
        said = [
            [part.statements(box) for box in cover.boxes] for part, cover in zip(parts, covers, strict=True)
        ]
        if alone:
            said.append([[(space, space.statement(atoms)) for space, atoms in alone]])
        _check_size(said)
        factored = [[term_of(box) for box in boxes_of_part] for boxes_of_part in said]
        joined = factored[0] if len(factored) == 1 else [_joined(choice) for choice in product(*factored)]
        return write(joined), proven

    def _cut(self, selectors: Sequence[Selector]) -> None:
        """Cut the labels into atoms and lay their fields side by side."""
        by_key: dict[tuple[bool, str], list[Requirement]] = {}
        for selector in selectors:
            for requirement in selector.requirements:
                by_key.setdefault((False, requirement.key), []).append(requirement)
        for labels, fields in self.terms or ():
            for requirement in labels:
                by_key.setdefault((False, requirement.key), []).append(requirement)
            for requirement in fields:
                by_key.setdefault((True, requirement.key), []).append(requirement)
        self.spaces: list[LabelSpace] = []
        self.offsets: list[int] = []
        self.fields: list[int] = []
        self.place: dict[tuple[bool, str], int] = {}
        offset = 0
        for (is_field, key), requirements in sorted(by_key.items()):
            space = LabelSpace(key, requirements, is_field=is_field)
            self.place[is_field, key] = len(self.spaces)
            self.spaces.append(space)
            self.offsets.append(offset)
            self.fields.append(space.full << offset)
            offset += space.width + 1  # a frame wants a spare bit above each field
        self.frame = Frame(self.fields)
        self.full = self.frame.full

    def _box(self, labels: Sequence[Requirement], fields: Sequence[Requirement] = ()) -> int:
        box = self.full
        for is_field, requirements in ((False, labels), (True, fields)):
            for requirement in requirements:
                place = self.place[is_field, requirement.key]
                atoms = self.spaces[place].encode(requirement) << self.offsets[place]
                box &= atoms | ~self.fields[place]
        return box

    def _outside_terms(self) -> list[int]:
        """Return boxes that together hold the nodes that the required terms do not admit."""
        if self.terms is None:
            return []
        outside = [self.full]
        for labels, fields in self.terms:
            term = self._box(labels, fields)
            if self.frame.is_empty(term):
                continue
            cut = [
                box & ((field & ~term) | ~field) for box in outside for field in self.fields if field & ~term
            ]
            outside = merge([box for box in cut if not self.frame.is_empty(box)], self.frame)
        return outside

    def _components(self, boxes: Sequence[int]) -> tuple[list[LinkedLabels], _Alone]:
        """Group boxes that are linked by labels they restrict; labels that none restricts fall away.

        What a single requirement excludes, on a label of its own, every term has to exclude; that is returned
        apart.
        """
        low, guard = self.frame.low, self.frame.guard
        # A label that a box restricts carries into its spare bit: those bits are what links boxes.
        marks = [(((self.full & ~box) + low) & guard, box) for box in boxes]
        parts: list[LinkedLabels] = []
        alone: _Alone = []
        for mark, members in linked(marks):
            places = [place for place, field in enumerate(self.fields) if mark >> field.bit_length() & 1]
            space, offset = self.spaces[places[0]], self.offsets[places[0]]
            if len(places) == len(members) == 1 and not space.ranges:
                pieces = space.pieces(space.full & ~(members[0] >> offset))
                if len(pieces) == 1:
                    alone.append((space, pieces[0]))
                    continue
            parts.append(
                LinkedLabels(
                    [self.spaces[place] for place in places],
                    [self.offsets[place] for place in places],
                    sorted(members),
                )
            )
        alone.sort(key=lambda one: (one[0].is_field, one[0].key))
        return sorted(parts, key=lambda part: part.full), alone

    def _check_complete(self, parts: Sequence[LinkedLabels], alone: _Alone) -> None:
        """Raise SelectorError where no node is left, or where the primes do not hold all that are left."""
        unlimited = Steps(1 << 60)
        if all(part.primes and not part.has_ranges for part in parts):
            return
        allowed = [hole(part.full, part.forbidden, part.frame, unlimited) for part in parts]
        if any(box is None for box in allowed):
            raise SelectorError([self._leaves_no_node()])
        problems = []
        for place, part in enumerate(parts):
            gap = hole(part.full, part.forbidden + part.primes, part.frame, unlimited)
            if gap is not None:
                labels = {
                    space.key: value for space, atoms in alone if (value := space.sample(atoms)) is not None
                }
                for at, other in enumerate(parts):
                    labels |= other.node_in(gap if at == place else allowed[at] or 0)
                problems.append(self._inexpressible(part, gap, labels))
        if problems:
            raise SelectorError(problems)

    def _inexpressible(self, part: LinkedLabels, gap: int, labels: dict[str, str]) -> Problem:
        labels_here = part.node_in(gap)
        keys = [space.key for space in part.spaces if space.ranges and space.key in labels_here]
        involved = [
            selector.text or str(selector)
            for _box, selector in self.forbidden
            if any(r.operator in ("Gt", "Lt") and r.key in keys for r in selector.requirements)
        ]
        key = keys[0] if keys else part.spaces[0].key
        return Problem(
            "inexpressible",
            f"Kubernetes cannot express the exact complement of {' and '.join(map(repr, involved))}: no node "
            f"selector term says '{key} is present and not an integer', and such nodes must keep the daemon",
            witness=labels,
            remedy=f"add a selector that settles the non-integers, list the values ('{key} in (...)'), "
            f"or mark the nodes with a label of their own",
        )

    def _leaves_no_node(self) -> Problem:
        steps = Steps(200_000)
        if self.terms is not None and not any(
            not self.frame.is_empty(self._box(*term)) for term in self.terms
        ):
            return Problem(
                "contradiction",
                "the required node affinity contradicts itself: no node can satisfy it",
                remedy="remove one of the requirements that exclude each other",
            )
        outside = self._outside_terms()
        needed = list(self.forbidden)
        try:
            for entry in list(needed):
                rest = [other for other in needed if other is not entry]
                if hole(self.full, [box for box, _ in rest] + outside, self.frame, steps) is None:
                    needed = rest
        except OutOfSteps:
            pass
        texts = [repr(selector.text or str(selector)) for _box, selector in needed]
        listed = " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 2 else texts)
        if self.terms is None:
            reason = f"{listed} together match every node, so no node would be left for the daemon"
            witness: dict[str, str] = {}
        else:
            reason = f"every node that the required node affinity admits is matched by {listed}"
            admitted = min(box for term in self.terms if not self.frame.is_empty(box := self._box(*term)))
            witness = LinkedLabels(self.spaces, self.offsets, []).node_in(admitted)
        return Problem(
            "leaves-no-node",
            reason,
            witness=witness,
            remedy="remove or narrow one of them",
        )


def _check_size(said: Sequence[Sequence[Said]]) -> None:
    """Raise SelectorError where an affinity of all combinations of these boxes would be too large."""
    terms = prod([len(boxes) for boxes in said])
    size = 24 + terms * 26
    for boxes in said:
        own = sum([2 * len(one.parts) + one.length for box in boxes for _space, one in box])
        size += own * (terms // len(boxes))
    if size > SIZE_LIMIT:
        raise SelectorError([_too_large(terms, size, "about ")])


def _too_large(terms: int, size: int, how_much: str) -> Problem:
    return Problem(
        "too-large",
        f"the exact affinity needs {how_much}{terms:,} terms and {size:,} bytes; an object in the Kubernetes "
        f"API holds about {SIZE_LIMIT:,}: each selector with several requirements on labels of its own "
        "doubles the number of terms",
        remedy="give these nodes one label in common, such as openkruise.io/virtual-node=true, and select by "
        "it; or write selectors with one requirement",
    )


def _joined(choice: Iterable[Term]) -> Term:
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    for term in choice:
        labels += term[0]
        fields += term[1]
    return labels, fields
