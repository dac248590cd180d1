"""The nodes that selectors and a required node selector can tell apart, by upstream's own parse.

Independent of the package under test: requirements come from the oracle, and which value satisfies which
requirement is the oracle's word, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .oracle_client import Oracle

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


def read(oracle: Oracle, selectors: list[str], required: Mapping[str, Any] | None = None) -> dict[str, Key]:
    """Parse selectors upstream; return what they, and a required node selector, say about each key."""
    answers = oracle.batch({"op": "parse", "selector": text} for text in selectors)
    for text, answer in zip(selectors, answers, strict=True):
        assert answer["ok"], f"not a selector to upstream: {text!r}: {answer}"
    entries = [
        {**entry, "operator": entry["operator"].lower(), "values": entry.get("values", [])}
        for term in (required or {}).get("nodeSelectorTerms", [])
        for entry in term.get("matchExpressions", [])
    ]
    return keys_of([*(answer["requirements"] for answer in answers), entries])


def node_names(required: Mapping[str, Any] | None) -> list[str]:
    """Return the node names that a node selector names, and a last one that it does not name."""
    named = {
        value
        for term in (required or {}).get("nodeSelectorTerms", [])
        for entry in term.get("matchFields", [])
        for value in entry["values"]
    }
    return [*sorted(named), "not-named"]


class Rows:
    """Upstream's word on each value of each key: which selectors and which required terms it leaves open."""

    def __init__(
        self,
        oracle: Oracle,
        selectors: list[str],
        spaces: Mapping[str, list[Value]],
        required: Mapping[str, Any] | None,
    ) -> None:
        """Ask for all values in ``spaces``, and for all names."""
        self.names = node_names(required)
        answer = oracle.ask("rows", selectors=selectors, keys=spaces, names=self.names, required=required)

        def pairs(matched: list[str], admitted: list[str] | None) -> list[tuple[int, int]]:
            # Without a required node selector one term without requirements is always open.
            return [
                (int(row, 2) if row else 0, int(term or "0", 2))
                for row, term in zip(matched, admitted or ["1"] * len(matched), strict=True)
            ]

        self.keys = {key: pairs(row, answer["terms"][key]) for key, row in answer["rows"].items()}
        self.name = pairs(answer["nameRows"], answer["nameTerms"])
        terms = 1 if required is None else len(required["nodeSelectorTerms"])
        self.start = ((1 << len(selectors)) - 1, (1 << terms) - 1)


def inexpressible(
    oracle: Oracle,
    selectors: list[str],
    keys: Mapping[str, Key],
    required: Mapping[str, Any] | None = None,
) -> bool:
    """Tell whether Kubernetes can express what is left, by brute force over what the keys can be.

    A node is allowed if ``required`` admits it and no selector matches it. What is allowed cannot be
    expressed if and only if an allowed node p and an excluded node q exist that are alike but for some keys
    with ``>`` or ``<`` on which p has an unnamed non-integer and q an unnamed integer: whatever a term
    states about such a key, once it holds an unnamed non-integer it holds all but finitely many values.

    Both nodes are built key by key; pairs of nodes for which the same selectors and terms are still open are
    one case.
    """
    spaces = {key: space.values() for key, space in keys.items()}
    rows = Rows(oracle, selectors, spaces, required)
    pairs = {(rows.start, rows.start)}
    columns = [{(row, row) for row in rows.name}]
    for key, space in keys.items():
        steps = {(row, row) for row in rows.keys[key]}
        if space.ordered:
            unnamed = {
                value: row
                for value, row in zip(spaces[key], rows.keys[key], strict=True)
                if value is not None and value not in space.named
            }
            text = {row for value, row in unnamed.items() if integer(value) is None}
            numbers = {row for value, row in unnamed.items() if integer(value) is not None}
            steps |= {(p, q) for p in text for q in numbers}
        columns.append(steps)
    for steps in columns:
        pairs = {(both(p, one), both(q, other)) for p, q in pairs for one, other in steps}
    return any(allowed(p) and not allowed(q) for p, q in pairs)


def both(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the selectors and terms that two values leave open together."""
    return one[0] & other[0], one[1] & other[1]


def allowed(row: tuple[int, int]) -> bool:
    """Tell of a whole node whether no selector and some term is open."""
    return row[0] == 0 and row[1] != 0


def shows_inexpressible(
    oracle: Oracle,
    selectors: list[str],
    keys: Mapping[str, Key],
    witness: Mapping[str, str],
    name: str = "",
    required: Mapping[str, Any] | None = None,
) -> bool:
    """Tell whether a node is allowed and turns into an excluded one as `inexpressible` describes."""
    spaces: dict[str, list[Value]] = {}
    for key, space in keys.items():
        value = witness.get(key)
        spaces[key] = [value]
        if space.ordered and value is not None and value not in space.named and integer(value) is None:
            spaces[key] += [space.padded(number) for number in space.regions()]
    point = {key: [witness.get(key)] for key in keys}
    rest = {
        "selectors": selectors,
        "required": required,
        "direct": 1000,
        "names": [name or node_names(required)[-1]],
    }
    # Compared with no affinity at all, a mismatch is a node that is not allowed.
    itself = oracle.ask("product", keys=point, **rest)
    around = oracle.ask("product", keys=spaces, **rest)
    return itself["mismatch"] is None and around["mismatch"] is not None
