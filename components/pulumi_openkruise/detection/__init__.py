"""Which nodes are virtual, and by what one can see it: pure functions over Node objects."""

from .judge import IMAGE_ARCHITECTURES, judge
from .judgement import Evidence, Judgement, Strength, Verdict
from .pools import pool_of
from .signs import DECLARED

__all__ = [
    "DECLARED",
    "IMAGE_ARCHITECTURES",
    "Evidence",
    "Judgement",
    "Strength",
    "Verdict",
    "judge",
    "pool_of",
]
