"""Whether a node is virtual, and by which evidence; pure: Node objects in, classifications out."""

from ..catalogue.indicators import DECLARED, Strength
from .classification import Classification, Evidence, Verdict
from .classify import IMAGE_ARCHITECTURES, classify
from .pools import pool_of

__all__ = [
    "DECLARED",
    "IMAGE_ARCHITECTURES",
    "Classification",
    "Evidence",
    "Strength",
    "Verdict",
    "classify",
    "pool_of",
]
