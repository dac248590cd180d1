"""Many clusters in waves: a Pulumi program whose hooks run each cluster's own update; may import pulumi.

``file`` reads no file itself, and ``record`` knows only the command line of Pulumi; neither imports its SDK.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rollout import Fleet

__all__ = ["Fleet"]


def __getattr__(name: str) -> Any:
    if name == "Fleet":
        from .rollout import Fleet

        return Fleet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
