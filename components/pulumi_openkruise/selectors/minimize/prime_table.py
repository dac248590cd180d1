"""What the choice of terms has to know: the primes, which of them hold which nodes, what they shrink to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .cubes import Frame, Steps
from .dual_ascent import Shrunk


@dataclass(frozen=True)
class Shape:
    """Primes, the labels that they restrict, and how to price what they shrink to."""

    frame: Frame
    """Where they lie in a box."""
    primes: Sequence[int]
    """The boxes that are to be covered."""
    shrink: Callable[..., Shrunk]
    """``shrink(prime, needed, count_values=...)``: the cheapest statable box between the two, its prices."""

    @cached_property
    def members(self) -> list[list[tuple[int, int]]]:
        """For each label the groups of values that no prime tells apart, each with the primes that hold it.

        Absent comes first, unnamed values last; a set of primes is an integer whose bit i stands for prime i.
        """
        grouped = []
        for field in self.frame.fields:
            holders: dict[int, int] = {}
            for place, prime in enumerate(self.primes):
                part = prime & field
                holders[part] = holders.get(part, 0) | 1 << place
            groups = [(field, 0)]
            for part, places in holders.items():
                split = []
                for group, inside in groups:
                    if group & part:
                        split.append((group & part, inside | places))
                    if group & ~part:
                        split.append((group & ~part, inside))
                groups = split
            if len(groups) > 1:
                groups.sort(key=lambda one: (one[0].bit_length(), one[0]))
            grouped.append(groups)
        return grouped

    @cached_property
    def classes(self) -> list[list[int]]:
        """For each label the groups of values that no prime tells apart."""
        return [[group for group, _places in groups] for groups in self.members]

    def rows(self, steps: Steps) -> dict[int, int]:
        """Return every set of primes that holds some node, with the box around all such nodes.

        Label by label, all values are tried and nodes that lie in the same primes so far are treated as one.
        Raises OutOfSteps.
        """
        states = {(1 << len(self.primes)) - 1: 0}
        # Labels with few values first: they tell the fewest nodes apart.
        for groups in sorted(self.members, key=len):
            if len(groups) == 1:
                states = {row: span | groups[0][0] for row, span in states.items()}
                continue
            steps.take(len(states) * len(groups) // 4)
            following: dict[int, int] = {}
            for row, span in states.items():
                for group, inside in groups:
                    rest = row & inside
                    if rest:
                        following[rest] = following.get(rest, 0) | span | group
            states = following
        return states
