"""Absolute targets: a typical config, many selectors, and answers too large for the Kubernetes API."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulumi_openkruise.config.presets import BASE_SELECTORS, list_selectors
from rich.progress import Progress

from .report import Section, Table, Target, middle, milliseconds
from .shapes import distinct_keys, one_requirement, selectors

_ROOT = Path(__file__).resolve().parent.parent

_PRESETS = ("eks-fargate", "kwok", "liqo", "tke-supernode", "virtual-kubelet", "windows")

TYPICAL = (
    *list_selectors(_PRESETS),
    "node.example.com/edge",
    "example.com/pool in (burst, serverless)",
    "eks.amazonaws.com/compute-type=hybrid,!example.com/runs-daemons",
    "kubernetes.io/arch=wasm32",
    *BASE_SELECTORS,
)
"""Six presets, four selectors of a stack's own, and the base exclusions."""

GROWTH = (10, 20, 50, 100, 200, 400, 800)
_TOO_LARGE = (8, 9, 10, 12, 16, 24, 50, 200)


def run(progress: Progress) -> tuple[Section, dict[str, list[tuple[int, float]]]]:
    """Measure; also returns seconds by number of selectors for each line of the plot."""
    task = progress.add_task("limits", total=2 * 5 + len(_TOO_LARGE) + 2 * len(GROWTH) + 4)

    def fresh(given: Sequence[str], what: str, times: int = 1) -> list[dict[str, Any]]:
        progress.update(task, description=what)
        found = []
        for _ in range(times):
            found.append(_fresh(given))
            progress.advance(task)
        return found

    typical = fresh(TYPICAL, "typical config", 5)
    many = fresh(one_requirement(200, 40), "200 selectors over 40 keys", 5)
    large = [(m, fresh(distinct_keys(m), f"{m} pairs of keys")[0]) for m in _TOO_LARGE]
    beyond = [
        (f"wide {n}, seed {seed}", fresh(selectors("wide", n, seed), f"wide {n}")[0])
        for n, seed in ((50, 1), (50, 2), (100, 1), (200, 1))
    ]
    lines = {
        "one requirement each, five selectors a key": [
            (n, _usual(fresh(one_requirement(n, max(1, n // 5)), f"{n} selectors")[0])) for n in GROWTH
        ],
        "realistic, eight keys": [
            (n, _usual(fresh(selectors("realistic", n, 1), f"realistic {n}")[0])) for n in GROWTH
        ],
    }
    progress.remove_task(task)
    return _section(typical, many, large, beyond), lines


def _fresh(given: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.single"],
        cwd=_ROOT,
        input=json.dumps(list(given)),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _usual(found: dict[str, Any]) -> float:
    return middle(found["later"] or [found["first"]])


def _section(
    typical: list[dict[str, Any]],
    many: list[dict[str, Any]],
    large: list[tuple[int, dict[str, Any]]],
    beyond: list[tuple[str, dict[str, Any]]],
) -> Section:
    first, later = middle(r["first"] for r in typical), middle(_usual(r) for r in typical)
    first_many, later_many = middle(r["first"] for r in many), middle(_usual(r) for r in many)
    slowest = max(r["first"] for _m, r in large)
    peak = max(r["peak"] for _m, r in large)
    return Section(
        "Limits",
        "Each list in fresh processes: the first call after the import, and the calls after it. Selectors of "
        "two requirements on keys of their own are the worst case: m of them need 2^m terms, each essential, "
        "and beyond about ten the object does not fit the Kubernetes API. The memory is that of the whole "
        "process, Python included.",
        [
            Table(
                "Ordinary lists",
                ["list", "first call, ms", "later calls, ms", "peak, MB"],
                [
                    [
                        f"6 presets and 4 selectors (with the base exclusions {len(TYPICAL)} selectors)",
                        milliseconds(first),
                        milliseconds(later),
                        f"{typical[0]['peak']:.0f}",
                    ],
                    [
                        "200 one-requirement selectors over 40 keys",
                        milliseconds(first_many),
                        milliseconds(later_many),
                        f"{many[0]['peak']:.0f}",
                    ],
                ],
            ),
            Table(
                "Large answers",
                ["list", "first call, ms", "peak, MB", "terms", "outcome"],
                [
                    [name, milliseconds(r["first"]), f"{r['peak']:.0f}", str(r["terms"] or "–"), r["outcome"]]
                    for name, r in [(f"{m} pairs of keys", r) for m, r in large] + beyond
                ],
            ),
        ],
        [
            Target("typical config under 1 ms after import", f"{milliseconds(first)} ms at first, "
                   f"{milliseconds(later)} ms later", first < 0.001),
            Target("200 one-requirement selectors over 40 keys under 20 ms", f"{milliseconds(first_many)} ms",
                   first_many < 0.02),
            Target("2^m terms: answered or refused in under 1 s and 200 MB",
                   f"{milliseconds(slowest)} ms, {peak:.0f} MB at most", slowest < 1 and peak < 200),
        ],
    )  # fmt: skip
