"""Selectors and node affinities match the same nodes here and upstream, valid or not."""

import random
from typing import Any

from pulumi_openkruise.selectors import ALWAYS_TRUE, affinity_matches, parse

from . import selector_cases
from .label_space import read
from .oracle_client import Oracle

VALUES = [
    "",
    "a",
    "b",
    "6",
    "06",
    "5",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "x" * 63,
    "00000000000000000000000000006",
    "true",
]
BAD_VALUES = ["-1", "a b", "é", "x" * 64, "_", "+5", "1_0", " 6", "6\n"]
KEYS = ["a", "b", "c", "example.com/kind"]
BAD_KEYS = ["", "a/b/c", "-", "A/b", "a\n", "é"]


def nodes(rng: random.Random, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"labels": {}, "name": ""}, {"labels": {}, "name": "n1"}]
    for _ in range(count):
        labels = {key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.6}
        found.append({"labels": labels, "name": rng.choice(["", "n1", "n2", "n3"])})
    return found


def expression(rng: random.Random, wrong: float) -> dict[str, Any]:
    operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])
    entry: dict[str, Any] = {"key": rng.choice(KEYS[:3]), "operator": operator}
    if operator in ("In", "NotIn"):
        entry["values"] = [rng.choice(VALUES) for _ in range(rng.randint(1, 3))]
    if operator in ("Gt", "Lt"):
        entry["values"] = [rng.choice(["0", "5", "05", "6", "9223372036854775807"])]
    if rng.random() < wrong:
        change = rng.choice(["key", "operator", "value", "values", "none", "extra"])
        if change == "key":
            entry["key"] = rng.choice(BAD_KEYS)
        elif change == "operator":
            entry["operator"] = rng.choice(["in", "", "Equals", "gt", "!"])
        elif change == "value":
            entry["values"] = [*entry.get("values", []), rng.choice(BAD_VALUES)]
        elif change == "values":
            entry["values"] = rng.choice([[], ["5", "6"], ["a"], ["9223372036854775808"], ["1.5"]])
        elif change == "none":
            entry.pop("values", None)
        else:
            entry["values"] = [rng.choice(VALUES)]
    return entry


def field(rng: random.Random, wrong: float) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "key": "metadata.name",
        "operator": rng.choice(["In", "NotIn"]),
        "values": [rng.choice(["n1", "n2"])],
    }
    if rng.random() < wrong:
        entry.update(
            rng.choice(
                [
                    {"operator": "Exists", "values": []},
                    {"values": []},
                    {"values": ["n1", "n2"]},
                    {"operator": "Gt"},
                    {"key": "metadata.namespace"},
                    {"key": "spec.x", "values": [""]},
                    {"values": ["Not_A_Name"]},
                    {"operator": ""},
                    {"key": ""},
                ]
            )
        )
    return entry


def term(rng: random.Random, wrong: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rng.random() < 0.8:
        found["matchExpressions"] = [expression(rng, wrong) for _ in range(rng.randint(0, 3))]
    if rng.random() < 0.4:
        found["matchFields"] = [field(rng, wrong) for _ in range(rng.randint(0, 3))]
    return found


def test_affinities_valid_and_invalid(oracle: Oracle) -> None:
    rng = random.Random(11)
    admitted = invalid = total = 0
    faults: list[str] = []
    for case in range(6000):
        wrong = 0.25 if case % 2 else 0.0
        affinity = {"nodeSelectorTerms": [term(rng, wrong) for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))]}
        some = nodes(rng, 12)
        answer = oracle.ask("match", affinity=affinity, nodes=some)
        invalid += "affinityError" in answer
        for node, bit in zip(some, answer["admitted"], strict=True):
            try:
                ours: Any = affinity_matches(affinity, node["labels"], node["name"])
            except Exception as error:  # evaluation never fails upstream
                ours = f"{type(error).__name__}: {error}"
            total += 1
            admitted += bit == "1"
            if ours is not (bit == "1"):
                faults.append(f"{affinity} on {node}: upstream {bit == '1'}, ours {ours}")
    assert faults[:8] == [], f"{len(faults)} of {total} differ"
    assert 0.1 < admitted / total < 0.9
    assert invalid > 500


def test_no_affinity_and_the_always_true_one(oracle: Oracle) -> None:
    some = nodes(random.Random(3), 200)
    some += [{"labels": {"openkruise.io/virtual-node": value}, "name": "n1"} for value in ("", "true")]
    for affinity in (None, ALWAYS_TRUE):
        answer = oracle.ask("match", affinity=affinity, nodes=some)
        assert set(answer["admitted"]) == {"1"}
        assert all(affinity_matches(affinity, node["labels"], node["name"]) for node in some)


def test_selectors_on_random_nodes(oracle: Oracle) -> None:
    rng = random.Random(5)
    matched = total = 0
    for seed in range(1500):
        selectors = selector_cases.selectors(seed + 500_000)
        spaces = {key: space.values() for key, space in read(oracle, selectors).items()}
        some = []
        for _ in range(20):
            labels = {
                key: value for key, values in spaces.items() if (value := rng.choice(values)) is not None
            }
            some.append({"labels": {**labels, "unrelated": "x"}})
        answer = oracle.ask("match", selectors=selectors, nodes=some)
        parsed = [parse(text) for text in selectors]
        for node, row in zip(some, answer["matches"], strict=True):
            ours = "".join("1" if selector.matches(node["labels"]) else "0" for selector in parsed)
            assert ours == row, f"{selectors} on {node['labels']}"
            matched += row.count("1")
            total += len(row)
    assert 0.05 < matched / total < 0.95
