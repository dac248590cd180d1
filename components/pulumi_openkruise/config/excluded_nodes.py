"""The nodes that an installation avoids: what selectors, presets and base exclusions match."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..diagnostics.problem import Problem
from ..selectors import Problem as SelectorProblem
from ..selectors import Selector, SelectorError, parse
from ..selectors.errors import draw_caret
from ..selectors.exclusion import read_selectors
from ..selectors.unsatisfiable import explain_unsatisfiable
from .presets import BASE_SELECTORS, list_selectors


class Listed(NamedTuple):
    """A selector of virtual nodes as it is written, and where it comes from."""

    text: str
    origin: str
    """A place in a list, ``openkruise:virtualNodeSelectors[1]``, a preset, or the base exclusions."""
    where: str = ""
    """The user's list; empty for a selector that the user did not write."""
    position: int = 0


def list_excluded(
    selectors: Mapping[str, Iterable[tuple[int, str]]], *, presets: Iterable[str], base: bool
) -> list[Listed]:
    """Return every selector that these fields stand for, in this order.

    ``selectors`` are the user's lists by what messages call them, each entry with its position; presets must
    be known ones.
    """
    listed = [
        Listed(text, f"{where}[{index}]", where, index)
        for where, entries in selectors.items()
        for index, text in entries
    ]
    for name in presets:
        listed += [Listed(text, f"preset {name}") for text in list_selectors([name])]
    return listed + [Listed(text, "base exclusion") for text in BASE_SELECTORS if base]


def read_excluded(listed: Sequence[Listed]) -> tuple[tuple[Selector, ...] | None, list[Problem]]:
    """Return the selectors parsed, and every problem; None where one of them cannot be parsed."""
    try:
        found = read_selectors([one.text for one in listed])
    except SelectorError as error:
        return None, list(_report_syntax(error.problems, listed))
    return tuple(found), list(_report_unsatisfiable(zip(listed, found, strict=True)))


def _report_unsatisfiable(selectors: Iterable[tuple[Listed, Selector]]) -> Iterator[Problem]:
    for one, selector in selectors:
        reason = explain_unsatisfiable(selector.requirements)
        if reason:
            yield Problem(
                "dead-selector",
                one.origin,
                f"matches no node: {reason}",
                tuple(draw_caret(selector.text, None)),
                "write what is meant, or remove it",
                "warning",
            )


def _report_syntax(found: Iterable[SelectorProblem], listed: Sequence[Listed]) -> Iterator[Problem]:
    split = _split_by_yaml({(one.where, one.position): one.text for one in listed if one.where})
    for problem in found:
        one = listed[problem.index or 0]
        here = (one.where, one.position)
        if (one.where, one.position - 1) in split:
            continue  # the second half of what is reported at the first
        if here in split:
            reason = "YAML has split this selector at its comma, into this entry and the next"
            detail = draw_caret(one.text, None)
            yield Problem(
                "split-selector", one.origin, reason, tuple(detail), f'put it in quotes: "{split[here]}"'
            )
        elif "\\," in one.text:
            reason = r"found \, which only helm's --set needs: a selector has plain commas"
            plain = one.text.replace("\\,", ",")
            yield Problem(
                problem.code, one.origin, reason, tuple(draw_caret(one.text, None)), f'write "{plain}"'
            )
        elif problem.selector is not None and not problem.selector.strip():
            remedy = (
                'remove the entry; if it begins with !, which YAML reads as a tag, put it in quotes: "!key"'
            )
            yield Problem(problem.code, one.origin, problem.reason, (), remedy)
        else:
            detail = [] if problem.selector is None else draw_caret(problem.selector, problem.position)
            detail += problem.example()
            yield Problem(problem.code, one.origin, problem.reason, tuple(detail), problem.remedy)


def _split_by_yaml(selectors: Mapping[tuple[str, int], str]) -> dict[tuple[str, int], str]:
    """Return the entries that are a selector only with the next one, as ``[a in (x, y)]`` is read in YAML."""
    split = {}
    for (where, index), first in selectors.items():
        second = selectors.get((where, index + 1), "")
        if "(" in first and ")" not in first and ")" in second and "(" not in second:
            whole = f"{first}, {second}"
            try:
                parse(whole)
            except SelectorError:
                continue
            split[where, index] = whole
    return split
