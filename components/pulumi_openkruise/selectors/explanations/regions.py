"""Kinds of nodes as boxes over the labels that selectors and terms name, and back to text, words, examples.

Unlike the search for an affinity this keeps all selectors, the superfluous and the dead ones, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..minimize.cube_encoder import Layout
from ..minimize.cubes import Steps, absorb, hole
from ..minimize.label_domain import node_name
from ..node_selector import Term
from ..requirement import Requirement, Selector
from ..wording import listed, phrase

_LISTED = 3
_UNLIMITED = 10**12


@dataclass(frozen=True, order=True)
class Kind:
    """Nodes that a label selector and a field selector match together."""

    selector: str
    """A label selector, as for ``kubectl get nodes -l``; empty where labels do not matter."""
    fields: str = ""
    """A field selector, as for ``--field-selector``; empty where the node's name does not matter."""

    def __str__(self) -> str:
        """Write both selectors in a line."""
        return self._written("")

    def quoted(self) -> str:
        """Write both selectors in quotes, to stand in a sentence."""
        return self._written("'")

    def _written(self, quote: str) -> str:
        parts = [f"{quote}{self.selector}{quote}"] if self.selector else []
        parts += [f"field {quote}{self.fields}{quote}"] if self.fields else []
        return " with ".join(parts) or "every node"


@dataclass(frozen=True)
class Region:
    """Nodes that match one selector and none of some others, written for people."""

    selector: str
    """A label selector that matches the nodes; empty where labels do not matter."""
    fields: str
    """A field selector that matches them, too; empty where the node's name does not matter."""
    words: str
    """The same in words, to stand after "nodes"."""
    unless: tuple[Kind, ...]
    """Nodes that do not belong to the region."""
    example: dict[str, str]
    """The labels of such a node."""
    example_name: str
    """Its name; empty where any will do."""

    @property
    def kind(self) -> Kind:
        """Both selectors."""
        return Kind(self.selector, self.fields)

    def others(self) -> str:
        """Say which other selectors keep nodes out of the region, to stand after "unless"."""
        if len(self.unless) > _LISTED:
            return f"one of {len(self.unless)} other selectors"
        return listed([other.quoted() for other in self.unless], "or")


class Regions:
    """The label space that selectors and terms can tell apart."""

    def __init__(self, selectors: Iterable[Selector], terms: Iterable[Term] = ()) -> None:
        """Cut the values of each label by all requirements of the selectors and terms on it."""
        self._layout = Layout([selector.requirements for selector in selectors], terms)
        self._spaces, self._offsets = self._layout.spaces, self._layout.offsets
        self._frame = self._layout.frame
        self._fields = self._frame.fields

    def box(self, labels: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> int | None:
        """Return the nodes that satisfy all requirements on labels and on fields, None when no node can."""
        box = self._layout.box(labels, fields)
        return None if self._frame.is_empty(box) else box

    def outside_terms(self, terms: Sequence[Term] | None) -> list[int]:
        """Return boxes that together hold the nodes that no term admits; none where nothing is required."""
        return self._layout.outside_terms(terms)

    def named(self, selectors: Iterable[Selector]) -> dict[int, Kind | None]:
        """Return the boxes of selectors that match a node, each with its selector."""
        texts: dict[int, Kind | None] = {}
        for selector in sorted(selectors, key=str):
            if (box := self.box(selector.requirements)) is not None:
                texts.setdefault(box, Kind(str(selector)))
        return texts

    def terms(self, terms: Iterable[Term]) -> dict[int, Kind | None]:
        """Return the boxes of node selector terms, none with a selector."""
        boxes = (self.box(labels, fields) for labels, fields in terms)
        return {box: None for box in boxes if box is not None}

    def written(self, boxes: Iterable[int]) -> dict[int, Kind | None] | None:
        """Return boxes of a selector each that hold the same nodes; None where no selector says it."""
        cut: dict[int, Kind | None] = {}
        for box in boxes:
            sides = []
            for space, offset, field in zip(self._spaces, self._offsets, self._fields, strict=True):
                atoms = (box & field) >> offset
                pieces = space.pieces(atoms)
                if atoms & ~_union(pieces):
                    return None
                sides.append([piece << offset for piece in pieces])
            cut |= {sum(parts): None for parts in product(*sides)}
        return cut

    def meet(self, box: int, other: int) -> bool:
        """Tell whether a node can be in both boxes."""
        return not self._frame.is_empty(box & other)

    def outside(self, box: int, covers: Iterable[int | None]) -> int | None:
        """Return some of the nodes in the box that none of the covers holds, None when there are none."""
        return hole(box, [cover for cover in covers if cover is not None], self._frame, Steps(_UNLIMITED))

    def example(self, box: int) -> dict[str, str]:
        """Return the labels of a node in a box, as few and as ordinary as they can be."""
        labels = {}
        for space, offset, field in zip(self._spaces, self._offsets, self._fields, strict=True):
            value = space.sample((box & field) >> offset)
            if value is not None and not space.is_field:
                labels[space.key] = value
        return labels

    def name(self, box: int) -> str:
        """Return the name of a node in a box; empty where any will do."""
        return node_name(self._spaces, self._offsets, box)

    def difference(self, these: Mapping[int, Kind | None], others: Mapping[int, Kind | None]) -> list[Region]:
        """Describe the nodes in some of these boxes and in none of the others, in a fixed order.

        The boxes have the selector that somebody wrote for them, or None. Together the regions are exactly
        these nodes; they may overlap, and none is superfluous.
        """
        covers = absorb(others)
        boxes = absorb(these)
        parts = [self._left(box, self._frame.touching(box, covers)) for box in boxes]
        found = [part for part in parts if part is not None]
        kept = self._without_superfluous(self._joined(absorb(found)), covers)
        regions = [self._region(box, covers, others) for box in kept]
        return sorted(regions, key=lambda region: (region.selector.count(","), region.kind))

    def _left(self, box: int, covers: Sequence[int]) -> int | None:
        """Return the box without the values of its own labels with which a cover holds every node."""
        if self.outside(box, covers) is None:
            return None
        left = box
        for space, offset, field in zip(self._spaces, self._offsets, self._fields, strict=True):
            atoms = (box & field) >> offset
            if atoms == space.full:
                continue
            for atom in (1 << place for place in range(space.width) if atoms >> place & 1):
                if self.outside((left & ~field) | (atom << offset), covers) is None:
                    atoms &= ~atom
            if space.pieces(atoms) == [atoms]:
                left = (left & ~field) | (atoms << offset)
        return left

    def _joined(self, boxes: Sequence[int]) -> list[int]:
        """Join boxes that differ in one label where one selector can state the union."""
        current = list(boxes)
        for place, field in enumerate(self._fields):
            groups: dict[int, list[int]] = {}
            for box in current:
                group = groups.setdefault(box & ~field, [])
                for at, other in enumerate(group):
                    atoms = ((box | other) & field) >> self._offsets[place]
                    if self._spaces[place].pieces(atoms) == [atoms]:
                        group[at] = box | other
                        break
                else:
                    group.append(box)
            current = [box for group in groups.values() for box in group]
        return absorb(current)

    def _without_superfluous(self, boxes: Sequence[int], covers: Sequence[int]) -> list[int]:
        kept = list(boxes)
        for box in reversed(boxes):
            rest = [other for other in kept if other != box]
            if self.outside(box, [*rest, *covers]) is None:
                kept = rest
        return kept

    def _region(self, box: int, covers: Sequence[int], kinds: Mapping[int, Kind | None]) -> Region:
        near = self._frame.touching(box, covers)
        unless = {kind for cover in near if (kind := kinds[cover]) is not None}
        # What nobody wrote is said as far as the region does not say it itself.
        parts = absorb([cover & box for cover in near if kinds[cover] is None])
        unless |= {self._kind(part, box) for part in parts}
        kind, example = self._kind(box), self.outside(box, near) or box
        return Region(
            selector=kind.selector,
            fields=kind.fields,
            words=phrase(self._requirements(box), self._requirements(box, is_field=True)),
            unless=tuple(sorted(unless)),
            example=self.example(example),
            example_name=self.name(example),
        )

    def _kind(self, box: int, within: int = -1) -> Kind:
        return Kind(
            _text(self._requirements(box, within)), _text(self._requirements(box, within, is_field=True))
        )

    def _requirements(self, box: int, within: int = -1, *, is_field: bool = False) -> list[Requirement]:
        """Say which nodes of those within are in a box, by their labels or by their names."""
        return [
            requirement
            for space, offset, field in zip(self._spaces, self._offsets, self._fields, strict=True)
            if within & field & ~box and space.is_field is is_field
            for requirement in space.statement((box & field) >> offset)
        ]


def _text(requirements: Iterable[Requirement]) -> str:
    return ",".join(map(str, requirements))


def _union(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
