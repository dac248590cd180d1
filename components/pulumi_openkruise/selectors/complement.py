"""What is left of a cluster's nodes when selectors take theirs away, and how to say so in terms."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from .errors import Problem, SelectorError
from .minimize.cube_encoder import Layout
from .minimize.cubes import OutOfSteps, Steps, absorb, hole, linked, merge
from .minimize.subproblem import SIZE_LIMIT, LinkedLabels
from .node_selector import Term, joined, length_of, write
from .requirement import Requirement, Selector
from .unsolvable import inexpressible, leaves_no_node, too_large

_SMALL_PRODUCT = 256

_LABEL_SIZE, _VALUE_SIZE = 1200, 70
"""More bytes than a term takes for a label, in three requirements at most, and for a value of one."""

_Alone = list[tuple[int, int]]
"""The places of labels that no selector links with others, and the values that remain of each."""


class Complement:
    """The nodes that satisfy the required terms and no selector, as boxes over the labels that matter."""

    def __init__(
        self,
        selectors: Sequence[Selector],
        terms: Sequence[Term] | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Take what is excluded and required, and the labels that a ``nodeSelector`` asks for besides."""
        self.selectors = selectors
        self.terms = joined(terms, labels or {})
        self._by_labels = bool(labels)
        self._admitting = ["the required node affinity"] if terms is not None else []
        if labels:
            self._admitting.append("the nodeSelector")
        self._live = selectors
        self._layout = Layout([selector.requirements for selector in selectors], self.terms or ())
        # Values that only a superfluous selector names must not cut a label that has integer ranges.
        while self._layout.has_ranges and len(needed := self._needed()) < len(self._live):
            self._live = [selector for _box, selector in needed]
            self._layout = Layout([selector.requirements for selector in self._live], self.terms or ())
        self._box, self._frame, self._full = self._layout.box, self._layout.frame, self._layout.frame.full

    def solve(self, budget: int) -> tuple[dict[str, Any] | None, int]:
        """Return the node selector (None: nothing is excluded) and what is proven of it (0 to 3, see Cover).

        Raises SelectorError where no node is left, where the rest is inexpressible, or too large.
        """
        boxes = merge(self._forbidden() + self._layout.outside_terms(self.terms), self._frame)
        if not boxes:
            return None, 3
        if self._full in boxes:
            raise SelectorError([self._leaves_no_node()])
        parts, alone = self._components(boxes)
        if not parts:
            factored = [[self._term_of(alone)]]
            self._check_size(factored, 3)
            return write(factored[0]), 3
        for part in parts:
            part.find_primes(budget)
            if part.oversize:
                raise SelectorError(
                    [too_large("no exact affinity was found with less than", len(part.primes), part.size)]
                )
        self._check_complete(parts, alone)
        covers = [part.cover(budget) for part in parts]
        proven = min([cover.proven for cover in covers])
        unproven = [cover for cover in covers if not cover.fooling]
        factors = [cover for cover in covers if len(cover.boxes) > 1]
        if proven and unproven and len(factors) > 1:
            # A product of smallest covers is proven smallest where all have a fooling set, and its number of
            # terms where all but one have; else look at the product itself while it is small.
            if prod(len(part.primes) for part in parts) <= _SMALL_PRODUCT:
                whole = LinkedLabels(self._layout.spaces, self._layout.offsets, boxes)
                whole.find_primes(budget)
                alone = []
                parts, covers = [whole], [whole.cover(budget)]
                proven = covers[0].proven
            else:
                proven = 1 if len(unproven) == 1 else 0
        factored = [
            [part.term(box) for box in cover.boxes] for part, cover in zip(parts, covers, strict=True)
        ]
        if alone:
            factored.append([self._term_of(alone)])
        self._check_size(factored, proven)
        combined = factored[0] if len(factored) == 1 else [_combined(choice) for choice in product(*factored)]
        return write(combined), proven

    def check_leaves_a_node(self) -> None:
        """Raise SelectorError where no node is left."""
        boxes = self._forbidden() + self._layout.outside_terms(self.terms)
        if self._filling(boxes) is not None:
            raise SelectorError([self._leaves_no_node()])

    def _forbidden(self) -> list[int]:
        """Return the boxes of the selectors that match a node."""
        boxes = [self._box(selector.requirements) for selector in self._live]
        return [box for box in boxes if not self._frame.is_empty(box)]

    def _needed(self) -> list[tuple[int, Selector]]:
        """Return the selectors that match a node which no single other one matches, each with its box."""
        layout = self._layout
        boxes = [(layout.box(selector.requirements), selector) for selector in self._live]
        kept = set(absorb([box for box, _selector in boxes if not layout.frame.is_empty(box)]))
        needed = []
        for box, selector in boxes:
            if box in kept:
                kept.discard(box)
                needed.append((box, selector))
        return needed

    def _components(self, boxes: Sequence[int]) -> tuple[list[LinkedLabels], _Alone]:
        """Group boxes that are linked by labels they restrict; labels that none restricts fall away.

        What a single requirement excludes, on a label of its own, every term has to exclude; that is returned
        apart.
        """
        spaces, offsets = self._layout.spaces, self._layout.offsets
        marks = [(self._frame.span(box), box) for box in boxes]
        parts: list[LinkedLabels] = []
        alone: _Alone = []
        for mark, members in linked(marks):
            places = [place for place, spare in enumerate(self._frame.spares) if mark & spare]
            first = places[0]
            if len(places) == len(members) == 1 and not spaces[first].ranges:
                pieces = spaces[first].pieces((self._full & ~members[0]) >> offsets[first])
                if len(pieces) == 1:
                    alone.append((first, pieces[0]))
                    continue
            parts.append(
                LinkedLabels(
                    [spaces[place] for place in places],
                    [offsets[place] for place in places],
                    sorted(members),
                )
            )
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
                labels, name = {}, ""
                for at, atoms in sorted(alone):
                    space = self._layout.spaces[at]
                    value = space.sample(atoms)
                    if space.is_field:
                        name = value or ""
                    elif value is not None:
                        labels[space.key] = value
                for at, other in enumerate(parts):
                    box = gap if at == place else allowed[at] or 0
                    labels |= other.node_in(box)
                    name = name or other.name_in(box)
                problems.append(self._inexpressible(part, gap, labels, name))
        if problems:
            raise SelectorError(problems)

    def _check_size(self, factored: Sequence[Sequence[Term]], proven: int) -> None:
        """Raise SelectorError where an affinity of all combinations of these terms would be too large."""
        terms = prod([len(factor) for factor in factored])
        most = _LABEL_SIZE * len(self._frame.fields) + _VALUE_SIZE * self._full.bit_length()
        if terms * most < SIZE_LIMIT and not self._layout.has_fields:  # whose values need a requirement each
            return
        size = 24 + terms * 26
        for factor in factored:
            own = sum([2 * len(labels + fields) + length_of((labels, fields)) for labels, fields in factor])
            size += own * (terms // len(factor))
        if size > SIZE_LIMIT:
            needed = (
                "the exact affinity needs" if proven else "the smallest exact affinity that was found has"
            )
            raise SelectorError([too_large(f"{needed} about", terms, size)])

    def _term_of(self, alone: _Alone) -> Term:
        """Say in one term what remains of labels that nothing links."""
        labels: list[Requirement] = []
        fields: list[Requirement] = []
        for place, atoms in alone:
            space = self._layout.spaces[place]
            (fields if space.is_field else labels).extend(space.statement(atoms))
        return tuple(labels), tuple(fields)

    def _inexpressible(self, part: LinkedLabels, gap: int, labels: dict[str, str], name: str) -> Problem:
        labels_here = part.node_in(gap)
        keys = [space.key for space in part.spaces if space.ranges and space.key in labels_here]
        involved = [
            selector.text or str(selector)
            for _box, selector in self._needed()
            if any(r.operator in ("Gt", "Lt") and r.key in keys for r in selector.requirements)
        ]
        return inexpressible(keys[0] if keys else part.spaces[0].key, involved, labels, name)

    def _filling(self, boxes: Sequence[int]) -> list[int] | None:
        """Return those of the boxes that share labels and leave no node; None where a node is left."""
        unlimited = Steps(1 << 60)
        for _span, group in linked((self._frame.span(box), box) for box in boxes):
            if hole(self._full, group, self._frame, unlimited) is None:
                return group
        return None

    def _leaves_no_node(self) -> Problem:
        steps = Steps(200_000)
        needed, outside = self._needed(), self._layout.outside_terms(self.terms)
        boxes = [*(box for box, _selector in needed), *outside]
        filling = self._filling(boxes) or boxes
        needed = [one for one in needed if one[0] in filling]
        outside = [box for box in outside if box in filling]
        try:
            for entry in list(needed):
                rest = [other for other in needed if other is not entry]
                if hole(self._full, [box for box, _ in rest] + outside, self._frame, steps) is None:
                    needed = rest
        except OutOfSteps:
            pass
        texts = [selector.text or str(selector) for _box, selector in needed]
        if self.terms is None:
            return leaves_no_node(texts, [], {}, "", by_labels=False)
        admitted = min(box for term in self.terms if not self._frame.is_empty(box := self._box(*term)))
        whole = LinkedLabels(self._layout.spaces, self._layout.offsets, [])
        return leaves_no_node(
            texts,
            self._admitting,
            whole.node_in(admitted),
            whole.name_in(admitted),
            by_labels=self._by_labels,
        )


def _combined(choice: Iterable[Term]) -> Term:
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    for term in choice:
        labels += term[0]
        fields += term[1]
    return labels, fields
