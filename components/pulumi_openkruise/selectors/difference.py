"""Which nodes gain or lose the daemon between two lists of selectors, and whether its pods restart."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import describe_labels
from .exclusion import BUDGET, read_selectors, solve
from .regions import Region, Regions
from .wording import listed, plain

_LISTED = 3


@dataclass(frozen=True)
class Difference:
    """What changes for the nodes of a cluster when one list of selectors takes the place of another."""

    gaining: tuple[Region, ...]
    """Nodes that were excluded and no longer are; the regions may overlap, together they are exact."""
    losing: tuple[Region, ...]
    """Nodes that are excluded now and were not before: running daemon pods on them are deleted."""
    restarts: bool
    """Whether the affinity changes in any byte: then every pod of the daemon restarts, on all nodes."""
    before: dict[str, Any] | None
    """The affinity of the old list."""
    after: dict[str, Any] | None
    """The affinity of the new list."""

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return self.restarts or bool(self.gaining or self.losing)

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as plain data for JSON."""
        data: dict[str, Any] = plain(asdict(self))
        return data

    def to_text(self) -> str:
        """Write the difference on lines of text."""
        if not self:
            return "No difference: the same nodes are excluded, and no pod restarts."
        lines = []
        for title, regions, still in (
            ("Nodes that gain the daemon", self.gaining, "still"),
            ("Nodes that lose the daemon", self.losing, "already"),
        ):
            lines.append(f"{title}: {'' if regions else 'none'}".rstrip())
            for region in regions:
                lines.append(f"  {region.selector}")
                lines.append(f"      nodes {region.words}")
                if len(region.unless) > _LISTED:
                    lines.append(
                        f"      unless one of {len(region.unless)} other selectors {still} excludes them"
                    )
                elif region.unless:
                    others = listed([repr(other) for other in region.unless], "or")
                    lines.append(f"      unless {others} {still} excludes them")
                lines.append(f"      for example a node {describe_labels(region.example)}")
        if self.restarts:
            lines.append("The affinity changes, so every pod of the daemon restarts, on all nodes.")
        else:
            lines.append("The affinity stays the same, so no pod restarts.")
        return "\n".join(lines)


def difference(
    old: Iterable[str | Mapping[str, Any]],
    new: Iterable[str | Mapping[str, Any]],
    *,
    budget: int = BUDGET,
) -> Difference:
    """Compare what two lists of selectors (as for ``solve``) exclude, over all nodes that can exist.

    Raises SelectorError as ``solve`` does, for the new list first.
    """
    before, after = (list(given) if not isinstance(given, (str, Mapping)) else given for given in (old, new))
    now, then = solve(after, budget=budget), solve(before, budget=budget)
    excluded_then, excluded_now = read_selectors(before), read_selectors(after)
    regions = Regions([*excluded_then, *excluded_now])
    return Difference(
        gaining=tuple(regions.difference(excluded_then, excluded_now)),
        losing=tuple(regions.difference(excluded_now, excluded_then)),
        restarts=json.dumps(then.affinity) != json.dumps(now.affinity),
        before=then.affinity,
        after=now.affinity,
    )
