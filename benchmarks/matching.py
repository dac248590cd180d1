"""Nodes against selectors and affinity: the package's matcher beside Kubernetes' own Go code, same data."""

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi_openkruise.selectors import solve
from pulumi_openkruise.selectors.node_matcher import NodeMatcher
from rich.progress import Progress

from .report import Section, Table, Target, middle, milliseconds
from .shapes import LABELS, selectors

_TESTS = Path(__file__).resolve().parent.parent / "tests"
NODES = (1_000, 10_000, 100_000)
_ROUNDS = 5
_SEED = 1


def nodes(count: int) -> list[dict[str, str]]:
    """Return the labels of nodes as clouds set them, one of them a name of its own for each node."""
    rng = random.Random("nodes")
    made = []
    for number in range(count):
        labels = {key: rng.choice(values) for key, values in LABELS.items() if rng.random() < 0.6}
        labels["kubernetes.io/hostname"] = f"node-{number}"
        labels["node.example.com/cpus"] = str(rng.choice((2, 4, 8, 16, 32, 64)))
        labels["failure-domain.example.com/rack"] = f"rack-{rng.randrange(400)}"
        labels["node.example.com/image"] = f"v1.33.{rng.randrange(9)}"
        made.append(labels)
    return made


def lists(count: int) -> dict[str, list[str]]:
    """Return lists of 50 selectors by name: ordinary ones, and ones that ask for labels with many values."""
    usual = selectors("realistic", count, _SEED)
    racks = [f"failure-domain.example.com/rack=rack-{7 * n},kubernetes.io/os!=windows" for n in range(count)]
    hosts = [f"kubernetes.io/hostname=node-{11 * n}" for n in range(count)]
    return {"realistic": usual, "rack and os": racks, "hostname": hosts}


def run(progress: Progress) -> tuple[Section, dict[str, list[tuple[int, float]]]]:
    """Measure; also returns seconds by number of nodes for each line of the plot."""
    from tests.oracle.oracle_client import Oracle

    cases = [("realistic", count) for count in NODES] + [("rack and os", NODES[-1]), ("hostname", NODES[-1])]
    task = progress.add_task("nodes", total=len(cases))
    everything = nodes(NODES[-1])
    rows: list[list[str]] = []
    ratio: dict[tuple[str, int], float] = {}
    seconds: dict[tuple[str, int], float] = {}
    lines: dict[str, list[tuple[int, float]]] = {"this package": [], "Kubernetes' own Go code": []}
    oracle = Oracle()
    try:
        for name, count in cases:
            progress.update(task, description=f"{count:,} nodes, {name}")
            chosen = lists(50)[name]
            affinity = solve(chosen).affinity
            mine, theirs = _compare(oracle, everything[:count], chosen, affinity)
            ratio[name, count], seconds[name, count] = mine / theirs, mine
            rows.append(
                [f"{count:,} nodes, {name}", f"{mine / theirs:.2g}", milliseconds(mine), milliseconds(theirs)]
            )
            if name == "realistic":
                lines["this package"].append((count, mine))
                lines["Kubernetes' own Go code"].append((count, theirs))
            progress.advance(task)
    finally:
        oracle.close()
    progress.remove_task(task)
    worst, slowest = max(ratio.values()), max(seconds.values())
    return Section(
        "Many nodes",
        "50 selectors and the affinity computed from them, against every node: which selectors match it, and "
        "whether the affinity admits it. The Go program calls `labels.Selector.Matches` and "
        "`nodeaffinity.RequiredNodeAffinity.Match` in a loop, selectors parsed beforehand; ours compiles its "
        "tables again in each round. Both must count the same matches, or this benchmark fails. Each node "
        "has a label with a value of its own; *rack and os* and *hostname* ask for labels with 400 and with "
        "100,000 values.",
        [Table("Matching", ["data", "ours : Go", "ours, ms", "Go, ms"], rows, ratios=True)],
        [
            Target(
                "100,000 nodes x 50 selectors under 1 s", f"{milliseconds(slowest)} ms at most", slowest < 1
            ),
            Target("at most 3 times Go's time", f"{worst:.2g} times at most", worst <= 3),
        ],
    ), lines


def _compare(
    oracle: Any, labels: Sequence[Mapping[str, str]], chosen: Sequence[str], affinity: Any
) -> tuple[float, float]:
    """Return the median seconds of both; raises RuntimeError where they do not count the same."""
    described = [{"name": f"node-{n}", "labels": dict(one)} for n, one in enumerate(labels)]
    answer = oracle.ask("bench", selectors=chosen, affinity=affinity, nodes=described, rounds=_ROUNDS)
    times = []
    matches = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        matches = NodeMatcher(chosen, affinity).match_all(labels)
        times.append(time.perf_counter() - begin)
    counts = [sum(match.selectors >> place & 1 for match in matches) for place in range(len(chosen))]
    admitted = sum(match.admitted for match in matches)
    if (counts, admitted) != (answer["matches"], answer["admitted"]):
        raise RuntimeError(f"Go counts other matches than this package on {chosen}")
    return middle(times), middle(one / 1e9 for one in answer["nanoseconds"])
