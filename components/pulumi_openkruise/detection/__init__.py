"""Whether a node is virtual, and by which evidence; pure: Node objects in, classifications out."""

from ..catalogue.indicators import DECLARED, Strength
from .classification import Classification, Evidence, Verdict
from .classify import IMAGE_ARCHITECTURES, classify
from .pools import find_pool

__all__ = [
    "DECLARED",
    "IMAGE_ARCHITECTURES",
    "Classification",
    "Evidence",
    "Strength",
    "Verdict",
    "classify",
    "find_pool",
]
