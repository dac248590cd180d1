"""Kinds of nodes as cubes over the labels that selectors and terms name, and back to text, words, examples.

Unlike the search for an affinity this keeps all selectors, the superfluous and the dead ones, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..minimize.budget import Budget
from ..minimize.cube_encoder import CubeEncoder
from ..minimize.cubes import absorb, find_uncovered
from ..minimize.label_domain import sample_name
from ..node_selector import Term
from ..requirement import Requirement, Selector
from ..wording import describe_requirements, join_words

_LISTED = 3
_UNLIMITED = 10**12


@dataclass(frozen=True, order=True)
class NodeGroup:
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
    unless: tuple[NodeGroup, ...]
    """Nodes that do not belong to the region."""
    example: dict[str, str]
    """The labels of such a node."""
    example_name: str
    """Its name; empty where any will do."""

    @property
    def kind(self) -> NodeGroup:
        """Both selectors."""
        return NodeGroup(self.selector, self.fields)

    def others(self) -> str:
        """Say which other selectors keep nodes out of the region, to stand after "unless"."""
        if len(self.unless) > _LISTED:
            return f"one of {len(self.unless)} other selectors"
        return join_words([other.quoted() for other in self.unless], "or")


class Regions:
    """The label domain that selectors and terms can tell apart."""

    def __init__(self, selectors: Iterable[Selector], terms: Iterable[Term] = ()) -> None:
        """Cut the values of each label by all requirements of the selectors and terms on it."""
        self._encoder = CubeEncoder([selector.requirements for selector in selectors], terms)
        self._domains, self._offsets = self._encoder.domains, self._encoder.offsets
        self._layout = self._encoder.layout
        self._fields = self._layout.fields

    def cube(self, labels: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> int | None:
        """Return the nodes that satisfy all requirements on labels and on fields, None when no node can."""
        cube = self._encoder.encode(labels, fields)
        return None if self._layout.is_empty(cube) else cube

    def outside_terms(self, terms: Sequence[Term] | None) -> list[int]:
        """Return cubes that together hold the nodes that no term admits; none where nothing is required."""
        return self._encoder.encode_outside(terms)

    def named(self, selectors: Iterable[Selector]) -> dict[int, NodeGroup | None]:
        """Return the cubes of selectors that match a node, each with its selector."""
        texts: dict[int, NodeGroup | None] = {}
        for selector in sorted(selectors, key=str):
            if (cube := self.cube(selector.requirements)) is not None:
                texts.setdefault(cube, NodeGroup(str(selector)))
        return texts

    def terms(self, terms: Iterable[Term]) -> dict[int, NodeGroup | None]:
        """Return the cubes of node selector terms, none with a selector."""
        cubes = (self.cube(labels, fields) for labels, fields in terms)
        return {cube: None for cube in cubes if cube is not None}

    def written(self, cubes: Iterable[int]) -> dict[int, NodeGroup | None] | None:
        """Return cubes of a selector each that hold the same nodes; None where no selector says it."""
        cut: dict[int, NodeGroup | None] = {}
        for cube in cubes:
            sides = []
            for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
                atoms = (cube & field) >> offset
                literals = domain.list_literals(atoms)
                if atoms & ~_union(literals):
                    return None
                sides.append([literal << offset for literal in literals])
            cut |= {sum(parts): None for parts in product(*sides)}
        return cut

    def meet(self, cube: int, other: int) -> bool:
        """Tell whether a node can be in both cubes."""
        return not self._layout.is_empty(cube & other)

    def outside(self, cube: int, covers: Iterable[int | None]) -> int | None:
        """Return some of the nodes in the cube that none of the covers holds, None when there are none."""
        return find_uncovered(
            cube, [cover for cover in covers if cover is not None], self._layout, Budget(_UNLIMITED)
        )

    def example(self, cube: int) -> dict[str, str]:
        """Return the labels of a node in a cube, as few and as ordinary as they can be."""
        labels = {}
        for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
            value = domain.sample_value((cube & field) >> offset)
            if value is not None and not domain.is_field:
                labels[domain.key] = value
        return labels

    def name(self, cube: int) -> str:
        """Return the name of a node in a cube; empty where any will do."""
        return sample_name(self._domains, self._offsets, cube)

    def difference(
        self, these: Mapping[int, NodeGroup | None], others: Mapping[int, NodeGroup | None]
    ) -> list[Region]:
        """Describe the nodes in some of these cubes and in none of the others, in a fixed order.

        The cubes have the selector that somebody wrote for them, or None. Together the regions are exactly
        these nodes; they may overlap, and none is superfluous.
        """
        covers = absorb(others)
        cubes = absorb(these)
        parts = [self._left(cube, self._layout.select_intersecting(cube, covers)) for cube in cubes]
        found = [part for part in parts if part is not None]
        kept = self._without_superfluous(self._joined(absorb(found)), covers)
        regions = [self._region(cube, covers, others) for cube in kept]
        return sorted(regions, key=lambda region: (region.selector.count(","), region.kind))

    def _left(self, cube: int, covers: Sequence[int]) -> int | None:
        """Return the cube without the values of its own labels with which a cover holds every node."""
        if self.outside(cube, covers) is None:
            return None
        left = cube
        for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
            atoms = (cube & field) >> offset
            if atoms == domain.full:
                continue
            for atom in (1 << place for place in range(domain.width) if atoms >> place & 1):
                if self.outside((left & ~field) | (atom << offset), covers) is None:
                    atoms &= ~atom
            if domain.list_literals(atoms) == [atoms]:
                left = (left & ~field) | (atoms << offset)
        return left

    def _joined(self, cubes: Sequence[int]) -> list[int]:
        """Join cubes that differ in one label where one selector can state the union."""
        current = list(cubes)
        for place, field in enumerate(self._fields):
            groups: dict[int, list[int]] = {}
            for cube in current:
                group = groups.setdefault(cube & ~field, [])
                for at, other in enumerate(group):
                    atoms = ((cube | other) & field) >> self._offsets[place]
                    if self._domains[place].list_literals(atoms) == [atoms]:
                        group[at] = cube | other
                        break
                else:
                    group.append(cube)
            current = [cube for group in groups.values() for cube in group]
        return absorb(current)

    def _without_superfluous(self, cubes: Sequence[int], covers: Sequence[int]) -> list[int]:
        kept = list(cubes)
        for cube in reversed(cubes):
            rest = [other for other in kept if other != cube]
            if self.outside(cube, [*rest, *covers]) is None:
                kept = rest
        return kept

    def _region(self, cube: int, covers: Sequence[int], kinds: Mapping[int, NodeGroup | None]) -> Region:
        near = self._layout.select_intersecting(cube, covers)
        unless = {kind for cover in near if (kind := kinds[cover]) is not None}
        # What nobody wrote is said as far as the region does not say it itself.
        parts = absorb([cover & cube for cover in near if kinds[cover] is None])
        unless |= {self._kind(part, cube) for part in parts}
        kind, example = self._kind(cube), self.outside(cube, near) or cube
        return Region(
            selector=kind.selector,
            fields=kind.fields,
            words=describe_requirements(self._requirements(cube), self._requirements(cube, is_field=True)),
            unless=tuple(sorted(unless)),
            example=self.example(example),
            example_name=self.name(example),
        )

    def _kind(self, cube: int, within: int = -1) -> NodeGroup:
        return NodeGroup(
            _text(self._requirements(cube, within)), _text(self._requirements(cube, within, is_field=True))
        )

    def _requirements(self, cube: int, within: int = -1, *, is_field: bool = False) -> list[Requirement]:
        """Say which nodes of those within are in a cube, by their labels or by their names."""
        return [
            requirement
            for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True)
            if within & field & ~cube and domain.is_field is is_field
            for requirement in domain.to_requirements((cube & field) >> offset)
        ]


def _text(requirements: Iterable[Requirement]) -> str:
    return ",".join(map(str, requirements))


def _union(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
