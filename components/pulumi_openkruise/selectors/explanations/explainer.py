"""Explains a list of selectors and its affinity: what each part is for, and examples to check it by."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from ..exclusion import BUDGET, Exclusion
from ..node_selector import Term, read, require_labels
from ..placement import Placement, as_placement
from ..requirement import Requirement
from ..unsatisfiable import explain_unsatisfiable
from ..wording import describe_label, describe_name, describe_requirements
from .explanation import Explanation, RequirementExplanation, SelectorExplanation, TermExplanation
from .regions import Regions

_PAIRS_AMONG = 40


def explain(
    selectors: Iterable[str | Mapping[str, Any]] | Placement,
    *,
    origins: Sequence[str] = (),
    budget: int = BUDGET,
) -> Explanation:
    """Explain a list of selectors (as for ``solve``) and the affinity that excludes what they match.

    ``origins`` says for each selector where it comes from. A ``Placement`` takes the pods' other rules into
    account. Raises SelectorError as ``solve`` does.
    """
    placement = as_placement(selectors)
    return _Explainer(placement, placement.solve(budget)).explain(origins)


class _Explainer:
    """The selectors, the terms and what is required, as cubes over the same labels."""

    def __init__(self, placement: Placement, answer: Exclusion) -> None:
        self._answer, self._labels = answer, dict(placement.labels)
        self._terms = read(answer.affinity)[0] if answer.affinity is not None else []
        every, own = placement.required_terms(), placement.required_terms(with_labels=False)
        regions = self._regions = Regions(answer.parsed, [*self._terms, *(every or ())])
        self._cubes = [regions.encode(selector.requirements) for selector in answer.parsed]
        self._own, self._every = regions.encode_outside(own), regions.encode_outside(every)
        """The nodes that the required terms leave out: by themselves, and together with the labels."""

    def explain(self, origins: Sequence[str]) -> Explanation:
        terms = tuple(self._explain_term(term) for term in self._terms)
        examples = [(term.example, term.example_name) for term in terms if term.example is not None]
        labels, name = examples[0] if examples else (self._labels, "")
        return Explanation(
            selectors=tuple(
                self._explain_selector(place, origins[place] if place < len(origins) else "")
                for place in range(len(self._cubes))
            ),
            terms=terms,
            affinity=self._answer.affinity,
            proven=self._answer.proven,
            removable=self._choose_removable(),
            admitted=dict(labels),
            admitted_name=name,
            labels=self._labels,
        )

    def _explain_selector(self, place: int, origin: str) -> SelectorExplanation:
        regions, selector, cube = self._regions, self._answer.parsed[place], self._cubes[place]
        if cube is None:
            reason = explain_unsatisfiable(selector.requirements)
            return SelectorExplanation(
                place, str(selector), origin, "of no kind", reason, (), None, "", alone=False
            )
        others = [other for at, other in enumerate(self._cubes) if at != place]
        required = regions.find_outside(cube, self._own)
        admitted = regions.find_outside(cube, self._every)
        own = regions.find_outside(cube, [*others, *self._every])
        shown = own or admitted or cube
        return SelectorExplanation(
            index=place,
            selector=str(selector),
            origin=origin,
            words=describe_requirements(selector.requirements),
            unsatisfiable="",
            redundant_because_of=self._find_covering(place)
            if regions.find_outside(cube, others) is None
            else (),
            example=regions.sample_labels(shown),
            example_name=regions.sample_name(shown),
            alone=own is not None,
            not_required=required is None,
            not_asked=required is not None and admitted is None,
        )

    def _explain_term(self, term: Term) -> TermExplanation:
        entries = [(False, requirement) for requirement in term[0]] + [(True, one) for one in term[1]]
        explained = tuple(self._explain_requirement(entries, entry) for entry in entries)
        example = self._regions.encode([*term[0], *require_labels(self._labels)], term[1])
        return TermExplanation(
            words=describe_requirements(*term),
            requirements=explained,
            because_of=tuple(sorted({place for entry in explained for place in entry.because_of})),
            example=None if example is None else self._regions.sample_labels(example),
            example_name="" if example is None else self._regions.sample_name(example),
        )

    def _explain_requirement(
        self, entries: Sequence[tuple[bool, Requirement]], entry: tuple[bool, Requirement]
    ) -> RequirementExplanation:
        regions = self._regions
        is_field, requirement = entry
        rest = [one for one in entries if one != entry]
        without = regions.encode([one for name, one in rest if not name], [one for name, one in rest if name])
        admits = (
            []
            if without is None
            else [
                place
                for place, cube in enumerate(self._cubes)
                if cube is not None and regions.intersect(without, cube)
            ]
        )
        beyond = without is not None and any(regions.intersect(without, cube) for cube in self._own)
        by_labels = self._answer.with_labels and not is_field and requirement.key in self._labels
        return RequirementExplanation(
            text=str(requirement),
            words=describe_name(requirement)
            if is_field
            else describe_label(requirement.key, [(requirement.operator, requirement.values)]),
            because_of=tuple(admits),
            required=beyond and not by_labels,
            by_labels=by_labels,
            is_field=is_field,
        )

    def _find_covering(self, place: int) -> tuple[int, ...]:
        """Return others that match all of its nodes: one or two if these suffice, else as few as possible."""
        regions, cubes = self._regions, self._cubes
        cube = cubes[place]
        if cube is None:
            return ()
        near = [
            at
            for at, other in enumerate(cubes)
            if at != place and other is not None and regions.intersect(cube, other)
        ]
        for size in (1, 2) if len(near) <= _PAIRS_AMONG else (1,):
            for some in combinations(near, size):
                if regions.find_outside(cube, [cubes[at] for at in some]) is None:
                    return some
        kept = near
        for at in reversed(near):
            rest = [other for other in kept if other != at]
            if regions.find_outside(cube, [cubes[other] for other in rest]) is None:
                kept = rest
        return tuple(kept)

    def _choose_removable(self) -> tuple[int, ...]:
        """Choose selectors to leave out, later ones first, such that the affinity stays what it is."""
        kept = dict(enumerate(self._cubes))
        removed = []
        for place, cube in reversed(list(enumerate(self._cubes))):
            others = [other for at, other in kept.items() if at != place]
            if cube is None or self._regions.find_outside(cube, [*self._own, *others]) is None:
                del kept[place]
                removed.append(place)
        return tuple(reversed(removed))
