"""Kinds of nodes as boxes over the labels that selectors and terms name, and back to text, words, examples.

Where ``exclusion`` looks for what one node selector term can state, this module also writes down what none
can, such as "present, and not an integer above 5".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from .affinity import NAME_FIELD, Term
from .boxes import OutOfSteps, Steps, absorb, hole, is_empty, maximal_outside
from .requirement import Requirement, Selector
from .space import LabelSpace
from .wording import Statement, state

_UNLIMITED = 10**12
_SEARCH = 200_000


@dataclass(frozen=True)
class Region:
    """Nodes that have something in common, written for people."""

    text: str
    """The nodes as a label selector; ``!(k>5)`` stands for what no label selector can say."""
    is_selector: bool
    """Whether ``text`` can be given to ``kubectl get nodes -l``."""
    words: str
    """The same in words, after "nodes"."""
    example: dict[str, str]
    """The labels of such a node."""


class Regions:
    """The label space that selectors and terms can tell apart."""

    def __init__(self, selectors: Iterable[Selector], terms: Iterable[Term] = ()) -> None:
        by_key: dict[tuple[bool, str], list[Requirement]] = {}
        for selector in selectors:
            for requirement in selector.requirements:
                by_key.setdefault((False, requirement.key), []).append(requirement)
        for labels, names in terms:
            for is_field, requirements in ((False, labels), (True, names)):
                for requirement in requirements:
                    by_key.setdefault((is_field, requirement.key), []).append(requirement)
        self._spaces: list[LabelSpace] = []
        self._offsets: list[int] = []
        self.fields: list[int] = []
        self._place: dict[tuple[bool, str], int] = {}
        offset = 0
        for (is_field, key), requirements in sorted(by_key.items()):
            space = LabelSpace(key, requirements, is_field=is_field)
            self._place[is_field, key] = len(self._spaces)
            self._spaces.append(space)
            self._offsets.append(offset)
            self.fields.append(space.full << offset)
            offset += space.width
        self.full = sum(self.fields)

    def box(self, requirements: Iterable[Requirement], names: Iterable[Requirement] = ()) -> int:
        """Return the nodes that satisfy requirements on labels and on the node's name; 0 when none can."""
        box = self.full
        for is_field, part in ((False, requirements), (True, names)):
            for requirement in part:
                place = self._place[is_field, requirement.key]
                atoms = self._spaces[place].encode(requirement) << self._offsets[place]
                box &= atoms | ~self.fields[place]
        return 0 if is_empty(box, self.fields) else box

    def meet(self, *boxes: int) -> int:
        """Return the nodes that all of the boxes hold; 0 when there are none."""
        box = self.full
        for other in boxes:
            box &= other
        return 0 if is_empty(box, self.fields) else box

    def outside(self, box: int, covers: Iterable[int]) -> int:
        """Return some of the nodes in the box that none of the covers holds; 0 when there are none."""
        return hole(box, [cover for cover in covers if cover], self.fields, Steps(_UNLIMITED)) or 0

    def example(self, box: int) -> dict[str, str]:
        """Return the labels of a node in a box that is not empty, as few and as ordinary as they can be."""
        labels = {}
        for space, offset, field in zip(self._spaces, self._offsets, self.fields, strict=True):
            value = space.sample((box & field) >> offset)
            if value is not None:
                labels[space.key] = value
        return labels

    def difference(self, these: Iterable[int], others: Iterable[int]) -> list[Region]:
        """Describe the nodes that some of these boxes hold and none of the others, largest kinds first.

        Together the regions are exactly these nodes; none is inside another, and none is superfluous.
        """
        covers = absorb(box for box in others if box)
        found: list[int] = []
        for box in absorb(box for box in these if box):
            near = [cover for cover in covers if not is_empty(box & cover, self.fields)]
            found += [part for left in self._left(box, near) for part in self._statable(left)]
        kept = self._without_superfluous(self._joined(absorb(found)))
        regions = [self.region(box) for box in kept]
        return sorted(regions, key=lambda region: (region.text.count(","), region.text))

    def region(self, box: int) -> Region:
        """Write a box that is not empty as text and words."""
        texts: list[Statement] = []
        for space, offset, field in zip(self._spaces, self._offsets, self.fields, strict=True):
            atoms = (box & field) >> offset
            if atoms != space.full:
                texts += self._statements(space, atoms)
        words = " and ".join(text.words for text in texts) if texts else "of any kind"
        return Region(
            ",".join(text.text for text in texts),
            bool(texts) and all(text.is_selector for text in texts),
            f"whose {words}" if texts else words,
            self.example(box),
        )

    def _left(self, box: int, covers: Sequence[int]) -> list[int]:
        """Return boxes that together are what the covers leave of a box: the largest, or disjoint ones."""

        def pieces(place: int, atoms: int) -> list[int]:
            offset = self._offsets[place]
            return [piece << offset for piece in _pieces(self._spaces[place], atoms >> offset)]

        try:
            return maximal_outside(box, self.fields, covers, pieces, Steps(_SEARCH))
        except OutOfSteps:
            parts: list[int] = []
            while left := self.outside(box, [*covers, *parts]):
                parts.append(left)
            return parts

    def _statable(self, box: int) -> list[int]:
        """Cut a box so that each label's values can be written down."""
        choices = [
            [piece << offset for piece in _pieces(space, (box & field) >> offset)]
            for space, offset, field in zip(self._spaces, self._offsets, self.fields, strict=True)
        ]
        return [sum(choice) for choice in product(*choices)]

    def _joined(self, boxes: Sequence[int]) -> list[int]:
        """Join boxes that differ in one label where the union can be written down."""
        current = list(boxes)
        for place, field in enumerate(self.fields):
            groups: dict[int, list[int]] = {}
            for box in current:
                group = groups.setdefault(box & ~field, [])
                for at, other in enumerate(group):
                    atoms = ((box | other) & field) >> self._offsets[place]
                    if len(_pieces(self._spaces[place], atoms)) == 1:
                        group[at] = box | other
                        break
                else:
                    group.append(box)
            current = [box for group in groups.values() for box in group]
        return absorb(current)

    def _without_superfluous(self, boxes: Sequence[int]) -> list[int]:
        kept = list(boxes)
        for box in reversed(boxes):
            rest = [other for other in kept if other != box]
            if not self.outside(box, rest):
                kept = rest
        return kept

    def _statements(self, space: LabelSpace, atoms: int) -> list[Statement]:
        if space.is_field:
            return [state(Requirement(NAME_FIELD, *part), is_field=True) for part in space.render(atoms)]
        beyond = _beyond(space, atoms)
        if not beyond:
            return [state(Requirement(space.key, *part)) for part in space.render(atoms)]
        # Present (or absent, too), not the integers beyond: nothing but the negation of a range says so.
        stated = atoms | beyond
        texts = [state(Requirement(space.key, *part)) for part in space.render(stated)]
        for run in space.pieces(beyond):
            inside = [state(Requirement(space.key, *part)) for part in space.render(run)]
            text = f"!({','.join(part.text for part in inside)})"
            # All parts speak of one label, whose name need not be said again.
            subject = f"label {space.key} is "
            words = " and ".join(part.words.removeprefix(subject) for part in inside)
            texts.append(Statement(text, f"{subject}not {words}", is_selector=False))
        return texts


def _pieces(space: LabelSpace, atoms: int) -> list[int]:
    """Return the largest sets inside ``atoms`` that can be written down; together they are ``atoms``."""
    return [atoms] if _beyond(space, atoms) else space.pieces(atoms)


def _beyond(space: LabelSpace, atoms: int) -> int:
    """Return the integers around those that are missing from a set that holds unnamed non-integers."""
    missing = space.unnamed & ~atoms
    if not missing or not atoms & space.other:
        return 0
    return space.full & ~space.absent & ~atoms & (missing | space.named) & space.integers
