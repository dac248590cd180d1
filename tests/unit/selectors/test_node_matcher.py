"""The compiled matcher says what the plain evaluators say."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import SelectorError, affinity_matches, parse, solve
from pulumi_openkruise.selectors.node_matcher import NodeMatcher

from tests.support.brute_force import NODES, selector_lists

_values = st.lists(st.sampled_from(["", "1", "3", "06", "x", "-1", "n", "m"]), max_size=2)
_expressions = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["a", "b", "n", "-"]),
        "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Is"]),
    },
    optional={"values": _values},
)
_fields = st.fixed_dictionaries(
    {
        "key": st.just("metadata.name"),
        "operator": st.sampled_from(["In", "NotIn"]),
        "values": st.one_of(st.sampled_from([["n"], ["m"]]), _values),
    }
)
_terms = st.fixed_dictionaries(
    {},
    optional={
        "matchExpressions": st.lists(_expressions, max_size=2),
        "matchFields": st.lists(_fields, max_size=2),
    },
)
affinities = st.one_of(
    st.none(), st.fixed_dictionaries({}, optional={"nodeSelectorTerms": st.lists(_terms, max_size=4)})
)


@settings(max_examples=300, deadline=None)
@given(selector_lists, affinities, st.sampled_from(["", "n", "m", "other"]))
def test_says_what_the_plain_evaluators_say(
    selectors: list[str], affinity: dict[str, Any] | None, name: str
) -> None:
    matcher = NodeMatcher(selectors, affinity)
    parsed = [parse(text) for text in selectors]
    together = matcher.match_all(NODES, [name] * len(NODES))
    for labels, match in zip(NODES, together, strict=True):
        assert match.indexes() == tuple(place for place, one in enumerate(parsed) if one.matches(labels))
        assert match.admitted == affinity_matches(affinity, labels, name)
        assert match == matcher.match(labels, name)


@pytest.mark.parametrize(
    "value", ["5", "05", "6", "0006", "9223372036854775807", "9223372036854775808", "1.5", ""]
)
def test_integers_that_no_selector_names(value: str) -> None:
    selectors = ["k>5", "k<6", "k>5,k<7", "k<0", "k>9223372036854775806", "k=6", "k notin (6)"]
    match = NodeMatcher(selectors).match({"k": value})
    assert match.indexes() == tuple(
        at for at, text in enumerate(selectors) if parse(text).matches({"k": value})
    )


def test_many_nodes_with_a_value_of_their_own() -> None:
    selectors = ["type=kwok", "name!=node-7", "!name"]
    nodes = [{"name": f"node-{number}", "type": "kwok"} for number in range(70_000)]
    matches = NodeMatcher(selectors, solve(["type=kwok"]).affinity).match_all(nodes)
    assert [number for number, match in enumerate(matches) if match.indexes() != (0, 1)] == [7]
    assert not any(match.admitted for match in matches)


def test_a_faulty_selector_is_refused() -> None:
    with pytest.raises(SelectorError):
        NodeMatcher(["a b"])
