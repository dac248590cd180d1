"""The affinity of a list of selectors: exact, canonical, independent of how the list is written."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import (
    Exclusion,
    Requirement,
    SelectorError,
    affinity_matches,
    exclusion_affinity,
    parse,
    solve,
)
from pulumi_openkruise.selectors.minimize.label_domain import LabelDomain
from pulumi_openkruise.selectors.node_selector import write

from tests.support.brute_force import NODES, matched, plain_requirements, respelled, selector_lists

GOLDEN = Path(__file__).with_name("golden_affinities.json")

# Written once and kept: a change of these bytes restarts the daemons of every cluster with such a list. If it
# is meant, UPDATE_GOLDEN=1 pytest tests/unit/selectors rewrites the file.
GOLDEN_LISTS = [
    [],
    ["k<0"],
    ["k>5,k<6", "a=b,a=c"],
    ["type=virtual-kubelet"],
    ["type in (virtual-kubelet,kwok)"],
    ["type=kwok", "type=virtual-kubelet", "type==kwok"],
    ["eks.amazonaws.com/compute-type=fargate,!foo"],
    ["k,k!=a"],
    ["k notin (a,b)"],
    ["!k"],
    ["k="],
    ["k!="],
    ["a=1,b=1", "a!=1,c=1"],
    ["a=1,b=1", "a=2,b=2", "a=3,b=3"],
    ["a,b", "c,d"],
    ["k>5,k in (3,7,x)"],
    ["k>5", "k,k notin (1,2)"],
    ["k>5,x=a", "x=a"],
    ["k>5,x=a", "k,x=a"],
    ["type=virtual-kubelet", "openkruise.io/virtual-node=true", "kubernetes.io/os=windows"],
    [
        "eks.amazonaws.com/compute-type=fargate",
        "kwok.x-k8s.io/node=fake",
        "type=kwok",
        "liqo.io/type=virtual-node",
        "node.kubernetes.io/instance-type=eklet",
        "type=virtual-kubelet",
        "pool.example.com/name=burst,pool.example.com/role!=gateway",
        "team in (edge, platform),virtual",
    ],
]


def _requirement(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


def _terms(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    return {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}


ANSWERS = [
    ([], None),
    (["k<0"], None),
    (["k>9223372036854775807"], None),
    (["k>5,k<6"], None),
    (["k>5,k in (a,b)"], None),
    (["a=b,a=c"], None),
    (["type in (virtual-kubelet,kwok)"], _terms([_requirement("type", "NotIn", "kwok", "virtual-kubelet")])),
    (  # the second term needs one value of the label where leaving out names two
        ["type in (a,b)", "type=c,os=linux"],
        _terms(
            [_requirement("type", "NotIn", "a", "b", "c")],
            [_requirement("os", "NotIn", "linux"), _requirement("type", "In", "c")],
        ),
    ),
    (["type notin (a,b)"], _terms([_requirement("type", "In", "a", "b")])),
    (["k"], _terms([_requirement("k", "DoesNotExist")])),
    (["!k"], _terms([_requirement("k", "Exists")])),
    (["a!=x", "a!=y,a!=x"], _terms([_requirement("a", "In", "x")])),
    (
        ["eks.amazonaws.com/compute-type=fargate,!foo"],
        _terms(
            [_requirement("eks.amazonaws.com/compute-type", "NotIn", "fargate")],
            [_requirement("foo", "Exists")],
        ),
    ),
    (["k,k!=a"], _terms([_requirement("k", "DoesNotExist")], [_requirement("k", "In", "a")])),
    (["k>5,k in (3,7)"], _terms([_requirement("k", "NotIn", "7")])),
    (["k>5,k in (3,7,x)"], _terms([_requirement("k", "NotIn", "7")])),
    (["k>5,x=a", "x=a"], _terms([_requirement("x", "NotIn", "a")])),
    (
        ["k>5,x=a", "k,x=a"],
        _terms([_requirement("k", "DoesNotExist")], [_requirement("x", "NotIn", "a")]),
    ),
]

REFUSED = [
    (["k>5"], "inexpressible"),
    (["k<3"], "inexpressible"),
    (["k>5,k<7"], "inexpressible"),
    (["k>5", "k<6"], "inexpressible"),
    (["x", "!x"], "leaves-no-node"),
    (["x=a", "x!=a"], "leaves-no-node"),
    (["x", "!x,y", "!x,!y"], "leaves-no-node"),
    ([""], "matches-every-node"),
    ([" "], "matches-every-node"),
    ([{}], "matches-every-node"),
    ([f"a{n}=1,b{n}=1" for n in range(16)], "too-large"),
    ("x", "not-a-string"),
    ([None], "not-a-string"),
    ([5], "not-a-string"),
]


@pytest.mark.parametrize(("selectors", "expected"), ANSWERS)
def test_answers(selectors: list[str], expected: dict[str, Any] | None) -> None:
    assert exclusion_affinity(selectors) == expected


@pytest.mark.parametrize(("selectors", "code"), REFUSED)
def test_refuses(selectors: Any, code: str) -> None:
    with pytest.raises(SelectorError) as caught:
        solve(selectors)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_two_terms_suffice_where_multiplying_out_gives_three() -> None:
    answer = solve(["a=1,b=1", "a!=1,c=1"])
    assert answer.minimal
    assert answer.affinity is not None
    assert len(answer.affinity["nodeSelectorTerms"]) == 2


def test_lists_the_problems_of_all_selectors_with_their_places() -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["x=a", "x y", 5, "", "a,,b"])  # type: ignore[list-item]
    assert [(problem.index, problem.code) for problem in caught.value.problems] == [
        (1, "syntax"),
        (2, "not-a-string"),
        (3, "matches-every-node"),
        (4, "syntax"),
    ]


def test_golden_bytes() -> None:
    found = [
        {"selectors": selectors, "affinity": exclusion_affinity(selectors)} for selectors in GOLDEN_LISTS
    ]
    text = "[\n" + ",\n".join(json.dumps(entry) for entry in found) + "\n]\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def _answer(selectors: list[str], **options: int) -> Exclusion | str:
    """Return the answer, or the code of why there is none."""
    try:
        return solve(selectors, **options)  # type: ignore[arg-type]
    except SelectorError as error:
        return error.problems[0].code


def _check_exact(selectors: list[str], answer: Exclusion) -> None:
    parsed = [parse(text) for text in selectors]
    for labels in NODES:
        assert affinity_matches(answer.affinity, labels) != matched(parsed, labels), labels


@settings(max_examples=300, deadline=None)
@given(selector_lists)
def test_admits_exactly_the_nodes_that_no_selector_matches(selectors: list[str]) -> None:
    parsed = [parse(text) for text in selectors]
    try:
        answer = solve(selectors)
    except SelectorError as error:
        (problem, *_) = error.problems
        if problem.code == "leaves-no-node":
            assert all(matched(parsed, labels) for labels in NODES)
        else:
            assert problem.code == "inexpressible"
            assert problem.witness is not None
            assert not matched(parsed, dict(problem.witness))
        return
    _check_exact(selectors, answer)


@settings(max_examples=200, deadline=None)
@given(selector_lists, st.integers(0, 2**32))
def test_the_way_of_writing_does_not_matter(selectors: list[str], seed: int) -> None:
    chance = random.Random(seed)
    otherwise = [respelled(text, chance) for text in selectors]
    if otherwise:
        otherwise += chance.choices(otherwise, k=2)
        # Superfluous: narrower than one that is there.
        otherwise.append(f"{chance.choice(otherwise)},{chance.choice(['a=1', 'zone', '!b', 'n=4'])}")
    chance.shuffle(otherwise)
    first, second = _answer(selectors), _answer(otherwise)
    if isinstance(first, Exclusion) and isinstance(second, Exclusion):
        assert json.dumps(first.affinity) == json.dumps(second.affinity)
        assert first.proven == second.proven
    else:
        assert first == second


@settings(max_examples=200, deadline=None)
@given(selector_lists, st.integers(0, 40), st.integers(0, 2**32))
def test_without_a_budget_the_answer_is_exact_and_independent_of_order(
    selectors: list[str], budget: int, seed: int
) -> None:
    answer = _answer(selectors, budget=budget)
    chance = random.Random(seed)
    otherwise = [respelled(text, chance) for text in [*selectors, *selectors[:1]]]
    chance.shuffle(otherwise)
    second = _answer(otherwise, budget=budget)
    if isinstance(answer, Exclusion) and isinstance(second, Exclusion):
        assert json.dumps(answer.affinity) == json.dumps(second.affinity)
        _check_exact(selectors, answer)
    else:
        assert answer == second
        assert answer == _answer(selectors)


@settings(max_examples=200, deadline=None)
@given(st.lists(plain_requirements, min_size=1, max_size=4), st.integers(0, 2**10), st.booleans())
def test_a_price_is_what_the_requirements_take(texts: list[str], allowed: int, is_field: bool) -> None:
    named = [requirement for text in texts for requirement in parse(text).requirements]
    domain = LabelDomain("k", named, is_field=is_field)
    for literal in (domain.full, *domain.list_literals(allowed & domain.full)):
        said = domain.to_requirements(literal)
        assert domain.price(literal) == (len(said), sum(len(requirement.values) for requirement in said))


def test_terms_stand_in_the_order_of_their_text() -> None:
    terms = [((Requirement("k", "NotIn", values),), ()) for values in (("a",), ("a", "b"), ("a-b",), ("b",))]
    written = write(terms)["nodeSelectorTerms"]
    assert written == write(terms[::-1])["nodeSelectorTerms"] == sorted(written, key=json.dumps)


def test_a_used_up_budget_is_said() -> None:
    selectors = [f"a={n},b!={n + 1}" for n in range(5)] + ["a!=1,c=1", "b=2,c!=2"]
    assert solve(selectors).minimal
    cut_off = solve(selectors, budget=1)
    assert not cut_off.minimal
    assert len(json.dumps(cut_off.affinity)) >= len(json.dumps(solve(selectors).affinity))


def test_of_many_selectors_only_those_are_named_that_leave_no_node() -> None:
    with pytest.raises(SelectorError, match=r"^'z' and '!z' together match every node"):
        solve([*(f"k{number}=x" for number in range(1500)), "z", "!z"])


def test_of_linked_selectors_only_those_are_named_that_leave_no_node() -> None:
    linked = [f"a=x{number},b=y{number}" for number in range(50)]
    with pytest.raises(SelectorError, match=r"^'z=1', '!z' and 'z,z!=1' together match every node"):
        solve(["y", "z=1", *linked, "!z", "z,z!=1"])


def test_a_little_more_search_is_spent_where_it_proves_the_answer() -> None:
    """With as many steps for the reduction as for the terms, this list had 54 requirements, unproven."""
    answer = solve(
        [
            "k4=b,k1=a",
            "k0=c,k3 in (b,d),k2=c",
            "k1 in (b,d),k3=a",
            "k2=d,k0=b",
            "k1=c,k0=a",
            "k1=c,k4=a",
            "k3 in (b,d),k1=d",
            "k0=d,k2=b",
        ]
    )
    assert answer.minimal
    assert answer.affinity is not None
    terms = answer.affinity["nodeSelectorTerms"]
    assert (len(terms), sum(len(term["matchExpressions"]) for term in terms)) == (13, 52)
