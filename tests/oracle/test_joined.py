"""Selectors joined with a node selector that is required anyway: exact, whatever way it is written.

The joined affinity admits exactly the nodes that the required node selector admits and no selector matches;
Kubernetes' own code is the judge (judge.py), at every combination of labels and node names.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import SelectorError, solve

from . import judge, required_cases
from .oracle_client import Oracle
from .test_order import respelled

CASES = int(os.environ.get("ORACLE_CASES", "2000"))
FIRST = int(os.environ.get("ORACLE_FIRST", "0"))
BUDGETS = [None, None, None, 0, 20, 300, 3000]


def verdict(oracle: Oracle, given: tuple[list[str], dict[str, Any]]) -> judge.Verdict:
    return judge.judge(oracle, *given)


def test_random_lists(oracle: Oracle, show: Callable[[str], None]) -> None:
    """ORACLE_CASES lists with a required node selector each, from number ORACLE_FIRST on."""
    numbers = range(FIRST, FIRST + CASES)
    outcomes, faults = judge.judge_all(required_cases.joined, verdict, numbers, show)
    assert faults[:10] == [], f"{len(faults)} differences"
    assert outcomes.total() == CASES
    if CASES >= 2000:  # every kind must occur, or the cases no longer test it
        refusals = ("contradiction", "leaves-no-node", "inexpressible")
        assert outcomes["answer"] > CASES * 0.5
        assert min(outcomes[kind] for kind in refusals) > CASES * 0.01


def test_exact_on_any_budget(oracle: Oracle) -> None:
    """Where the search has to stop early, the joined answer is exact all the same."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    for seed in range(10**6, 10**6 + 1000):
        selectors, required = required_cases.joined(seed)
        budget = random.Random(seed).choice([0, 1, 5, 20, 60, 200, 1000])
        try:
            outcome, found = judge.judge(oracle, selectors, required, budget=budget)
        except Exception as error:  # a crash of the package is a fault of this case
            outcome, found = "crash", [f"{type(error).__name__}: {error}"]
        outcomes[outcome] += 1
        faults += [f"{seed} {selectors!r} with {required}, budget {budget}: {fault}" for fault in found]
    assert faults[:10] == [], f"{len(faults)} differences"
    assert outcomes["answer, not proven minimal"] > 50, "no budget stops the search any more"


def outcome(selectors: list[str], required: dict[str, Any], budget: int | None) -> tuple[Any, ...]:
    """Return everything that may depend on the meaning of the input only."""
    options: dict[str, Any] = {} if budget is None else {"budget": budget}
    try:
        answer = solve(selectors, required=required, **options)
    except SelectorError as error:
        return tuple(sorted(problem.code for problem in error.problems))
    return json.dumps(answer.affinity), answer.proven, answer.selectors


@settings(max_examples=1000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6), budget=st.sampled_from(BUDGETS))
def test_order_duplicates_and_spelling(seed: int, shuffle: int, budget: int | None) -> None:
    """Terms, requirements, values and selectors in any order and any number give the same bytes."""
    (selectors, required), rng = required_cases.joined(seed), random.Random(shuffle)
    again = [respelled(rng, text) for text in selectors]
    again += [respelled(rng, rng.choice(selectors)) for _ in range(rng.randint(0, 2)) if selectors]
    rng.shuffle(again)
    other = required_cases.rewritten(rng, required)
    assert outcome(again, other, budget) == outcome(selectors, required, budget)


@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_joining_again(seed: int) -> None:
    """The joined affinity, required with the same selectors or none, stays the same bytes.

    Only where it is proven smallest: an answer that the budget cut short may still be improved.
    """
    selectors, required = required_cases.joined(seed)
    try:
        first = solve(selectors, required=required)
    except SelectorError:
        return
    if first.affinity is None or not first.minimal:
        return
    for some in (selectors, [], selectors[:1]):
        assert json.dumps(solve(some, required=first.affinity).affinity) == json.dumps(first.affinity)


def terms(*given: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, Any]:
    """Write terms short: {"matchFields": [("metadata.name", "In", "n")]}."""
    return {
        "nodeSelectorTerms": [
            {
                name: [
                    {"key": key, "operator": operator, **({"values": values} if values else {})}
                    for key, operator, *values in entries
                ]
                for name, entries in term.items()
            }
            for term in given
        ]
    }


NAMED = {"matchFields": [("metadata.name", "In", "n")]}
NOT_NAMED = {"matchFields": [("metadata.name", "NotIn", "n"), ("metadata.name", "NotIn", "m")]}
KNOWN = [
    ([], terms({"matchExpressions": [("a", "Exists")]}), "answer"),
    ([], terms(NAMED, NOT_NAMED), "answer"),
    ([], terms(NAMED, {"matchFields": [("metadata.name", "NotIn", "n")]}), "nothing to exclude"),
    (["a<0"], terms({"matchExpressions": [("a", "Exists")]}, {"matchExpressions": [("a", "DoesNotExist")]}),
     "nothing to exclude"),
    (["a"], terms(NAMED), "answer"),
    (["a", "!a"], terms(NAMED), "leaves-no-node"),
    (["a=x"], terms({"matchExpressions": [("a", "In", "x")], **NAMED}), "leaves-no-node"),
    (["a=x"], terms({"matchExpressions": [("a", "In", "x", "y")], **NAMED}), "answer"),
    (["a=x"], terms({}, {"matchExpressions": []}), "contradiction"),
    (["a=x"], terms({"matchFields": [("metadata.name", "In", "n"), ("metadata.name", "In", "m")]}),
     "contradiction"),
    (["a=x"], terms({"matchExpressions": [("a", "Gt", "5"), ("a", "Lt", "6")]}), "contradiction"),
    (["a>5"], terms(NAMED), "inexpressible"),
    (["a>5"], terms({"matchExpressions": [("a", "DoesNotExist")]}), "answer"),
    (["a>5"], terms({"matchExpressions": [("a", "Lt", "9")]}), "answer"),
    (["a>5"], terms({"matchExpressions": [("a", "NotIn", "7")]}), "inexpressible"),
    (["a>5"], terms({"matchExpressions": [("a", "In", "5", "6", "x")]}), "answer"),
    (["b=x"], terms({"matchExpressions": [("a", "Gt", "5")]}), "answer"),
    (["metadata.name=n"], terms(NAMED), "answer"),
]  # fmt: skip


@pytest.mark.parametrize(("selectors", "required", "expected"), KNOWN)
def test_known_verdicts(
    oracle: Oracle, selectors: list[str], required: dict[str, Any], expected: str
) -> None:
    found, faults = judge.judge(oracle, selectors, required)
    assert faults == []
    assert found == expected


def test_the_judge_sees_a_wrong_answer(oracle: Oracle) -> None:
    """The comparison itself can fail: what is required left out, a name too many, a name too few."""
    right = terms({"matchExpressions": [("a", "NotIn", "x")], **NAMED})
    wrong = [
        None,
        terms({"matchExpressions": [("a", "NotIn", "x")]}),
        terms(NAMED),
        terms({"matchExpressions": [("a", "NotIn", "x")], "matchFields": [("metadata.name", "In", "m")]}),
        terms({"matchExpressions": [("a", "NotIn", "x")], **NAMED}, NOT_NAMED),
    ]
    for direct in (0, 100):
        for affinity in (right, *wrong):
            answer = oracle.ask(
                "product",
                selectors=["a=x"],
                keys={"a": [None, "x", "y"]},
                names=["m", "n", "o"],
                required=terms(NAMED),
                affinity=affinity,
                direct=direct,
            )
            assert (answer["mismatch"] is None) == (affinity is right)
