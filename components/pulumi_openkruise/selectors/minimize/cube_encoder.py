"""Encodes requirements as cubes: cuts the labels that they name into atoms and lays them side by side."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import accumulate

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
        self.domains = [LabelDomain(key, of_label[key]) for key in sorted(of_label)]
        self.domains += [LabelDomain(key, of_field[key], is_field=True) for key in sorted(of_field)]
        """Labels, then fields, each sorted by key."""
        self.has_fields = bool(of_field)
        self.has_ranges = any(domain.ranges for domain in self.domains)
        """Whether integers of some label are compared."""
        self._place_domains()

    def _place_domains(self) -> None:
        """Lay the domains side by side."""
        self.offsets = place_side_by_side(self.domains)
        """Where the field of each begins in a cube."""
        self._label: dict[str, tuple[LabelDomain, int, int]] = {}
        self._field: dict[str, tuple[LabelDomain, int, int]] = {}
        masks = []
        for domain, offset in zip(self.domains, self.offsets, strict=True):
            mask = domain.full << offset
            masks.append(mask)
            (self._field if domain.is_field else self._label)[domain.key] = domain, offset, ~mask
        self.layout = CubeLayout(masks)

    def select_labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Return those of the labels that have a place in the cubes."""
        return {key: value for key, value in labels.items() if key in self._label}

    def encode_labels(self, labels: Mapping[str, str]) -> int:
        """Return the smallest cube that holds the nodes with these values of labels, named or not."""
        cube = self.layout.full
        for key, value in labels.items():
            domain, offset, others = self._label[key]
            cube &= 1 << offset + domain.find_atom(value) | others
        return cube

    def name_values(self, labels: Mapping[str, str]) -> tuple["CubeEncoder", list[tuple[int, int]]]:
        """Return an encoder that names these values, too, and what ``insert_bits`` takes to adapt a cube."""
        encoder = copy(self)
        encoder.domains = self.domains.copy()
        cuts = []
        for at, (domain, offset) in reversed(list(enumerate(zip(self.domains, self.offsets, strict=True)))):
            value = None if domain.is_field else labels.get(domain.key)
            if value is not None and value not in domain.values:
                encoder.domains[at] = finer = domain.name_value(value)
                cuts.append((offset + finer.find_atom(value), offset + domain.find_atom(value)))
        encoder._place_domains()
        return encoder, cuts

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


def place_side_by_side(domains: Sequence[LabelDomain]) -> list[int]:
    """Return where the field of each label begins in a cube of all of them."""
    # A CubeLayout needs a spare bit above each field.
    return [0, *accumulate([domain.width + 1 for domain in domains])][:-1]
