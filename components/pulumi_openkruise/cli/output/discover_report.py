"""The groups of nodes and the proposal of ``discover``, as data and as text for people."""

from collections.abc import Iterable, Sequence
from typing import Any

from ...diagnostics.wording import count_rest
from ...discovery import Group, Proposal
from ..inherited_lists import InheritedLists
from ..selector_list import SelectorList
from .discover_advice import (
    count_nodes,
    is_ignored,
    is_labelled,
    list_advice,
    needs_policy,
    write_config_lines,
    write_label_command,
)
from .table import NARROW, as_table, find_output_width, wrap_words

_NAMED = 3
_TITLES = {
    "virtual": "Virtual nodes, which run no daemon",
    "unsure": "Unsure nodes",
    "real": "Real nodes",
}


def as_data(
    groups: Sequence[Group],
    proposal: Proposal,
    existing: SelectorList,
    namespace: str,
    inherited: InheritedLists,
    *,
    everything: bool,
) -> dict[str, Any]:
    """Return groups and proposal as plain data, with all names (``everything``) or a few of each group."""
    return {
        "schemaVersion": 1,
        "nodes": sum(len(group.names) for group in groups),
        "groups": [
            {
                "verdict": group.classification.verdict,
                "kind": group.classification.kind,
                "pool": group.pool or None,
                "count": len(group.names),
                "names": group.names if everything else group.names[:_NAMED],
                "evidence": [
                    {
                        "signal": piece.signal,
                        "seen": piece.seen,
                        "pointsTo": piece.points_to,
                        "strength": piece.strength,
                    }
                    for piece in group.classification.evidence
                ],
                "settle": group.classification.settle or None,
                "noDaemon": group.classification.no_daemon or None,
                "runtime": str(group.mismatch) if group.mismatch else None,
                "excludedBy": [
                    {"selector": str(existing.given[place]), "origin": existing.origins[place]}
                    for place in group.excluded_by
                ],
                "leftOutByValues": group.left_out,
                "nodeLabelPolicy": group.policy,
                "open": group.is_open,
            }
            for group in groups
        ],
        "nodeLabelPolicy": {
            "labels": count_nodes(groups, is_labelled),
            "notExcluded": count_nodes(groups, needs_policy),
            "ignores": count_nodes(groups, is_ignored),
        },
        "proposal": {
            **{name: list(entries) for name, entries in proposal.additions.items()},
            "lines": write_config_lines(proposal, namespace, inherited),
            "label": [node.name for node in proposal.to_label],
            "labelCommand": write_label_command(proposal.to_label) if proposal.to_label else None,
        },
    }


def as_text(
    groups: Sequence[Group],
    proposal: Proposal,
    existing: SelectorList,
    namespace: str,
    inherited: InheritedLists,
    *,
    everything: bool,
) -> str:
    """Return tables of the groups, and the proposal, for people."""
    parts = []
    for verdict, title in _TITLES.items():
        chosen = [group for group in groups if group.classification.verdict == verdict]
        if chosen:
            count = sum(len(group.names) for group in chosen)
            gap = "\n\n" if find_output_width() < NARROW else "\n"
            parts.append(f"{title}: {count}{gap}{_write_table(chosen, existing, everything)}")
    width = find_output_width()
    for part in list_advice(groups, proposal, namespace, inherited):
        # Lines of config and commands stay as they are, to be copied.
        sentence, gap, code = part.partition("\n\n")
        wrapped = "\n".join(wrap_words(sentence, width, 0)) if width < NARROW else sentence
        parts.append(f"{wrapped}{gap}{code}")
    return "\n\n".join(parts)


def _write_table(groups: Iterable[Group], existing: SelectorList, everything: bool) -> str:
    rows = []
    for group in groups:
        classification = group.classification
        names = group.names if everything else group.names[:_NAMED]
        more = f" {count_rest(group.names, len(names))}" if len(names) < len(group.names) else ""
        seen = [
            piece
            for piece in classification.evidence
            if piece.points_to == _name_side(classification.verdict)
        ]
        strong = [piece for piece in seen if piece.strength != "weak"] or seen
        why = [piece.description for piece in strong]
        if classification.verdict == "unsure":
            why = [classification.settle]
        elif classification.verdict == "real" and classification.no_daemon:
            why.insert(0, classification.no_daemon)
        elif group.mismatch is not None:
            why.insert(0, str(group.mismatch))
        rows.append(
            [
                str(len(group.names)),
                classification.kind or "",
                group.pool,
                ", ".join(names) + more,
                "; ".join(why[:3]),
                _describe_excluded(group, existing),
            ]
        )
    columns = ["Nodes", "Kind", "Pool", "Names", "Why", "Excluded"]
    # A column without any content is left out: terminals are narrow.
    filled = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    narrowed = [[row[place] for place in filled] for row in rows]
    return as_table([columns[place] for place in filled], [narrowed])


def _name_side(verdict: str) -> str:
    return "real" if verdict == "real" else "virtual"


def _describe_excluded(group: Group, existing: SelectorList) -> str:
    origins = dict.fromkeys(existing.origins[place] for place in group.excluded_by)
    by = [*origins, *(["the values"] if group.left_out else [])]
    if not by:
        return "no, and should be" if group.classification.no_daemon else "no"
    return f"{'wrongly, ' if group.is_lost else ''}by {', '.join(by)}"
