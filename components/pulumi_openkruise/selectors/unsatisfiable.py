"""Requirements that no node satisfies, and which of them exclude each other."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from .errors import Problem
from .minimize.label_domain import LabelDomain
from .node_selector import Term, read, require_labels
from .requirement import Requirement
from .wording import join_words

_LISTED = 3


def find_clash(requirements: Iterable[Requirement], *, is_field: bool = False) -> tuple[Requirement, ...]:
    """Return requirements on one label that exclude each other, two if two do; none if some node fits all."""
    by_key: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    for key, group in by_key.items():
        domain = LabelDomain(key, group, is_field=is_field)
        values = [domain.encode(requirement) for requirement in group]
        if _intersect(domain, values):
            continue
        for requirement, own in zip(group, values, strict=True):
            if not own:
                return (requirement,)
        for one, other in combinations(range(len(group)), 2):
            if not values[one] & values[other]:
                return group[one], group[other]
        kept = list(range(len(group)))
        for at in reversed(range(len(group))):
            if not _intersect(domain, [values[other] for other in kept if other != at]):
                kept.remove(at)
        return tuple(group[at] for at in kept)
    return ()


def explain_unsatisfiable(requirements: Iterable[Requirement]) -> str:
    """Say which requirements of a selector exclude each other; empty when it matches some node."""
    found = find_clash(requirements)
    if len(found) == 1:
        return f"no value of a label can satisfy {found[0]}"
    if found:
        return f"no value of label {found[0].key} satisfies {join_words([str(one) for one in found])} at once"
    return ""


def find_unsatisfiable_terms(
    required: Mapping[str, Any], labels: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    """Yield the terms of a node selector that no node satisfies: their number and the reason.

    Only nodes with the labels of the pods' ``nodeSelector`` count. The node selector must be valid.
    """
    for number, given in enumerate(required["nodeSelectorTerms"]):
        terms = read({"nodeSelectorTerms": [given]})[0]
        reason = _explain_term(terms[0], labels) if terms else "has no requirements, so it matches no node"
        if reason:
            yield number, reason


def find_contradiction(required: Mapping[str, Any], labels: Mapping[str, str]) -> Problem | None:
    """Return the problem of a node selector that no node with these labels satisfies; None where one does."""
    unsatisfiable = list(find_unsatisfiable_terms(required, labels))
    if len(unsatisfiable) < len(required["nodeSelectorTerms"]):
        return None
    alone = len(list(find_unsatisfiable_terms(required, {}))) == len(unsatisfiable)
    who = "the required node affinity" if alone else "the required node affinity and the nodeSelector"
    reasons = [f"nodeSelectorTerms[{number}] {reason}" for number, reason in unsatisfiable[:_LISTED]]
    more = (
        f"; {len(unsatisfiable) - _LISTED} more terms match no node either"
        if len(unsatisfiable) > _LISTED
        else ""
    )
    return Problem(
        "contradiction",
        f"no node satisfies {who}: {'; '.join(reasons)}{more}",
        remedy="remove one of the requirements that exclude each other"
        if any("requires" in reason for reason in reasons)
        else "write what is required of a node, or remove the affinity",
        by_labels=not alone,
    )


def _explain_term(term: Term, labels: Mapping[str, str]) -> str:
    """Say why no node with these labels satisfies a term; empty where one does."""
    own, names = find_clash(term[0]), find_clash(term[1], is_field=True)
    if own or names:
        quoted = [repr(str(one)) for one in own] or [f"the field {str(one)!r}" for one in names]
        return (
            f"requires {join_words(quoted)}{' at once' if len(quoted) > 1 else ', which no node satisfies'}"
        )
    required = require_labels(labels)
    both = find_clash([*term[0], *required])
    if not both:
        return ""
    theirs = [repr(str(one)) for one in both if one not in required]
    ours = [repr(str(one)) for one in both if one in required]
    return f"requires {join_words(theirs)}, the nodeSelector requires {join_words(ours)}"


def _intersect(domain: LabelDomain, values: Iterable[int]) -> int:
    """Return the values that all of these sets of values have in common."""
    common = domain.full
    for own in values:
        common &= own
    return common
