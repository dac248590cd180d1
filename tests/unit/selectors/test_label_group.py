"""Selectors that share no label are encoded apart: the groups, their cubes, and what these say."""

import random
from collections.abc import Sequence
from itertools import product

import pytest
from pulumi_openkruise.selectors import Selector, complement, parse, solve
from pulumi_openkruise.selectors.complement import Complement
from pulumi_openkruise.selectors.label_group import LabelGroup, group_by_labels
from pulumi_openkruise.selectors.minimize.budget import Budget
from pulumi_openkruise.selectors.minimize.cube_encoder import place_side_by_side
from pulumi_openkruise.selectors.minimize.label_domain import LabelDomain
from pulumi_openkruise.selectors.minimize.subproblem import Subproblem
from pulumi_openkruise.selectors.node_selector import Term
from pulumi_openkruise.selectors.requirement import Requirement

PLENTY = 10**6


def _parse(*texts: str) -> list[Selector]:
    return [parse(text) for text in texts]


def _list_texts(groups: Sequence[LabelGroup]) -> list[list[str]]:
    return [[selector.text for _cube, selector in group.select_needed()] for group in groups]


def _list_keys(groups: Sequence[LabelGroup]) -> list[list[str]]:
    return [[domain.key for domain in group.encoder.domains] for group in groups]


@pytest.mark.parametrize(
    ("texts", "grouped"),
    [
        (["a=1", "b=1", "a=2"], [["a=1", "a=2"], ["b=1"]]),
        (["c=1", "a=1,b=1", "b=2"], [["c=1"], ["a=1,b=1", "b=2"]]),
        (["a=1", "b=1", "c=1", "a=2,c=2"], [["a=1", "c=1", "a=2,c=2"], ["b=1"]]),
        (
            ["a=1,x=1", "b=1", "c=1", "d=1", "b=2,c=2,d=2,a=3"],
            [["a=1,x=1", "b=1", "c=1", "d=1", "b=2,c=2,d=2,a=3"]],
        ),
        (["a=1,b=1", "c=1", "c=2,a=2", "b=3,d=1", "d=2,e=1", "f=1"], [
            ["a=1,b=1", "c=1", "c=2,a=2", "b=3,d=1", "d=2,e=1"], ["f=1"],
        ]),
        ([], []),
    ],
)  # fmt: skip
def test_selectors_that_share_labels_are_one_group_in_their_order(
    texts: list[str], grouped: list[list[str]]
) -> None:
    assert _list_texts(group_by_labels(_parse(*texts), None)) == grouped


@pytest.mark.parametrize("seed", range(40))
def test_groups_are_what_is_connected(seed: int) -> None:
    """Beside a closure that is computed pair by pair."""
    rng = random.Random(seed)
    texts = [
        ",".join(f"k{key}=v{at}" for key in sorted(rng.sample(range(14), rng.randint(1, 3))))
        for at in range(rng.randint(1, 12))
    ]
    keys = [{requirement.key for requirement in parse(text).requirements} for text in texts]
    of = list(range(len(texts)))
    for _round in texts:
        for one, other in product(range(len(texts)), repeat=2):
            if keys[one] & keys[other]:
                of[one] = of[other] = min(of[one], of[other])
    grouped = group_by_labels(_parse(*texts), None)
    assert _list_texts(grouped) == [
        [text for text, number in zip(texts, of, strict=True) if number == group] for group in sorted(set(of))
    ]
    assert [set(own) for own in _list_keys(grouped)] == [
        set().union(*(own for own, number in zip(keys, of, strict=True) if number == group))
        for group in sorted(set(of))
    ]


def test_the_required_terms_connect_what_they_name() -> None:
    name = Requirement("metadata.name", "In", ("n",))
    terms: list[Term] = [((Requirement("b", "Exists"),), ()), ((Requirement("d", "Exists"),), (name,))]
    groups = group_by_labels(_parse("a=1", "b=1", "c=1", "d=1"), terms)
    assert _list_keys(groups) == [["a"], ["b", "d", "metadata.name"], ["c"]]
    assert [group.terms for group in groups] == [None, terms, None]
    assert groups[0].encode_outside() == []
    assert groups[1].encode_outside() != []
    alone = group_by_labels(_parse("a=1"), terms)
    assert _list_keys(alone) == [["a"], ["b", "d", "metadata.name"]]
    assert [group.list_excluded() for group in alone] == [
        [alone[0].encoder.encode([Requirement("a", "In", ("1",))])],
        alone[1].encode_outside(),
    ]


def test_cubes_are_as_wide_as_the_labels_of_their_group() -> None:
    """Over all labels 200 selectors with 20 values each would take 200 times as much memory."""
    selectors = _parse(
        *(f"a{at} in ({','.join(f'v{value}' for value in range(20))}),b{at}=x" for at in range(200))
    )
    groups = group_by_labels(selectors, None)
    assert [group.encoder.layout.full.bit_length() for group in groups] == [22 + 1 + 3] * 200


def test_only_where_integers_are_compared_superfluous_selectors_are_dropped() -> None:
    (plain,) = group_by_labels(_parse("a=1", "a=1,b=1"), None)
    assert plain.drop_superfluous(100) == 0
    assert [domain.key for domain in plain.encoder.domains] == ["a", "b"]
    texts = ["a>5", "a>5,b=1", "a>7"]
    (ranged,) = group_by_labels(_parse(*texts), None)
    assert ranged.drop_superfluous(100) == 3
    assert _list_keys([ranged]) == [["a"]]
    assert len(ranged.list_excluded()) == 1
    (bounded,) = group_by_labels(_parse(*texts), None)
    assert bounded.drop_superfluous(2) == 0
    assert _list_keys([bounded]) == [["a", "b"]]


def test_a_selector_that_matches_no_node_excludes_none() -> None:
    (group,) = group_by_labels(_parse("a=1,a=2", "a=3"), None)
    assert len(group.list_excluded()) == 1
    assert [selector.text for _cube, selector in group.select_needed()] == ["a=3"]


def test_of_cubes_that_leave_no_node_only_those_that_share_labels_are_found() -> None:
    (group,) = group_by_labels(_parse("a,b", "b=1", "a", "!a"), None)
    cubes = group.list_excluded()
    assert group.find_exhaustive(cubes, Budget(PLENTY)) == cubes
    assert group.find_exhaustive(cubes[1:], Budget(PLENTY)) == cubes[2:]
    assert group.find_exhaustive(cubes[:3], Budget(PLENTY)) is None


def _hold(part: Subproblem) -> set[tuple[tuple[str, int], ...]]:
    """Return the forbidden nodes of a component as pairs of key and value."""
    nodes = set()
    for chosen in product(*(
        [(domain.key, bit, 1 << bit << offset) for bit in range(domain.width) if domain.full >> bit & 1]
        for domain, offset in zip(part.domains, part.offsets, strict=True)
    )):  # fmt: skip
        node = sum(place for _key, _bit, place in chosen)
        if any(not node & ~cube for cube in part.forbidden):
            nodes.add(tuple((key, bit) for key, bit, _place in chosen))
    return nodes


def test_cubes_that_share_no_label_are_moved_side_by_side() -> None:
    """A selector that another one makes superfluous does not connect its labels."""
    texts = ["a=1,c=1", "b=1,d=1", "b=2,d in (2,3)", "a=1,b=3,c=1", "e=1", "e=1,f=1,a=2"]
    (group,) = group_by_labels(_parse(*texts), None)
    parts, separate = group.split(group.merge_excluded())
    assert [[domain.key for domain in part.domains] for part in parts] == [["a", "c"], ["b", "d"]]
    assert [part.offsets for part in parts] == [place_side_by_side(part.domains) for part in parts]
    for part, (own, nodes) in zip(parts, ((["a=1,c=1"], 1), (["b=1,d=1", "b=2,d in (2,3)"], 3)), strict=True):
        (alone,) = group_by_labels(_parse(*own), None)
        keys = [domain.key for domain in part.domains]
        assert keys == [domain.key for domain in alone.encoder.domains]
        named = {
            (key, part.domains[at].encode(Requirement(key, "In", ("1",)))) for at, key in enumerate(keys)
        }
        assert len(named) == 2
        assert len(_hold(part)) == nodes
        assert part.forbidden == sorted(part.forbidden)
    ((domain, atoms),) = separate
    assert (domain.key, domain.full & ~atoms) == ("e", domain.encode(Requirement("e", "In", ("1",))))


def test_where_all_labels_are_connected_the_cubes_stay_as_they_are() -> None:
    (group,) = group_by_labels(_parse("a=1,b=1", "b=2,c=1"), None)
    cubes = group.merge_excluded()
    (part,), separate = group.split(cubes)
    assert not separate
    assert part.forbidden == sorted(cubes)
    assert part.offsets == group.encoder.offsets


def test_labels_side_by_side_have_a_spare_bit_between_them() -> None:
    domains = [
        LabelDomain(key, [Requirement(key, "In", tuple(values))]) for key, values in (("a", "1"), ("b", "12"))
    ]
    assert [domain.width for domain in domains] == [3, 4]
    assert place_side_by_side([*domains, domains[0]]) == [0, 4, 9]


@pytest.mark.parametrize("texts", [["a,!b,!c", "!a,b,c", "u,!v,!w", "!u,v,w", "s in (x,y)", "!t"]])
def test_small_components_are_joined_in_the_order_of_their_labels(
    texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[Subproblem] = []
    join = Complement._join

    def join_and_keep(whole: Complement, *given: object) -> Subproblem:
        joined.append(join(whole, *given))  # type: ignore[arg-type]
        return joined[-1]

    monkeypatch.setattr(Complement, "_join", join_and_keep)
    affinities = {str(solve(some).affinity) for some in (texts, texts[::-1])}
    assert len(affinities) == 1
    first, second = joined
    assert [domain.key for domain in first.domains] == [*"abcstuvw"]
    assert first.forbidden == second.forbidden
    assert [cube.bit_count() for cube in first.forbidden] == sorted(
        [cube.bit_count() for cube in first.forbidden], reverse=True
    )
    monkeypatch.setattr(complement, "_SMALL_PRODUCT", 1)
    assert len(solve(texts).proven) < 3


def test_components_and_single_labels_are_in_the_order_of_their_labels() -> None:
    texts = ["y=1", "c=1,x=1", "b=1", "a=1,w=1", "b=2,d=1"]
    parts, separate = Complement(_parse(*texts), None)._split()
    assert [[domain.key for domain in part.domains] for part in parts] == [["b", "d"], ["a", "w"], ["c", "x"]]
    assert [domain.key for domain, _atoms in separate] == ["y"]
    _parts, separate = Complement(_parse("y=1", "b=1", "c=1"), None)._split()
    assert [domain.key for domain, _atoms in separate] == ["b", "c", "y"]
