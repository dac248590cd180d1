"""What is answered where the steps end before anything is proven: exact, and the same bytes every time."""

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pulumi_openkruise.selectors import SelectorError, complement, solve

GOLDEN = Path(__file__).with_name("golden_unproven.json")


class Drawn(NamedTuple):
    """A list of selectors, and what the pods require and ask for anyway."""

    selectors: list[str]
    required: dict[str, Any] | None = None
    labels: dict[str, str] | None = None


def _draw_numbers(seed: str) -> Iterator[int]:
    """Yield the same numbers in every version of Python."""
    at = 0
    while True:
        yield from sha256(f"{seed} {at}".encode()).digest()
        at += 1


def _draw_connected(seed: str, count: int, keys: int, parts: int, prefix: str = "k") -> list[str]:
    """Draw selectors with so many requirements each, all over the same keys."""
    numbers = _draw_numbers(seed)
    selectors = []
    for _selector in range(count):
        named: dict[int, str] = {}
        while len(named) < parts:
            key = next(numbers) % keys
            one, other = "abcd"[next(numbers) % 4], "abcd"[next(numbers) % 4]
            forms = (f"={one}", f" in ({one},{other})", f"!={one}", "")
            named.setdefault(key, f"{prefix}{key}{forms[next(numbers) % 4]}")
        selectors.append(",".join(named.values()))
    return selectors


def _draw(kind: str, seed: int) -> Drawn:
    own = _draw_connected(f"{kind} {seed}", 12, 6, 3)
    if kind == "connected":
        return Drawn(own)
    if kind == "many":
        return Drawn(_draw_connected(f"{kind} {seed}", 24, 9, 2))
    if kind == "components":
        others = [_draw_connected(f"{kind} {seed} {at}", 7, 4, 2, prefix) for at, prefix in enumerate("pq")]
        return Drawn([*others[0], "x=a,y=b", *others[1], "z in (a,b)"])
    if kind == "nodeSelector":
        return Drawn([f"{text},os in (linux,windows)" for text in own], labels={"os": "linux", "disk": "ssd"})
    if kind == "required":
        name = {"key": "metadata.name", "operator": "NotIn", "values": ["n"]}
        zone = {"key": "k0", "operator": "In", "values": ["a", "b"]}
        terms = [
            {"matchExpressions": [zone]},
            {"matchExpressions": [zone | {"key": "k1"}], "matchFields": [name]},
        ]
        return Drawn(own[:8], {"nodeSelectorTerms": terms})
    return Drawn([*own[:6], *(f"{text},n>{at}" for at, text in enumerate(own[6:])), "k0=a,n<3"])


KINDS = ("connected", "many", "components", "nodeSelector", "required", "integers")
STEPS = ((0, 0), (2_000, 20), (10_000, 300), (60_000, 3_000))
"""Steps beside those for the primes, and the steps that a caller allows."""


def _summarize(drawn: Drawn, steps: int) -> str:
    try:
        answer = solve(drawn.selectors, required=drawn.required, labels=drawn.labels, budget=steps)
    except SelectorError as error:
        return f"{error.problems[0].code}: {error.problems[0].reason}"
    assert answer.affinity is not None
    written = json.dumps(answer.affinity)
    terms = answer.affinity["nodeSelectorTerms"]
    return f"{len(terms)} terms, {len(answer.proven)} proven, {sha256(written.encode()).hexdigest()[:16]}"


def test_golden_bytes_of_answers_that_are_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of these bytes restarts the daemons of every cluster with such a list.

    If it is meant, UPDATE_GOLDEN=1 rewrites the file; the changelog then names the change.
    """
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        for seed in range(2):
            drawn = _draw(kind, seed)
            for effort, steps in STEPS:
                monkeypatch.setattr(complement, "_EFFORT", effort)
                found.setdefault(f"{kind} {seed}", []).append(_summarize(drawn, steps))
    text = json.dumps(found, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text
