"""What a change of the daemon's node affinity does to the running daemons, in a few lines for preview."""

from collections.abc import Mapping
from typing import Any

from ..chart.derived import has_daemon
from ..config.node_affinity import DAEMON, REQUIRED, read_node_affinity, read_pod_labels
from ..selectors import SelectorError
from ..selectors.explanations.difference import describe_change, difference
from ..selectors.explanations.regions import Region
from ..selectors.placement import Placement

_LISTED = 3


def write_restart_notice(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Return which nodes lose or gain the daemon by a change of the Helm values, and that daemons restart.

    The values have the whole affinity (the stack's own, joined with the exclusion) and the ``nodeSelector``,
    which together decide where the daemon runs. None if nothing changes, or if the old or the new values are
    not known or leave the affinity to the chart.
    """
    before, after = _read_placement(old), _read_placement(new)
    if before is None or after is None or before == after:
        return None
    try:
        found = difference(before, after)
    except (SelectorError, TypeError, AttributeError):
        return None  # the old values may be of a release that this module did not make
    changes = describe_change(before.required != after.required, before.labels != after.labels)
    parts = [f"the {changes}: kruise-daemon restarts on every node that keeps it, a tenth of them at a time"]
    for verb, regions in (("lose", found.losing), ("gain", found.gaining)):
        if regions:
            kinds = " or ".join(map(_name_kind, regions[:_LISTED]))
            more = f" and {len(regions) - _LISTED} more kinds" if len(regions) > _LISTED else ""
            parts.append(f"  nodes that {verb} it: {kinds}{more}")
    return "\n".join(parts)


def _name_kind(region: Region) -> str:
    return f"{region.group.quote()}{f' (unless {region.list_others()})' if region.unless else ''}"


def _read_placement(values: Mapping[str, Any]) -> Placement | None:
    """Return where the daemon may run by these values; None if there is no daemon, or no affinity in them."""
    required = read_node_affinity(values, DAEMON).get(REQUIRED)
    if not isinstance(required, Mapping) or not has_daemon(values):
        return None
    return Placement((), required, read_pod_labels(values, DAEMON))
