"""Where the labels that some requirements name lie in a box, and the boxes of requirements."""

from collections.abc import Iterable

from .affinity import Term
from .boxes import Frame
from .requirement import Requirement
from .space import LabelSpace


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
