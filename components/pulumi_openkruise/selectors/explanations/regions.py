"""Sets of nodes as cubes, and back as selectors, words and examples.

Unlike the search for an affinity this keeps all selectors, superfluous and unsatisfiable ones included.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..minimize import label_domain
from ..minimize.budget import Budget
from ..minimize.cube_encoder import CubeEncoder
from ..minimize.cubes import absorb, find_uncovered
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
        return self._write("")

    def quote(self) -> str:
        """Write both selectors in quotes, to stand in a sentence."""
        return self._write("'")

    def _write(self, quote: str) -> str:
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
    def group(self) -> NodeGroup:
        """Both selectors."""
        return NodeGroup(self.selector, self.fields)

    def list_others(self) -> str:
        """Say which other selectors keep nodes out of the region, to stand after "unless"."""
        if len(self.unless) > _LISTED:
            return f"one of {len(self.unless)} other selectors"
        return join_words([other.quote() for other in self.unless], "or")


class Regions:
    """All nodes that can exist, as far as selectors and terms can tell them apart."""

    def __init__(self, selectors: Iterable[Selector], terms: Iterable[Term] = ()) -> None:
        """Cut the values of each label by all requirements of the selectors and terms on it."""
        self._encoder = CubeEncoder([selector.requirements for selector in selectors], terms)
        self._domains, self._offsets = self._encoder.domains, self._encoder.offsets
        self._layout = self._encoder.layout
        self._fields = self._layout.fields

    def encode(self, labels: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> int | None:
        """Return the cube of the nodes that satisfy all requirements; None when no node can."""
        cube = self._encoder.encode(labels, fields)
        return None if self._layout.is_empty(cube) else cube

    def encode_outside(self, terms: Sequence[Term] | None) -> list[int]:
        """Return cubes that together hold the nodes that no term admits; none where nothing is required."""
        return self._encoder.encode_outside(terms)

    def encode_selectors(self, selectors: Iterable[Selector]) -> dict[int, NodeGroup | None]:
        """Return the cubes of the satisfiable selectors, each with its selector."""
        groups: dict[int, NodeGroup | None] = {}
        for selector in sorted(selectors, key=str):
            if (cube := self.encode(selector.requirements)) is not None:
                groups.setdefault(cube, NodeGroup(str(selector)))
        return groups

    def encode_terms(self, terms: Iterable[Term]) -> dict[int, NodeGroup | None]:
        """Return the cubes of the satisfiable terms, without selectors."""
        cubes = (self.encode(labels, fields) for labels, fields in terms)
        return {cube: None for cube in cubes if cube is not None}

    def split_into_selectors(self, cubes: Iterable[int]) -> dict[int, NodeGroup | None] | None:
        """Split cubes into cubes that one selector each can state; None where selectors cannot state them."""
        cut: dict[int, NodeGroup | None] = {}
        for cube in cubes:
            sides = []
            for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
                atoms = (cube & field) >> offset
                literals = domain.list_literals(atoms)
                if atoms & ~_join_sets(literals):
                    return None
                sides.append([literal << offset for literal in literals])
            cut |= {sum(parts): None for parts in product(*sides)}
        return cut

    def intersect(self, cube: int, other: int) -> bool:
        """Check whether a node can be in both cubes."""
        return not self._layout.is_empty(cube & other)

    def find_outside(self, cube: int, covers: Iterable[int | None]) -> int | None:
        """Return a cube of nodes in ``cube`` that none of the covers holds; None when there are none."""
        return find_uncovered(
            cube, [cover for cover in covers if cover is not None], self._layout, Budget(_UNLIMITED)
        )

    def sample_labels(self, cube: int) -> dict[str, str]:
        """Return the labels of one node in a cube: as few labels and as ordinary values as possible."""
        labels = {}
        for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
            value = domain.sample_value((cube & field) >> offset)
            if value is not None and not domain.is_field:
                labels[domain.key] = value
        return labels

    def sample_name(self, cube: int) -> str:
        """Return the name of one node in a cube; empty where any name will do."""
        return label_domain.sample_name(self._domains, self._offsets, cube)

    def describe_difference(
        self, these: Mapping[int, NodeGroup | None], others: Mapping[int, NodeGroup | None]
    ) -> list[Region]:
        """Describe the nodes in some of these cubes and in none of the others, in a fixed order.

        Each cube comes with the selector that it was made of, or None. Together the regions are exactly these
        nodes; they may overlap, and none is superfluous.
        """
        covers = absorb(others)
        cubes = absorb(these)
        parts = [self._trim(cube, self._layout.select_intersecting(cube, covers)) for cube in cubes]
        found = [part for part in parts if part is not None]
        kept = self._drop_superfluous(self._unite(absorb(found)), covers)
        regions = [self._describe(cube, covers, others) for cube in kept]
        return sorted(regions, key=lambda region: (region.selector.count(","), region.group))

    def _trim(self, cube: int, covers: Sequence[int]) -> int | None:
        """Return the cube without the values that covers hold completely; None where nothing is left."""
        if self.find_outside(cube, covers) is None:
            return None
        left = cube
        for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True):
            atoms = (cube & field) >> offset
            if atoms == domain.full:
                continue
            for atom in (1 << place for place in range(domain.width) if atoms >> place & 1):
                if self.find_outside((left & ~field) | (atom << offset), covers) is None:
                    atoms &= ~atom
            if domain.list_literals(atoms) == [atoms]:
                left = (left & ~field) | (atoms << offset)
        return left

    def _unite(self, cubes: Sequence[int]) -> list[int]:
        """Unite cubes that differ in one label where one selector can state the union."""
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

    def _drop_superfluous(self, cubes: Sequence[int], covers: Sequence[int]) -> list[int]:
        """Drop cubes that the others and the covers hold completely."""
        kept = list(cubes)
        for cube in reversed(cubes):
            rest = [other for other in kept if other != cube]
            if self.find_outside(cube, [*rest, *covers]) is None:
                kept = rest
        return kept

    def _describe(self, cube: int, covers: Sequence[int], groups: Mapping[int, NodeGroup | None]) -> Region:
        near = self._layout.select_intersecting(cube, covers)
        unless = {group for cover in near if (group := groups[cover]) is not None}
        # A cube without a selector is described by what the region itself does not state.
        parts = absorb([cover & cube for cover in near if groups[cover] is None])
        unless |= {self._describe_group(part, cube) for part in parts}
        group, example = self._describe_group(cube), self.find_outside(cube, near) or cube
        return Region(
            selector=group.selector,
            fields=group.fields,
            words=describe_requirements(
                self._list_requirements(cube), self._list_requirements(cube, is_field=True)
            ),
            unless=tuple(sorted(unless)),
            example=self.sample_labels(example),
            example_name=self.sample_name(example),
        )

    def _describe_group(self, cube: int, within: int = -1) -> NodeGroup:
        return NodeGroup(
            _join(self._list_requirements(cube, within)),
            _join(self._list_requirements(cube, within, is_field=True)),
        )

    def _list_requirements(self, cube: int, within: int = -1, *, is_field: bool = False) -> list[Requirement]:
        """Return the requirements that tell a cube from the nodes in ``within``, on labels or on the name."""
        return [
            requirement
            for domain, offset, field in zip(self._domains, self._offsets, self._fields, strict=True)
            if within & field & ~cube and domain.is_field is is_field
            for requirement in domain.to_requirements((cube & field) >> offset)
        ]


def _join(requirements: Iterable[Requirement]) -> str:
    return ",".join(map(str, requirements))


def _join_sets(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
