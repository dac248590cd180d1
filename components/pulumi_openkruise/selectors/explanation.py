"""What a list of selectors means, where each part of the affinity comes from, and examples to check it by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from .affinity import Term, read
from .contradiction import why_dead
from .errors import describe_labels
from .exclusion import BUDGET, read_selectors, solve
from .regions import Regions
from .requirement import Selector
from .wording import label_phrase, listed, phrase, plain

_PAIRS_AMONG = 40


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
    dead: str
    """Why it matches no node at all; empty when it matches some."""
    redundant_because_of: tuple[int, ...]
    """Positions of other selectors that together match every node that this one does; empty when none do."""
    example: dict[str, str] | None
    """Labels of a node that it excludes; None when it is dead."""
    alone: bool
    """Whether nothing else, neither another selector nor what is required, keeps the daemon off that node."""
    not_required: bool = False
    """Whether what is required admits none of these nodes anyway."""


@dataclass(frozen=True)
class RequirementExplanation:
    """One requirement of a term of the affinity."""

    text: str
    """The requirement as a label selector."""
    words: str
    """What it states."""
    because_of: tuple[int, ...]
    """Positions of the selectors some of whose nodes the term would admit without it."""
    required: bool = False
    """Whether the term would admit nodes without it that the affinity required anyway does not."""


@dataclass(frozen=True)
class TermExplanation:
    """One term of the affinity: a node that satisfies it is admitted."""

    words: str
    """Which nodes it admits."""
    requirements: tuple[RequirementExplanation, ...]
    because_of: tuple[int, ...]
    """Positions of the selectors that it keeps out by at least one requirement."""
    example: dict[str, str]
    """Labels of a node that it admits."""


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

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON."""
        data: dict[str, Any] = plain(asdict(self))
        return data

    def to_text(self) -> str:
        """Write the explanation on lines of text."""
        lines = ["Selectors: nodes without the daemon"]
        for selector in self.selectors:
            origin = f"  ({selector.origin})" if selector.origin else ""
            lines.append(f"  [{selector.index}] {selector.selector}{origin}")
            lines.append(f"      nodes {selector.words}")
            if selector.dead:
                lines.append(f"      matches no node: {selector.dead}")
            if selector.redundant_because_of:
                others = listed([f"[{place}]" for place in selector.redundant_because_of])
                verb = "matches" if len(selector.redundant_because_of) == 1 else "together match"
                lines.append(f"      redundant: {others} {verb} all of these nodes, too")
            if selector.not_required:
                lines.append(
                    "      redundant: the affinity that is required anyway admits none of these nodes"
                )
            if selector.example is not None:
                only = ", by this selector only" if selector.alone else ""
                lines.append(f"      excluded{only}: for example a node {describe_labels(selector.example)}")
        if not self.selectors:
            lines.append("  none")
        if self.removable:
            removable = listed([f"[{place}]" for place in self.removable])
            lines.append(f"  {removable} can be removed without any change of the affinity.")
        lines += ["", "Affinity: a node keeps the daemon when it satisfies one of these terms"]
        for number, term in enumerate(self.terms):
            lines.append(f"  term {number}")
            for requirement in term.requirements:
                origins = [f"[{place}]" for place in requirement.because_of]
                because = listed([*origins, *(["the required affinity"] if requirement.required else [])])
                lines.append(f"      {requirement.words}, because of {because or 'no single selector'}")
            lines.append(f"      admitted: for example a node {describe_labels(term.example)}")
        if self.affinity is None:
            lines.append("  no term: nothing is excluded, every node keeps the daemon")
        elif self.proven:
            lines.append(f"  No exact affinity has fewer {listed(self.proven, 'or')}.")
        else:
            lines.append("  Exact; that none is smaller could not be proven in the steps allowed.")
        return "\n".join(lines)


def explain(
    selectors: Iterable[str | Mapping[str, Any]],
    *,
    origins: Sequence[str] = (),
    required: Mapping[str, Any] | None = None,
    budget: int = BUDGET,
) -> Explanation:
    """Explain a list of selectors (as for ``solve``) and the affinity that excludes what they match.

    ``origins`` says for each selector where it comes from; ``required`` is a node selector that is joined
    with the exclusion. Raises SelectorError as ``solve`` does.
    """
    given = list(selectors) if not isinstance(selectors, (str, Mapping)) else selectors
    parsed = read_selectors(given)
    answer = solve(given, required=required, budget=budget)
    terms = read(answer.affinity)[0] if answer.affinity is not None else []
    own = read(required)[0] if required is not None else None
    regions = Regions(parsed, [*terms, *(own or ())])
    boxes = [regions.box(selector.requirements) for selector in parsed]
    outside = regions.outside_terms(own)
    excluded = tuple(
        _explain_selector(
            regions, boxes, outside, place, selector, origins[place] if place < len(origins) else ""
        )
        for place, selector in enumerate(parsed)
    )
    admitted = tuple(_explain_term(regions, boxes, outside, term) for term in terms)
    removable = _removable(regions, boxes, outside)
    first = admitted[0].example if admitted else {}
    return Explanation(excluded, admitted, answer.affinity, answer.proven, removable, first)


def _explain_selector(
    regions: Regions,
    boxes: Sequence[int | None],
    outside: Sequence[int],
    place: int,
    selector: Selector,
    origin: str,
) -> SelectorExplanation:
    box = boxes[place]
    others = [other for at, other in enumerate(boxes) if at != place]
    own = admitted = None
    if box is not None:
        admitted = regions.outside(box, outside)
        own = regions.outside(box, [*others, *outside])
    superfluous = box is not None and regions.outside(box, others) is None
    shown = own or admitted or box
    return SelectorExplanation(
        index=place,
        selector=str(selector),
        origin=origin,
        words=phrase(selector.requirements),
        dead=why_dead(selector.requirements) if box is None else "",
        redundant_because_of=_covering(regions, boxes, place) if superfluous else (),
        example=None if shown is None else regions.example(shown),
        alone=own is not None,
        not_required=box is not None and admitted is None,
    )


def _explain_term(
    regions: Regions, boxes: Sequence[int | None], outside: Sequence[int], term: Term
) -> TermExplanation:
    entries = [(False, requirement) for requirement in term[0]] + [(True, one) for one in term[1]]
    explained = []
    for entry in entries:
        rest = [other for other in entries if other != entry]
        without = regions.box(
            [one for is_field, one in rest if not is_field], [one for is_field, one in rest if is_field]
        )
        because_of = tuple(
            place
            for place, box in enumerate(boxes)
            if box is not None and without is not None and regions.meet(without, box)
        )
        requirement = entry[1]
        explained.append(
            RequirementExplanation(
                text=str(requirement),
                words=label_phrase(requirement.key, [(requirement.operator, requirement.values)]),
                because_of=because_of,
                required=without is not None and any(regions.meet(without, box) for box in outside),
            )
        )
    return TermExplanation(
        words=phrase([requirement for _is_field, requirement in entries]),
        requirements=tuple(explained),
        because_of=tuple(sorted({place for entry in explained for place in entry.because_of})),
        example=regions.example(regions.box(*term) or 0),
    )


def _covering(regions: Regions, boxes: Sequence[int | None], place: int) -> tuple[int, ...]:
    """Return others whose union holds a box: one or two where they suffice, else none that can be spared."""
    box = boxes[place]
    if box is None:
        return ()
    near = [
        at for at, other in enumerate(boxes) if at != place and other is not None and regions.meet(box, other)
    ]
    for size in (1, 2) if len(near) <= _PAIRS_AMONG else (1,):
        for some in combinations(near, size):
            if regions.outside(box, [boxes[at] for at in some]) is None:
                return some
    kept = near
    for at in reversed(near):
        rest = [other for other in kept if other != at]
        if regions.outside(box, [boxes[other] for other in rest]) is None:
            kept = rest
    return tuple(kept)


def _removable(regions: Regions, boxes: Sequence[int | None], outside: Sequence[int]) -> tuple[int, ...]:
    """Choose selectors to leave out, later ones first, such that the same nodes keep the daemon."""
    kept = list(range(len(boxes)))
    for place in reversed(range(len(boxes))):
        box = boxes[place]
        if (
            box is None
            or regions.outside(box, [*outside, *(boxes[at] for at in kept if at != place)]) is None
        ):
            kept.remove(place)
    return tuple(place for place in range(len(boxes)) if place not in kept)
