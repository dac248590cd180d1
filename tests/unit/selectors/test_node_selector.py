"""The labels that pods ask for by their ``nodeSelector``, which Kubernetes itself joins with the affinity."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import Problem, SelectorError, affinity_matches, parse, solve
from pulumi_openkruise.selectors.node_selector import require_labels, write

from tests.support.brute_force import NODES, matched, selector_lists, term_lists

LABELS: list[dict[str, str]] = [{}, {"a": "1"}, {"a": "1", "b": "2"}]


def refused(*args: Any, **options: Any) -> Problem:
    with pytest.raises(SelectorError) as caught:
        solve(*args, **options)
    (problem,) = caught.value.problems
    return problem


@settings(max_examples=300, deadline=None)
@given(selector_lists, term_lists, st.sampled_from(LABELS))
def test_exact_on_the_nodes_that_have_the_labels(
    texts: list[str], terms: list[str], labels: dict[str, str]
) -> None:
    required = write([(parse(text).requirements, ()) for text in terms]) if terms else None
    nodes = [node for node in NODES if labels.items() <= node.items()]
    selectors = [parse(text) for text in texts]
    left = [node for node in nodes if affinity_matches(required, node) and not matched(selectors, node)]
    try:
        answer = solve(texts, required=required, labels=labels)
    except SelectorError as error:
        codes = {problem.code for problem in error.problems}
        assert not left or not codes & {"leaves-no-node", "contradiction"}
        return
    assert [node for node in nodes if affinity_matches(answer.affinity, node)] == left
    try:
        alone = solve(texts, required=required)
    except SelectorError as error:
        codes = {problem.code for problem in error.problems}
    else:
        codes = set()
        assert answer == alone
    assert codes <= {"inexpressible", "too-large"}  # it can be said only of the nodes that have the labels


def test_the_labels_are_not_in_the_answer() -> None:
    assert solve(["a=b"], labels={"disk": "ssd"}).affinity == solve(["a=b"]).affinity


def test_the_labels_are_in_the_answer_where_there_is_none_without_them() -> None:
    assert refused(["k>5,x=y"]).code == "inexpressible"
    both = write([(require_labels({"k": "9"}) + parse("x!=y").requirements, ())])
    assert solve(["k>5,x=y"], labels={"k": "9"}).affinity == both
    pairs = [f"a{n}=x,b{n}=y" for n in range(16)]
    assert refused(pairs).code == "too-large"
    labels = {f"a{n}": "z" for n in range(16)}
    assert solve(pairs, labels=labels).affinity == write([(require_labels(labels), ())])


def test_labels_that_leave_no_node() -> None:
    problem = refused(["type=kwok"], labels={"type": "kwok"})
    assert (problem.code, problem.by_labels) == ("leaves-no-node", True)
    assert problem.witness == {"type": "kwok"}
    asks = write([(require_labels({"pool": "a"}), ())])
    problem = refused([], required=asks, labels={"pool": "b"})
    assert (problem.code, problem.by_labels) == ("contradiction", True)
    # Where there is none without the labels either, it is not they that are at fault.
    assert not refused(["x", "!x"], labels={"type": "kwok"}).by_labels
    assert not refused(["pool=a"], required=asks, labels={"type": "kwok"}).by_labels


def test_labels_that_are_none() -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["a=b"], labels={"BAD KEY!": "x", "b": "bad value!"})
    assert [problem.code for problem in caught.value.problems] == ["invalid-affinity"] * 2


@pytest.mark.parametrize(
    ("operator", "values", "refused_because"),
    [
        ("Exists", ["b"], "Exists takes no values"),
        ("DoesNotExist", ["b"], "DoesNotExist takes no values"),
        ("In", [], "In needs at least one value"),
        ("Gt", ["1", "2"], "Gt takes one integer"),
    ],
)
def test_values_that_an_operator_does_not_take(
    operator: str, values: list[str], refused_because: str
) -> None:
    expression = {"key": "a", "operator": operator, "values": values}
    problem = refused([], required={"nodeSelectorTerms": [{"matchExpressions": [expression]}]})
    assert problem.code == "invalid-affinity"
    assert refused_because in problem.reason
