"""Selectors with the places that they come from: what ``input`` reads and ``output`` shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..selectors.placement import Placement


@dataclass(frozen=True)
class SelectorList:
    """A list of selectors, each with the place that it comes from."""

    given: tuple[str | Mapping[str, Any], ...] = ()
    origins: tuple[str, ...] = ()
    """Where each selector comes from, in the order of ``given``: `argument`, `preset liqo`."""
    required: Mapping[str, Any] | None = None
    """Node selector that a stack's values require of the daemon; `pulumi up` joins it with the exclusion."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The ``nodeSelector`` of the daemon's pods in the values, which Kubernetes joins with the affinity."""

    def __add__(self, other: "SelectorList") -> "SelectorList":
        """Join two lists."""
        return SelectorList(
            self.given + other.given,
            self.origins + other.origins,
            self.required or other.required,
            self.labels or other.labels,
        )

    def placement(self) -> Placement:
        """Return where the daemon may run."""
        return Placement(self.given, self.required, self.labels)
