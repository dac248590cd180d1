"""Which nodes are virtual, and by what one can see it: pure functions over Node objects."""

from .classification import Classification, Evidence, Strength, Verdict
from .classify import IMAGE_ARCHITECTURES, classify
from .indicators import DECLARED
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
