"""What a change of the excluded nodes does to the daemons that run, in a few lines for preview."""

from collections.abc import Sequence
from typing import Any

from ..selectors import SelectorError, difference

_LISTED = 3


def restart_notice(old: Any, new: Sequence[str]) -> str | None:
    """Return what a change of selectors does: which nodes lose or gain the daemon, and that all others
    restart.

    ``old`` are the selectors that the engine has kept; None, or anything that is no list of selectors, means
    that they are not known. None where nothing changes.
    """
    if not isinstance(old, Sequence) or isinstance(old, str) or list(old) == list(new):
        return None
    try:
        found = difference(list(old), list(new))
    except (SelectorError, TypeError):
        return None
    if not found:
        return None
    parts = ["the affinity changes: every pod of kruise-daemon restarts, a tenth of them at a time"]
    for verb, regions in (("lose", found.losing), ("gain", found.gaining)):
        if regions:
            selectors = [region.selector for region in regions[:_LISTED]]
            more = f" and {len(regions) - _LISTED} more kinds" if len(regions) > _LISTED else ""
            parts.append(f"  nodes that {verb} it: {' or '.join(map(repr, selectors))}{more}")
    return "\n".join(parts if found.restarts else parts[1:])
