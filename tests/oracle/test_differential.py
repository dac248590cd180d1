"""Random selector lists: the computed affinity admits exactly the nodes that no selector matches.

Kubernetes' own code is the judge (judge.py), at all combinations of labels that the selectors can tell apart.
"""

import os
import random
from collections.abc import Callable

import pytest

from . import judge, selector_cases
from .oracle_client import Oracle

CASES = int(os.environ.get("ORACLE_CASES", "2000"))
FIRST = int(os.environ.get("ORACLE_FIRST", "0"))


def test_random_lists(oracle: Oracle, show: Callable[[str], None]) -> None:
    """ORACLE_CASES lists from number ORACLE_FIRST on."""
    numbers = range(FIRST, FIRST + CASES)
    outcomes, faults = judge.judge_all(selector_cases.selectors, judge.judge, numbers, show)
    assert faults[:10] == [], f"{len(faults)} differences"
    assert outcomes.total() == CASES
    if CASES >= 2000:  # every kind must occur, or the lists no longer test it
        assert outcomes["answer"] > CASES * 0.5
        assert (
            min(outcomes[k] for k in ("nothing to exclude", "leaves-no-node", "inexpressible")) > CASES * 0.01
        )


def test_exact_on_any_budget(oracle: Oracle) -> None:
    """Where the search has to stop early, the answer is exact all the same, and says it is not proven."""
    unproven = 0
    faults: list[str] = []
    for seed in range(10**6, 10**6 + 1500):
        selectors = selector_cases.selectors(seed)
        budget = random.Random(seed).choice([0, 1, 5, 20, 60, 200, 1000])
        try:
            outcome, found = judge.judge(oracle, selectors, budget=budget)
        except Exception as error:  # a crash of the package is a fault of this list
            outcome, found = "crash", [f"{type(error).__name__}: {error}"]
        unproven += outcome == "answer, not proven minimal"
        faults += [f"list {seed} {selectors!r}, budget {budget}: {fault}" for fault in found]
    assert faults[:10] == [], f"{len(faults)} differences"
    assert unproven > 100, "no budget stops the search any more: the test tests nothing"


# Cases with a known verdict, among them all examples of the rule of expressibility.
KNOWN = [
    (["k>5"], "inexpressible"),
    (["k<3"], "inexpressible"),
    (["k>5,k<7"], "inexpressible"),
    (["k>5", "k<6"], "inexpressible"),
    (["k>5", "k<6", "!k"], "inexpressible"),
    (["b!=0", "a>1,b=0"], "inexpressible"),
    (["k>5,k in (3,7,x)"], "answer"),
    (["k>5", "k,k notin (1,2)"], "answer"),
    (["k>5,x=a", "x=a"], "answer"),
    (["k>5,x=a", "k,x=a"], "answer"),
    (["k<0"], "nothing to exclude"),
    (["k>9223372036854775807"], "nothing to exclude"),
    (["k>5,k<6"], "nothing to exclude"),
    (["k>5,k in (a,b)"], "nothing to exclude"),
    (["a=b,a=c"], "nothing to exclude"),
    (["x", "!x"], "leaves-no-node"),
    (["x=a", "x!=a"], "leaves-no-node"),
    (["k>5", "k<6", "!k", "k notin (x)"], "answer"),
    (["k>5", "k<6", "!k", "k notin (x)", "k=x"], "leaves-no-node"),
    (["a=1,b=1", "a!=1,c=1"], "answer"),
    (["k,k!=a"], "answer"),
    (["x in ()"], "answer"),
    (["k>05,k in (06,6,7)", "k=6"], "answer"),
]


@pytest.mark.parametrize(("selectors", "verdict"), KNOWN, ids=lambda value: str(value))
def test_known_verdicts(oracle: Oracle, selectors: list[str], verdict: str) -> None:
    outcome, faults = judge.judge(oracle, selectors)
    assert faults == []
    assert outcome == verdict


def test_the_judge_sees_a_wrong_answer(oracle: Oracle) -> None:
    """The comparison itself can fail: a term too many, a value too few, both ways of looking."""
    keys = {"a": [None, "", "x", "y"], "b": [None, "z"]}
    right = {
        "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x", "y"]}]}]
    }
    less = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}]}
    more = {
        "nodeSelectorTerms": [
            *right["nodeSelectorTerms"],
            {"matchExpressions": [{"key": "b", "operator": "Exists"}]},
        ]
    }
    for direct in (0, 100):
        for affinity, wrong in ((right, False), (less, True), (more, True), (None, True)):
            answer = oracle.ask(
                "product", selectors=["a in (x,y)"], keys=keys, affinity=affinity, direct=direct
            )
            assert (answer["mismatch"] is not None) == wrong
