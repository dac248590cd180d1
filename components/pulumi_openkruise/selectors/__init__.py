"""Label selectors of virtual nodes, and the exact node affinity that excludes what they match.

Pure: no Pulumi, no input or output. The same functions serve the component, the command line and the tests.
"""

from .affinity import ALWAYS_TRUE, affinity_matches
from .difference import Difference, difference
from .errors import Problem, SelectorError
from .exclusion import BUDGET, Exclusion, exclusion_affinity, solve
from .explain import Explanation, explain
from .linked import SIZE_LIMIT
from .matching import NodeMatcher
from .parse import from_mapping, parse
from .requirement import Requirement, Selector

__all__ = [
    "ALWAYS_TRUE",
    "BUDGET",
    "SIZE_LIMIT",
    "Difference",
    "Exclusion",
    "Explanation",
    "NodeMatcher",
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
