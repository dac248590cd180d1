"""Explanations and differences are true of every node of a small world."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import (
    Selector,
    SelectorError,
    affinity_matches,
    explain,
    parse,
    solve,
)
from pulumi_openkruise.selectors.explanations.difference import difference
from pulumi_openkruise.selectors.explanations.regions import NodeGroup, Region
from pulumi_openkruise.selectors.node_selector import write
from pulumi_openkruise.selectors.placement import Placement, as_placement
from pulumi_openkruise.selectors.wording import describe_requirements

from tests.support.brute_force import NODES, matched, selector_lists, term_lists


def _nodes(selectors: list[Selector]) -> list[dict[str, str]]:
    return [labels for labels in NODES if matched(selectors, labels)]


def _without(affinity: dict[str, Any], term: int, requirement: int) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(affinity))
    del changed["nodeSelectorTerms"][term]["matchExpressions"][requirement]
    return {"nodeSelectorTerms": [changed["nodeSelectorTerms"][term]]}


@settings(max_examples=200, deadline=None)
@given(selector_lists)
def test_what_is_said_of_each_selector_is_true(texts: list[str]) -> None:
    try:
        explanation = explain(texts)
    except SelectorError:
        return
    selectors = [parse(text) for text in texts]
    for place, (selector, entry) in enumerate(zip(selectors, explanation.selectors, strict=True)):
        others = [other for at, other in enumerate(selectors) if at != place]
        own = _nodes([selector])
        assert bool(entry.unsatisfiable) == (not own)
        redundant = bool(own) and all(matched(others, labels) for labels in own)
        assert bool(entry.redundant_because_of) == redundant
        if redundant:
            because_of = [selectors[at] for at in entry.redundant_because_of]
            assert place not in entry.redundant_because_of
            assert all(matched(because_of, labels) for labels in own)
            for spared in because_of if len(because_of) > 1 else ():
                rest = [other for other in because_of if other is not spared]
                assert not all(matched(rest, labels) for labels in own)
        assert (entry.example is None) == (not own)
        if entry.example is not None:
            assert selector.matches(entry.example)
            assert entry.alone == (not matched(others, entry.example)) == (not redundant)
    kept = [selector for at, selector in enumerate(selectors) if at not in explanation.removable]
    assert _nodes(kept) == _nodes(selectors)
    assert solve([str(selector) for selector in kept]).affinity == explanation.affinity


def _unless(region: Region) -> list[Selector]:
    assert not any(kind.fields for kind in region.unless)
    return [parse(kind.selector) for kind in region.unless]


def _required(texts: list[str]) -> dict[str, Any] | None:
    """Read each selector as a term that is required; None where there are none."""
    if not texts:
        return None
    return write([(parse(text).requirements, ()) for text in texts])


def _admits(texts: list[str], required: Mapping[str, Any] | None, labels: dict[str, str]) -> bool:
    return affinity_matches(required, labels) and not matched([parse(text) for text in texts], labels)


@settings(max_examples=300, deadline=None)
@given(selector_lists, selector_lists, term_lists, term_lists, st.sampled_from([{}, {"a": "1"}]))
def test_a_difference_takes_into_account_what_is_required(
    old: list[str], new: list[str], before: list[str], after: list[str], asked: dict[str, str]
) -> None:
    then, now = Placement(old, _required(before)), Placement(new, _required(after), asked)
    try:
        change = difference(then, now)
    except SelectorError:
        return
    for labels in NODES:
        had = _admits(old, then.required, labels)
        has = _admits(new, now.required, labels) and asked.items() <= labels.items()
        for regions, expected in ((change.gaining, has and not had), (change.losing, had and not has)):
            assert expected == any(
                parse(region.selector).matches(labels) and not matched(_unless(region), labels)
                for region in regions
            )
    for region in (*change.gaining, *change.losing):
        assert parse(region.selector).matches(region.example)
        assert not matched(_unless(region), region.example)
    assert change.restarts == (asked != {} or change.before != change.after)


@settings(max_examples=300, deadline=None)
@given(selector_lists, term_lists)
def test_an_explanation_takes_into_account_what_is_required(texts: list[str], terms: list[str]) -> None:
    required = _required(terms)
    try:
        explanation = explain(Placement(texts, required))
    except SelectorError:
        return
    selectors = [parse(text) for text in texts]
    assert explanation.affinity == solve(texts, required=required).affinity
    for place, entry in enumerate(explanation.selectors):
        own = [labels for labels in NODES if selectors[place].matches(labels)]
        admitted = [labels for labels in own if affinity_matches(required, labels)]
        others = [other for at, other in enumerate(selectors) if at != place]
        assert entry.not_required == (bool(own) and not admitted)
        assert place in explanation.removable or not entry.not_required
        assert entry.alone == any(not matched(others, labels) for labels in admitted)
        if entry.example is not None and admitted:
            assert affinity_matches(required, entry.example)
    for at, term in enumerate(explanation.terms):
        for number, requirement in enumerate(term.requirements):
            assert explanation.affinity is not None
            without = _without(explanation.affinity, at, number)
            alone = len(term.requirements) == 1
            left = [labels for labels in NODES if alone or affinity_matches(without, labels)]
            assert requirement.required == any(not affinity_matches(required, labels) for labels in left)
            assert requirement.required or requirement.because_of
    kept = [str(one) for at, one in enumerate(selectors) if at not in explanation.removable]
    assert all(_admits(kept, required, labels) == _admits(texts, required, labels) for labels in NODES)


def test_what_only_terms_can_say_is_said_by_terms() -> None:
    """No selector matches exactly the nodes that ``n>5`` leaves out, non-integers among them."""
    more = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["5"]}]}]}
    change = difference(Placement(["a=1"]), Placement(["a=1"], more))
    assert change.by_terms
    assert change.gaining == ()
    assert [(region.selector, region.unless) for region in change.losing] == [("a!=1", (NodeGroup("n>5"),))]
    assert "unless 'n>5' still admits them" in change.to_text()


def test_a_whole_cluster_is_every_node() -> None:
    more = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["5"]}]}]}
    text = difference([], Placement([], more)).to_text()
    assert "Nodes that lose the daemon:\n  every node\n      nodes of any kind\n" in text
    assert "      unless 'n>5' still admits them\n" in text


# --- the name of a node, which `matchFields` may require, is no label


def _named(operator: str, *names: str) -> dict[str, Any]:
    fields = [{"key": "metadata.name", "operator": operator, "values": [name]} for name in names]
    return {"nodeSelectorTerms": [{"matchFields": fields}]}


def test_a_region_by_name_has_a_field_selector() -> None:
    change = difference(Placement(["a=1"]), Placement(["a=1"], _named("NotIn", "node-1")))
    (region,) = change.losing
    assert (region.selector, region.fields) == ("", "metadata.name=node-1")
    assert (region.example, region.example_name) == ({}, "node-1")
    assert region.unless == (NodeGroup("a=1"),)
    assert change.to_text().splitlines()[1:6] == [
        "Nodes that lose the daemon:",
        "  field metadata.name=node-1",
        "      nodes named node-1",
        "      unless 'a=1' already excludes them",
        "      for example a node named node-1 without labels",
    ]
    change = difference(Placement([], _named("NotIn", "m", "n")), Placement(["a=1"]))
    assert [str(region.group) for region in change.gaining] == [
        "field metadata.name=m",
        "field metadata.name=n",
    ]


def test_a_label_may_have_the_name_of_the_field() -> None:
    required = _named("In", "y")
    explanation = explain(Placement(["metadata.name=x"], required))
    (entry,) = explanation.selectors
    assert (entry.example, entry.example_name) == ({"metadata.name": "x"}, "y")
    assert "for example a node named y with label metadata.name=x" in explanation.to_text()
    change = difference(Placement([], required), Placement(["metadata.name=y"], required))
    (region,) = change.losing
    assert (region.selector, region.fields) == ("metadata.name=y", "")
    assert region.unless == (NodeGroup("", "metadata.name!=y"),)
    assert (region.example, region.example_name) == ({"metadata.name": "y"}, "y")
    with pytest.raises(SelectorError) as caught:
        solve(["metadata.name", "!metadata.name"], required=required)
    assert (caught.value.problems[0].witness, caught.value.problems[0].witness_name) == ({}, "y")
    assert "a node named y without labels" in str(caught.value)


def test_a_name_in_an_explanation() -> None:
    explanation = explain(Placement(["a=1"], _named("NotIn", "n1", "n2")))
    (term,) = explanation.terms
    assert [(entry.words, entry.text, entry.is_field) for entry in term.requirements] == [
        ("label a is absent or not 1", "a!=1", False),
        ("the name is not n1", "metadata.name!=n1", True),
        ("the name is not n2", "metadata.name!=n2", True),
    ]
    assert term.words == "not named n1 and not named n2 whose label a is absent or not 1"
    assert (term.example, term.example_name) == ({}, "other")
    assert (explanation.admitted, explanation.admitted_name) == ({}, "other")
    (term,) = explain(Placement([], _named("In", "n1"))).terms
    assert term.words == "named n1"


# --- the labels that the pods' `nodeSelector` asks for


@settings(max_examples=200, deadline=None)
@given(selector_lists, term_lists, st.sampled_from([{"a": "1"}, {"a": "1", "b": "2"}]))
def test_examples_have_the_labels_that_are_asked_for(
    texts: list[str], terms: list[str], asked: dict[str, str]
) -> None:
    placement = Placement(texts, _required(terms), asked)
    try:
        explanation = explain(placement)
    except SelectorError:
        return
    assert explanation.labels == asked
    assert explanation.affinity == placement.solve().affinity

    def runs(labels: dict[str, str]) -> bool:
        return asked.items() <= labels.items() and affinity_matches(explanation.affinity, labels)

    assert runs(explanation.admitted)
    for at, term in enumerate(explanation.terms):
        assert explanation.affinity is not None
        only = {"nodeSelectorTerms": [explanation.affinity["nodeSelectorTerms"][at]]}
        if term.example is None:
            labelled = [labels for labels in NODES if asked.items() <= labels.items()]
            assert not any(affinity_matches(only, labels) for labels in labelled)
        else:
            assert runs(term.example)
            assert affinity_matches(only, term.example)
    for place, entry in enumerate(explanation.selectors):
        own = [labels for labels in NODES if parse(texts[place]).matches(labels)]
        required = [labels for labels in own if affinity_matches(placement.required, labels)]
        left = [labels for labels in required if asked.items() <= labels.items()]
        assert entry.not_asked == (bool(required) and not left)
        if left:
            assert entry.example is not None
            assert asked.items() <= entry.example.items()
    kept = [text for at, text in enumerate(texts) if at not in explanation.removable]
    assert Placement(kept, placement.required, asked).solve().affinity == explanation.affinity


def test_text_of_an_explanation_with_a_node_selector() -> None:
    asked = {"pool": "a"}
    terms = [
        {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]},
        {"matchExpressions": [{"key": "zone", "operator": "Exists"}]},
    ]
    text = explain(Placement(["pool=b"], {"nodeSelectorTerms": terms[1:]}, asked)).to_text()
    assert "no daemon there anyway: the nodeSelector admits none of these nodes" in text
    assert "  and what the nodeSelector requires: pool=a\n" in text
    assert "admitted: for example a node with labels pool=a, zone=other" in text
    text = explain(Placement([], {"nodeSelectorTerms": terms}, {"pool": "b"})).to_text()
    assert "admitted: no node that the nodeSelector admits" in text
    text = explain(Placement([], None, asked)).to_text()
    assert "every node that the nodeSelector admits keeps the daemon" in text
    text = explain(Placement(["k>5,x=y"], None, {"k": "9"})).to_text()
    assert "label k is 9, because of the nodeSelector" in text


@pytest.mark.parametrize("operator", [None, "Gt"])
def test_both_sides_of_a_difference_are_checked_alike(operator: str | None) -> None:
    term = {"matchExpressions": [{"key": "n", "operator": operator, "values": ["5"]}]}
    required = {"nodeSelectorTerms": [term]} if operator else None
    good, bad = Placement(["b"], required, {"a": "x"}), Placement(["a"], required, {"a": "x"})
    for old, new in ((good, bad), (bad, good)):
        with pytest.raises(SelectorError, match="is matched by 'a'"):
            difference(old, new)


@settings(max_examples=200, deadline=None)
@given(selector_lists)
def test_what_is_said_of_each_term_is_true(texts: list[str]) -> None:
    try:
        explanation = explain(texts)
    except SelectorError:
        return
    selectors = [parse(text) for text in texts]
    assert not matched(selectors, explanation.admitted)
    if explanation.affinity is None:
        assert explanation.terms == ()
        return
    assert len(explanation.terms) == len(explanation.affinity["nodeSelectorTerms"])
    for at, term in enumerate(explanation.terms):
        only = {"nodeSelectorTerms": [explanation.affinity["nodeSelectorTerms"][at]]}
        assert term.example is not None
        assert affinity_matches(only, term.example)
        assert not matched(selectors, term.example)
        for number, requirement in enumerate(term.requirements):
            without = _without(explanation.affinity, at, number)
            alone = len(term.requirements) == 1  # a term without requirements stands for every node here
            admitted = [labels for labels in NODES if alone or affinity_matches(without, labels)]
            because_of = tuple(
                place for place, selector in enumerate(selectors) if any(map(selector.matches, admitted))
            )
            assert requirement.because_of == because_of
            assert requirement.because_of, "a requirement that keeps nothing out"
        assert set(term.because_of) == {place for entry in term.requirements for place in entry.because_of}


@settings(max_examples=300, deadline=None)
@given(selector_lists, selector_lists)
def test_a_difference_is_exactly_the_nodes_that_change(old: list[str], new: list[str]) -> None:
    try:
        change = difference(old, new)
    except SelectorError:
        return
    before, after = [parse(text) for text in old], [parse(text) for text in new]

    def described(regions: Any, labels: dict[str, str]) -> bool:
        return any(
            parse(region.selector).matches(labels) and not matched(_unless(region), labels)
            for region in regions
        )

    for labels in NODES:
        was, is_now = matched(before, labels), matched(after, labels)
        assert described(change.gaining, labels) == (was and not is_now)
        assert described(change.losing, labels) == (is_now and not was)
    for region in change.gaining:
        assert matched(before, region.example)
        assert not matched(after, region.example)
    for region in change.losing:
        assert matched(after, region.example)
        assert not matched(before, region.example)
    assert change.restarts == (json.dumps(solve(old).affinity) != json.dumps(solve(new).affinity))
    assert bool(change) == (change.restarts or bool(change.gaining or change.losing))
    json.dumps(change.to_dict())
    assert change.to_text()


def test_names_no_selector_that_can_be_spared() -> None:
    texts = ["n in (1,2,3)", "n=1,z", "n=1", "n=2", "n=3,y", "n=3"]
    assert explain(texts).selectors[0].redundant_because_of == (2, 3, 5)
    many = [f"n={number}" for number in range(1, 4)] + [f"n=1,z={number}" for number in range(60)]
    assert explain(["n in (1,2,3)", *many]).selectors[0].redundant_because_of == (1, 2, 3)


def test_text_of_an_explanation() -> None:
    explanation = explain(
        ["type=kwok", "type in (kwok,virtual-kubelet)", "x=a,x=b", "k<0", "a=1,b!=1"], origins=["preset kwok"]
    )
    assert (
        explanation.to_text()
        == """\
Selectors: nodes without the daemon
  [0] type=kwok  (preset kwok)
      nodes whose label type is kwok
      redundant: [1] matches all of these nodes as well
      excluded: for example a node with label type=kwok
  [1] type in (kwok,virtual-kubelet)
      nodes whose label type is kwok or virtual-kubelet
      excluded, by this selector only: for example a node with label type=virtual-kubelet
  [2] x=a,x=b
      matches no node: no value of label x satisfies x=a and x=b at once
  [3] k<0
      matches no node: no value of a label can satisfy k<0
  [4] a=1,b!=1
      nodes whose label a is 1 and whose label b is absent or not 1
      excluded, by this selector only: for example a node with label a=1
  [0], [2] and [3] can be removed without changing the affinity.

Affinity: a node keeps the daemon when it satisfies one of these terms
  term 0
      label a is absent or not 1, because of [4]
      label type is absent or none of kwok and virtual-kubelet, because of [0] and [1]
      admitted: for example a node without labels
  term 1
      label b is 1, because of [4]
      label type is absent or none of kwok and virtual-kubelet, because of [0] and [1]
      admitted: for example a node with label b=1
  No exact affinity has fewer terms, requirements or values."""
    )


def test_explanation_of_nothing() -> None:
    text = explain([]).to_text()
    assert "  none\n" in text
    assert "every node keeps the daemon" in text


def test_explanation_as_data() -> None:
    data = explain(["type=kwok"]).to_dict()
    assert data == json.loads(json.dumps(data))
    assert data["affinity"] == solve(["type=kwok"]).affinity
    assert data["selectors"][0]["words"] == "whose label type is kwok"


def test_text_of_a_difference() -> None:
    assert (
        difference(["type=a", "zone=x"], ["type=a,os=linux", "zone in (x,y)"]).to_text()
        == """\
Nodes that gain the daemon:
  type=a
      nodes whose label type is a
      unless 'os=linux,type=a' or 'zone in (x,y)' still excludes them
      for example a node with label type=a
Nodes that lose the daemon:
  zone=y
      nodes whose label zone is y
      unless 'type=a' already excludes them
      for example a node with label zone=y
The affinity changes, so the daemon restarts on every node that keeps it."""
    )


def test_no_difference() -> None:
    change = difference(["type=a", "type=b"], ["type in (b,a)", "k<0"])
    assert not change
    assert change.to_text() == "No difference: the same nodes are excluded, and no pod restarts."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "whose label x is present"),
        ("!x", "whose label x is absent"),
        ("x=", 'whose label x is ""'),
        ("x!=", 'whose label x is absent or not ""'),
        ("x in (a,b,c)", "whose label x is a, b or c"),
        ("x notin (a,b,c)", "whose label x is absent or none of a, b and c"),
        ("x,x!=a", "whose label x is present and not a"),
        ("x>2,x<7", "whose label x is an integer above 2 and below 7"),
        ("x>02,x!=5", "whose label x is an integer above 2 and not 5"),
        ("x=a,!y", "whose label x is a and whose label y is absent"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert describe_requirements(parse(text).requirements) == words


def test_a_thousand_selectors_are_explained() -> None:
    selectors = [f"k{number}=x" for number in range(1000)]
    assert [reason.example for reason in explain(selectors).selectors[:2]] == [{"k0": "x"}, {"k1": "x"}]


def test_an_explanation_says_what_is_proven_to_be_the_fewest() -> None:
    selectors = [f"a={n},b!={n + 1}" for n in range(5)] + ["a!=1,c=1", "b=2,c!=2"]
    unproven = "Exact; not proven to be the smallest within the allowed search steps."
    assert explain(selectors, budget=1).to_text().splitlines()[-1].strip() == unproven
    proven = "No exact affinity has fewer terms, requirements or values."
    assert explain(selectors).to_text().splitlines()[-1].strip() == proven


def test_a_list_may_come_from_a_generator() -> None:
    placement = as_placement(text for text in ("a=b", "c"))
    assert placement == as_placement(["a=b", "c"])
    assert as_placement(placement) is placement
    assert explain(text for text in ("a=b", "c")) == explain(["a=b", "c"])
