"""Requirements that no node satisfies, and which of them exclude each other."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from .errors import Problem
from .minimize.label_domain import LabelSpace
from .node_selector import Term, asking, read
from .requirement import Requirement
from .wording import listed

_LISTED = 3


def clash(requirements: Iterable[Requirement], *, is_field: bool = False) -> tuple[Requirement, ...]:
    """Return requirements on one label that exclude each other, two where two do; none where a node fits."""
    by_key: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    for key, group in by_key.items():
        space = LabelSpace(key, group, is_field=is_field)
        values = [space.encode(requirement) for requirement in group]
        if _common(space, values):
            continue
        for requirement, own in zip(group, values, strict=True):
            if not own:
                return (requirement,)
        for one, other in combinations(range(len(group)), 2):
            if not values[one] & values[other]:
                return group[one], group[other]
        kept = list(range(len(group)))
        for at in reversed(range(len(group))):
            if not _common(space, [values[other] for other in kept if other != at]):
                kept.remove(at)
        return tuple(group[at] for at in kept)
    return ()


def why_dead(requirements: Iterable[Requirement]) -> str:
    """Say which requirements of a selector exclude each other; empty when it matches some node."""
    found = clash(requirements)
    if len(found) == 1:
        return f"no value of a label can satisfy {found[0]}"
    if found:
        return f"no value of label {found[0].key} satisfies {listed([str(one) for one in found])} at once"
    return ""


def dead_terms(required: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the terms of a node selector that no node satisfies, by number, each with the reason.

    Nodes have the labels that the pods' ``nodeSelector`` asks for. The node selector must be a valid one.
    """
    for number, given in enumerate(required["nodeSelectorTerms"]):
        terms = read({"nodeSelectorTerms": [given]})[0]
        reason = _why_not(terms[0], labels) if terms else "has no requirements, and then it matches no node"
        if reason:
            yield number, reason


def contradiction(required: Mapping[str, Any], labels: Mapping[str, str]) -> Problem | None:
    """Return what is wrong with a node selector that no node satisfies; None where one does."""
    dead = list(dead_terms(required, labels))
    if len(dead) < len(required["nodeSelectorTerms"]):
        return None
    alone = len(list(dead_terms(required, {}))) == len(dead)
    who = "the required node affinity" if alone else "the required node affinity and the nodeSelector"
    reasons = [f"nodeSelectorTerms[{number}] {reason}" for number, reason in dead[:_LISTED]]
    more = f"; {len(dead) - _LISTED} more terms are no better" if len(dead) > _LISTED else ""
    return Problem(
        "contradiction",
        f"no node satisfies {who}: {'; '.join(reasons)}{more}",
        remedy="remove one of the requirements that exclude each other"
        if any("asks" in reason for reason in reasons)
        else "write what is required of a node, or remove the affinity",
        by_labels=not alone,
    )


def _why_not(term: Term, labels: Mapping[str, str]) -> str:
    own, names = clash(term[0]), clash(term[1], is_field=True)
    if own or names:
        texts = [repr(str(one)) for one in own] or [f"the field {str(one)!r}" for one in names]
        return f"asks for {listed(texts)}{' at once' if len(texts) > 1 else ', which no node has'}"
    asked = asking(labels)
    both = clash([*term[0], *asked])
    if not both:
        return ""
    theirs = [repr(str(one)) for one in both if one not in asked]
    ours = [repr(str(one)) for one in both if one in asked]
    return f"asks for {listed(theirs)}, the nodeSelector for {listed(ours)}"


def _common(space: LabelSpace, values: Iterable[int]) -> int:
    common = space.full
    for own in values:
        common &= own
    return common
