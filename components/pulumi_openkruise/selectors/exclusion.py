"""From label selectors to the node affinity that admits exactly the nodes that none of them matches."""

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .complement import Complement
from .errors import Problem, SelectorError
from .mapping import from_mapping
from .node_selector import Term, read, require_labels
from .parse import parse
from .requirement import Selector, check_requirement
from .unsatisfiable import find_contradiction
from .unsolvable import MOST_SELECTORS, report_too_many

BUDGET = 250_000
"""Default number of search steps; ordinary input takes a few hundred.

A list that uses them up takes a second or two; what is found in them is the answer.
"""

_PROOFS = ("terms", "requirements", "values")


@dataclass(frozen=True)
class Exclusion:
    """The answer to a list of selectors."""

    affinity: dict[str, Any] | None
    """``{"nodeSelectorTerms": [...]}``, or None when nothing is excluded and nothing else required."""
    proven: tuple[str, ...]
    """What is proven to be the fewest possible, in this order: ``terms``, ``requirements``, ``values``."""
    parsed: tuple[Selector, ...] = field(repr=False)
    """The selectors as they were given."""
    with_labels: bool = False
    """Whether the affinity repeats the pods' ``nodeSelector``, as there is no answer without it."""

    @cached_property
    def selectors(self) -> tuple[str, ...]:
        """The selectors in canonical spelling, sorted, without duplicates."""
        return tuple(sorted({str(selector) for selector in self.parsed}))

    @property
    def minimal(self) -> bool:
        """Whether no exact answer has fewer terms, then fewer requirements, then fewer values."""
        return len(self.proven) == len(_PROOFS)


def exclusion_affinity(selectors: Iterable[str | Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the required node affinity that admits exactly the nodes matched by none of the selectors.

    ``selectors`` are label selector strings as for ``kubectl get nodes -l``, or LabelSelector mappings.
    Returns ``{"nodeSelectorTerms": [...]}`` to put under ``requiredDuringSchedulingIgnoredDuringExecution``,
    the same bytes for the same set of selectors; None when there is nothing to exclude. Raises SelectorError
    that lists every problem.
    """
    return solve(selectors).affinity


def solve(
    selectors: Iterable[str | Mapping[str, Any] | Selector],
    *,
    required: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    budget: int = BUDGET,
) -> Exclusion:
    """Compute the smallest exact affinity, joined with a node selector that is required anyway.

    ``required`` is ``{"nodeSelectorTerms": [...]}``; the answer admits the nodes that it admits and that no
    selector matches. ``labels`` are those of the pods' ``nodeSelector``, which Kubernetes itself joins with
    the affinity: they must leave a node, and appear in the answer only where there is none without them.
    ``budget`` bounds the search in deterministic steps: when they are used up the answer is exact all the
    same, with ``minimal=False``. Raises SelectorError that lists every problem.
    """
    parsed = read_selectors(selectors)
    terms: list[Term] | None = None
    problems: list[Problem] = []
    if required is not None:
        terms, problems = read(required)
    problems = [*problems, *_label_problems(labels or {})]
    if not problems and required is not None:
        contradicted = find_contradiction(required, labels or {})
        problems = [contradicted] if contradicted else []
    count = len(set(parsed))
    if count > MOST_SELECTORS:
        problems = [*problems, report_too_many(count)]
    if problems:
        raise SelectorError(problems)
    if not labels:
        return _make_exclusion(Complement(parsed, terms), budget)
    if not _names_any(parsed, terms or (), labels):
        # Nothing depends on these labels, so a search that finds no answer without them finds none with them
        # either. Only a node that shows what is inexpressible must have them.
        try:
            return _make_exclusion(Complement(parsed, terms), budget)
        except SelectorError as error:
            raise SelectorError([_give_labels(problem, labels) for problem in error.problems]) from None
    alone = Complement(parsed, terms, labels)
    alone.check_leaves_a_node()
    with suppress(SelectorError):
        return _make_exclusion(alone, budget)
    return _make_exclusion(alone.require_labels(), budget, with_labels=True)


def _make_exclusion(complement: Complement, budget: int, *, with_labels: bool = False) -> Exclusion:
    affinity, proven = complement.solve(budget)
    return Exclusion(affinity, _PROOFS[:proven], tuple(complement.selectors), with_labels)


def _give_labels(problem: Problem, labels: Mapping[str, str]) -> Problem:
    """Give labels to the node that must keep the daemon, where a problem is that no terms admit it."""
    if problem.code != "inexpressible":
        return problem
    return replace(problem, witness={**labels, **(problem.witness or {})})


def _names_any(selectors: Iterable[Selector], terms: Iterable[Term], keys: Container[str]) -> bool:
    """Check whether a selector or a required term has a requirement on one of these labels."""
    required = [requirement for labels, _fields in terms for requirement in labels]
    return any(
        requirement[0] in keys
        for requirements in (*(selector.requirements for selector in selectors), required)
        for requirement in requirements
    )


def _label_problems(labels: Mapping[str, str]) -> Iterator[Problem]:
    for requirement in require_labels(labels):
        fault = check_requirement(*requirement)
        if fault:
            yield Problem("invalid-affinity", f"nodeSelector: {fault}", by_labels=True)


def read_selectors(selectors: Iterable[str | Mapping[str, Any] | Selector]) -> list[Selector]:
    """Parse a list of selectors; raises SelectorError that lists the problems of all of them."""
    if isinstance(selectors, (str, Mapping)):
        found = "one string" if isinstance(selectors, str) else "one mapping"
        reason = f"expected a list of selectors, found {found}"
        raise SelectorError([Problem("not-a-string", reason, remedy="write a list, also for one selector")])
    parsed: list[Selector] = []
    problems: list[Problem] = []
    for index, given in enumerate(selectors):
        try:
            if isinstance(given, str):
                selector = parse(given)
            elif isinstance(given, Mapping):
                selector = from_mapping(given)
            elif isinstance(given, Selector):
                selector = given
            else:
                reason = f"expected a label selector string, found {given!r} ({type(given).__name__})"
                remedy = "remove the entry, or write a selector" if given is None else "put it in quotes"
                problems.append(Problem("not-a-string", reason, index, remedy=remedy))
                continue
        except SelectorError as error:
            problems += [
                Problem(p.code, p.reason, index, p.selector, p.position, p.witness, p.remedy)
                for p in error.problems
            ]
            continue
        if not selector.requirements:
            reason = "an empty selector matches every node, so no node would be left"
            remedy = "write the label that identifies the virtual nodes, or remove the entry"
            problems.append(Problem("matches-every-node", reason, index, str(given), None, {}, remedy))
            continue
        parsed.append(selector)
    if problems:
        raise SelectorError(problems)
    return parsed
