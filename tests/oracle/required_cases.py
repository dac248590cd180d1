"""Random node selectors that a workload requires anyway, to be joined with selectors of the same labels."""

import random
from typing import Any

from pulumi_openkruise.selectors import parse

from . import selector_cases

NODE_NAMES = ["node-1", "node-2", "node-3", "10.0.0.4"]
Selectors = list[str]
NodeSelector = dict[str, Any]


def expression(case: selector_cases.Cases, key: str) -> dict[str, Any]:
    rng = case.rng
    if key in case.numeric and rng.random() < 0.4:
        return {"key": key, "operator": rng.choice(["Gt", "Lt"]), "values": [rng.choice(case.figures)]}
    operator = rng.choices(["In", "NotIn", "Exists", "DoesNotExist"], [4, 4, 2, 2])[0]
    entry: dict[str, Any] = {"key": key, "operator": operator}
    if operator in ("In", "NotIn"):
        entry["values"] = [case.value(key) for _ in range(rng.choice([1, 1, 2, 3]))]
    elif rng.random() < 0.2:
        entry["values"] = []
    return entry


def field(rng: random.Random) -> dict[str, Any]:
    operator = rng.choices(["In", "NotIn"], [2, 3])[0]
    return {"key": "metadata.name", "operator": operator, "values": [rng.choice(NODE_NAMES)]}


def term(case: selector_cases.Cases, names: float) -> dict[str, Any]:
    rng = case.rng
    if rng.random() < 0.06:  # matches nothing
        return rng.choice([{}, {"matchExpressions": []}, {"matchExpressions": [], "matchFields": []}])
    found: dict[str, Any] = {}
    keys = [rng.choice(case.keys) for _ in range(rng.choices([0, 1, 2, 3], [1, 5, 4, 2])[0])]
    if keys or rng.random() < 0.5:
        found["matchExpressions"] = [expression(case, key) for key in keys]
    if not keys or rng.random() < names:
        found["matchFields"] = [field(rng) for _ in range(rng.choices([1, 2, 3], [5, 4, 2])[0])]
    return found


def from_selector(text: str) -> dict[str, Any]:
    """Return the term that admits exactly what the selector matches."""
    return {
        "matchExpressions": [
            {"key": r.key, "operator": r.operator, **({"values": list(r.values)} if r.values else {})}
            for r in parse(text).requirements
        ]
    }


def joined(seed: int) -> tuple[Selectors, NodeSelector]:
    """Return the selectors and the required node selector with this number."""
    case = selector_cases.Cases(seed)
    rng = case.rng
    selectors = case.selectors()[: rng.choices(range(6), [1, 4, 4, 3, 2, 2])[0]]
    if rng.random() < 0.02:  # a label that is called like the field
        case.keys.append("metadata.name")
    names = rng.choice([0, 0.3, 0.7])
    terms = [term(case, names) for _ in range(rng.choices([1, 2, 3, 4], [5, 4, 3, 2])[0])]
    if selectors and rng.random() < 0.06:  # admits only what selectors match
        terms = [from_selector(rng.choice(selectors)) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.06:
        key = rng.choice(case.keys)
        always = [
            {"matchExpressions": [{"key": key, "operator": operator}]}
            for operator in ("Exists", "DoesNotExist")
        ]
        named = [
            {"matchFields": [{"key": "metadata.name", "operator": o, "values": ["node-1"]}]}
            for o in ("In", "NotIn")
        ]
        terms = rng.choice([always, named, [*terms, *always]])
    if rng.random() < 0.06:  # no node can satisfy it
        key = rng.choice(case.keys)
        terms = rng.choice(
            [
                [
                    {
                        "matchFields": [
                            {"key": "metadata.name", "operator": "In", "values": [name]}
                            for name in NODE_NAMES[:2]
                        ]
                    }
                ],
                [
                    {
                        "matchFields": [
                            {"key": "metadata.name", "operator": o, "values": ["node-1"]}
                            for o in ("In", "NotIn")
                        ]
                    }
                ],
                [{"matchExpressions": [{"key": key, "operator": o} for o in ("Exists", "DoesNotExist")]}, {}],
                [
                    {
                        "matchExpressions": [
                            {"key": key, "operator": "Gt", "values": ["5"]},
                            {"key": key, "operator": "Lt", "values": ["6"]},
                        ]
                    }
                ],
                [{}, {"matchExpressions": []}],
            ]
        )
    return selectors, {"nodeSelectorTerms": terms}


def rewritten(rng: random.Random, required: NodeSelector) -> NodeSelector:
    """Write a node selector differently: terms, requirements and values shuffled and repeated."""

    def some(entries: list[Any], again: float = 0.3) -> list[Any]:
        found = [*entries, *(entry for entry in entries if rng.random() < again)]
        rng.shuffle(found)
        return found

    def entry(given: dict[str, Any], is_field: bool) -> dict[str, Any]:
        found = dict(given)
        if "values" in found:
            found["values"] = (
                list(found["values"])
                if is_field or found["operator"] in ("Gt", "Lt")
                else some(found["values"])
            )
        elif rng.random() < 0.2:
            found["values"] = []
        return found

    def one(given: dict[str, Any]) -> dict[str, Any]:
        return {
            name: [entry(e, name == "matchFields") for e in some(listed)]
            for name, listed in some(list(given.items()), 0)
        }

    return {"nodeSelectorTerms": [one(given) for given in some(required["nodeSelectorTerms"])]}
