"""Labels that selectors and required terms connect, and the cubes of what is excluded by them.

A cube over all labels takes memory for each value that any selector names. So selectors that share no label,
directly or through others, are encoded apart: each group has cubes over its own labels only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy

from .minimize.budget import Budget
from .minimize.cube_encoder import CubeEncoder, place_side_by_side
from .minimize.cube_layout import insert_bits
from .minimize.cubes import absorb, find_connected_components, find_uncovered, merge
from .minimize.label_domain import LabelDomain, list_bits
from .minimize.subproblem import Subproblem
from .node_selector import Term, join_labels
from .requirement import Requirement, Selector

Separate = list[tuple[LabelDomain, int]]
"""Labels that no selector connects with others, and the values that remain of each."""


class LabelGroup:
    """Labels that are connected, and the selectors and terms that name them."""

    def __init__(
        self,
        selectors: Sequence[Selector],
        terms: Sequence[Term] | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Take the selectors, the required terms if they name labels of this group, and the pods' labels."""
        self.terms = terms
        self._kept = selectors
        self._cubes: list[int] | None = None
        self._excluded: list[int] | None = None
        """What the selectors and the required terms exclude, until it is split."""
        self._merged: list[int] | None = None
        """What the selectors match, as few cubes, where that is needed again with the labels."""
        self._cuts: list[tuple[int, int]] = []
        """What adapts the cubes of the selectors to the encoder, see ``require_labels``."""
        self._labels: Mapping[str, str] = labels or {}
        self._required: Mapping[str, str] = {}
        self.encoder = self._make_encoder()

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the pods' ``nodeSelector`` that the group has."""
        return self.encoder.select_labels(self._labels)

    def require_labels(self) -> "LabelGroup":
        """Return the group where only nodes with the labels are left; the same one where it has none.

        The selectors are not encoded again: a cube of theirs is cut where a label's value has no name yet.
        """
        own = self.labels
        if not own:
            return self
        group = copy(self)
        group.encoder, group._cuts = self.encoder.name_values(own)
        group._required = own
        group._cubes = group._excluded = self._excluded = None
        merged = self._merge_matched()
        self._merged = None  # of wide cubes two lists would take too much memory
        group._merged = group._cut(merged)
        return group

    def _cut(self, cubes: Iterable[int]) -> list[int]:
        """Return the parts of cubes that the required labels leave."""
        layout = self.encoder.layout
        admitted = self.encoder.encode_labels(self._required)
        fields = [own for own in layout.fields if own & ~admitted]
        cut = []
        for cube in cubes:
            cube = insert_bits(cube, self._cuts)
            for own in fields:
                if own & ~cube:  # other cubes share no label with this one for that
                    cube &= admitted | ~own
            if not layout.is_empty(cube):
                cut.append(cube)
        return cut

    def _make_encoder(self) -> CubeEncoder:
        return CubeEncoder([selector.requirements for selector in self._kept], self.terms or ())

    def drop_superfluous(self, most: int) -> int:
        """Drop selectors of which others match all nodes, and return how many selectors were encoded for it.

        Values that only a superfluous selector names must not cut a label that has integer ranges. Without
        ranges nothing is dropped. ``most`` bounds the selectors that are encoded.
        """
        encoded = 0
        while (
            self.encoder.has_ranges
            and encoded + len(self._kept) <= most
            and len(needed := self.select_needed()) < len(self._kept)
        ):
            encoded += len(self._kept)
            self._kept = [selector for _cube, selector in needed]
            self._cubes = None
            self.encoder = self._make_encoder()
        return encoded

    def _encode(self) -> list[int]:
        """Return the cube of each selector, which is empty where the selector matches no node."""
        if self._cubes is not None:
            return self._cubes
        cubes = [self.encoder.encode(selector.requirements) for selector in self._kept]
        if self.encoder.has_ranges:  # others are seldom asked for twice, and wide cubes take much memory
            self._cubes = cubes
        return cubes

    def list_excluded(self) -> list[int]:
        """Return the cubes of the selectors that match some node, and those that no required term admits."""
        is_empty = self.encoder.layout.is_empty
        return [cube for cube in self._encode() if not is_empty(cube)] + self.encode_outside()

    def encode_outside(self) -> list[int]:
        """Return cubes that together hold the nodes that no required term admits."""
        return self.encoder.encode_outside(join_labels(self.terms, self._required))

    def merge_excluded(self) -> list[int]:
        """Return few cubes that hold what the selectors and the required terms exclude."""
        if self._excluded is None:
            if not self.labels:
                excluded = merge(self.list_excluded(), self.encoder.layout)
            else:
                outside = self.encode_outside()
                matched = self._merge_matched()
                excluded = merge(matched + outside, self.encoder.layout) if outside else matched
            self._excluded = excluded
        return self._excluded

    def _merge_matched(self) -> list[int]:
        """Return few cubes that hold what the selectors match."""
        if self._merged is None:
            layout = self.encoder.layout
            self._merged = merge([cube for cube in self._encode() if not layout.is_empty(cube)], layout)
        return self._merged

    def select_needed(self) -> list[tuple[int, Selector]]:
        """Return the selectors that match a node which no single other one matches, each with its cube."""
        layout = self.encoder.layout
        cubes = self._encode()
        kept = set(absorb([cube for cube in cubes if not layout.is_empty(cube)], layout))
        needed = []
        for cube, selector in zip(cubes, self._kept, strict=True):
            if cube in kept:
                kept.discard(cube)
                needed.append((cube, selector))
        return needed

    def find_exhaustive(
        self, cubes: Sequence[int], budget: Budget, labels: Mapping[str, str] | None = None
    ) -> list[int] | None:
        """Return those of the cubes that share labels and leave no node; None where a node is left.

        With labels only nodes that have them count. Raises BudgetExceeded.
        """
        layout = self.encoder.layout
        whole = self.encoder.encode_labels(labels or {})
        for _places, members in self._connect(cubes):
            if find_uncovered(whole, members, layout, budget) is None:
                return members
        return None

    def split(self, cubes: Sequence[int]) -> tuple[list[Subproblem], Separate]:
        """Group cubes that restrict a label in common; labels that no cube restricts are left out.

        What a single requirement excludes, on a label of its own, every term must exclude; such labels are
        returned separately.
        """
        domains, offsets, layout = self.encoder.domains, self.encoder.offsets, self.encoder.layout
        self._excluded = None
        parts: list[Subproblem] = []
        separate: Separate = []
        for places, members in self._connect(cubes):
            first = places[0]
            if len(places) == len(members) == 1 and not domains[first].ranges:
                literals = domains[first].list_literals((layout.full & ~members[0]) >> offsets[first])
                if len(literals) == 1:
                    separate.append((domains[first], literals[0]))
                    continue
            if len(places) == len(domains):
                parts.append(Subproblem(domains, offsets, sorted(members)))
                continue
            own = [domains[place] for place in places]
            beside = place_side_by_side(own)
            offset_of = dict(zip(places, beside, strict=True))
            full = sum([domain.full << offset for domain, offset in zip(own, beside, strict=True)])
            forbidden = []
            for cube in sorted(members):
                moved = full
                for place in layout.list_restricted(cube):
                    missing = (layout.fields[place] & ~cube) >> offsets[place]
                    moved ^= missing << offset_of[place]
                forbidden.append(moved)
            parts.append(Subproblem(own, beside, forbidden))
        return parts, separate

    def _connect(self, cubes: Iterable[int]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the places of labels that cubes connect, and these cubes."""
        layout = self.encoder.layout
        marked = ((sum([1 << place for place in layout.list_restricted(cube)]), cube) for cube in cubes)
        for mask, members in find_connected_components(marked):
            yield list(list_bits(mask)), members


def group_by_labels(
    selectors: Sequence[Selector],
    terms: Sequence[Term] | None,
    labels: Mapping[str, str] | None = None,
) -> list[LabelGroup]:
    """Group selectors that share labels, directly or through others or through the required terms.

    Groups and their selectors are in the order of the selectors; the required terms are one more of them. The
    labels of the pods' ``nodeSelector`` connect nothing: each group takes those that it has.
    """
    named = [[(False, key) for key in _list_keys(selector.requirements)] for selector in selectors]
    if terms is not None:
        keys_of_labels = {(False, key) for own, _fields in terms for key in _list_keys(own)}
        keys_of_fields = {(True, key) for _labels, own in terms for key in _list_keys(own)}
        named.append([*sorted(keys_of_labels), *sorted(keys_of_fields)])
    members: dict[int, list[int]] = {}
    number_of: dict[tuple[bool, str], int] = {}
    keys_of: dict[int, list[tuple[bool, str]]] = {}
    for at, own in enumerate(named):
        met = sorted({number_of[key] for key in own if key in number_of}, key=lambda n: -len(keys_of[n]))
        largest = met[0] if met else at
        members.setdefault(largest, []).append(at)
        keys = keys_of.setdefault(largest, [])
        fresh = [key for key in own if key not in number_of]
        for smaller in met[1:]:
            members[largest] += members.pop(smaller)
            fresh += keys_of.pop(smaller)
        keys += fresh
        for key in fresh:
            number_of[key] = largest
    groups = []
    for own_members in sorted(sorted(group) for group in members.values()):
        last = own_members[-1] == len(selectors)
        kept = [selectors[at] for at in own_members[: len(own_members) - last]]
        groups.append(LabelGroup(kept, terms if last else None, labels))
    return groups


def _list_keys(requirements: Iterable[Requirement]) -> list[str]:
    return [requirement[0] for requirement in requirements]
