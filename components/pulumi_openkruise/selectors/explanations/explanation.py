"""What a list of selectors means, and where each part of the affinity comes from."""

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import describe_node
from ..node_selector import require_labels
from ..wording import join_words, to_plain_data


@dataclass(frozen=True)
class SelectorExplanation:
    """One selector of the list."""

    index: int
    """Position in the list that was given, from 0."""
    selector: str
    """The selector in canonical spelling."""
    origin: str
    """Where it comes from, when the caller said so: a preset, a key of the stack's config."""
    words: str
    """Which nodes it matches."""
    unsatisfiable: str
    """Why it matches no node at all; empty when it matches some."""
    redundant_because_of: tuple[int, ...]
    """Positions of other selectors that together match every node that this one does; empty when none do."""
    example: dict[str, str] | None
    """Labels of a node that it excludes; None when it matches no node."""
    example_name: str
    """Name of that node; empty where any will do."""
    alone: bool
    """Whether nothing else, neither another selector nor what is required, keeps the daemon off that node."""
    not_required: bool = False
    """Whether the required affinity admits none of these nodes."""
    not_asked: bool = False
    """Whether the pods' ``nodeSelector`` admits none of these nodes that the required affinity admits."""


@dataclass(frozen=True)
class RequirementExplanation:
    """One requirement of a term of the affinity."""

    text: str
    """The requirement as a label selector, or as a field selector."""
    words: str
    """What it states."""
    because_of: tuple[int, ...]
    """Positions of the selectors some of whose nodes the term would admit without it."""
    required: bool = False
    """Whether the term would, without it, admit nodes that the required affinity does not admit."""
    by_labels: bool = False
    """Whether it repeats what the pods' ``nodeSelector`` requires."""
    is_field: bool = False
    """Whether it is a requirement on the node's name, under ``matchFields``."""


@dataclass(frozen=True)
class TermExplanation:
    """One term of the affinity: a node that satisfies it is admitted."""

    words: str
    """Which nodes it admits."""
    requirements: tuple[RequirementExplanation, ...]
    because_of: tuple[int, ...]
    """Positions of the selectors that it keeps out by at least one requirement."""
    example: dict[str, str] | None
    """Labels of a node that it admits, those of the ``nodeSelector`` included; None when no node has both."""
    example_name: str
    """Name of that node; empty where any will do."""


@dataclass(frozen=True)
class Explanation:
    """A list of selectors and its affinity, explained."""

    selectors: tuple[SelectorExplanation, ...]
    terms: tuple[TermExplanation, ...]
    affinity: dict[str, Any] | None
    """``{"nodeSelectorTerms": [...]}``, or None when nothing is excluded."""
    proven: tuple[str, ...]
    """What is proven to be the fewest possible, in this order: ``terms``, ``requirements``, ``values``."""
    removable: tuple[int, ...]
    """Positions of selectors that can all be removed together without changing what is excluded."""
    admitted: dict[str, str]
    """Labels of a node that keeps the daemon; empty for a node without labels."""
    admitted_name: str
    """Name of that node; empty where any will do."""
    labels: dict[str, str]
    """The labels that the pods' ``nodeSelector`` requires in addition to the affinity."""

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON."""
        data: dict[str, Any] = to_plain_data(asdict(self))
        return data

    def to_text(self) -> str:
        """Write the explanation as lines for people."""
        lines = ["Selectors: nodes without the daemon"]
        for selector in self.selectors:
            origin = f"  ({selector.origin})" if selector.origin else ""
            lines.append(f"  [{selector.index}] {selector.selector}{origin}")
            no_node = f"matches no node: {selector.unsatisfiable}"
            lines.append(f"      {no_node if selector.unsatisfiable else f'nodes {selector.words}'}")
            if selector.redundant_because_of:
                others = join_words([f"[{place}]" for place in selector.redundant_because_of])
                verb = "matches" if len(selector.redundant_because_of) == 1 else "together match"
                lines.append(f"      redundant: {others} {verb} all of these nodes as well")
            if selector.not_required:
                lines.append("      redundant: the required affinity admits none of these nodes")
            if selector.not_asked:
                lines.append("      no daemon there anyway: the nodeSelector admits none of these nodes")
            if selector.example is not None:
                only = ", by this selector only" if selector.alone else ""
                node = describe_node(selector.example, selector.example_name)
                lines.append(f"      excluded{only}: for example a node {node}")
        if not self.selectors:
            lines.append("  none")
        if self.removable:
            removable = join_words([f"[{place}]" for place in self.removable])
            lines.append(f"  {removable} can be removed without changing the affinity.")
        lines += ["", "Affinity: a node keeps the daemon when it satisfies one of these terms"]
        if self.labels:
            required = ", ".join(str(requirement) for requirement in require_labels(self.labels))
            lines.append(f"  and what the nodeSelector requires: {required}")
        for number, term in enumerate(self.terms):
            lines.append(f"  term {number}")
            for requirement in term.requirements:
                origins = [f"[{place}]" for place in requirement.because_of]
                origins += ["the required affinity"] if requirement.required else []
                origins += ["the nodeSelector"] if requirement.by_labels else []
                because = join_words(origins)
                lines.append(f"      {requirement.words}, because of {because or 'no single selector'}")
            admitted = "no node that the nodeSelector admits"
            if term.example is not None:
                admitted = f"for example a node {describe_node(term.example, term.example_name)}"
            lines.append(f"      admitted: {admitted}")
        if self.affinity is None:
            which = "that the nodeSelector admits " if self.labels else ""
            lines.append(f"  no term: nothing is excluded, every node {which}keeps the daemon")
        elif self.proven:
            lines.append(f"  No exact affinity has fewer {join_words(self.proven, 'or')}.")
        else:
            lines.append("  Exact; not proven to be the smallest within the allowed search steps.")
        return "\n".join(lines)
