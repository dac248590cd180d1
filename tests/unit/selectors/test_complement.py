"""What is answered where the steps end before anything is proven, and what a refusal says of a node.

``UPDATE_GOLDEN=1 pytest tests/unit/selectors`` rewrites both golden files; read the difference.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from pulumi_openkruise.selectors import SelectorError, affinity_matches, complement, parse, solve
from pulumi_openkruise.selectors.complement import Complement, _share
from pulumi_openkruise.selectors.minimize import heuristic_cover
from pulumi_openkruise.selectors.minimize.budget import Budget

GOLDEN = Path(__file__).with_name("golden_unproven.json")
GOLDEN_REFUSALS = Path(__file__).with_name("golden_refusals.json")


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
    # Where the kinds of nodes are too many to list, primes are chosen another way.
    monkeypatch.setattr(heuristic_cover, "_ROW_STEPS", 0)
    monkeypatch.setattr(complement, "_EFFORT", 60_000)
    for kind in KINDS:
        for seed in range(2):
            found.setdefault(f"{kind}, without rows", []).append(_summarize(_draw(kind, seed), 20))
    text = json.dumps(found, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def _require(*terms: dict[str, str | list[str]], name: str = "") -> dict[str, Any]:
    """Return a node selector of terms that list values of labels; of nodes with a name where it is given."""
    written = []
    for term in terms:
        expressions = [
            {"key": key, "operator": "In", "values": [values] if isinstance(values, str) else values}
            for key, values in term.items()
        ]
        fields = [{"key": "metadata.name", "operator": "In", "values": [name]}] if name else []
        written.append({"matchExpressions": expressions, "matchFields": fields})
    return {"nodeSelectorTerms": written}


_OTHER_NAME = {
    "nodeSelectorTerms": [
        {
            "matchExpressions": [{"key": "z", "operator": "Exists"}],
            "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["other"]}],
        }
    ]
}
INEXPRESSIBLE = ["n>5,a=x", "b!=1", "c=2,d=3", "m<7,e=y", "m>7,e!=y"]
REFUSALS: dict[str, Drawn] = {
    "two labels with integers": Drawn(INEXPRESSIBLE),
    "integers beside what is required": Drawn(INEXPRESSIBLE, _require({"z": ["p", "q"]})),
    "integers, on one node": Drawn(INEXPRESSIBLE, _require({"z": "p"}, {"c": "2"}, name="node-1")),
    "integers, on any node but one": Drawn(INEXPRESSIBLE, _OTHER_NAME),
    "integers beside a nodeSelector": Drawn(INEXPRESSIBLE, None, {"b": "1", "os": "linux"}),
    "integers that a nodeSelector gives": Drawn(INEXPRESSIBLE, None, {"n": "x", "os": "linux"}),
    "integers of a selector that another one makes superfluous": Drawn([*INEXPRESSIBLE, "n>5,a=x,b=1", "m"]),
    "no node, by one label": Drawn(["a=1", "c", "a!=1", "b=1,d=2", "!c"]),
    "no node, by two labels": Drawn(["a=1,b=1", "a!=1", "c=1", "b!=1", "b=2"]),
    "no node that is required": Drawn(
        ["z in (p,q)", "y=1", "z=p"], _require({"z": "p"}, {"z": "q", "x": "1"})
    ),
    "no node that is required, by two of three": Drawn(
        ["w=1,z!=q", "z=p,y=1", "z=p,y!=1"], _require({"z": "p"}, {"z": "p", "x": "1"})
    ),
    "no node with a name": Drawn(["z in (p,q)"], _require({"z": "p"}, name="node-1")),
    "no node with the labels": Drawn(["a=1,b=1", "a=1,b!=1", "c=1"], None, {"a": "1", "os": "linux"}),
    "no node with the labels that is required": Drawn(
        ["a=1,z=p", "c=1,a=2"], _require({"z": "p"}, {"a": "2"}), {"a": "1", "os": "linux"}
    ),
    "no node with an integer": Drawn(["n>5", "n<6", "!n", "n notin (1,2)", "n!=3"]),
    "too many terms": Drawn([f"a{at}=1,b{at}=1" for at in range(17)]),
    "too many terms beside a single label": Drawn(["z=1", *(f"a{at}=1,b{at} in (1,2)" for at in range(16))]),
}


def test_golden_refusals_with_the_nodes_that_show_them() -> None:
    found: dict[str, list[Any]] = {}
    for name, drawn in REFUSALS.items():
        with pytest.raises(SelectorError) as caught:
            solve(drawn.selectors, required=drawn.required, labels=drawn.labels)
        found[name] = [
            [one.code, one.reason, one.witness, one.witness_name, one.by_labels]
            for one in caught.value.problems
        ]
        for problem in caught.value.problems:
            if problem.code != "too-large" and (drawn.required or drawn.labels or problem.witness):
                witness = dict(problem.witness or {})
                assert affinity_matches(drawn.required, witness, problem.witness_name), name
                assert (drawn.labels or {}).items() <= witness.items(), name
                is_matched = any(parse(text).matches(witness) for text in drawn.selectors)
                assert is_matched is (problem.code == "leaves-no-node"), name
    text = json.dumps(found, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN_REFUSALS.write_text(text)
    assert GOLDEN_REFUSALS.read_text() == text


def test_values_that_only_a_superfluous_selector_names_cut_no_label_with_integers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As far as the selectors of all groups together may be encoded for it."""
    texts = [f"{text}{at}=x" for at in range(2) for text in (f"n{at}>5,a", "y", f"n{at} in (7,40),y")]
    for most, named in ((6, [[], []]), (5, [[], ["40", "7"]]), (2, [["40", "7"]] * 2)):
        monkeypatch.setattr(complement, "_MOST_ENCODED", most)
        domains = Complement([parse(text) for text in texts], None)._domains
        assert [domain.values for domain in domains if domain.ranges] == named


def test_a_selector_that_the_labels_of_the_pods_leave_out_connects_no_others() -> None:
    texts = ["os=windows,a=1,d=1", "a=2,e=1", "d=2,f=1"]
    alone = Complement([parse(text) for text in texts], None, {"os": "linux"})
    parts, separate = alone._split()
    assert [[domain.key for domain in part.domains] for part in parts] == [["a", "d", "e", "f", "os"]]
    assert not separate
    parts, separate = alone.require_labels()._split()
    assert [[domain.key for domain in part.domains] for part in parts] == [["a", "e"], ["d", "f"]]
    assert [domain.key for domain, _atoms in separate] == ["os"]


@pytest.mark.parametrize("others", [[], ["a!=x", "n<6"]])
def test_a_selector_without_a_text_is_named_by_its_requirements(others: list[str]) -> None:
    """Inexpressible alone; beside the others no node is left."""
    bare = replace(parse("n>5,a=x"), text="")
    with pytest.raises(SelectorError) as caught:
        solve([bare, *others, *(["!n", "n notin (6,7)"] if others else [])])
    assert "'a=x,n>5'" in caught.value.problems[0].reason


@pytest.mark.parametrize(("most", "proven"), [(35, 0), (36, 3)])
def test_components_are_solved_as_one_up_to_a_product_of_their_primes(
    most: int, proven: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of six primes each, without a fooling set: a product of their minima proves nothing."""
    texts = [text.format(*labels) for labels in ("abc", "uvw") for text in ("{0},!{1},!{2}", "!{0},{1},{2}")]
    monkeypatch.setattr(complement, "_SMALL_PRODUCT", most)
    assert Complement([parse(text) for text in texts], None).solve(100_000)[1] == proven


@pytest.mark.parametrize(
    ("parts", "effort", "spend", "find_primes", "lent"),
    [
        # For primes: equal parts of half of what is left; all of it where one alone may take long.
        ("hhh", 1_200_000, 0, True, [200_000, 300_000, 600_000]),
        ("hh", 1_200_000, 100_000, True, [300_000, 550_000]),
        ("h", 1_200_000, 0, True, [1_200_000]),
        ("eh", 1_200_000, 0, True, [1_100_000, 1_200_000]),
        # What cannot be proven gets equal parts of all; a proof all but a reserve for each later one.
        ("uuu", 1_200_000, 0, False, [400_000, 600_000, 1_200_000]),
        ("hhh", 1_200_000, 0, False, [1_000_000, 1_100_000, 1_200_000]),
        ("heu", 1_200_000, 200_000, False, [1_100_000, 900_000, 800_000]),
        ("hhe", 50_000, 0, False, [40_000, 50_000, 50_000]),
        # Each has the least, whatever is left, and fewer steps where each takes longer.
        ("euh", 0, 0, False, [2_000, 2_000, 2_000]),
        ("uu", -5_000, 0, True, [2_000, 2_000]),
        ("wwh", 1_200_000, 0, False, [500_000, 550_000, 1_200_000]),
        ("wwe", 0, 0, False, [2_000, 2_000, 4_000]),
    ],
)
def test_components_share_the_steps(
    parts: str, effort: int, spend: int, find_primes: bool, lent: list[int]
) -> None:
    """Easy ones of at most four selectors, hard ones of more, unproven ones, and wide ones."""
    shared = [
        SimpleNamespace(
            forbidden=[0] * (4 if part == "e" else 5),
            is_complete=part != "u",
            layout=SimpleNamespace(price=2 if part == "w" else 1),
        )
        for part in parts
    ]
    found = []
    for _part, budget in _share(shared, Budget(effort), find_primes=find_primes):  # type: ignore[arg-type]
        found.append(budget.left)
        budget.left -= spend
    assert found == lent


def test_an_answer_of_few_terms_with_long_labels_is_measured_too() -> None:
    """Eighteen hundred labels as long as they may be, in two terms."""
    texts = [f"{'p' * 253}/{'n' * 59}{at:04}={'v' * 63}" for at in range(1800)]
    assert Complement([parse(text) for text in texts], None).solve(100)[1] == 3
    with pytest.raises(SelectorError, match=r"needs about 2 terms and 1,[0-9,]{7} bytes"):
        Complement([parse(text) for text in [*texts, "a=1,b=1"]], None).solve(100)


@pytest.mark.parametrize(
    ("seed", "count", "parts", "fewest"), [("x8", 10, 3, 44), ("x1", 9, 4, 56), ("x8", 9, 4, 57)]
)
def test_primes_are_chosen_again_while_that_makes_them_fewer(
    seed: str, count: int, parts: int, fewest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first choice without rows has 46, 58 and 61 terms."""
    monkeypatch.setattr(heuristic_cover, "_ROW_STEPS", 0)
    monkeypatch.setattr(complement, "_EFFORT", 200_000)
    answer = solve(_draw_connected(seed, count, 6, parts), budget=20)
    assert answer.affinity is not None
    assert len(answer.affinity["nodeSelectorTerms"]) == fewest
