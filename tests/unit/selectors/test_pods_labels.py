"""The pods' ``nodeSelector`` beside the selectors: when an answer is searched for a second time, with it."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_openkruise.selectors import SelectorError, complement, parse, solve
from pulumi_openkruise.selectors.complement import Complement
from pulumi_openkruise.selectors.label_group import LabelGroup, group_by_labels
from pulumi_openkruise.selectors.minimize import subproblem
from pulumi_openkruise.selectors.minimize.budget import Budget
from pulumi_openkruise.selectors.minimize.cube_encoder import CubeEncoder
from pulumi_openkruise.selectors.minimize.cubes import find_uncovered
from pulumi_openkruise.selectors.node_selector import Term, join_labels
from pulumi_openkruise.selectors.requirement import Requirement

LINUX = {"os": "linux"}
TOO_LARGE = [f"a{number}=x,b{number}=x" for number in range(20)]
REQUIRED_OS = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "os", "operator": "Exists"}]}]}
REQUIRED_ZONE = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]}


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Complement]:
    """Return a list that receives what an answer is searched for."""
    made: list[Complement] = []
    search = Complement.solve

    def search_and_count(whole: Complement, steps: int) -> tuple[dict[str, Any] | None, int]:
        made.append(whole)
        return search(whole, steps)

    monkeypatch.setattr(Complement, "solve", search_and_count)
    return made


@pytest.mark.parametrize(
    ("selectors", "required", "times"),
    [
        (TOO_LARGE, None, 1),
        (TOO_LARGE, REQUIRED_ZONE, 1),
        (TOO_LARGE, REQUIRED_OS, 2),
        ([*TOO_LARGE, "os=windows,c=x"], None, 2),
    ],
)
def test_what_depends_on_no_label_of_the_pods_is_searched_for_once(
    searches: list[Complement], selectors: list[str], required: dict[str, Any] | None, times: int
) -> None:
    with pytest.raises(SelectorError, match="needs about"):
        solve(selectors, required=required, labels=LINUX)
    assert len(searches) == times


@pytest.mark.parametrize("required", [None, REQUIRED_ZONE])
@pytest.mark.parametrize("selectors", [["a=x"], ["a=x,b=y", "a=z,c!=3,!d", "!a"], []])
def test_labels_that_nothing_names_leave_the_answer_as_it_is(
    searches: list[Complement], selectors: list[str], required: dict[str, Any] | None
) -> None:
    with_labels = solve(selectors, required=required, labels=LINUX)
    assert len(searches) == 1
    assert not with_labels.with_labels
    assert with_labels == solve(selectors, required=required)


def test_that_no_node_is_left_is_found_out_by_one_search(searches: list[Complement]) -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["a", "!a"], labels=LINUX)
    (problem,) = caught.value.problems
    assert (problem.code, problem.by_labels) == ("leaves-no-node", False)
    assert len(searches) == 1


def test_a_node_that_shows_what_is_inexpressible_has_the_labels_of_the_pods(
    searches: list[Complement],
) -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["cpu>8"], labels=LINUX)
    (problem,) = caught.value.problems
    assert problem.code == "inexpressible"
    assert problem.witness == {"cpu": "other", "os": "linux"}
    assert len(searches) == 1


def test_labels_that_a_selector_names_may_make_an_answer_expressible(searches: list[Complement]) -> None:
    answer = solve(["cpu>8"], labels={"cpu": "4"})
    assert answer.with_labels
    assert len(searches) == 2


def _count_calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[Any]:
    """Return a list that receives the second argument of each call of a function from now on."""
    calls: list[Any] = []
    function: Callable[..., Any] = getattr(owner, name)

    def count_and_call(*given: Any) -> Any:
        calls.append(given[1])
        return function(*given)

    monkeypatch.setattr(owner, name, count_and_call)
    return calls


@pytest.mark.parametrize(
    ("selectors", "labels", "times"),
    [
        ([*TOO_LARGE, *(f"a0=x,os=w{number}" for number in range(50))], LINUX, 2),
        ([*TOO_LARGE, *(f"a0=x,os=w{number}" for number in range(50)), "os=linux,a1=y"], LINUX, 2),
        (["a,b", "os=w,c=x"], LINUX, 1),
        (["cpu>8", *(f"cpu in ({number})" for number in range(8))], {"cpu": "8"}, 2),
    ],
)
def test_each_selector_is_encoded_once_whatever_is_searched_for(
    searches: list[Complement],
    monkeypatch: pytest.MonkeyPatch,
    selectors: list[str],
    labels: dict[str, str],
    times: int,
) -> None:
    """Four times, for two checks and two searches, took two seconds where they list many values."""
    encoded = _count_calls(monkeypatch, CubeEncoder, "encode")
    if selectors[: len(TOO_LARGE)] == TOO_LARGE:
        with pytest.raises(SelectorError, match="needs about"):
            solve(selectors, labels=labels)
    else:
        solve(selectors, labels=labels)
    assert len(searches) == times
    parsed = {parse(selector).requirements for selector in selectors}
    assert {own: count for own, count in Counter(encoded).items() if own in parsed} == dict.fromkeys(
        parsed, 1
    )


def test_components_without_the_labels_are_searched_once(
    searches: list[Complement], monkeypatch: pytest.MonkeyPatch
) -> None:
    primes = _count_calls(monkeypatch, subproblem, "find_prime_implicants")
    covers = _count_calls(monkeypatch, subproblem.Subproblem, "_find_cover")
    with pytest.raises(SelectorError, match="about 2,097,152 terms"):
        solve([*TOO_LARGE, "os=linux,c=x,d=y"], labels=LINUX)
    assert len(searches) == 2
    assert len(primes) == len(covers) == len(TOO_LARGE) + 2


def test_selectors_that_match_no_node_with_the_labels_are_not_tried_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2,000 selectors with 100 values each took 2.8 s for the message."""
    tried = _count_calls(monkeypatch, complement, "find_uncovered")
    with pytest.raises(SelectorError) as caught:
        solve([*(f"k=v{number}" for number in range(300)), "k in (v7,x)"], labels={"k": "v7"})
    (problem,) = caught.value.problems
    assert (problem.code, problem.by_labels, problem.witness) == ("leaves-no-node", True, {"k": "v7"})
    assert "'k=v7'" in problem.reason or "'k in (v7,x)'" in problem.reason
    assert len(tried) <= 2


def test_a_node_that_no_selector_leaves_has_what_the_terms_require_and_the_labels() -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["os notin (windows)", "a=1"], required=REQUIRED_ZONE, labels={"os": "linux", "x": "y"})
    (problem,) = caught.value.problems
    assert problem.witness == {"os": "linux", "x": "y", "zone": "other"}
    assert "the required node affinity and the nodeSelector admit" in problem.reason


def _draw_group(rng: random.Random) -> tuple[LabelGroup, list[Term] | None, dict[str, str]]:
    """Draw selectors that share labels, required terms and labels of the pods, some with values of both."""
    forms = ("{0}={1}", "{0} in ({1},{2})", "{0} notin ({1},{2})", "{0}", "!{0}", "{0}>{3}", "{0}<{3}")
    values = ["a", "b", "4", "07", "12"]

    def draw(key: str) -> str:
        return rng.choice(forms).format(key, rng.choice(values), rng.choice(values), rng.choice((3, 7, 9)))

    texts = [",".join(["s" if rng.random() < 0.5 else "s=a", draw(rng.choice("kl"))]) for _ in range(4)]
    terms: list[Term] | None = None
    if rng.random() < 0.5:
        terms = [(parse(f"s,{draw('k')}").requirements, ()) for _ in range(2)]
    labels = {key: rng.choice([*values, "c", "8", "100"]) for key in rng.choice(("k", "l", "ks", "klx"))}
    (group,) = group_by_labels([parse(text) for text in texts], terms, labels)
    group.drop_superfluous(100)
    return group, terms, labels


@pytest.mark.parametrize("seed", range(120))
def test_cubes_are_cut_to_what_an_encoding_of_the_labels_gives(seed: int) -> None:
    group, terms, labels = _draw_group(random.Random(seed))
    kept = group._kept
    own = {key: value for key, value in labels.items() if key in {d.key for d in group.encoder.domains}}
    assert group.labels == own
    cut = group.require_labels()
    assert (cut is group) == (not own)
    fresh = CubeEncoder(
        [*(one.requirements for one in kept), *((Requirement(k, "In", (v,)),) for k, v in own.items())],
        terms or (),
    )
    assert [(d.key, d.values, d.ranges) for d in cut.encoder.domains] == [
        (d.key, d.values, d.ranges) for d in fresh.domains
    ]
    assert cut.encoder.layout.fields == fresh.layout.fields
    excluded = [cube for one in kept if not fresh.layout.is_empty(cube := fresh.encode(one.requirements))]
    excluded += fresh.encode_outside(join_labels(terms, own))
    for some, others in ((excluded, cut.merge_excluded()), (cut.merge_excluded(), excluded)):
        for cube in some:
            assert find_uncovered(cube, others, fresh.layout, Budget(10**6)) is None


def test_an_answer_with_the_labels_has_all_of_them() -> None:
    answer = solve(["cpu>8"], labels={"cpu": "4", "os": "linux"})
    assert answer.affinity == {
        "nodeSelectorTerms": [
            {
                "matchExpressions": [
                    {"key": "cpu", "operator": "In", "values": ["4"]},
                    {"key": "os", "operator": "In", "values": ["linux"]},
                ]
            }
        ]
    }


def test_labels_that_make_no_difference_are_not_reported() -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["os", "!os"], labels=LINUX)
    assert not caught.value.problems[0].by_labels
    with pytest.raises(SelectorError) as caught:
        solve(["os=linux", "b", "!b"], labels=LINUX)
    assert not caught.value.problems[0].by_labels


def test_the_example_node_satisfies_a_term_that_the_labels_allow() -> None:
    terms = [
        {
            "matchExpressions": [
                {"key": key, "operator": "In", "values": [value]} for key, value in own.items()
            ]
        }
        for own in ({"os": "apple", "zone": "a"}, {"os": "linux", "zone": "b"})
    ]
    with pytest.raises(SelectorError) as caught:
        solve(["zone,os=linux"], required={"nodeSelectorTerms": terms}, labels=LINUX)
    assert caught.value.problems[0].witness == {"os": "linux", "zone": "b"}


def test_cubes_are_cut_to_the_labels_and_merged_again() -> None:
    selectors = [parse(text) for text in ("k in (a,b),l=1", "k in (a,c),l in (1,2)", "k=c,l=3", "k,l=4")]
    (group,) = group_by_labels(selectors, None, {"k": "a"})
    assert len(group.merge_excluded()) == 4
    encoder = group.require_labels().encoder
    without = encoder.encode([Requirement("k", "NotIn", ("a",))])
    one_or_two = encoder.encode([Requirement("k", "In", ("a",)), Requirement("l", "In", ("1", "2", "4"))])
    assert sorted(group.require_labels().merge_excluded()) == sorted([without, one_or_two])
