"""Which nodes an installation stays off: selectors, presets and base exclusions joined into one affinity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from .presets import BASE_SELECTORS, preset_selectors
from .problems import ConfigProblem
from .selectors import Exclusion, Problem, SelectorError, parse, solve
from .selectors.errors import caret, describe_labels


def exclude(
    selectors: Mapping[int, str], *, presets: Sequence[str], base: bool, where: str
) -> tuple[Exclusion | None, list[ConfigProblem]]:
    """Return the affinity off everything that selectors, presets and base exclusions match, or what is wrong.

    ``selectors`` are given with their position in the user's list, which ``where`` names in messages; presets
    must be known ones.
    """
    added = (*preset_selectors(presets), *(BASE_SELECTORS if base else ()))
    left, found = dict(selectors), []
    while True:
        try:
            answer = _solve((*left.values(), *added))
        except SelectorError as error:
            places = list(left)
            wrong = [None if problem.index is None else places[problem.index] for problem in error.problems]
            found += list(zip(wrong, error.problems, strict=True))
            # What cannot be read hides nothing else: the others are looked at without it.
            left = {place: text for place, text in left.items() if place not in wrong}
            if None not in wrong:
                continue
            answer = None
        break
    if found:
        return None, list(_problems(found, selectors, where))
    return answer, []


@lru_cache(maxsize=8)
def _solve(selectors: tuple[str, ...]) -> Exclusion:
    """Solve once: stack config is checked as config, and again as arguments of the component."""
    return solve(selectors)


def _problems(
    found: Iterable[tuple[int | None, Problem]], selectors: Mapping[int, str], where: str
) -> Iterator[ConfigProblem]:
    split = _split_by_yaml(selectors)
    for index, problem in found:
        if index is not None and index - 1 in split:
            continue  # the second half of what is reported at the first
        place = where if index is None else f"{where}[{index}]"
        if index is not None and index in split:
            reason = "YAML has split this selector at its comma, into this entry and the next"
            detail = caret(selectors[index], None)
            yield ConfigProblem(
                "split-selector", place, reason, tuple(detail), f'put it in quotes: "{split[index]}"'
            )
        elif problem.selector is not None and not problem.selector.strip():
            remedy = (
                'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"'
            )
            yield ConfigProblem(problem.code, place, problem.reason, (), remedy)
        else:
            detail = [] if problem.selector is None else caret(problem.selector, problem.position)
            if problem.witness is not None:
                detail.append(f"  for example a node {describe_labels(problem.witness)}")
            yield ConfigProblem(problem.code, place, problem.reason, tuple(detail), problem.remedy)


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
