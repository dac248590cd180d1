"""Which nodes gain or lose the daemon between two lists of selectors, and whether its pods restart."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import describe_node
from ..exclusion import BUDGET, Exclusion, read_selectors
from ..node_selector import Term, join_labels, read
from ..placement import Placement, as_placement
from ..wording import to_plain_data
from .regions import Region, Regions


@dataclass(frozen=True)
class Difference:
    """What changes for the nodes of a cluster when one list of selectors takes the place of another."""

    gaining: tuple[Region, ...]
    """Nodes that were excluded and no longer are; the regions may overlap, together they are exact."""
    losing: tuple[Region, ...]
    """Nodes that are excluded now and were not before: running daemon pods on them are deleted."""
    restarts: bool
    """Whether affinity or ``nodeSelector`` change in any byte: then all daemons that stay restart."""
    before: dict[str, Any] | None
    """The old affinity."""
    after: dict[str, Any] | None
    """The new affinity."""
    labels_before: dict[str, str] = field(default_factory=dict)
    """The labels that the pods' ``nodeSelector`` required before."""
    labels_after: dict[str, str] = field(default_factory=dict)
    """The labels that it requires now."""
    by_terms: bool = False
    """Whether the regions are described by what is admitted instead of by what is excluded.

    That is so where ``>`` or ``<`` is required: no selector states what it leaves out.
    """

    def __bool__(self) -> bool:
        """Return whether anything changes."""
        return self.restarts or bool(self.gaining or self.losing)

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as plain data for JSON."""
        data: dict[str, Any] = to_plain_data(asdict(self))
        return data

    def to_text(self) -> str:
        """Write the difference as lines for people."""
        if not self:
            return "No difference: the same nodes are excluded, and no pod restarts."
        lines = []
        still = "admitted them already", "still admits them"
        if not self.by_terms:
            still = "still excludes them", "already excludes them"
        for title, regions, otherwise in (
            ("Nodes that gain the daemon", self.gaining, still[0]),
            ("Nodes that lose the daemon", self.losing, still[1]),
        ):
            lines.append(f"{title}: {'' if regions else 'none'}".rstrip())
            for region in regions:
                lines.append(f"  {region.group}")
                lines.append(f"      nodes {region.words}")
                if region.unless:
                    lines.append(f"      unless {region.list_others()} {otherwise}")
                lines.append(f"      for example a node {describe_node(region.example, region.example_name)}")
        if self.restarts:
            changes = describe_change(self.before != self.after, self.labels_before != self.labels_after)
            lines.append(f"The {changes}, so the daemon restarts on every node that keeps it.")
        else:
            lines.append("The affinity stays the same, so no pod restarts.")
        return "\n".join(lines)


def describe_change(affinity: bool, labels: bool) -> str:
    """Say which of the rules about the pods' nodes change, to stand after "The"."""
    if affinity and labels:
        return "affinity and the nodeSelector change"
    return f"{'nodeSelector' if labels else 'affinity'} changes"


def difference(
    old: Iterable[str | Mapping[str, Any]] | Placement,
    new: Iterable[str | Mapping[str, Any]] | Placement,
    *,
    budget: int = BUDGET,
) -> Difference:
    """Compare which nodes two lists of selectors (as for ``solve``) leave to the daemon.

    All nodes that can exist are compared. A ``Placement`` takes the pods' other rules into account. Raises
    SelectorError as ``solve`` does, for the new list first.
    """
    before, after = as_placement(old), as_placement(new)
    now, then = after.solve(budget), before.solve(budget)
    listed = [read_selectors(placement.selectors) for placement in (before, after)]
    required = [placement.required_terms() for placement in (before, after)]
    regions = Regions([*listed[0], *listed[1]], [term for terms in required for term in terms or ()])
    outside = [regions.split_into_selectors(regions.encode_outside(terms)) for terms in required]
    by_terms = None in outside
    if by_terms:
        admitted = [_list_admitted(then, before), _list_admitted(now, after)]
        regions = Regions([], [term for terms in admitted for term in terms])
        # What was admitted takes the place of what is excluded now, and the other way round.
        cubes = [regions.encode_terms(terms) for terms in reversed(admitted)]
    else:
        cubes = [
            {**(others or {}), **regions.encode_selectors(selectors)}
            for others, selectors in zip(outside, listed, strict=True)
        ]
    return Difference(
        gaining=tuple(regions.describe_difference(cubes[0], cubes[1])),
        losing=tuple(regions.describe_difference(cubes[1], cubes[0])),
        restarts=json.dumps([then.affinity, sorted(before.labels.items())])
        != json.dumps([now.affinity, sorted(after.labels.items())]),
        before=then.affinity,
        after=now.affinity,
        labels_before=dict(before.labels),
        labels_after=dict(after.labels),
        by_terms=by_terms,
    )


def _list_admitted(answer: Exclusion, placement: Placement) -> list[Term]:
    """Return terms that together admit the nodes of a placement."""
    terms = None if answer.affinity is None else read(answer.affinity)[0]
    return join_labels(terms, placement.labels) or [((), ())]
