"""Where the labels that some requirements name lie in a box, and the boxes of requirements."""

from collections.abc import Iterable, Sequence

from ..node_selector import Term
from ..requirement import Requirement
from .cubes import Frame, merge
from .label_domain import LabelSpace


class Layout:
    """The labels and node fields that selectors and terms name, cut into atoms and laid side by side."""

    def __init__(self, selectors: Iterable[Iterable[Requirement]], terms: Iterable[Term]) -> None:
        """Cut the values of each label by all requirements on it, of the selectors and of the terms."""
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
        self.spaces: list[LabelSpace] = []
        """Labels, then fields, each sorted by key."""
        self.offsets: list[int] = []
        """Where the field of each begins in a box."""
        self.has_fields = bool(of_field)
        self.has_ranges = False
        """Whether integers of some label are compared."""
        self._label: dict[str, tuple[LabelSpace, int, int]] = {}
        self._field: dict[str, tuple[LabelSpace, int, int]] = {}
        masks = []
        offset = 0
        for by_key, places in ((of_label, self._label), (of_field, self._field)):
            for key in sorted(by_key):
                space = LabelSpace(key, by_key[key], is_field=by_key is of_field)
                mask = space.full << offset
                places[key] = space, offset, ~mask
                self.spaces.append(space)
                self.offsets.append(offset)
                masks.append(mask)
                offset += space.width + 1  # a frame wants a spare bit above each field
                if space.ranges:
                    self.has_ranges = True
        self.frame = Frame(masks)

    def box(self, labels: Iterable[Requirement], fields: Iterable[Requirement] = ()) -> int:
        """Return the nodes that satisfy all requirements on labels and on fields; the box may be empty."""
        box = self.frame.full
        for requirement in labels:
            space, offset, others = self._label[requirement[0]]
            box &= space.encode(requirement) << offset | others
        for requirement in fields:
            space, offset, others = self._field[requirement[0]]
            box &= space.encode(requirement) << offset | others
        return box

    def outside_terms(self, terms: Sequence[Term] | None) -> list[int]:
        """Return boxes that together hold the nodes that no term admits; none where nothing is required."""
        if terms is None:
            return []
        frame = self.frame
        outside = [frame.full]
        for labels, fields in terms:
            term = self.box(labels, fields)
            if frame.is_empty(term):
                continue
            cut = [
                box & ((field & ~term) | ~field) for box in outside for field in frame.fields if field & ~term
            ]
            outside = merge([box for box in cut if not frame.is_empty(box)], frame)
        return outside
