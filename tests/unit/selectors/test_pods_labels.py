"""The pods' ``nodeSelector`` beside the selectors: when an answer is searched for a second time, with it."""

from typing import Any

import pytest
from pulumi_openkruise.selectors import SelectorError, solve
from pulumi_openkruise.selectors.complement import Complement

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
