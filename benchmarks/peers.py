"""One peer on one problem, in a process of its own that can be stopped: JSON in, JSON out.

``python -m benchmarks.peers NAME < selectors.json`` alternates the package and the peer and prints the
seconds of each round. Building a peer's formula is not in its time; parsing the selectors is in the
package's.
"""

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_openkruise.selectors import solve

from .encoding import Cube, Problem

Prepared = tuple[Callable[[], Any], Callable[[Any], list[Cube]]]
"""What is timed, and how its result reads as terms."""

_MEMORY = 3 << 30
_ROUNDS, _ENOUGH, _TURN = 15, 0.5, 0.005


def main(name: str) -> None:
    """Time one peer on the list of selectors from standard input, and print the result as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.setrecursionlimit(100_000)
    selectors: list[str] = json.load(sys.stdin)
    # Solvers print a greeting to standard output from C, whatever their options.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ours: list[float] = []
    theirs: list[float] = []
    answer: dict[str, Any] = {}
    exclusion, seconds = _timed(lambda: solve(selectors))  # the first call fills caches
    terms = len(exclusion.affinity["nodeSelectorTerms"]) if exclusion.affinity else 0
    print(json.dumps({"ours": [seconds], "terms": terms, "minimal": exclusion.minimal}), file=out, flush=True)
    run = _reference() if name == "reference" else _minimiser(name, Problem(selectors), answer)
    while not theirs or (len(theirs) < _ROUNDS and sum(theirs) + sum(ours) < _ENOUGH):
        ours.append(_timed(lambda: solve(selectors))[1])
        result, seconds = _timed(lambda: run(selectors))
        theirs.append(seconds)
    if name == "reference":
        answer = {"terms": len(result["nodeSelectorTerms"]), "exact": _same(selectors, result)}
    else:
        problem = Problem(selectors)
        cubes = answer.pop("read")(result)
        answer = {"terms": problem.count(cubes), "exact": problem.is_exact(cubes)}
    print(json.dumps({"ours": ours, "theirs": theirs, **answer}), file=out, flush=True)


def _same(selectors: Sequence[str], affinity: Mapping[str, Any]) -> bool:
    """Tell whether a node selector admits what ours does: joined with it, ours is the same."""
    return solve(selectors, required=affinity).affinity == solve(selectors).affinity


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the mean seconds of a call, in a turn that is long enough to have warm caches.

    What the other side has left to be collected is collected before.
    """
    gc.collect()
    calls, seconds = 0, 0.0
    begin = time.perf_counter()
    while not calls or seconds < _TURN:
        result = run()
        calls += 1
        seconds = time.perf_counter() - begin
    return result, seconds / calls


def _reference() -> Callable[[Sequence[str]], Any]:
    from .reference import Reference

    Reference(["a=1,b=1", "a!=1,c=1"]).affinity()  # the solver's first start is not timed
    return lambda selectors: Reference(selectors).affinity()


def _minimiser(name: str, problem: Problem, answer: dict[str, Any]) -> Callable[[Sequence[str]], Any]:
    run, answer["read"] = {
        "sympy": _sympy,
        "boolean.py": _boolean_py,
        "pyeda": _pyeda,
        "pyeda, OFF-set": _pyeda_off_set,
    }[name](problem)
    return lambda _selectors: run()


def _sympy(problem: Problem) -> Prepared:
    from sympy import Symbol
    from sympy.logic.boolalg import And, Not, Or, simplify_logic

    symbols = {variable: Symbol(f"v{place}") for place, variable in enumerate(problem.variables)}
    names = {symbol: variable for variable, symbol in symbols.items()}

    def literal(variable: Any, sign: bool) -> Any:
        return symbols[variable] if sign else Not(symbols[variable])

    formula = And(*(Or(*(And(*(literal(*one) for one in way)) for way in c)) for c in problem.clauses))

    def read(result: Any) -> list[Cube]:
        if result in (True, False):
            return [frozenset()] if result else []
        return [
            frozenset(
                (names[part.args[0]], False) if isinstance(part, Not) else (names[part], True)
                for part in And.make_args(term)
            )
            for term in Or.make_args(result)
        ]

    return lambda: simplify_logic(formula, form="dnf", force=True), read


def _boolean_py(problem: Problem) -> Prepared:
    from boolean import BooleanAlgebra

    algebra = BooleanAlgebra()
    symbols = {variable: algebra.Symbol(f"v{place}") for place, variable in enumerate(problem.variables)}
    names = {symbol.obj: variable for variable, symbol in symbols.items()}

    def joined(kind: Any, parts: list[Any]) -> Any:
        return kind(*parts) if len(parts) > 1 else parts[0]

    def literal(variable: Any, sign: bool) -> Any:
        return symbols[variable] if sign else algebra.NOT(symbols[variable])

    formula = joined(
        algebra.AND,
        [
            joined(algebra.OR, [joined(algebra.AND, [literal(*one) for one in way]) for way in clause])
            for clause in problem.clauses
        ],
    )

    def read(result: Any) -> list[Cube]:
        if result in (algebra.TRUE, algebra.FALSE):
            return [frozenset()] if result == algebra.TRUE else []
        terms = result.args if isinstance(result, algebra.OR) else (result,)
        cubes = []
        for term in terms:
            parts = term.args if isinstance(term, algebra.AND) else (term,)
            cubes.append(
                frozenset(
                    (names[part.args[0].obj], False)
                    if isinstance(part, algebra.NOT)
                    else (names[part.obj], True)
                    for part in parts
                )
            )
        return cubes

    return lambda: algebra.dnf(formula).simplify(), read


def _pyeda(problem: Problem) -> Prepared:
    from pyeda.boolalg.expr import And, Not, Or, exprvar
    from pyeda.boolalg.minimization import espresso_exprs

    symbols = {variable: exprvar("v", place) for place, variable in enumerate(problem.variables)}
    names = {symbol: variable for variable, symbol in symbols.items()}

    def literal(variable: Any, sign: bool) -> Any:
        return symbols[variable] if sign else Not(symbols[variable])

    formula = And(*(Or(*(And(*(literal(*one) for one in way)) for way in c)) for c in problem.clauses))

    def run() -> Any:
        dnf = formula.to_dnf()
        return dnf if dnf.is_zero() or dnf.is_one() else espresso_exprs(dnf)[0]

    def read(result: Any) -> list[Cube]:
        return [
            frozenset((names[one], True) if one in names else (names[~one], False) for one in cube)
            for cube in result.cover
        ]

    return run, read


def _pyeda_off_set(problem: Problem) -> Prepared:
    """Espresso at its best: the selectors as OFF-set, impossible nodes as don't-cares, no expansion."""
    from pyeda.boolalg.espresso import DTYPE, RTYPE, espresso, set_config
    from pyeda.boolalg.minimization import CONFIG

    place = {variable: at for at, variable in enumerate(problem.variables)}

    def row(cube: Cube) -> tuple[int, ...]:
        inputs = [3] * len(place)
        for variable, sign in cube:
            inputs[place[variable]] = 2 if sign else 1
        return tuple(inputs)

    cover = {(row(cube), (0,)) for cube in problem.excluded()}
    cover |= {(row(cube), (2,)) for cube in problem.impossible()}
    set_config(**CONFIG)

    def read(result: Any) -> list[Cube]:
        return [
            frozenset((variable, inputs[at] == 2) for variable, at in place.items() if inputs[at] != 3)
            for inputs, outputs in result
            if outputs[0] == 1
        ]

    return lambda: espresso(len(place), 1, cover, intype=DTYPE | RTYPE), read


if __name__ == "__main__":
    main(sys.argv[1])
