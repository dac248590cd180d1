"""The computed affinity has the fewest terms, then requirements, then values that any exact one can have.

Judged by an independent exact solver over all terms that can be written, on small random problems; with a
small budget, each level that is claimed to be proven.
"""

import os
import random
from collections.abc import Callable
from math import prod
from typing import Any

import pytest
from pulumi_openkruise.selectors import SelectorError, solve
from pulumi_openkruise.selectors.minimize import minimum_cover

from . import judge, required_cases, selector_cases
from .exact_cover import name_statements, smallest, statements
from .label_space import inexpressible, node_names, read
from .oracle_client import Oracle

Case = tuple[list[str], dict[str, Any] | None, int | None]
"""Selectors, what is required anyway, and the budget if not the default."""
LEVELS = ("terms", "requirements", "values")
MANY = 50_000
"""Most terms, before dropping those that admit too much, that the exact solver is given."""
GAP = [
    "a,a notin (x),c,c notin (x),b,b notin (x)",
    "a in (x),b,c notin (x)",
    "c notin (x),a,a notin (x),b in (x)",
    "!a,c in (x),!b",
]
"""Four terms, a number that the package finds by search and does not prove by nodes that no term joins."""
FACTORS = [
    ["e,f"],
    ["e,f!=x"],
    ["e=x,f", "!e,f!=x"],
    [selector.translate(str.maketrans("abc", "efg")) for selector in GAP],
]
"""On other labels; the answer is multiplied with theirs."""
CASES = int(os.environ.get("ORACLE_MINIMAL_CASES", "10000"))


def small_list(seed: int) -> list[str]:
    rng = random.Random(f"small {seed}")
    ordered = rng.random() < 0.3
    keys = ["a", "b", "c", "d"][: rng.choice([2, 2, 3] if ordered else [2, 3, 3, 3, 4])]
    words = {key: ["", "x", "y"][: rng.choice([1, 2, 2, 3]) if len(keys) < 4 else 1] for key in keys}
    if ordered:
        words["a"] = rng.sample(["1", "3", "03", "6", "x"], rng.randint(1, 2))
    bounds = rng.sample(["0", "2", "3", "5", "9223372036854775806"], 2)

    def literal(key: str) -> str:
        if ordered and key == "a" and rng.random() < 0.5:
            return f"a{rng.choice('<>')}{rng.choice(bounds)}"
        some = ",".join(rng.choice(words[key]) for _ in range(rng.randint(1, 2)))
        return rng.choice(
            [key, f"!{key}", f"{key} in ({some})", f"{key} in ({some})", f"{key} notin ({some})"]
        )

    found = []
    for _ in range(rng.randint(1, 6)):
        size = rng.choices([1, 2, 3], [3, 5, 2])[0]
        chosen = rng.sample(keys, min(size, len(keys))) + ([rng.choice(keys)] if rng.random() < 0.1 else [])
        found.append(",".join(literal(key) for key in chosen))
    if ordered and rng.random() < 0.6:  # settles the non-integers, so that more of them have an answer
        found.append(rng.choice(["a,a notin (1,3)", "a", ",".join(["a", literal("b")]), "a notin (3,x)"]))
    return found


def small(seed: int) -> Case:
    return small_list(seed), None, None


def small_joined(seed: int) -> Case:
    """Return fewer selectors, with a required node selector on the same labels and the node's name."""
    rng = random.Random(f"joined {seed}")
    case = selector_cases.Cases(seed)
    case.keys, case.words, case.figures = (
        ["a", "b", "c"][: rng.choice([1, 2, 2, 3])],
        ["", "x"],
        ["2", "3", "5"],
    )
    case.numeric = {"a"} if rng.random() < 0.25 else set()
    selectors = [text for text in small_list(seed) if rng.random() < 0.6][:4]
    names = rng.choice([0, 0.5, 0.9])
    terms = [required_cases.term(case, names) for _ in range(rng.choice([1, 1, 2, 2, 3]))]
    return selectors, {"nodeSelectorTerms": terms}, None


def bigger(seed: int) -> Case:
    """Return more selectors on more labels, often in two groups with none in common; also on less budget."""
    rng = random.Random(f"bigger {seed}")
    keys, apart = ["a", "b", "c", "d"], rng.random() < 0.5
    words = {key: ["x", "y", "z"][: rng.choice([1, 1, 2, 3])] for key in keys}
    selectors = []
    for _ in range(rng.randint(4, 10)):
        near = rng.choice([keys[:2], keys[2:]]) if apart else keys
        parts = []
        for key in rng.sample(near, min(len(near), rng.choice([1, 2, 2, 2, 3, 3]))):
            values = ",".join(rng.sample(words[key], rng.randint(1, len(words[key]))))
            parts.append(rng.choice([key, f"!{key}", f"{key} in ({values})", f"{key} notin ({values})"]))
        selectors.append(",".join(parts))
    budget = rng.choice([None, None, 5, 20, 50, 100, 200, 400, 1000, 3000])
    kind = rng.random()
    if kind < 0.1:  # two groups that are multiplied, where smallest times smallest needs a proof
        return [*GAP, *rng.choice(FACTORS)], None, budget
    if kind < 0.4:
        joined, required, _ = small_joined(seed)
        return joined + selectors[:3], required, budget
    return selectors, None, budget


def size(affinity: dict[str, Any] | None) -> tuple[int, int, int]:
    terms = affinity["nodeSelectorTerms"] if affinity else []
    entries = [entry for term in terms for listed in term.values() for entry in listed]
    return len(terms), len(entries), sum(len(entry.get("values", [])) for entry in entries)


def verdict(oracle: Oracle, case: Case) -> judge.Verdict:
    selectors, required, budget = case
    keys = read(oracle, selectors, required)
    try:
        if budget is None:
            answer = solve(selectors, required=required)
        else:
            answer = solve(selectors, required=required, budget=budget)
    except SelectorError as error:
        return error.problems[0].code, []
    if answer.affinity is None:
        return "nothing to exclude", []
    sizes = [len(statements(space)) for space in keys.values()]
    if prod(sizes) * len(name_statements(node_names(required))) > MANY:
        return "left out, too big", []
    best = smallest(oracle, selectors, keys, required)
    assert best is not None or inexpressible(oracle, selectors, keys, required)
    if best is None:
        return "wrong", ["answered, but there is no exact answer to the solver"]
    found, proven = size(answer.affinity), answer.proven
    if proven != LEVELS[: len(proven)] or answer.minimal != (proven == LEVELS):
        return "wrong", [f"levels {proven}, minimal={answer.minimal}"]
    if found < best:
        return "wrong", [f"{found} is less than {best}, which the solver calls smallest"]
    if found[: len(proven)] != best[: len(proven)]:
        return "wrong", [f"{found}, proven {proven}, but {best} is possible: {answer.affinity}"]
    if proven != LEVELS:
        return f"proven: {', '.join(proven) or 'nothing'}", []
    return f"{found[0]} terms" if found[0] < 5 else "5 and more terms", []


def small_verdict(oracle: Oracle, case: Case) -> judge.Verdict:
    """Judge a case that is so small that everything has to be proven."""
    outcome, faults = verdict(oracle, case)
    if outcome.startswith("proven"):
        faults = [*faults, f"no proof of everything for so small a problem, {outcome}"]
    return outcome, faults


def test_no_term_requirement_or_value_too_many(oracle: Oracle, show: Callable[[str], None]) -> None:
    outcomes, faults = judge.judge_all(small, small_verdict, range(CASES), show)
    assert faults[:10] == [], f"{len(faults)} answers are not minimal"
    if CASES >= 1000:  # answers of several terms must occur, or nothing is minimised
        assert outcomes["2 terms"] > CASES * 0.1
        assert outcomes["3 terms"] > CASES * 0.03


def test_no_term_requirement_or_value_too_many_when_joined(
    oracle: Oracle, show: Callable[[str], None]
) -> None:
    cases = CASES // 2
    outcomes, faults = judge.judge_all(small_joined, small_verdict, range(cases), show)
    assert faults[:10] == [], f"{len(faults)} answers are not minimal"
    if cases >= 500:
        assert outcomes["2 terms"] > cases * 0.1
        assert outcomes["3 terms"] > cases * 0.03
        assert outcomes["left out, too big"] < cases * 0.1


def test_what_is_claimed_to_be_proven(
    oracle: Oracle, show: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bigger cases, and budgets that end the search at any place: no level is claimed that is not reached."""
    # With its own four times the steps the reduction would hardly ever be the one that ends early.
    monkeypatch.setattr(minimum_cover, "_REDUCTION", 1)
    cases = CASES // 5
    outcomes, faults = judge.judge_all(bigger, verdict, range(cases), show)
    assert faults[:10] == [], f"{len(faults)} claims are wrong"
    if cases >= 1000:
        assert outcomes["5 and more terms"] > cases * 0.05
        for level in ("nothing", "terms", "terms, requirements"):
            assert outcomes[f"proven: {level}"] >= cases * 0.005


def test_the_solver_knows_what_is_smallest(oracle: Oracle) -> None:
    """The yardstick itself, on cases worked out by hand."""
    for selectors, best in [
        (["a=x"], (1, 1, 1)),
        (["a=x", "a=y", "b"], (1, 2, 2)),
        (["a,a!=x"], (2, 2, 1)),
        (["a=1,b=1", "a!=1,c=1"], (2, 4, 4)),
        (["a>5,a in (3,7,x)"], (1, 1, 1)),
        (["a>5,b=x", "a,b=x"], (2, 2, 1)),
    ]:
        assert smallest(oracle, selectors, read(oracle, selectors)) == best, selectors
    selectors = ["a>5"]
    assert smallest(oracle, selectors, read(oracle, selectors)) is None


def test_the_solver_knows_names(oracle: Oracle) -> None:
    """The yardstick with a required node selector, by hand: a name costs one requirement each."""

    def field(operator: str, name: str) -> dict[str, Any]:
        return {"key": "metadata.name", "operator": operator, "values": [name]}

    a = {"key": "a", "operator": "In", "values": ["x", "y"]}
    b = {"key": "b", "operator": "Exists"}
    for selectors, terms, best in [
        ([], [{"matchFields": [field("In", "n")]}], (1, 1, 1)),
        ([], [{"matchFields": [field("In", "n")]}, {"matchFields": [field("In", "m")]}], (2, 2, 2)),
        ([], [{"matchFields": [field("NotIn", "n"), field("NotIn", "m")]}], (1, 2, 2)),
        ([], [{"matchFields": [field("NotIn", "n"), field("In", "m")]}], (1, 1, 1)),
        (["a=x"], [{"matchExpressions": [a], "matchFields": [field("In", "n")]}], (1, 2, 2)),
        (["a=x"], [{"matchExpressions": [a]}, {"matchExpressions": [b]}], (2, 3, 2)),
        (["b"], [{"matchExpressions": [a]}, {"matchExpressions": [b]}], (1, 2, 2)),
    ]:
        required = {"nodeSelectorTerms": terms}
        keys = read(oracle, selectors, required)
        assert smallest(oracle, selectors, keys, required) == best, (selectors, terms)
