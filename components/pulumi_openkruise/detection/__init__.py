"""Which nodes are virtual, and by what one can see it: pure functions over Node objects."""

from .judgement import Evidence, Judgement, Strength, Verdict

__all__ = ["Evidence", "Judgement", "Strength", "Verdict"]
