"""Where pods may run by all rules together: selectors, required affinity and ``nodeSelector``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .exclusion import BUDGET, Exclusion, solve
from .node_selector import Term, join_labels, read


@dataclass(frozen=True)
class Placement:
    """Where the daemon may run: on nodes that no selector matches and that its pods' other rules admit."""

    selectors: Sequence[str | Mapping[str, Any]] = ()
    required: Mapping[str, Any] | None = None
    """``{"nodeSelectorTerms": [...]}`` that is required anyway."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The pods' ``nodeSelector``, which Kubernetes itself joins with the affinity."""

    def solve(self, budget: int = BUDGET) -> Exclusion:
        """Compute the affinity; raises SelectorError where there is none, or no node is left."""
        return solve(self.selectors, required=self.required, labels=self.labels, budget=budget)

    def required_terms(self, *, with_labels: bool = True) -> list[Term] | None:
        """Return the required terms, joined with the labels if asked to; None where nothing is required."""
        terms = None if self.required is None else read(self.required)[0]
        return join_labels(terms, self.labels if with_labels else {})


def as_placement(given: Iterable[str | Mapping[str, Any]] | Placement) -> Placement:
    """Return a placement as it is, and a list of selectors as a placement without other rules."""
    if isinstance(given, Placement):
        return given
    # `solve` refuses anything that is not a list.
    return Placement(given if isinstance(given, (str, Mapping)) else list(given))  # type: ignore[arg-type]
