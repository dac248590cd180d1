"""The node labels that a list of selectors can tell apart, told from upstream's own parse of them.

Independent of the package under test: requirements come from the oracle, and which value satisfies which
requirement is the oracle's word, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from oracle_client import Oracle

MAX_INTEGER = 2**63 - 1
Value = str | None


def integer(value: Value) -> int | None:
    """Return the int64 that Go's strconv.ParseInt reads, for strings that are label values."""
    if value is None or not re.fullmatch("[0-9]+", value, re.ASCII) or int(value) > MAX_INTEGER:
        return None
    return int(value)


@dataclass
class Key:
    """What a list of selectors says about one key."""

    named: set[str] = field(default_factory=set)
    operands: set[str] = field(default_factory=set)

    @property
    def ordered(self) -> bool:
        return bool(self.operands)

    def unnamed(self, *candidates: str) -> str:
        return next(value for value in candidates if value not in self.named)

    def padded(self, number: int) -> str:
        """Return a spelling of an integer that no selector names."""
        digits = str(number)
        return self.unnamed(*("0" * more + digits for more in range(64 - len(digits))))

    def regions(self) -> list[int]:
        """Return an integer from every range between the thresholds, lowest and highest of each."""
        cuts = {0, MAX_INTEGER + 1}
        for operand in self.operands:
            cuts |= {int(operand), int(operand) + 1}
        starts = sorted(cut for cut in cuts if cut <= MAX_INTEGER + 1)
        return sorted({n for low, high in pairwise(starts) for n in (low, high - 1)})

    def other(self) -> str:
        """Return a text that is neither named nor an integer."""
        return self.unnamed("zz", "zzz", "zzzz", *(f"z{n}" for n in range(1000)))

    def values(self) -> list[Value]:
        """Return the values that matter: absent, named, and at least one for every kind of unnamed value."""
        found: list[Value] = [None, *sorted(self.named), "", self.other()]
        if self.ordered:
            found += [*self.operands, "9223372036854775808", "99999999999999999999", "1.5"]
            for number in self.regions():
                found += [str(number), self.padded(number)]
            found += [self.padded(int(value)) for value in self.named if integer(value) is not None]
            found += [
                "0" + value for value in self.named | self.operands if value.isdigit() and len(value) < 63
            ]
        else:
            found.append(self.unnamed("7777", "77777"))
        return list(dict.fromkeys(found))


def keys_of(requirements: Iterable[Iterable[Mapping[str, Any]]]) -> dict[str, Key]:
    """Collect keys from the oracle's parse of each selector."""
    keys: dict[str, Key] = {}
    for selector in requirements:
        for requirement in selector:
            key = keys.setdefault(requirement["key"], Key())
            if requirement["operator"] in ("gt", "lt"):
                key.operands |= set(requirement["values"])
            else:
                key.named |= set(requirement["values"])
    return keys


def read(oracle: Oracle, selectors: list[str]) -> dict[str, Key]:
    """Parse selectors upstream and return what they say about each key."""
    answers = oracle.batch({"op": "parse", "selector": text} for text in selectors)
    for text, answer in zip(selectors, answers, strict=True):
        assert answer["ok"], f"not a selector to upstream: {text!r}: {answer}"
    return keys_of(answer["requirements"] for answer in answers)


def inexpressible(oracle: Oracle, selectors: list[str], keys: Mapping[str, Key]) -> bool:
    """Tell whether Kubernetes can express the complement, by brute force over what the keys can be.

    It cannot if and only if an allowed node p and an excluded node q exist that are alike but for some keys
    with ``>`` or ``<`` on which p has an unnamed non-integer and q an unnamed integer: whatever a term
    states about such a key, once it holds an unnamed non-integer it holds all but finitely many values.

    Both nodes are built key by key; pairs of nodes for which the same selectors are still open are one case.
    """
    spaces = {key: space.values() for key, space in keys.items()}
    answer = oracle.ask("rows", selectors=selectors, keys=spaces)["rows"]
    everyone = (1 << len(selectors)) - 1
    pairs = {(everyone, everyone)}
    for key, space in keys.items():
        rows = {value: int(row, 2) for value, row in zip(spaces[key], answer[key], strict=True)}
        steps = {(row, row) for row in rows.values()}
        if space.ordered:
            unnamed = {
                value: row for value, row in rows.items() if value is not None and value not in space.named
            }
            text = {row for value, row in unnamed.items() if integer(value) is None}
            numbers = {row for value, row in unnamed.items() if integer(value) is not None}
            steps |= {(p, q) for p in text for q in numbers}
        pairs = {(p & row_p, q & row_q) for p, q in pairs for row_p, row_q in steps}
    return any(p == 0 and q != 0 for p, q in pairs)


def shows_inexpressible(
    oracle: Oracle, selectors: list[str], keys: Mapping[str, Key], witness: Mapping[str, str]
) -> bool:
    """Tell whether a node is allowed and turns into an excluded one as `inexpressible` describes."""
    spaces: dict[str, list[Value]] = {}
    for key, space in keys.items():
        value = witness.get(key)
        spaces[key] = [value]
        if space.ordered and value is not None and value not in space.named and integer(value) is None:
            spaces[key] += [space.padded(number) for number in space.regions()]
    point = {key: [witness.get(key)] for key in keys}
    itself = oracle.ask("product", selectors=selectors, keys=point, direct=1)
    around = oracle.ask("product", selectors=selectors, keys=spaces, direct=1000)
    return itself["matched"] is None and around["matched"] is not None
