"""Which nodes an installation stays off: what selectors, presets and base exclusions match."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..diagnostics.problem import Problem
from ..selectors import Problem as SelectorProblem
from ..selectors import Selector, SelectorError, parse
from ..selectors.errors import draw_caret
from ..selectors.exclusion import read_selectors
from ..selectors.unsatisfiable import explain_unsatisfiable
from .presets import BASE_SELECTORS, preset_selectors


def read_excluded(
    selectors: Mapping[int, str], *, presets: Sequence[str], base: bool, where: str
) -> tuple[tuple[Selector, ...] | None, list[Problem]]:
    """Return everything that selectors, presets and base exclusions match, and what is wrong with them.

    ``selectors`` are given with their position in the user's list, which ``where`` names in messages; presets
    must be known ones. None where something cannot be read.
    """
    added = (*preset_selectors(presets), *(BASE_SELECTORS if base else ()))
    try:
        found = read_selectors([*selectors.values(), *added])
    except SelectorError as error:
        return None, list(_problems(error.problems, selectors, where))
    return tuple(found), list(_dead(zip(selectors, found, strict=False), where))


def _dead(selectors: Iterable[tuple[int, Selector]], where: str) -> Iterator[Problem]:
    for index, selector in selectors:
        reason = explain_unsatisfiable(selector.requirements)
        if reason:
            yield Problem(
                "dead-selector",
                f"{where}[{index}]",
                f"matches no node: {reason}",
                tuple(draw_caret(selector.text, None)),
                "write what is meant, or remove it",
                "warning",
            )


def _problems(
    found: Iterable[SelectorProblem], selectors: Mapping[int, str], where: str
) -> Iterator[Problem]:
    split, places = _split_by_yaml(selectors), list(selectors)
    for problem in found:
        index = places[problem.index or 0]
        if index - 1 in split:
            continue  # the second half of what is reported at the first
        place = f"{where}[{index}]"
        if index in split:
            reason = "YAML has split this selector at its comma, into this entry and the next"
            detail = draw_caret(selectors[index], None)
            yield Problem(
                "split-selector", place, reason, tuple(detail), f'put it in quotes: "{split[index]}"'
            )
        elif problem.selector is not None and not problem.selector.strip():
            remedy = (
                'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"'
            )
            yield Problem(problem.code, place, problem.reason, (), remedy)
        else:
            detail = [] if problem.selector is None else draw_caret(problem.selector, problem.position)
            detail += problem.example()
            yield Problem(problem.code, place, problem.reason, tuple(detail), problem.remedy)


def _split_by_yaml(selectors: Mapping[int, str]) -> dict[int, str]:
    """Return the entries that are a selector only with the next one, as ``[a in (x, y)]`` is read in YAML."""
    split = {}
    for index, first in selectors.items():
        second = selectors.get(index + 1, "")
        if "(" in first and ")" not in first and ")" in second and "(" not in second:
            whole = f"{first}, {second}"
            try:
                parse(whole)
            except SelectorError:
                continue
            split[index] = whole
    return split
