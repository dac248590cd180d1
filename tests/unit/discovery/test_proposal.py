"""The config that is proposed: exact, smallest, the same for the same nodes, and presets first."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.config.presets import BASE_SELECTORS, list_selectors
from pulumi_openkruise.discovery import (
    ClassifiedNode,
    Proposal,
    classify_node,
    group_nodes,
    proposal,
    propose,
)
from pulumi_openkruise.discovery.candidates import Candidate, Conjunctions
from pulumi_openkruise.discovery.proposal import _cover
from pulumi_openkruise.selectors import NodeMatcher, affinity_matches
from pulumi_openkruise.selectors.placement import Placement

from tests.support.corpus import corpus

BASE = Placement(BASE_SELECTORS)
KUBELET = {
    "containerRuntimeVersion": "containerd://2.1.4",
    "kubeletVersion": "v1.34.0",
    "osImage": "Debian GNU/Linux 13 (trixie)",
    "kernelVersion": "6.12",
    "operatingSystem": "linux",
    "architecture": "amd64",
}


def node(name: str, labels: dict[str, str], *, virtual: bool = False, **info: str) -> ClassifiedNode:
    """Return a node whose labels say nothing: what it is shows in its status."""
    reported = {**({"kubeletVersion": "v1.34.0"} if virtual else KUBELET), **info}
    conditions = [{"type": "Ready", "status": "True"}]
    return classify_node(
        {
            "metadata": {"name": name, "labels": labels},
            "status": {"nodeInfo": reported, "conditions": conditions},
        }
    )


def excluded(proposal: Proposal, nodes: list[ClassifiedNode]) -> set[str]:
    matcher = NodeMatcher([*list_selectors(proposal.presets), *proposal.selectors])
    return {one.name for one in nodes if matcher.match(one.labels).selectors}


def test_a_preset_comes_before_labels() -> None:
    nodes = [
        node("a", {"liqo.io/type": "virtual-node", "pool": "far"}, virtual=True),
        node("b", {"pool": "near"}),
    ]
    assert propose(nodes, Placement()) == Proposal(("liqo",), (), ())


def test_the_preset_is_the_one_of_the_kind() -> None:
    samples = [classify_node(sample.node) for sample in corpus() if sample.id in ("k3k", "eks-al2023")]
    assert propose(samples, Placement()).presets == ("virtual-kubelet",)
    samples = [classify_node(sample.node) for sample in corpus() if sample.id in ("runpod", "eks-al2023")]
    assert propose(samples, Placement()).presets == ("runpod",)
    assert propose(samples, BASE) == Proposal((), (), ())


def test_one_label_of_a_pool() -> None:
    nodes = [
        node("a", {"pool": "burst", "zone": "x", "n": "1"}, virtual=True),
        node("b", {"pool": "burst", "zone": "x", "n": "2"}, virtual=True),
        node("c", {"pool": "general", "zone": "x"}),
    ]
    assert propose(nodes, Placement()) == Proposal((), ("pool=burst",), ())


def test_two_labels_where_one_does_not_do() -> None:
    nodes = [
        node("a", {"pool": "burst", "role": "pods"}, virtual=True),
        node("b", {"pool": "burst", "role": "gateway"}),
        node("c", {"pool": "general", "role": "pods"}),
    ]
    assert propose(nodes, Placement()) == Proposal((), ("pool=burst,role=pods",), ())


def test_a_node_in_doubt_is_spared_too() -> None:
    nodes = [
        node("a", {"pool": "burst", "extra": "1"}, virtual=True),
        node("b", {"pool": "burst"}, containerRuntimeVersion="newcri://1"),
    ]
    assert propose(nodes, Placement()) == Proposal((), ("extra=1",), ())


def test_a_label_to_set_where_nothing_tells() -> None:
    nodes = [node("a", {"pool": "x"}, virtual=True), node("b", {"pool": "x"})]
    proposal = propose(nodes, Placement())
    assert (proposal.presets, proposal.selectors) == ((), ())
    assert [one.name for one in proposal.to_label] == ["a"]


def test_labels_that_differ_by_chance_are_not_proposed() -> None:
    accidental = {
        "kubernetes.io/hostname": "a",
        "topology.kubernetes.io/zone": "z",
        "kubernetes.io/arch": "arm64",
        "kubernetes.io/role": "agent",
        "node-role.kubernetes.io/agent": "",
        "beta.kubernetes.io/arch": "arm64",
    }
    proposal = propose([node("a", accidental, virtual=True), node("b", {})], Placement())
    assert [one.name for one in proposal.to_label] == ["a"]


@pytest.mark.parametrize(
    "label",
    [
        *("kubernetes.io/hostname=a", "kubernetes.io/role=a", "topology.kubernetes.io/zone=a"),
        *("alpha.service-controller.kubernetes.io/exclude-balancer=a", "beta.kubernetes.io/arch=a"),
        *("node.kubernetes.io/exclude-from-external-load-balancers=a", "topology.kubernetes.io/region=a"),
        *("failure-domain.beta.kubernetes.io/zone=a", "beta.kubernetes.io/os=a"),
        *(
            f"node-role.kubernetes.io/{role}="
            for role in ("agent", "control-plane", "edge", "infra", "master", "worker")
        ),
    ],
)
def test_a_label_that_the_next_real_node_may_have_is_not_proposed(label: str) -> None:
    key, _, value = label.partition("=")
    proposal = propose([node("a", {key: value}, virtual=True), node("b", {})], Placement())
    assert ([one.name for one in proposal.to_label], proposal.selectors) == (["a"], ())
    # The same of a name of its maker's own is.
    proposal = propose([node("a", {f"my-{key}": value}, virtual=True), node("b", {})], Placement())
    assert (proposal.to_label, len(proposal.selectors)) == ((), 1)


def test_real_nodes_that_no_image_exists_for() -> None:
    nodes = [
        node("z", {"kubernetes.io/arch": "s390x"}, architecture="s390x"),
        node("a", {"kubernetes.io/arch": "amd64"}),
    ]
    assert propose(nodes, Placement()) == Proposal((), ("kubernetes.io/arch=s390x",), ())


def test_what_no_selector_can_say_is_not_proposed() -> None:
    nodes = [
        node(
            "a",
            {"": "x", "b c": "y", "ok": "bad value", "e": "\x1b[31m", "f": "x,g", "h": "x,!i", "!j": ""},
            virtual=True,
        ),
        node("b", {}),
    ]
    assert [one.name for one in propose(nodes, Placement()).to_label] == ["a"]


def test_the_whole_corpus() -> None:
    nodes = [classify_node(sample.node) for sample in corpus()]
    proposal = propose(nodes, BASE)
    gone = excluded(proposal, nodes)
    assert gone.isdisjoint(one.name for one in nodes if not one.is_target)
    assert propose(nodes[::-1], BASE) == proposal
    groups = group_nodes(nodes, BASE)
    assert sum(len(group.names) for group in groups) == len(nodes)


def found(*nodes: ClassifiedNode) -> tuple[str, ...]:
    """Return the selectors that are proposed for nodes that all can be excluded."""
    proposal = propose(nodes, Placement())
    assert (proposal.presets, proposal.to_label) == ((), ())
    return proposal.selectors


def test_a_group_whose_values_differ_is_excluded_by_their_list() -> None:
    burst = [node(f"v{at}", {"tier": value}, virtual=True) for at, value in enumerate(("gold", "silver"))]
    assert found(*burst, node("r", {"tier": "base"})) == ("tier in (gold,silver)",)
    many = [node(f"v{at}", {"tier": f"t{at}"}, virtual=True) for at in range(9)]
    assert found(*many, node("r", {"pool": "base"})) == ("tier",)
    proposal = propose([*many, node("r", {"tier": "base"})], Placement())
    assert proposal.selectors == tuple(f"tier=t{at}" for at in range(9))


def test_a_key_of_its_makers_own_is_enough() -> None:
    ids = [node(f"v{at}", {"burst.example.com/cluster": f"id-{at}"}, virtual=True) for at in range(3)]
    assert found(*ids, node("r", {"pool": "x"})) == ("burst.example.com/cluster",)
    # Kubernetes' own keys are everyone's: a node of tomorrow may have them for another reason.
    shared = [node(f"v{at}", {"node.kubernetes.io/x": f"id-{at}"}, virtual=True) for at in range(9)]
    assert len(found(*shared, node("r", {"pool": "x"}))) == 9
    # Not where a real node has it too, whatever its value.
    real = node("r", {"burst.example.com/cluster": "id-real"})
    assert found(*ids, real) == ("burst.example.com/cluster in (id-0,id-1,id-2)",)


def test_a_group_without_a_common_label_is_split() -> None:
    nodes = [
        node("a", {"made-by": "x"}, virtual=True),
        node("b", {"owner": "y"}, virtual=True),
        node("c", {"made-by": "z", "owner": "z"}),
    ]
    assert found(*nodes) == ("made-by=x", "owner=y")


@pytest.mark.parametrize("differ", ["kind", "no_daemon", "pool"])
def test_pairs_are_tried_of_the_labels_that_a_kind_or_a_reason_or_a_pool_has_in_common(differ: str) -> None:
    """Ten other values of a label, one for each node, would do, too; two pairs are cheaper."""
    nodes = [node(key, {key: "1", "own": "real"}) for key in "abcd"]
    for group in ("ab", "cd"):
        for at in range(5):
            one = node(f"v{group}{at}", {**dict.fromkeys(group, "1"), "own": f"{group}{at}"}, virtual=True)
            if differ == "pool":
                nodes.append(replace(one, pool=group))
            else:
                own: dict[str, Any] = {differ: group}
                nodes.append(replace(one, classification=replace(one.classification, **own)))
    assert found(*nodes) == ("a=1,b=1", "c=1,d=1")


def test_longer_conjunctions_and_absent_keys_where_nothing_shorter_does() -> None:
    target = node("v", {"a": "1", "b": "1", "c": "1"}, virtual=True)
    reals = [
        node("x", {"a": "1", "b": "1"}),
        node("y", {"a": "1", "c": "1"}),
        node("z", {"b": "1", "c": "1"}),
    ]
    assert found(target, *reals) == ("a=1,b=1,c=1",)
    assert found(node("v", {"pool": "x"}, virtual=True), node("r", {"pool": "x", "gpu": "1"})) == (
        "!gpu,pool=x",
    )


def test_absence_alone_is_never_proposed() -> None:
    proposal = propose([node("v", {}, virtual=True), node("r", {"pool": "x"})], Placement())
    assert ([one.name for one in proposal.to_label], proposal.twins) == (["v"], ("",))


def test_a_node_with_a_twin_names_it() -> None:
    twin = {"pool": "x", "kubernetes.io/hostname": "r"}
    nodes = [node("v", {"pool": "x", "kubernetes.io/hostname": "v"}, virtual=True), node("r", twin)]
    proposal = propose(nodes, Placement())
    assert ([one.name for one in proposal.to_label], proposal.twins) == (["v"], ("r",))


def test_the_cheapest_cover_is_found_among_many_labels() -> None:
    nodes = [
        node(f"v{at}", {"pool": "burst", **{f"l{at}-{n}": "x" for n in range(60)}}, virtual=True)
        for at in range(30)
    ]
    assert found(*nodes, node("r", {"pool": "base"})) == ("pool=burst",)


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(LABELS, st.booleans()), min_size=1, max_size=7))
def test_proposals_are_exact_and_give_up_only_what_is_impossible(
    drawn: list[tuple[dict[str, str], bool]],
) -> None:
    nodes = [node(f"n{at}", labels, virtual=virtual) for at, (labels, virtual) in enumerate(drawn)]
    proposal = propose(nodes, Placement())
    targets = {one.name for one in nodes if one.is_target}
    to_label = {one.name for one in proposal.to_label}
    assert excluded(proposal, nodes) == targets - to_label
    assert propose(nodes[::-1], Placement()) == proposal
    # Nothing but the same labels, or none at all, makes a node impossible to select.
    kept = [one.labels for one in nodes if not one.is_target]
    impossible = {one.name for one in nodes if one.is_target and (not one.labels or one.labels in kept)}
    assert to_label == impossible
    for one, twin in zip(proposal.to_label, proposal.twins, strict=True):
        assert bool(twin) == bool(one.labels)
        assert not twin or next(other for other in nodes if other.name == twin).labels == one.labels
    # No single label does what took more.
    common = [one.labels.items() for one in nodes if one.name in targets - to_label]
    labels = (
        [f"{key}={value}" for key, value in sorted(set.intersection(*map(set, common)))] if common else []
    )
    singles = [label for label in labels if _spares(label, nodes)]
    if singles:
        assert proposal.selectors == (singles[0],)
    elif pairs := [p for one in combinations(labels, 2) if _spares(p := ",".join(one), nodes)]:
        assert sum(1 + one.count(",") for one in proposal.selectors) <= 2
        assert pairs


@settings(max_examples=300, deadline=None)
@given(
    LABELS.filter(bool),
    st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xy"), max_size=4), max_size=6),
)
def test_no_part_of_a_selector_is_superfluous(own: dict[str, str], others: list[dict[str, str]]) -> None:
    """A label has to stay, since keys that are absent would exclude nodes without any label."""
    nodes = [node("v", own, virtual=True), *(node(f"r{at}", labels) for at, labels in enumerate(others))]
    found = Conjunctions(nodes[:1], nodes[1:]).find(nodes[0])
    if not isinstance(found, Candidate):
        return
    parts = found.entry.split(",")
    assert _spares(found.entry, nodes)
    for part in parts:
        rest = [one for one in parts if one != part]
        if any(not one.startswith("!") for one in rest):
            assert not _spares(",".join(rest), nodes)


def _spares(selector: str, nodes: list[ClassifiedNode]) -> bool:
    matcher = NodeMatcher([selector])
    return not any(matcher.match(one.labels).selectors for one in nodes if not one.is_target)


REQUIREMENTS = st.sampled_from(
    [
        {"key": key, "operator": operator, "values": [value]}
        for key in "abc"
        for value in "xy"
        for operator in ("In", "NotIn")
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(LABELS, st.booleans()), min_size=1, max_size=7),
    st.lists(st.lists(REQUIREMENTS, min_size=1, max_size=2), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=1),
)
def test_what_is_required_anyway_makes_the_rest_as_if_it_were_not_there(
    drawn: list[tuple[dict[str, str], bool]], terms: list[Any], asked: dict[str, str]
) -> None:
    nodes = [node(f"n{at}", labels, virtual=virtual) for at, (labels, virtual) in enumerate(drawn)]
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    existing = Placement((), required, asked)
    left_out = {
        one.name
        for one in nodes
        if not affinity_matches(required, one.labels) or not asked.items() <= one.labels.items()
    }
    needed = [one for one in nodes if not one.is_target or one.name not in left_out]
    assert propose(nodes, existing) == propose(needed, Placement())
    groups = group_nodes(nodes, existing)
    assert {name for group in groups if group.left_out for name in group.names} == left_out
    assert not any(group.is_lost for group in groups)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 63), min_size=1, max_size=8),
    st.lists(st.integers(1, 6), min_size=6, max_size=6),
)
@example([0b1100, 0b1001, 0b0111], [4, 1, 1, 1, 1, 1])  # the search must leave out the right column
def test_covers_are_the_cheapest(rows: list[int], costs: list[int]) -> None:
    def price(places: Any) -> int:
        return sum(costs[place] for place in places)

    def hits(places: Any) -> bool:
        return all(any(row >> place & 1 for place in places) for row in rows)

    found = _cover(rows, costs)
    every = [chosen for size in range(7) for chosen in combinations(range(6), size) if hits(chosen)]
    assert hits(found)
    assert price(found) == min(map(price, every))
    assert tuple(found) == min(chosen for chosen in every if price(chosen) == price(found))


def test_a_cover_is_found_within_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any, the greedy one is the answer: the column with the most rows, and two for the rest."""
    rows = [0b101, 0b101, 0b110, 0b110, 0b001, 0b010]
    monkeypatch.setattr(proposal, "_STEPS", 10_000)
    exact = _cover(rows, [1, 1, 1])
    monkeypatch.setattr(proposal, "_STEPS", 0)
    assert (exact, _cover(rows, [1, 1, 1])) == ([0, 1], [0, 1, 2])
    # Whichever column has them, and for its price.
    for order in ((2, 1, 0), (0, 2, 1)):
        moved = [sum((row >> at & 1) << to for at, to in enumerate(order)) for row in rows]
        assert _cover(moved, [1, 1, 1]) == [0, 1, 2]
        dear = [1, 1, 1]
        dear[order[2]] = 3
        assert _cover(moved, dear) == sorted(order[:2])


def test_a_proposal_is_true_where_anything_has_to_be_done() -> None:
    virtual = node("v", {}, virtual=True)
    assert not Proposal((), (), ())
    for one in (Proposal(("liqo",), (), ()), Proposal((), ("a=b",), ()), Proposal((), (), (virtual,))):
        assert one
    assert Proposal(("liqo",), ("a=b",), ()).additions == {
        "virtualNodePresets": ("liqo",),
        "virtualNodeSelectors": ("a=b",),
    }
