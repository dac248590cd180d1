"""The same selectors, however written, give the same bytes; pure property tests, without upstream's code."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import SelectorError, parse, solve

from . import selector_cases

BUDGETS = [None, None, None, 0, 20, 300, 3000]


def outcome(selectors: list[str], budget: int | None = None) -> tuple[Any, ...]:
    """Return everything that may depend on the meaning of the selectors only."""
    try:
        answer = solve(selectors) if budget is None else solve(selectors, budget=budget)
    except SelectorError as error:
        return tuple(sorted(problem.code for problem in error.problems))
    return json.dumps(answer.affinity), answer.minimal, answer.selectors


def respelled(rng: random.Random, text: str) -> str:
    """Write a selector differently: requirements shuffled and repeated, equivalent operators, blanks."""
    parts = []
    for r in parse(text).requirements:
        key, values, gap = r.key, list(r.values), rng.choice(["", " ", "\t", "  "])
        rng.shuffle(values)
        listed = f"({gap}{','.join(values + values[: rng.randint(0, 1)])}{gap})"
        spelling = {
            "Exists": [key + gap],
            "DoesNotExist": [f"!{gap}{key}"],
            "Gt": [f"{key}{gap}>{gap}{''.join(values)}"],
            "Lt": [f"{key}{gap}<{gap}{''.join(values)}"],
            "In": [f"{key} in {listed}"],
            "NotIn": [f"{key} {gap}notin{listed}"],
        }[r.operator]
        if len(values) == 1 and r.operator == "In":
            spelling += [f"{key}{gap}={gap}{values[0]}", f"{key}=={values[0]}"]
        if len(values) == 1 and r.operator == "NotIn":
            spelling += [f"{key}{gap}!={gap}{values[0]}"]
        parts += [rng.choice(spelling) for _ in range(rng.choice([1, 1, 1, 2]))]
    rng.shuffle(parts)
    return ",".join(parts)


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6), budget=st.sampled_from(BUDGETS))
def test_order_duplicates_and_spelling(seed: int, shuffle: int, budget: int | None) -> None:
    selectors, rng = selector_cases.selectors(seed), random.Random(shuffle)
    again = [respelled(rng, text) for text in selectors]
    again += [respelled(rng, rng.choice(selectors)) for _ in range(rng.randint(0, 2))]
    rng.shuffle(again)
    assert outcome(again, budget) == outcome(selectors, budget)


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), shuffle=st.integers(0, 10**6))
def test_redundant_selectors(seed: int, shuffle: int) -> None:
    """A selector narrower than another, and one that matches nothing, change no byte of the affinity."""
    selectors, rng = selector_cases.selectors(seed), random.Random(shuffle)
    case = selector_cases.Cases(seed)
    narrower = f"{rng.choice(selectors)},{case.literal(rng.choice([*case.keys, 'another']))}"
    dead = rng.choice(["another=a,another=b", "k2<0", "another,!another", "n>9223372036854775807", "n>4,n<5"])
    again = [*selectors, *rng.sample([narrower, dead], rng.randint(1, 2))]
    rng.shuffle(again)
    first, second = outcome(selectors), outcome(again)
    assert first[:-1] == second[:-1]
    if len(first) != 3:  # a refusal: the same kinds of problems
        assert first == second


@pytest.mark.parametrize("seed", range(40))
def test_error_messages_do_not_depend_on_order(seed: int) -> None:
    """What is refused is refused in the same words, but for the places in the list."""
    selectors, rng = selector_cases.selectors(seed * 7 + 3), random.Random(seed)
    again = list(selectors)
    rng.shuffle(again)

    def witnesses(texts: list[str]) -> Any:
        try:
            solve(texts)
        except SelectorError as error:
            return sorted((p.code, json.dumps(dict(p.witness or {}), sort_keys=True)) for p in error.problems)
        return None

    assert witnesses(again) == witnesses(selectors)
