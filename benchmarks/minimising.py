"""Selectors to terms: the package against an exact reference and general Boolean minimisers."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from rich.progress import Progress

from .report import Section, Table, Target, middle, milliseconds
from .shapes import ORDINARY, SEEDS, SHAPES, SIZES, selectors

EXACT = "reference"
_ORDINARY_FIGURES = {10: 0.5, 20: 1.4, 50: 1.8}
FIGURES = {
    "realistic": _ORDINARY_FIGURES,
    "plain": _ORDINARY_FIGURES,
    "conjunctive": {10: 10.0, 20: 40.0, 50: 100.0},
}
"""Milliseconds of such a reference when this project began, on another machine."""
MINIMISERS = ("sympy", "pyeda", "boolean.py")
AT_ITS_BEST = "pyeda, OFF-set"
PEERS = (EXACT, *MINIMISERS, AT_ITS_BEST)
_STARTUP = 3.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One peer on one problem."""

    ours: float
    terms: int
    minimal: bool
    theirs: float | None
    """Seconds; None when it did not finish."""
    their_terms: int | None
    failure: str = ""


Runs = dict[tuple[str, int, int, str], Run]
"""By shape, number of selectors, seed and peer."""


def run(progress: Progress, limit: float, seeds: Sequence[int] = SEEDS) -> tuple[Section, Runs]:
    """Measure every peer on every problem; a peer that ran out of time is spared larger ones of the shape."""
    runs: Runs = {}
    plan = list(_plan(seeds))
    task = progress.add_task("selectors", total=len(plan))
    exhausted: set[tuple[str, str]] = set()
    for shape, count, seed, peer in plan:
        progress.update(task, description=f"{shape} {count}, seed {seed}: {peer}")
        if (shape, peer) not in exhausted:
            done = runs[shape, count, seed, peer] = _measure(peer, selectors(shape, count, seed), limit)
            if done.failure == "time":
                exhausted.add((shape, peer))
        progress.advance(task)
    progress.remove_task(task)
    return _section(runs, limit, seeds), runs


def _plan(seeds: Sequence[int]) -> Iterator[tuple[str, int, int, str]]:
    for shape in SHAPES:
        for count in SIZES:
            for seed in seeds:
                for peer in PEERS:
                    if shape != "wide" or peer in (EXACT, AT_ITS_BEST):
                        yield shape, count, seed, peer


def _measure(peer: str, given: Sequence[str], limit: float) -> Run:
    command = [sys.executable, "-m", "benchmarks.peers", peer]
    failure = ""
    process = subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, errors = process.communicate(json.dumps(given), timeout=limit + _STARTUP)
        if process.returncode:
            failure = "memory" if "MemoryError" in errors else (errors.strip().splitlines() or ["died"])[-1]
    except subprocess.TimeoutExpired:
        process.kill()
        out, _errors = process.communicate()
        failure = "time"
    lines = [json.loads(line) for line in out.splitlines()]
    if not lines:
        raise RuntimeError(f"{peer} on {given}: {failure}")
    first, last = lines[0], lines[-1]
    ours = middle(last["ours"])
    if failure or len(lines) < 2:
        return Run(ours, first["terms"], first["minimal"], None, None, failure)
    if last.get("exact") is False:
        raise RuntimeError(f"{peer} gives another answer on {given}")
    return Run(ours, first["terms"], first["minimal"], middle(last["theirs"]), last["terms"])


def _section(runs: Runs, limit: float, seeds: Sequence[int]) -> Section:
    section = Section(
        "From selectors to terms",
        "The same lists of selectors, the same process, in turns of one call or 5 ms, what is longer, each "
        "with nothing left to be collected by Python. *Realistic*: seven in ten selectors have "
        "one requirement, the others two, over eight node labels; the first is on one of five that identify "
        "virtual nodes, with the values that these have. *Plain*: likewise, but each requirement is "
        "`key=value` with one of six values and any of the eight labels, so that more selectors differ and "
        "fewer can be joined, which is harder for all. *Conjunctive*: all have two, over the same "
        "labels. *Wide* is conjunctive with more values for each label, a look beyond what clusters have. "
        "*Reference*: a straightforward exact one of our own, from text to node selector (our parser, primes "
        "by product and absorption, fewest terms by HiGHS). It proves the terms alone, we the requirements "
        "and values, too, which is what lists of a few selectors spend more time on. "
        "The minimisers get one Boolean for each `key=value` and for each presence: sympy "
        "`simplify_logic(force=True)`, pyeda `espresso_exprs(to_dnf())`, boolean.py `dnf().simplify()`, as "
        "their documentation shows. *pyeda, OFF-set* is espresso at its best, through its lowest level: the "
        "selectors as OFF-set, nodes that cannot be as don't-cares; it is C, finds small answers and proves "
        "nothing. pyeda's time is nearly all in `to_dnf()`, which doubles with each selector of two "
        "requirements: there are four to six of these at realistic 20, where C still outruns us, and some "
        "fifteen at 50. Ours is timed from text to terms, parsing and proof included; building the peers' "
        f"formulas is not timed. Seeds: {', '.join(map(str, seeds))}; at most {limit:.0f} s for each case.",
    )
    ratios, times, sizes = [], [], []
    for shape in SHAPES:
        for count in SIZES:
            cases = {peer: [r for s in seeds if (r := runs.get((shape, count, s, peer)))] for peer in PEERS}
            mine = cases[AT_ITS_BEST] or cases[EXACT]
            if not mine:  # no peer had time left for this size
                continue
            ours = middle(run.ours for run in mine)
            name = f"{shape} {count}"
            ratios.append([name, *(_ratio(cases[peer], limit, shape, peer) for peer in PEERS)])
            times.append(
                [name, milliseconds(ours), *(_time(cases[peer], limit, shape, peer) for peer in PEERS)]
            )
            sizes.append(
                [
                    name,
                    " ".join(str(run.terms) for run in mine),
                    f"{sum(run.minimal for run in mine)} of {len(mine)}",
                    *(" ".join(_count(run) for run in cases[peer]) or "–" for peer in PEERS),
                ]
            )
    section.tables = [
        Table(
            "How many times as long a peer takes",
            ["selectors", *PEERS],
            ratios,
            "Above 1 the package is faster; `>` where a peer was stopped.",
            ratios=True,
        ),
        Table(
            "Number of terms, by seed",
            ["selectors", "ours", "proven minimal", *PEERS],
            sizes,
            "`…`: not finished. Terms that no node can satisfy are not counted against the minimisers.",
            ratios=True,
        ),
        Table("Milliseconds", ["selectors", "ours", *PEERS], times),
    ]
    section.targets = _targets(runs, limit)
    return section


def _ratios(cases: Sequence[Run], limit: float) -> list[float]:
    return [
        (limit if run.theirs is None else run.theirs) / run.ours
        for run in cases
        if run.failure in ("", "time")
    ]


def _ratio(cases: Sequence[Run], limit: float, shape: str, peer: str) -> str:
    found = _ratios(cases, limit)
    if not found:
        return _absent(cases, shape, peer)
    return _shown(middle(found), any(run.failure == "time" for run in cases))


def _shown(value: float, stopped: bool = False) -> str:
    sign = ">" if stopped else ""
    return f"{sign}{value:,.0f}" if value >= 10 else f"{sign}{value:.2g}"


def _time(cases: Sequence[Run], limit: float, shape: str, peer: str) -> str:
    if any(run.failure == "time" for run in cases):
        return f">{milliseconds(limit)}"
    found = [run.theirs for run in cases if run.theirs is not None]
    return milliseconds(middle(found)) if found else _absent(cases, shape, peer)


def _absent(cases: Sequence[Run], shape: str, peer: str) -> str:
    if cases:
        return f"failed: {cases[0].failure}"
    return "–" if shape == "wide" and peer in MINIMISERS else "not tried"


def _count(run: Run) -> str:
    return "…" if run.their_terms is None else str(run.their_terms)


def _targets(runs: Runs, limit: float) -> list[Target]:
    held = {case: run for case, run in runs.items() if case[0] != "wide"}
    targets = []
    for shape in FIGURES:
        by_count = {}
        for count in SIZES:
            cases = [run for case, run in held.items() if case[:2] == (shape, count) and case[3] == EXACT]
            by_count[count] = middle(_ratios(cases, limit))
        seen = ", ".join(f"{_shown(value)} at {count}" for count, value in by_count.items())
        targets.append(
            Target(f"{shape}: faster than the reference (ratio above 1)", seen, min(by_count.values()) > 1)
        )
    for shape, limits in FIGURES.items():
        typical = {
            count: 1000 * middle(run.ours for case, run in held.items() if case[:2] == (shape, count))
            for count in limits
        }
        goal = ", ".join(f"{limit:g} ms at {count}" for count, limit in limits.items())
        seen = ", ".join(f"{own:.2g} at {count}" for count, own in typical.items())
        met = all(typical[count] < limit for count, limit in limits.items())
        targets.append(Target(f"{shape}: under {goal}", seen, met))
    unproven = sorted({case[:3] for case, run in held.items() if not run.minimal})
    named = "; ".join(f"{shape} {count} seed {seed}" for shape, count, seed in unproven)
    total = len({case[:3] for case in held})
    targets.append(
        Target(
            "realistic, plain and conjunctive: every answer proven minimal",
            f"{total - len(unproven)} of {total}" + (f", not {named}" if named else ""),
            not unproven,
        )
    )
    for shape, peer in product(ORDINARY, (*MINIMISERS, AT_ITS_BEST)):
        found = {}
        for count in (20, 50):
            cases = [run for case, run in held.items() if case[:2] == (shape, count) and case[3] == peer]
            if cases:
                found[count] = (middle(_ratios(cases, limit)), any(run.failure == "time" for run in cases))
        seen = ", ".join(f"{_shown(value, more)} at {count}" for count, (value, more) in found.items())
        met = bool(found) and all(value >= 50 for value, _more in found.values())
        targets.append(
            Target(f"{shape} 20 and 50: at least 50 times faster than {peer}", seen or "not measured", met)
        )
    larger = sorted(
        {
            (*case[:3], case[3])
            for case, run in runs.items()
            if run.their_terms and run.their_terms < run.terms
        }
    )
    seen = "never" if not larger else "; ".join(f"{s} {n} seed {seed}: {peer}" for s, n, seed, peer in larger)
    targets.append(Target("never more terms than a peer", seen, not larger))
    return targets


def lines(runs: Runs, shape: str) -> dict[str, list[tuple[int, float]]]:
    """Return for a plot the median seconds of each side, where all lists were finished."""
    drawn: dict[str, list[tuple[int, float]]] = {}
    for count in SIZES:
        cases = {
            peer: [r for case, r in runs.items() if case[:2] == (shape, count) and case[3] == peer]
            for peer in PEERS
        }
        drawn.setdefault("this package", []).append((count, middle(run.ours for run in cases[EXACT])))
        for peer, found in cases.items():
            finished = [run.theirs for run in found if run.theirs is not None]
            if found and len(finished) == len(found):
                drawn.setdefault(peer, []).append((count, middle(finished)))
    return drawn
