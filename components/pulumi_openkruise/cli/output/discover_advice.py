"""The advice of ``discover``: which nodes need attention, and what to add to the stack or to a node."""

from collections.abc import Callable, Iterable, Sequence

from ...catalogue import PRESETS
from ...detection import DECLARED
from ...diagnostics.wording import count_rest, pluralize
from ...discovery import ClassifiedNode, Group, Proposal
from ...inventory.object_names import is_name
from ..inherited_lists import InheritedLists
from .terminal import quote_for_yaml

_TO_LABEL = 20


def list_advice(
    groups: Sequence[Group], proposal: Proposal, namespace: str, inherited: InheritedLists
) -> list[str]:
    """Return the paragraphs for people: what is wrong with the present selectors, and what to add."""
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
            f"No label distinguishes {pluralize(len(proposal.to_label), 'node')} from those that keep the "
            f"daemon{why}. Have the provider set the label {DECLARED}=true, or set it:\n\n"
            f"  {write_label_command(proposal.to_label)}"
        )
    parts += _list_policy_advice(groups)
    if not proposal and not hit and not unusable:
        others = ", except for those" if left_out else ""
        parts.append(f"Every node known to be virtual is excluded, and no real one is{others}.")
    return parts


def _list_policy_advice(groups: Sequence[Group]) -> list[str]:
    """Say what the admission policy would label, in a cluster with nodes that it would or should label."""
    labels, ignored = count_nodes(groups, is_labelled), count_nodes(groups, is_ignored)
    parts = []
    if labels:
        alone, nodes = count_nodes(groups, needs_policy), pluralize(labels, "node")
        excluded = f"Nothing excludes {alone:,} of them today." if alone else "All are excluded already."
        parts.append(
            f"With nodeLabelPolicy: label, the API server would label {nodes} {DECLARED}=true "
            f"at registration or at the next status update. {excluded}"
        )
    wrong = count_nodes(groups, lambda group: is_labelled(group) and group.classification.runs_daemon)
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


def write_label_command(nodes: Sequence[ClassifiedNode]) -> str:
    """Return the command that labels nodes which no label distinguishes.

    A nodes file may have names that no cluster has, and that kubectl reads as an option (``--all``) or as a
    label (``a=b``, ``a-``): they are left out.
    """
    names = " ".join(node.name for node in nodes[:_TO_LABEL] if is_name(node.name)) or "'<name>'"
    more = f" # {count_rest(nodes, _TO_LABEL)}" if len(nodes) > _TO_LABEL else ""
    return f"kubectl label node {names} {DECLARED}=true{more}"


def count_nodes(groups: Iterable[Group], counts: Callable[[Group], bool]) -> int:
    """Count the nodes of those groups for which ``counts`` is true."""
    return sum(len(group.names) for group in groups if counts(group))


def is_labelled(group: Group) -> bool:
    """Tell whether the admission policy would label these nodes."""
    return group.policy == "label"


def needs_policy(group: Group) -> bool:
    """Tell whether the policy would label these nodes, and nothing else keeps the daemon off."""
    return is_labelled(group) and not (group.excluded_by or group.left_out)


def is_ignored(group: Group) -> bool:
    """Tell whether the policy would not label these nodes, although they are virtual."""
    return group.policy == "ignore" and group.classification.verdict == "virtual"
