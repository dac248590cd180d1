"""Many clusters in waves: a Pulumi program whose hooks run each cluster's own update.

It may import and run pulumi, read the project's files, and ask the clusters. ``rollout`` and ``update`` alone
import Pulumi's SDK; what a fleet's file may say is in ``config``.
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
