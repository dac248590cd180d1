"""Where the labels lie in a cube: one field of bits for each label (positional cube notation)."""

from collections.abc import Iterable, Sequence

_WIDE = 1_500
"""With cubes of so many bits a step takes twice as long as with narrow ones."""

_MANY = 8
"""More restricted labels are listed by the digits of their marks: operations on wide marks take time."""


class CubeLayout:
    """The fields of a cube, and a spare bit above each field.

    Adding ``low`` (one less than would overflow each field) to a cube carries into the spare bit of exactly
    those fields that are not empty, so that one addition tests all labels.
    """

    def __init__(self, fields: Sequence[int]) -> None:
        """Take the masks of the fields; the bit above each must be unused."""
        self.fields = tuple(fields)
        self.spares = [1 << field.bit_length() for field in fields]
        self.full = sum(fields)
        """The cube of all nodes."""
        self.price = compute_price(self.full.bit_length())
        """How many times as long as with narrow cubes a step takes."""
        self.guard = sum(self.spares)
        self.low = self.guard - sum([field & -field for field in fields])
        self.field_below = dict(zip(self.spares, self.fields, strict=True))
        """The field of each spare bit."""
        self._place_at = {field.bit_length(): place for place, field in enumerate(fields)}
        """The place of the field below each spare bit, by the number of this bit."""
        self.place_of = {spare: place for place, spare in enumerate(self.spares)}
        """The place of the field below each spare bit."""

    def is_empty(self, cube: int) -> bool:
        """Check whether the cube holds no node: the set of values of some label is empty."""
        return (cube + self.low) & self.guard != self.guard

    def mark_restricted(self, cube: int) -> int:
        """Return the spare bits of the labels that the cube restricts.

        The values that the cube leaves out carry into them.
        """
        return ((self.full & ~cube) + self.low) & self.guard

    def list_restricted(self, cube: int) -> list[int]:
        """List the places of the labels that the cube restricts, in order."""
        marked = self.mark_restricted(cube)
        places = []
        if marked.bit_count() > _MANY:
            written = bin(marked)[:1:-1]
            bit = written.find("1")
            while bit >= 0:
                places.append(self._place_at[bit])
                bit = written.find("1", bit + 1)
            return places
        while marked:
            spare = marked & -marked
            marked ^= spare
            places.append(self.place_of[spare])
        return places

    def subtract(self, cube: int, other: int) -> list[int]:
        """Return disjoint cubes that hold the nodes of a cube outside another one: one for each label."""
        missing, inside = cube & ~other, cube
        parts = []
        sides = (missing + self.low) & self.guard
        while sides:
            spare = sides & -sides
            sides ^= spare
            field = self.field_below[spare]
            outside = missing & field
            parts.append((inside & ~field) | outside)
            inside &= ~outside
        return parts

    def select_intersecting(self, cube: int, others: Iterable[int]) -> list[int]:
        """Return those of the other cubes that have a node in common with the cube, in their order."""
        low, guard = self.low, self.guard
        return [other for other in others if ((cube & other) + low) & guard == guard]


def insert_bits(cube: int, cuts: Iterable[tuple[int, int]]) -> int:
    """Return a cube in which atoms are cut in two: a new bit at each place, equal to the bit it is cut from.

    ``cuts`` are pairs of such places, from the highest to the lowest.
    """
    for place, source in cuts:
        above = cube >> place
        cube = (cube ^ (above << place)) | (above << 1 | (cube >> source & 1)) << place
    return cube


def compute_price(bits: int) -> int:
    """Return how many times as long as with narrow cubes a step takes with cubes of so many bits."""
    return 1 + bits // _WIDE
