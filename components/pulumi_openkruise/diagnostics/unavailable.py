"""The one type that stands for something that could not be known, with the reason in words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unavailable:
    """Stands for a value that could not be read; never raised: callers distinguish it by its type."""

    reason: str
    """What kept it from being known: a clause without a full stop, and without any secret."""

    def __str__(self) -> str:
        """Return the reason, for a message."""
        return self.reason
