"""Long lists have an answer or a refusal that names the number; memory and work stay bounded."""

import tracemalloc

import pytest
from pulumi_openkruise.selectors import Problem, SelectorError, affinity_matches, parse, solve
from pulumi_openkruise.selectors.minimize.subproblem import MOST_CONNECTED
from pulumi_openkruise.selectors.unsolvable import MOST_SELECTORS


def _refuse(selectors: list[str]) -> Problem:
    with pytest.raises(SelectorError) as caught:
        solve(selectors)
    (problem,) = caught.value.problems
    return problem


def test_a_list_as_long_as_is_computed() -> None:
    answer = solve([f"k{number % 7}=v{number}" for number in range(MOST_SELECTORS)])
    assert answer.minimal


def test_a_longer_list_is_refused_by_its_number() -> None:
    problem = _refuse([f"k=v{number}" for number in range(MOST_SELECTORS + 1)])
    assert problem.code == "too-large"
    assert problem.reason == "2,001 different selectors; at most 2,000 are computed"
    assert "'key in (a,b)'" in problem.remedy


def test_selectors_that_are_written_twice_count_once() -> None:
    assert solve([f"k=v{number}" for number in range(MOST_SELECTORS)] * 2).minimal


@pytest.mark.parametrize(
    "pattern", ["a=x{0},b=y{0}", "a=x{0},!b{0}", "k{0}=x,k{1}=y"], ids=["same", "absent", "chain"]
)
def test_too_many_connected_selectors_are_refused_by_their_number(pattern: str) -> None:
    tracemalloc.start()
    problem = _refuse([pattern.format(number, number + 1) for number in range(MOST_CONNECTED + 44)])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem.code == "too-large"
    assert problem.reason.startswith("300 selectors with two or more requirements share labels")
    assert most < 100 * 2**20


def test_connected_selectors_of_few_terms_may_be_many() -> None:
    selectors = [f"pool=a,k{number}=x" for number in range(MOST_CONNECTED + 44)]
    answer = solve(selectors)
    assert answer.minimal
    assert answer.affinity is not None
    assert len(answer.affinity["nodeSelectorTerms"]) == 2


def test_many_selectors_over_many_values_have_an_exact_answer() -> None:
    """Primes are not searched for a smaller cover here: that took minutes and gigabytes."""
    selectors = [f"a=x{number},b{number % 7}=y{number}" for number in range(100)]
    tracemalloc.start()
    answer = solve(selectors)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100 * 2**20
    for number in range(0, 100, 9):
        for other in (number, number + 1):
            labels = {"a": f"x{number}", f"b{number % 7}": f"y{other}"}
            matched = any(parse(selector).matches(labels) for selector in selectors)
            assert affinity_matches(answer.affinity, labels) is not matched


def test_astronomical_numbers_are_written_as_powers_of_ten() -> None:
    reason = _refuse([f"a{number}=x,b{number}=x" for number in range(200)]).reason
    assert reason.startswith("the exact affinity needs about 10^60 terms and 10^64 bytes;")
    assert "about 65,536 terms" in _refuse([f"a{number}=x,b{number}=x" for number in range(16)]).reason
