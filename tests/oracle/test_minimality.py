"""The computed affinity has the fewest terms, then requirements, then values that any exact one can have.

Judged by an independent exact solver over all terms that can be written, on small random problems.
"""

import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from exact_cover import smallest
from label_space import inexpressible, read
from oracle_client import Oracle
from pulumi_openkruise.selectors import SelectorError, solve

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


def size(affinity: dict[str, Any] | None) -> tuple[int, int, int]:
    terms = [term["matchExpressions"] for term in affinity["nodeSelectorTerms"]] if affinity else []
    return (
        len(terms),
        sum(len(term) for term in terms),
        sum(len(entry.get("values", [])) for term in terms for entry in term),
    )


def judge(oracle: Oracle, selectors: list[str]) -> tuple[str, list[str]]:
    keys = read(oracle, selectors)
    try:
        answer = solve(selectors)
    except SelectorError as error:
        return error.problems[0].code, []
    if answer.affinity is None:
        return "nothing to exclude", []
    best = smallest(oracle, selectors, keys)
    assert best is not None or inexpressible(oracle, selectors, keys)
    found = size(answer.affinity)
    if not answer.minimal:
        return "not proven minimal", [f"no proof for so small a problem: {found}, best {best}"]
    if found != best:
        return "wrong", [f"{found} terms, requirements, values, but {best} is possible: {answer.affinity}"]
    return f"{found[0]} terms" if found[0] < 5 else "5 and more terms", []


def judge_range(first: int, last: int) -> tuple[Counter[str], list[str]]:
    oracle = Oracle()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    try:
        for seed in range(first, last):
            selectors = small_list(seed)
            try:
                outcome, found = judge(oracle, selectors)
            except Exception as error:  # a crash of the package is a fault of this list, not of the test run
                outcome, found = "crash", [f"{type(error).__name__}: {error}"]
            outcomes[outcome] += 1
            faults += [f"list {seed} {selectors!r}: {fault}" for fault in found]
    finally:
        oracle.close()
    return outcomes, faults


def test_no_term_requirement_or_value_too_many(oracle: Oracle, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    starts = range(0, CASES, 100)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for some, found in pool.map(judge_range, starts, [min(CASES, start + 100) for start in starts]):
            outcomes += some
            faults += found
    with capsys.disabled():
        print(f"\n  {outcomes.total():,} small lists against an exact solver:")
        for outcome, count in sorted(outcomes.items()):
            print(f"    {outcome:32} {count:7,} {count / outcomes.total():7.1%}")
    assert faults[:10] == [], f"{len(faults)} answers are not minimal"
    if CASES >= 1000:  # answers of several terms must occur, or nothing is minimised
        assert outcomes["2 terms"] > CASES * 0.1
        assert outcomes["3 terms"] > CASES * 0.03


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
