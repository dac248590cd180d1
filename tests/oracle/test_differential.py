"""Random selector lists: the computed affinity admits exactly the nodes that no selector matches.

Kubernetes' own code is the judge, at every combination of labels that the selectors can tell apart. Where
they are too many to build a node for each, random ones go through the whole matcher, and the whole product
is compared by tables of single requirements, each still evaluated by upstream (see go/product.go).
Refusals are judged, too: by the same code, and by a criterion of expressibility that is written here again.
"""

import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import selector_cases
from label_space import inexpressible, read, shows_inexpressible
from oracle_client import Oracle
from pulumi_openkruise.selectors import SelectorError, solve

CASES = int(os.environ.get("ORACLE_CASES", "2000"))
FIRST = int(os.environ.get("ORACLE_FIRST", "0"))
DIRECT = 4000
SAMPLE = 1000


def judge(oracle: Oracle, selectors: list[str], **options: int) -> tuple[str, list[str]]:
    """Return what became of one list, and everything that upstream contradicts."""
    faults: list[str] = []
    keys = read(oracle, selectors)
    spaces = {key: space.values() for key, space in keys.items()}

    def product(affinity: Any = None, **other: Any) -> dict[str, Any]:
        return oracle.ask(
            "product",
            **{
                "selectors": selectors,
                "affinity": affinity,
                "keys": spaces,
                "direct": DIRECT,
                "sample": SAMPLE,
                **other,
            },
        )

    sayable = not inexpressible(oracle, selectors, keys)
    try:
        answer = solve(selectors, **options)
    except SelectorError as error:
        codes = {problem.code for problem in error.problems}
        truth = product()
        for problem in error.problems:
            witness = problem.witness
            if problem.code == "leaves-no-node":
                if truth["outside"]:
                    faults.append(f"refused as leaving no node, but {truth['outside']} is matched by none")
            elif problem.code == "inexpressible":
                if sayable:
                    faults.append(f"refused as inexpressible, but it is not; witness {witness}")
                elif witness is None:
                    faults.append("no witness")
                elif not shows_inexpressible(oracle, selectors, keys, witness):
                    faults.append(f"the witness {witness} shows nothing")
            elif problem.code != "too-large":
                faults.append(f"unexpected problem {problem.code}: {problem}")
        if "leaves-no-node" not in codes and not truth["outside"]:
            faults.append(f"no node is left, but the problems are {codes}")
        return "+".join(sorted(codes)), faults
    if not sayable:
        faults.append("answered, but the complement is inexpressible")
    truth = product(answer.affinity)
    if truth["mismatch"]:
        faults.append(f"wrong at {truth['mismatch']}: {answer.affinity}")
    if truth.get("affinityError"):
        faults.append(f"invalid affinity: {truth['affinityError']}: {answer.affinity}")
    if answer.affinity is None:
        if truth["matched"]:
            faults.append(f"nothing excluded, but {truth['matched']} is matched")
        return "nothing to exclude", faults
    if not truth["outside"]:
        faults.append(f"no node is left, but an affinity was given: {answer.affinity}")
    faults += [f"{fault}: {answer.affinity}" for fault in untidy(answer.affinity)]
    return "answer" if answer.minimal else "answer, not proven minimal", faults


def untidy(affinity: dict[str, Any]) -> list[str]:
    """List what API validation would refuse or a canonical answer must not contain."""
    faults = []
    if list(affinity) != ["nodeSelectorTerms"] or not affinity["nodeSelectorTerms"]:
        faults.append("not a node selector with terms")
    for term in affinity["nodeSelectorTerms"]:
        if list(term) != ["matchExpressions"] or not term["matchExpressions"]:
            faults.append(f"not a term of expressions: {term}")
            continue
        for entry in term["matchExpressions"]:
            operator, values = entry["operator"], entry.get("values", [])
            fits = {
                "In": len(values) > 0,
                "NotIn": len(values) > 0,
                "Exists": "values" not in entry,
                "DoesNotExist": "values" not in entry,
                "Gt": len(values) == 1,
                "Lt": len(values) == 1,
            }
            if not fits[operator] or values != sorted(set(values)):
                faults.append(f"bad values: {entry}")
        order = [(e["key"], e["operator"]) for e in term["matchExpressions"]]
        if order != sorted(set(order)):
            faults.append(f"requirements unsorted or repeated: {order}")
    return faults


def judge_range(first: int, last: int) -> tuple[Counter[str], list[str]]:
    """Judge the lists with these numbers; runs in a process of its own with an oracle of its own."""
    oracle = Oracle()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    try:
        for seed in range(first, last):
            selectors = selector_cases.selectors(seed)
            try:
                outcome, found = judge(oracle, selectors)
            except Exception as error:  # a crash of the package is a fault of this list, not of the test run
                outcome, found = "crash", [f"{type(error).__name__}: {error}"]
            outcomes[outcome] += 1
            faults += [f"list {seed} {selectors!r}: {fault}" for fault in found]
    finally:
        oracle.close()
    return outcomes, faults


def test_random_lists(oracle: Oracle, capsys: pytest.CaptureFixture[str]) -> None:
    """ORACLE_CASES lists from number ORACLE_FIRST on, on all cores."""
    step = max(50, min(500, CASES // 16))
    starts = range(FIRST, FIRST + CASES, step)
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        ends = [min(start + step, FIRST + CASES) for start in starts]
        for done, (some, found) in enumerate(pool.map(judge_range, starts, ends), 1):
            outcomes += some
            faults += found
            if CASES > 20000 and done % 10 == 0:
                with capsys.disabled():
                    print(f"\n  {outcomes.total():,} of {CASES:,} lists, {len(faults)} differences", end="")
    with capsys.disabled():
        print(f"\n  {outcomes.total():,} selector lists against upstream:")
        for outcome, count in outcomes.most_common():
            print(f"    {outcome:32} {count:7,} {count / outcomes.total():7.1%}")
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
            outcome, found = judge(oracle, selectors, budget=budget)
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
    outcome, faults = judge(oracle, selectors)
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
