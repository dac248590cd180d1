"""Kubernetes' own code judges one answer of the package, or its refusal.

The judge looks at every combination of labels and node names that the input can tell apart. Where they are
too many to build a node for each, random ones go through the whole matcher, and the whole product is
compared by tables of single requirements, each still evaluated by upstream (see go/product.go).
Refusals are judged, too: by the same code, and by a criterion of expressibility that is written here again.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from pulumi_openkruise.selectors import Problem, SelectorError, solve

from .label_space import inexpressible, node_names, read, shows_inexpressible
from .oracle_client import Oracle

DIRECT = 4000
SAMPLE = 1000


def judge(
    oracle: Oracle, selectors: list[str], required: Mapping[str, Any] | None = None, **options: Any
) -> tuple[str, list[str]]:
    """Return what became of one list, and everything that upstream contradicts.

    A node is allowed if ``required`` admits it and no selector matches it.
    """
    faults: list[str] = []
    keys = read(oracle, selectors, required)
    spaces = {key: space.values() for key, space in keys.items()}

    def product(affinity: Any = None, **other: Any) -> dict[str, Any]:
        return oracle.ask(
            "product",
            **{
                "selectors": selectors,
                "affinity": affinity,
                "required": required,
                "names": node_names(required),
                "keys": spaces,
                "direct": DIRECT,
                "sample": SAMPLE,
                **other,
            },
        )

    sayable = not inexpressible(oracle, selectors, keys, required)
    try:
        answer = solve(selectors, required=required, **options)
    except SelectorError as error:
        faults = _judge_refusal(oracle, selectors, keys, required, error, product, sayable=sayable)
        return "+".join(sorted({problem.code for problem in error.problems})), faults
    if not sayable:
        faults.append("answered, but the complement is inexpressible")
    truth = product(answer.affinity)
    if truth["mismatch"]:
        faults.append(f"wrong at {truth['mismatch']}: {answer.affinity}")
    if truth.get("affinityError"):
        faults.append(f"invalid affinity: {truth['affinityError']}: {answer.affinity}")
    if answer.affinity is None:
        return "nothing to exclude", faults
    if not truth["outside"]:
        faults.append(f"no node is left, but an affinity was given: {answer.affinity}")
    faults += [f"{fault}: {answer.affinity}" for fault in untidy(answer.affinity)]
    return "answer" if answer.minimal else "answer, not proven minimal", faults


def _judge_refusal(
    oracle: Oracle,
    selectors: list[str],
    keys: Mapping[str, Any],
    required: Mapping[str, Any] | None,
    error: SelectorError,
    product: Callable[..., dict[str, Any]],
    *,
    sayable: bool,
) -> list[str]:
    """Return what upstream contradicts of a refusal; ``sayable``: the complement is expressible."""
    truth = product()
    faults = []
    for problem in error.problems:
        fault = _judge_problem(oracle, selectors, keys, required, problem, product, truth, sayable=sayable)
        if fault:
            faults.append(fault)
    codes = {problem.code for problem in error.problems}
    if not codes & {"leaves-no-node", "contradiction"} and not truth["outside"]:
        faults.append(f"no node is left, but the problems are {codes}")
    return faults


def _judge_problem(
    oracle: Oracle,
    selectors: list[str],
    keys: Mapping[str, Any],
    required: Mapping[str, Any] | None,
    problem: Problem,
    product: Callable[..., dict[str, Any]],
    truth: Mapping[str, Any],
    *,
    sayable: bool,
) -> str:
    """Return what upstream contradicts of one problem, empty where it agrees."""
    witness, name = problem.witness, problem.witness_name
    if problem.code == "contradiction":
        if truth["outside"] or truth["matched"]:
            return f"refused as a contradiction, but it admits {truth}"
    elif problem.code == "leaves-no-node":
        if truth["outside"]:
            return f"refused as leaving no node, but {truth['outside']} is allowed"
        if not truth["matched"]:
            return "not a contradiction to the package, but nothing is admitted"
        if required:
            assert witness is not None
            point = {key: [witness.get(key)] for key in keys}
            if not product(keys=point, names=[name or node_names(required)[-1]])["matched"]:
                return f"the witness {witness} is not admitted, or not matched"
    elif problem.code == "inexpressible":
        if sayable:
            return f"refused as inexpressible, but it is not; witness {witness}"
        if witness is None:
            return "no witness"
        if not shows_inexpressible(oracle, selectors, keys, witness, name, required):
            return f"the witness {witness} shows nothing"
    elif problem.code != "too-large":
        return f"unexpected problem {problem.code}: {problem}"
    return ""


def untidy(affinity: dict[str, Any]) -> list[str]:
    """List what API validation would refuse or a canonical answer must not contain."""
    faults = []
    if list(affinity) != ["nodeSelectorTerms"] or not affinity["nodeSelectorTerms"]:
        faults.append("not a node selector with terms")
    for term in affinity["nodeSelectorTerms"]:
        if list(term) not in (["matchExpressions"], ["matchFields"], ["matchExpressions", "matchFields"]):
            faults.append(f"not a term: {term}")
        if not all(term.values()):
            faults.append(f"an empty list: {term}")
        expressions, fields = term.get("matchExpressions", []), term.get("matchFields", [])
        for entry in expressions:
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
        faults += [
            f"not for matchFields: {entry}"
            for entry in fields
            if entry["operator"] not in ("In", "NotIn") or len(entry["values"]) != 1
        ]
        names = [(e["operator"], *e["values"]) for e in fields]
        if names != sorted(set(names)) or (len(names) > 1 and "In" in {name[0] for name in names}):
            faults.append(f"names unsorted, repeated or superfluous: {names}")
        order = [(e["key"], e["operator"]) for e in expressions]
        if order != sorted(set(order)):
            faults.append(f"requirements unsorted or repeated: {order}")
    written = [json.dumps(term) for term in affinity["nodeSelectorTerms"]]
    if len(set(written)) < len(written):
        faults.append("a term twice")
    return faults


Verdict = tuple[str, list[str]]
"""What became of one case, and what is wrong with it."""


def judge_range(
    case: Callable[[int], Any], verdict: Callable[[Oracle, Any], Verdict], first: int, last: int
) -> tuple[Counter[str], list[str]]:
    """Judge the cases with these numbers; runs in a process of its own with an oracle of its own."""
    oracle = Oracle()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    try:
        for seed in range(first, last):
            given = case(seed)
            try:
                outcome, found = verdict(oracle, given)
            except Exception as error:  # a crash of the package is a fault of this case, not of the test run
                outcome, found = "crash", [f"{type(error).__name__}: {error}"]
            outcomes[outcome] += 1
            faults += [f"case {seed} {given!r}: {fault}" for fault in found]
    finally:
        oracle.close()
    return outcomes, faults


def judge_all(
    case: Callable[[int], Any],
    verdict: Callable[[Oracle, Any], Verdict],
    numbers: range,
    show: Callable[[str], None],
) -> tuple[Counter[str], list[str]]:
    """Judge all cases, ORACLE_WORKERS at once (else one for each core); show progress and a table.

    ``case`` and ``verdict`` are functions of a module: other processes import them.
    """
    step = max(50, min(500, len(numbers) // 16))
    starts = numbers[::step]
    ends = [min(start + step, numbers.stop) for start in starts]
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    with ProcessPoolExecutor(int(os.environ.get("ORACLE_WORKERS") or os.cpu_count() or 1)) as pool:
        results = pool.map(partial(judge_range, case, verdict), starts, ends)
        for done, (some, found) in enumerate(results, 1):
            outcomes += some
            faults += found
            if len(numbers) > 20000 and done % 10 == 0:
                show(f"  {outcomes.total():,} of {len(numbers):,} cases, {len(faults)} differences")
    show(f"  {outcomes.total():,} cases judged:")
    for outcome, count in sorted(outcomes.items()):
        show(f"    {outcome:32} {count:7,} {count / outcomes.total():7.1%}")
    return outcomes, faults
