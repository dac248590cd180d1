"""A small world of nodes, and random lists of selectors over it: what the tests compare with, node by node.

Every list of selectors that ``selector_lists`` draws tells apart no more than these nodes do: each key has an
absent value, each value that a selector may name, and one of every kind that it may not.
"""

import random
from itertools import product

from hypothesis import strategies as st
from pulumi_openkruise.selectors import Selector, parse

PLAIN = ("", "1", "2")
NUMBERS = ("3", "06", "x")
BOUNDS = ("2", "3", "5")
UNNAMED = ("zz", "1", "2", "003", "4", "5", "7")

VALUES: dict[str, tuple[str | None, ...]] = {
    "a": (None, *PLAIN, "zz"),
    "b": (None, *PLAIN, "zz"),
    "n": (None, *NUMBERS, *UNNAMED),
}

NODES: list[dict[str, str]] = [
    {key: value for key, value in zip(VALUES, values, strict=True) if value is not None}
    for values in product(*VALUES.values())
]
"""Every node of the small world."""


def _texts(key: str, values: tuple[str, ...], bounds: tuple[str, ...]) -> st.SearchStrategy[str]:
    some = st.lists(st.sampled_from(values), min_size=1, max_size=3).map(",".join)
    ways = [
        st.sampled_from([key, f"!{key}"]),
        st.sampled_from([f"{key}={values[0]}", f"{key}={values[1]}", f"{key}!={values[0]}"]),
        some.map(lambda listed: f"{key} in ({listed})"),
        some.map(lambda listed: f"{key} notin ({listed})"),
    ]
    if bounds:
        ways.append(st.sampled_from([f"{key}{sign}{bound}" for sign in "<>" for bound in bounds]))
    return st.one_of(ways)


requirements = st.one_of(_texts("a", PLAIN, ()), _texts("b", PLAIN, ()), _texts("n", NUMBERS, BOUNDS))
plain_requirements = st.one_of(_texts("a", PLAIN, ()), _texts("b", PLAIN, ()), _texts("n", NUMBERS, ()))
settled = st.sampled_from(
    [["n>5,n in (3,06,x)"], ["n<3,a=1", "n,a=1"], ["n>2,n<5,n", "n,n!=x"], ["n>5", "n"]]
)


def _selectors(of: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(of, min_size=1, max_size=3).map(",".join)


selector_lists = st.one_of(
    st.lists(_selectors(plain_requirements), max_size=6),
    st.lists(_selectors(requirements), max_size=4),
    st.tuples(settled, st.lists(_selectors(plain_requirements), max_size=2)).map(
        lambda pair: pair[0] + pair[1]
    ),
)
"""Lists of selectors, of which those with ``>`` and ``<`` may have no answer."""

term_lists: st.SearchStrategy[list[str]] = st.one_of(
    st.just([]),
    st.lists(_selectors(plain_requirements), min_size=1, max_size=3),
    st.lists(_selectors(requirements), min_size=1, max_size=2),
)
"""What is required anyway: selectors any of which has to match."""


def respelled(text: str, chance: random.Random) -> str:
    """Write a selector in another way that means the same."""
    parts = []
    for requirement in parse(text).requirements:
        key, values = requirement.key, list(requirement.values)
        chance.shuffle(values)
        blank = chance.choice(["", " ", "\t"])
        if requirement.operator in ("In", "NotIn"):
            word, signs = ("in", ["=", "=="]) if requirement.operator == "In" else ("notin", ["!="])
            ways = [f"{key} {word}{blank}({blank}{f'{blank},{blank}'.join([*values, values[0]])})"]
            if len(values) == 1:
                ways += [f"{key}{blank}{sign}{blank}{values[0]}" for sign in signs]
            parts.append(chance.choice(ways))
        else:
            parts.append(f"{blank}{requirement}{blank}")
    parts += chance.sample(parts, chance.randint(0, 1))
    chance.shuffle(parts)
    return ",".join(parts)


def matched(selectors: list[Selector], labels: dict[str, str]) -> bool:
    """Tell whether any of the selectors matches a node, by the plain evaluator."""
    return any(selector.matches(labels) for selector in selectors)
