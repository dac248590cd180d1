"""What is left of a cluster's nodes when selectors take theirs away, and how to say so in terms."""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from typing import Any

from .affinity import Term, write
from .boxes import Frame, OutOfSteps, Steps, absorb, hole, linked, merge
from .cover import Cover
from .errors import Problem, SelectorError
from .linked import SIZE_LIMIT, LinkedLabels
from .requirement import Requirement, Selector
from .space import LabelSpace

_SMALL_PRODUCT = 256


class Complement:
    """The nodes that satisfy the required terms and no selector, as boxes over the labels that matter."""

    def __init__(self, selectors: Sequence[Selector], terms: Sequence[Term] | None) -> None:
        self.selectors, self.terms = selectors, terms
        live = list(selectors)
        while True:
            self._cut(live)
            self.forbidden = [(self._box(selector.requirements), selector) for selector in live]
            kept = set(absorb(box for box, _ in self.forbidden if not self.frame.is_empty(box)))
            relevant = []
            for box, selector in self.forbidden:
                if box in kept:
                    kept.discard(box)
                    relevant.append(selector)
            # Values that only a superfluous selector names must not cut a label that has integer ranges.
            if len(relevant) == len(live) or not any(space.ranges for space in self.spaces):
                self.forbidden = [(self._box(selector.requirements), selector) for selector in relevant]
                break
            live = relevant

    def solve(self, budget: int) -> tuple[dict[str, Any] | None, int]:
        """Return the node selector (None: nothing is excluded) and what is proven of it (0 to 3, see Cover).

        Raises SelectorError where no node is left, where the rest is inexpressible, or too large.
        """
        boxes = merge([box for box, _ in self.forbidden] + self._outside_terms(), self.frame)
        if not boxes:
            return None, 3
        if self.full in boxes:
            raise SelectorError([self._leaves_no_node()])
        parts = self._components(boxes)
        for part in parts:
            part.find_primes(budget)
            if part.oversize:
                raise SelectorError([_too_large(len(part.primes), SIZE_LIMIT, "more than ")])
        self._check_complete(parts)
        covers = [part.cover(budget) for part in parts]
        proven = min(cover.proven for cover in covers)
        unproven = [cover for cover in covers if not cover.fooling]
        factors = [cover for cover in covers if len(cover.boxes) > 1]
        if proven and unproven and len(factors) > 1:
            # A product of smallest covers is proven smallest where all have a fooling set, and its number of
            # terms where all but one have; else look at the product itself while it is small.
            if prod(len(part.primes) for part in parts) <= _SMALL_PRODUCT:
                whole = LinkedLabels(self.spaces, self.offsets, boxes)
                whole.find_primes(budget)
                parts, covers = [whole], [whole.cover(budget)]
                proven = covers[0].proven
            else:
                proven = 1 if len(unproven) == 1 else 0
        self._check_size(parts, covers)
        rendered = [
            [part.term(box) for box in cover.boxes] for part, cover in zip(parts, covers, strict=True)
        ]
        return write(_joined(choice) for choice in product(*rendered)), proven

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
        return box & self.full

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

    def _components(self, boxes: Sequence[int]) -> list[LinkedLabels]:
        """Group boxes that are linked by labels they restrict; labels that none restricts fall away."""
        spans = [(sum(field for field in self.fields if field & ~box), box) for box in boxes]
        parts = []
        for span, members in sorted(linked(spans)):
            places = [place for place, field in enumerate(self.fields) if field & span]
            parts.append(
                LinkedLabels(
                    [self.spaces[place] for place in places],
                    [self.offsets[place] for place in places],
                    sorted(box & span for box in members),
                )
            )
        return parts

    def _check_complete(self, parts: Sequence[LinkedLabels]) -> None:
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
                labels: dict[str, str] = {}
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

    def _check_size(self, parts: Sequence[LinkedLabels], covers: Sequence[Cover]) -> None:
        terms = prod(len(cover.boxes) for cover in covers)
        size = 24 + terms * 26
        for part, cover in zip(parts, covers, strict=True):
            own = sum(
                sum(2 + len(str_requirement) for str_requirement in part.texts(box)) for box in cover.boxes
            )
            size += own * (terms // len(cover.boxes))
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
