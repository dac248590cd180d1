"""Encodes requirements as cubes: cuts the labels that they name into atoms and lays them side by side."""

from collections.abc import Iterable, Sequence

from ..node_selector import Term
from ..requirement import Requirement
from .cube_layout import CubeLayout
from .cubes import merge
from .label_domain import LabelDomain


class CubeEncoder:
    """The domains of the labels and node fields that selectors and terms name, and their place in a cube."""

    def __init__(self, selectors: Iterable[Iterable[Requirement]], terms: Iterable[Term]) -> None:
        """Cut the values of each label by all requirements of the selectors and of the terms on it."""
        of_label: dict[str, list[Requirement]] = {}
        of_field: dict[str, list[Requirement]] = {}
        for requirements in selectors:
            for requirement in requirements:
                of_label.setdefault(requirement[0], []).append(requirement)
        for labels, fields in terms:
            for requirement in labels:
                of_label.setdefault(requirement[0], []).append(requirement)
            for requirement in fields:
                of_field.setdefault(requirement[0], []).append(requirement)
        self.domains: list[LabelDomain] = []
        """Labels, then fields, each sorted by key."""
        self.offsets: list[int] = []
        """Where the field of each begins in a cube."""
        self.has_fields = bool(of_field)
        self.has_ranges = False
        """Whether integers of some label are compared."""
        self._label: dict[str, tuple[LabelDomain, int, int]] = {}
        self._field: dict[str, tuple[LabelDomain, int, int]] = {}
        masks = []
        offset = 0
        for by_key, places in ((of_label, self._label), (of_field, self._field)):
            for key in sorted(by_key):
                domain = LabelDomain(key, by_key[key], is_field=by_key is of_field)
                mask = domain.full << offset
                places[key] = domain, offset, ~mask
                self.domains.append(domain)
                self.offsets.append(offset)
                masks.append(mask)
                offset += domain.width + 1  # a CubeLayout needs a spare bit above each field
                if domain.ranges:
                    self.has_ranges = True
        self.layout = CubeLayout(masks)

    def encode(self, labels: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> int:
        """Return the cube of the nodes that satisfy all requirements on labels and on fields; maybe empty."""
        cube = self.layout.full
        for requirement in labels:
            domain, offset, others = self._label[requirement[0]]
            cube &= domain.encode(requirement) << offset | others
        for requirement in fields:
            domain, offset, others = self._field[requirement[0]]
            cube &= domain.encode(requirement) << offset | others
        return cube

    def encode_outside(self, terms: Sequence[Term] | None) -> list[int]:
        """Return cubes that together hold the nodes that no term admits; none where nothing is required."""
        if terms is None:
            return []
        layout = self.layout
        outside = [layout.full]
        for labels, fields in terms:
            term = self.encode(labels, fields)
            if layout.is_empty(term):
                continue
            cut = [
                cube & ((field & ~term) | ~field)
                for cube in outside
                for field in layout.fields
                if field & ~term
            ]
            outside = merge([cube for cube in cut if not layout.is_empty(cube)], layout)
        return outside
