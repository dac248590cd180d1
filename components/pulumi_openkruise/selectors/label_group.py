"""Labels that selectors and required terms connect, and the cubes of what is excluded by them.

A cube over all labels takes memory for each value that any selector names. So selectors that share no label,
directly or through others, are encoded apart: each group has cubes over its own labels only.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from .minimize.budget import Budget
from .minimize.cube_encoder import CubeEncoder
from .minimize.cubes import absorb, find_connected_components, find_uncovered, merge
from .minimize.label_domain import LabelDomain, list_bits
from .minimize.subproblem import Subproblem
from .node_selector import Term
from .requirement import Requirement, Selector

Separate = list[tuple[LabelDomain, int]]
"""Labels that no selector connects with others, and the values that remain of each."""


class LabelGroup:
    """Labels that are connected, and the selectors and terms that name them."""

    def __init__(self, selectors: Sequence[Selector], terms: Sequence[Term] | None) -> None:
        """Take the selectors, and the required terms if they name labels of this group."""
        self.terms = terms
        self._kept = selectors
        self._cubes: list[int] | None = None
        self.encoder = self._make_encoder()

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
        return self.encoder.encode_outside(self.terms)

    def merge_excluded(self) -> list[int]:
        """Return few cubes that hold what the selectors and the required terms exclude."""
        return merge(self.list_excluded(), self.encoder.layout)

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

    def find_exhaustive(self, cubes: Sequence[int], budget: Budget) -> list[int] | None:
        """Return those of the cubes that share labels and leave no node; None where a node is left.

        Raises BudgetExceeded.
        """
        layout = self.encoder.layout
        for _places, members in self._connect(cubes):
            if find_uncovered(layout.full, members, layout, budget) is None:
                return members
        return None

    def split(self, cubes: Sequence[int]) -> tuple[list[Subproblem], Separate]:
        """Group cubes that restrict a label in common; labels that no cube restricts are left out.

        What a single requirement excludes, on a label of its own, every term must exclude; such labels are
        returned separately.
        """
        domains, offsets, layout = self.encoder.domains, self.encoder.offsets, self.encoder.layout
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


def place_side_by_side(domains: Sequence[LabelDomain]) -> list[int]:
    """Return where the field of each label begins in a cube of all of them."""
    return [0, *accumulate([domain.width + 1 for domain in domains])][:-1]


def group_by_labels(selectors: Sequence[Selector], terms: Sequence[Term] | None) -> list[LabelGroup]:
    """Group selectors that share labels, directly or through others or through the required terms.

    Groups and their selectors are in the order of the selectors; the required terms are one more of them.
    """
    named = [[(False, key) for key in _list_keys(selector.requirements)] for selector in selectors]
    if terms is not None:
        labels = {(False, key) for own, _fields in terms for key in _list_keys(own)}
        fields = {(True, key) for _labels, own in terms for key in _list_keys(own)}
        named.append([*sorted(labels), *sorted(fields)])
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
        groups.append(LabelGroup(kept, terms if last else None))
    return groups


def _list_keys(requirements: Iterable[Requirement]) -> list[str]:
    return [requirement[0] for requirement in requirements]
