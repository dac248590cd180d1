"""The groups of nodes and the proposal of ``discover``, as data and as text for people."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...catalogue import PRESETS
from ...detection import DECLARED
from ...diagnostics.wording import count_rest, pluralize
from ...discovery import ClassifiedNode, Group, Proposal
from ..inherited_lists import InheritedLists
from ..selector_list import SelectorList
from .table import NARROW, as_table, find_output_width, wrap_words
from .terminal import quote_for_yaml

_NAMED = 3
_TO_LABEL = 20
_TITLES = {
    "virtual": "Virtual nodes, which run no daemon",
    "unsure": "Nodes that could be either",
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
            "labels": _count(groups, _is_labelled),
            "notExcluded": _count(groups, _needs_policy),
            "ignores": _count(groups, _is_ignored),
        },
        "proposal": {
            **{name: list(entries) for name, entries in proposal.additions.items()},
            "lines": write_config_lines(proposal, namespace, inherited),
            "label": [node.name for node in proposal.to_label],
            "labelCommand": _write_command(proposal.to_label) if proposal.to_label else None,
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
    for part in _list_advice(groups, proposal, namespace, inherited):
        # Lines of config and commands stay as they are, to be copied.
        sentence, gap, code = part.partition("\n\n")
        wrapped = "\n".join(wrap_words(sentence, width, 0)) if width < NARROW else sentence
        parts.append(f"{wrapped}{gap}{code}")
    return "\n\n".join(parts)


def write_config_lines(proposal: Proposal, namespace: str, inherited: InheritedLists) -> list[str]:
    """Return the proposal as the lines of a stack file; empty if it adds no selector and no preset.

    A list that the stack inherits is whole, since its own replaces it: each inherited entry with its origin.
    """
    lines = ["config:"]
    for name, entries in proposal.additions.items():
        if entries:
            kept = inherited.entries(name)
            lines.append(f"  {namespace}:{name}:")
            lines += [f"    - {quote_for_yaml(entry)} # from {inherited.origin}" for entry in kept]
            lines += [f"    - {quote_for_yaml(entry)}" for entry in entries if entry not in kept]
    return lines if len(lines) > 1 else []


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
        return "NO" if group.classification.no_daemon else "no"
    return f"{'YES, ' if group.is_lost else ''}by {', '.join(by)}"


def _list_advice(
    groups: Sequence[Group], proposal: Proposal, namespace: str, inherited: InheritedLists
) -> list[str]:
    parts = []
    hit = [group for group in groups if group.is_lost]
    if hit:
        count = sum(len(group.names) for group in hit)
        parts.append(
            f"Real nodes that the present selectors exclude: {count}, see YES above. No daemon runs there."
        )
    left_out = [group for group in groups if group.classification.runs_daemon and group.left_out]
    if left_out:
        count = sum(len(group.names) for group in left_out)
        parts.append(
            f"Real nodes that the stack's values leave out: {count}. They do not satisfy what the values "
            "require of the daemon's nodes, whatever the selectors say."
        )
    unusable = [group for group in groups if group.is_unusable]
    if unusable:
        count = sum(len(group.names) for group in unusable)
        ways = sorted({group.mismatch.remedy for group in unusable if group.mismatch})
        parts.append(
            f"Real nodes whose container runtime the daemon cannot talk to: {count}. Before `pulumi up`: "
            f"{'; '.join(ways)}; or exclude them."
        )
    lines = write_config_lines(proposal, namespace, inherited)
    if lines:
        replaces = any(entries and inherited.entries(name) for name, entries in proposal.additions.items())
        whole = ", whose own list replaces an inherited one, so that it repeats it" if replaces else ""
        parts.append(f"To exclude the others, add to the stack's file{whole}:\n\n" + "\n".join(lines))
        if inherited.may_be_more:
            parts.append(
                "An ESC environment of the stack may set these lists, and one in the stack's file would "
                "replace it: where it does, add the new entries there."
            )
        parts += [
            f"Note: {name} is {PRESETS[name].reason}." for name in proposal.presets if PRESETS[name].reason
        ]
        if proposal.selectors:
            parts.append(
                "Selectors by label come from the nodes that exist now: check that future nodes will carry "
                "the same labels."
            )
    if proposal.to_label:
        twin = next(filter(None, proposal.twins), "")
        why = f" ({twin}, for one, has the same labels)" if twin else " (they have none to select them by)"
        parts.append(
            f"No label distinguishes {_count_nodes(len(proposal.to_label))} from those that keep the "
            f"daemon{why}. Have the provider set the label {DECLARED}=true, or set it:\n\n"
            f"  {_write_command(proposal.to_label)}"
        )
    parts += _list_policy_advice(groups)
    if not proposal and not hit and not unusable:
        others = ", except for those" if left_out else ""
        parts.append(f"Every node known to be virtual is excluded, and no real one is{others}.")
    return parts


def _list_policy_advice(groups: Sequence[Group]) -> list[str]:
    """Say what the admission policy would label, in a cluster with nodes that it would or should label."""
    labels, ignored = _count(groups, _is_labelled), _count(groups, _is_ignored)
    parts = []
    if labels:
        alone = _count(groups, _needs_policy)
        parts.append(
            f"With nodeLabelPolicy: label, the API server would label {_count_nodes(labels)} {DECLARED}=true "
            f"at registration or at the next status update. Nothing excludes {alone:,} of them today."
        )
    wrong = _count(groups, lambda group: _is_labelled(group) and group.classification.runs_daemon)
    if wrong:
        parts.append(
            f"{wrong:,} of them look real: see whether nodeLabelSelectors match more than they should."
        )
    if ignored:
        parts.append(
            f"The policy would not label {pluralize(ignored, 'virtual node')}: it sees less of a node than "
            "this command. Name their labels in nodeLabelSelectors, or exclude them as above."
        )
    return parts


def _count(groups: Iterable[Group], counts: Callable[[Group], bool]) -> int:
    return sum(len(group.names) for group in groups if counts(group))


def _is_labelled(group: Group) -> bool:
    return group.policy == "label"


def _needs_policy(group: Group) -> bool:
    """Tell whether the policy would label these nodes, and nothing else keeps the daemon off."""
    return _is_labelled(group) and not (group.excluded_by or group.left_out)


def _is_ignored(group: Group) -> bool:
    return group.policy == "ignore" and group.classification.verdict == "virtual"


def _count_nodes(count: int) -> str:
    return pluralize(count, "node")


def _write_command(nodes: Sequence[ClassifiedNode]) -> str:
    names = " ".join(shlex.quote(node.name) for node in nodes[:_TO_LABEL])
    more = f" # {count_rest(nodes, _TO_LABEL)}" if len(nodes) > _TO_LABEL else ""
    return f"kubectl label node {names} {DECLARED}=true{more}"
