"""Label selectors in, the exact and smallest node affinity that excludes what they match out; pure.

The same functions serve the component, the command line and the tests.
What an update does not need is imported at its first use, since imports take part of each `pulumi up`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import Problem, SelectorError
from .exclusion import BUDGET, Exclusion, exclusion_affinity, solve
from .mapping import from_mapping
from .minimize.subproblem import SIZE_LIMIT
from .node_selector import ALWAYS_TRUE, affinity_matches
from .parse import parse
from .placement import Placement
from .requirement import Requirement, Selector

if TYPE_CHECKING:
    from .explanations.difference import Difference, difference
    from .explanations.explainer import explain
    from .explanations.explanation import Explanation
    from .node_matcher import NodeMatcher

__all__ = [
    "ALWAYS_TRUE",
    "BUDGET",
    "SIZE_LIMIT",
    "Difference",
    "Exclusion",
    "Explanation",
    "NodeMatcher",
    "Placement",
    "Problem",
    "Requirement",
    "Selector",
    "SelectorError",
    "affinity_matches",
    "difference",
    "exclusion_affinity",
    "explain",
    "from_mapping",
    "parse",
    "solve",
]

_LATER = {
    "Difference": ".explanations.difference",
    "Explanation": ".explanations.explanation",
    "NodeMatcher": ".node_matcher",
    "difference": ".explanations.difference",
    "explain": ".explanations.explainer",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
