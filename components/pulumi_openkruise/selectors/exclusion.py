"""From label selectors to the node affinity that admits exactly the nodes that none of them matches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from .affinity import Term, read, write
from .boxes import Frame, OutOfSteps, Steps, absorb, hole, maximal_outside, merge
from .cover import Cover, Shape, classes_of, smallest_cover
from .errors import Problem, SelectorError
from .parse import from_mapping, parse
from .requirement import Requirement, Selector
from .space import LabelSpace

BUDGET = 300_000
"""Default number of search steps, well under a second; ordinary input takes a few hundred."""

SIZE_LIMIT = 1024 * 1024
"""Largest affinity in bytes of JSON: etcd takes requests of 1.5 MiB; the rest of the object needs room."""

_SMALL_PRODUCT = 256
_REQUIREMENT = 1 << 40


@dataclass(frozen=True)
class Exclusion:
    """The answer to a list of selectors."""

    affinity: dict[str, Any] | None
    """``{"nodeSelectorTerms": [...]}``, or None when nothing is excluded and nothing else required."""
    minimal: bool
    """Whether it is proven that no exact answer has fewer terms, requirements or values, in this order."""
    selectors: tuple[str, ...]
    """The selectors in canonical spelling, sorted, without duplicates."""


def exclusion_affinity(selectors: Iterable[str | Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the required node affinity that admits exactly the nodes matched by none of the selectors.

    ``selectors`` are label selector strings as for ``kubectl get nodes -l``, or LabelSelector mappings.
    Returns ``{"nodeSelectorTerms": [...]}``, what goes under
    ``requiredDuringSchedulingIgnoredDuringExecution``, the same bytes for the same set of selectors; None
    when there is nothing to exclude. Raises SelectorError that lists every problem.
    """
    return solve(selectors).affinity


def solve(
    selectors: Iterable[str | Mapping[str, Any]],
    *,
    required: Mapping[str, Any] | None = None,
    budget: int = BUDGET,
) -> Exclusion:
    """Compute the smallest exact affinity, joined with a node selector that is required anyway.

    ``required`` is ``{"nodeSelectorTerms": [...]}``; the answer admits the nodes that it admits and that no
    selector matches. ``budget`` bounds the search in deterministic steps: when it is used up the answer is
    exact all the same, with ``minimal=False``. Raises SelectorError that lists every problem.
    """
    parsed = read_selectors(selectors)
    terms: list[Term] | None = None
    if required is not None:
        terms, problems = read(required)
        if problems:
            raise SelectorError(problems)
    problem = _Complement(parsed, terms)
    affinity, minimal = problem.solve(budget)
    return Exclusion(affinity, minimal, tuple(sorted({str(selector) for selector in parsed})))


def read_selectors(selectors: Iterable[str | Mapping[str, Any]]) -> list[Selector]:
    """Parse a list of selectors; raises SelectorError that lists the problems of all of them."""
    if isinstance(selectors, (str, Mapping)):
        found = "one string" if isinstance(selectors, str) else "one mapping"
        raise SelectorError([Problem("not-a-string", f"expected a list of selectors, found {found}")])
    parsed: list[Selector] = []
    problems: list[Problem] = []
    for index, given in enumerate(selectors):
        try:
            if isinstance(given, str):
                selector = parse(given)
            elif isinstance(given, Mapping):
                selector = from_mapping(given)
            else:
                reason = f"expected a label selector string, found {given!r} ({type(given).__name__})"
                problems.append(Problem("not-a-string", reason, index, remedy="put it in quotes"))
                continue
        except SelectorError as error:
            problems += [
                Problem(p.code, p.reason, index, p.selector, p.position, p.witness, p.remedy)
                for p in error.problems
            ]
            continue
        if not selector.requirements:
            reason = "an empty selector matches every node, so no node would be left"
            remedy = "write the label that identifies the virtual nodes, or remove the entry"
            problems.append(Problem("matches-every-node", reason, index, str(given), None, {}, remedy))
            continue
        parsed.append(selector)
    if problems:
        raise SelectorError(problems)
    return parsed


class _Complement:
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

    def solve(self, budget: int) -> tuple[dict[str, Any] | None, bool]:
        steps = Steps(budget)
        boxes = merge([box for box, _ in self.forbidden] + self._outside_terms(), self.frame)
        if not boxes:
            return None, True
        if self.full in boxes:
            raise SelectorError([self._leaves_no_node()])
        parts = [_Part(self, fields, group) for fields, group in self._components(boxes)]
        for part in parts:
            part.find_primes(steps)
        self._check_complete(parts)
        covers = [part.cover(steps) for part in parts]
        minimal = all(cover.minimal for cover in covers)
        unproven = [cover for cover in covers if not cover.fooling]
        factors = [cover for cover in covers if len(cover.boxes) > 1]
        if minimal and unproven and len(factors) > 1:
            # The product of smallest covers is proven smallest where each has a fooling set; else look at
            # the product itself while it is small.
            if prod(len(part.primes) for part in parts) <= _SMALL_PRODUCT:
                whole = _Part(self, self.fields, boxes)
                whole.find_primes(steps)
                parts, covers = [whole], [whole.cover(steps)]
                minimal = covers[0].minimal
            else:
                minimal = False
        self._check_size(parts, covers)
        rendered = [
            [part.term(box) for box in cover.boxes] for part, cover in zip(parts, covers, strict=True)
        ]
        return write(_joined(choice) for choice in product(*rendered)), minimal

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

    def _components(self, boxes: Sequence[int]) -> list[tuple[list[int], list[int]]]:
        """Group boxes that are linked by labels they restrict; labels that none restricts fall away."""
        groups: list[tuple[int, list[int]]] = []
        for box in boxes:
            span = 0
            for field in self.fields:
                if field & ~box:
                    span |= field
            linked = [group for group in groups if group[0] & span]
            groups = [group for group in groups if not group[0] & span]
            members = [box]
            for other_span, others in linked:
                span |= other_span
                members += others
            groups.append((span, members))
        found = [
            ([field for field in self.fields if field & span], sorted(box & span for box in members))
            for span, members in groups
        ]
        return sorted(found, key=lambda group: group[0][0])

    def _check_complete(self, parts: Sequence["_Part"]) -> None:
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

    def _inexpressible(self, part: "_Part", gap: int, labels: dict[str, str]) -> Problem:
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
                "contradiction", "the required node affinity contradicts itself: no node can satisfy it"
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
        listed = " and ".join(texts) if len(texts) < 3 else ", ".join(texts)
        if self.terms is None:
            reason = f"{listed} together match every node, so no node would be left for the daemon"
            witness: dict[str, str] = {}
        else:
            reason = f"every node that the required node affinity admits is matched by {listed}"
            admitted = next(b for term in self.terms if not self.frame.is_empty(b := self._box(*term)))
            witness = _Part(self, self.fields, []).node_in(admitted)
        return Problem(
            "leaves-no-node",
            reason,
            witness=witness,
            remedy="remove or narrow one of them",
        )

    def _check_size(self, parts: Sequence["_Part"], covers: Sequence[Cover]) -> None:
        terms = prod(len(cover.boxes) for cover in covers)
        size = 24 + terms * 26
        for part, cover in zip(parts, covers, strict=True):
            own = sum(
                sum(2 + len(str_requirement) for str_requirement in part.texts(box)) for box in cover.boxes
            )
            size += own * (terms // len(cover.boxes))
        if size <= SIZE_LIMIT:
            return
        raise SelectorError(
            [
                Problem(
                    "too-large",
                    f"the exact affinity needs {terms:,} terms, about {size:,} bytes; an object in the "
                    f"Kubernetes API holds about {SIZE_LIMIT:,}: each selector with several requirements on "
                    "labels of its own doubles the number of terms",
                    remedy="give these nodes one label in common, such as openkruise.io/virtual-node=true, "
                    "and select by it; or write selectors with one requirement",
                )
            ]
        )


class _Part:
    """The labels and forbidden boxes of one component, which shares no label with the others."""

    def __init__(self, whole: _Complement, fields: Sequence[int], forbidden: Sequence[int]) -> None:
        places = [whole.fields.index(field) for field in fields]
        self.spaces = [whole.spaces[place] for place in places]
        self.offsets = [whole.offsets[place] for place in places]
        self.fields = list(fields)
        self.frame = Frame(self.fields)
        self.full = self.frame.full
        self.forbidden = [box & self.full for box in forbidden]
        self.primes: list[int] = []
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

    def find_primes(self, steps: Steps) -> None:
        """Find all maximal boxes outside the forbidden ones; out of budget, enough of them to cover."""

        def pieces(place: int, outside: int) -> list[int]:
            offset = self.offsets[place]
            return [piece << offset for piece in self.spaces[place].pieces(outside >> offset)]

        try:
            # The most restricting boxes last: they cut the fewest primes.
            order = sorted(self.forbidden, key=lambda box: (-box.bit_count(), box))
            primes = maximal_outside(self.frame, order, pieces, Steps(steps.left // 2))
        except OutOfSteps:
            self._complete = False
            primes = self._enough_primes()
        if len(primes) > 1:
            primes.sort(key=lambda prime: (self._cost(prime), self.texts(prime)))
        self.primes = primes

    def cover(self, steps: Steps) -> Cover:
        """Return the smallest cover of this component that the budget allows to find."""
        shape = Shape(self.frame, classes_of(self.frame, self.primes), self._shrink, self._cost)
        found = smallest_cover(self.primes, shape, Steps(steps.left // 2))
        return found if self._complete else Cover(found.boxes, False, False)

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

    def _cost(self, box: int) -> int:
        """Requirements and values of a box as one number that compares like the pair."""
        requirements = values = 0
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            cost = space.cost((box & field) >> offset)
            requirements += cost[0]
            values += cost[1]
        return requirements * _REQUIREMENT + values

    def _shrink(self, prime: int, needed: int) -> int:
        box = 0
        for space, offset, field in zip(self.spaces, self.offsets, self.fields, strict=True):
            piece = space.smaller((prime & field) >> offset, (needed & field) >> offset)
            box |= piece << offset
        return box

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


def _joined(choice: Iterable[Term]) -> Term:
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    for term in choice:
        labels += term[0]
        fields += term[1]
    return labels, fields
