"""The same problem for minimisers that know nothing of labels: Booleans for key=value and for presence.

The nodes that may keep the daemon are those that no selector matches: a conjunction of disjunctions. A term
of an answer is a set of literals; one that asks for two values of one key matches no node and is not counted.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from pulumi_openkruise.selectors import Requirement, Selector, parse

Variable = tuple[str, str | None]
"""A key and one of its values; None stands for the presence of the key."""

Literal = tuple[Variable, bool]
Cube = frozenset[Literal]


class Problem:
    """Selectors as Boolean formulas."""

    def __init__(self, selectors: Iterable[str]) -> None:
        self.selectors: list[Selector] = [parse(text) for text in selectors]
        self.clauses: list[list[list[Literal]]] = [
            [_negated(requirement) for requirement in selector.requirements] for selector in self.selectors
        ]
        """For each selector the ways not to match it, each a conjunction of literals."""
        self.variables: list[Variable] = sorted(
            {variable for clause in self.clauses for way in clause for variable, _ in way},
            key=lambda variable: (variable[0], variable[1] or ""),
        )

    def excluded(self) -> list[Cube]:
        """Return conjunctions that together are the selectors: ``in`` with several values is several."""
        cubes = []
        for clause in self.clauses:
            choices = product(*(_wanted(way) for way in clause))
            cubes += [frozenset(literal for part in choice for literal in part) for choice in choices]
        return cubes

    def impossible(self) -> list[Cube]:
        """Return what no node can be: two values of a key at once, or a value without the key."""
        cubes: list[Cube] = []
        for place, first in enumerate(self.variables):
            for second in self.variables[place + 1 :]:
                if first[0] == second[0]:
                    present = None in (first[1], second[1])
                    cubes.append(frozenset({(first, first[1] is not None or not present), (second, True)}))
        return cubes

    def count(self, terms: Iterable[Cube]) -> int:
        """Count the terms that some node can satisfy."""
        impossible = self.impossible()
        return sum(not any(cube <= term for cube in impossible) for term in terms)

    def is_exact(self, terms: Sequence[Cube], samples: int = 300) -> bool:
        """Tell whether the terms admit exactly what no selector matches, on nodes drawn at random."""
        rng = random.Random("nodes")
        values: dict[str, list[str | None]] = {}
        for selector in self.selectors:
            for requirement in selector.requirements:
                values.setdefault(requirement.key, [None, "something-else"]).extend(requirement.values)
        for _ in range(samples):
            drawn = {key: rng.choice(known) for key, known in sorted(values.items())}
            labels = {key: value for key, value in drawn.items() if value is not None}
            admitted = any(all(_holds(variable, labels) == sign for variable, sign in term) for term in terms)
            if admitted == any(selector.matches(labels) for selector in self.selectors):
                return False
        return True


def _negated(requirement: Requirement) -> list[Literal]:
    if requirement.operator in ("Exists", "DoesNotExist"):
        return [((requirement.key, None), requirement.operator == "DoesNotExist")]
    if requirement.operator == "NotIn" and len(requirement.values) == 1:
        return [((requirement.key, requirement.values[0]), True)]
    if requirement.operator == "In":
        return [((requirement.key, value), False) for value in requirement.values]
    raise ValueError(f"the benchmark's shapes do not use {requirement}")


def _wanted(way: list[Literal]) -> list[list[Literal]]:
    """Negate a conjunction of literals: one literal of it must fail."""
    return [[(variable, not sign)] for variable, sign in way]


def _holds(variable: Variable, labels: Mapping[str, str]) -> bool:
    key, value = variable
    return key in labels if value is None else labels.get(key) == value
