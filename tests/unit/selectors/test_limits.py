"""Long lists have an answer or a refusal that names the number; memory and work stay bounded."""

import json
import random
import subprocess
import sys
from itertools import product

import pytest
from pulumi_openkruise.selectors import Problem, SelectorError, affinity_matches, complement, parse, solve
from pulumi_openkruise.selectors.complement import Complement
from pulumi_openkruise.selectors.exclusion import BUDGET
from pulumi_openkruise.selectors.minimize import minimum_cover
from pulumi_openkruise.selectors.minimize.budget import Budget, BudgetExceeded
from pulumi_openkruise.selectors.minimize.subproblem import MOST_CONNECTED, PRIMES, SIZE_LIMIT
from pulumi_openkruise.selectors.requirement import Requirement
from pulumi_openkruise.selectors.unsolvable import (
    MOST_SELECTORS,
    report_inexpressible,
    report_no_node_left,
    report_too_intricate,
    report_too_large,
    report_too_many,
    report_too_many_connected,
    report_undecided,
)


def _refuse(selectors: list[str], budget: int = BUDGET) -> Problem:
    with pytest.raises(SelectorError) as caught:
        solve(selectors, budget=budget)
    (problem,) = caught.value.problems
    return problem


_LITTLE = 100 * 2**20
"""Bytes of address space, of which an interpreter that does nothing takes a third."""

_IN_LITTLE_MEMORY = f"""
import resource, sys
from pulumi_openkruise.selectors import SelectorError, solve
resource.setrlimit(resource.RLIMIT_AS, ({_LITTLE}, {_LITTLE}))
try:
    solve(sys.stdin.read().splitlines())
except SelectorError:
    print("refused")
else:
    print("answered")
"""


def _solve_in_little_memory(selectors: list[str]) -> str:
    """Solve in another process whose memory is limited: it fails where more is taken."""
    command = [sys.executable, "-c", _IN_LITTLE_MEMORY]
    run = subprocess.run(command, input="\n".join(selectors), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


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
    selectors = [pattern.format(number, number + 1) for number in range(MOST_CONNECTED + 44)]
    problem = _refuse(selectors)
    assert problem.code == "too-large"
    assert problem.reason.startswith("300 selectors with two or more requirements share labels")
    assert _solve_in_little_memory(selectors) == "refused"


def test_connected_selectors_of_few_terms_may_be_many() -> None:
    selectors = [f"pool=a,k{number}=x" for number in range(MOST_CONNECTED + 44)]
    answer = solve(selectors)
    assert answer.minimal
    assert answer.affinity is not None
    assert len(answer.affinity["nodeSelectorTerms"]) == 2


def test_many_selectors_over_many_values_have_an_exact_answer() -> None:
    """Primes are not searched for a smaller cover here: that took minutes and gigabytes."""
    selectors = [f"a=x{number},b{number % 7}=y{number}" for number in range(100)]
    assert _solve_in_little_memory(selectors) == "answered"
    answer = solve(selectors)
    for number in range(0, 100, 9):
        for other in (number, number + 1):
            labels = {"a": f"x{number}", f"b{number % 7}": f"y{other}"}
            matched = any(parse(selector).matches(labels) for selector in selectors)
            assert affinity_matches(answer.affinity, labels) is not matched


def _select_at_random(seed: int, count: int, *, keys: int, listed: int) -> list[str]:
    """Selectors with four requirements each, all over the same keys, of ten values each."""
    rng = random.Random(seed)
    return [
        ",".join(
            f"k{key} in ({','.join(sorted(rng.sample('abcdefghij', listed)))})"
            for key in rng.sample(range(keys), 4)
        )
        for _ in range(count)
    ]


def test_selectors_that_overlap_in_too_many_ways_are_refused() -> None:
    """The search for enough terms ends after a number of steps: it took most of a minute."""
    reason = _refuse(_select_at_random(0, 60, keys=6, listed=2)).reason
    assert reason.startswith("60 selectors with two or more requirements share labels with each other, and ")
    assert reason.endswith(" terms do not yet admit every node that they leave; the search ends there")


@pytest.mark.parametrize("effort", [0, 2_000, 5_000, 20_000, 50_000, 100_000])
@pytest.mark.parametrize("seed", range(4))
def test_wherever_the_effort_ends_the_answer_is_exact(
    monkeypatch: pytest.MonkeyPatch, seed: int, effort: int
) -> None:
    monkeypatch.setattr(complement, "_EFFORT", effort)
    monkeypatch.setattr(complement, "_LEAST", 0)
    selectors = _select_at_random(seed, 8, keys=4, listed=1)
    if effort == 0:
        assert _refuse(selectors, 0).code == "too-large"
        return
    answer = solve(selectors, budget=0)
    assert answer.proven == ()
    rng = random.Random(seed)
    parsed = [parse(selector) for selector in selectors]
    for _ in range(300):
        near = rng.choice(parsed).requirements
        labels = {key: values[0] for key, _operator, values in near if rng.random() < 0.9}
        matched = any(selector.matches(labels) for selector in parsed)
        assert affinity_matches(answer.affinity, labels) is not matched


def _copies(count: int, selectors: list[str]) -> list[str]:
    """Repeat selectors over labels of their own, so many times: as many components."""
    return [text.replace("k", f"p{part}-k") for part in range(count) for text in selectors]


def _count_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every budget appends the steps that it spends from now on."""
    spent: list[int] = []
    spend = Budget.spend

    def count_and_spend(budget: Budget, steps: int = 1) -> None:
        spent.append(steps)
        spend(budget, steps)

    monkeypatch.setattr(Budget, "spend", count_and_spend)
    return spent


@pytest.mark.parametrize("shape", [(8, 6, 1), (8, 4, 2), (12, 6, 2)])
def test_all_components_together_take_no_longer_than_one_may(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int]
) -> None:
    """Sixteen components that each take the steps of one: they were refused after sixteen times as many."""
    count, keys, listed = shape
    steps = 10_000
    monkeypatch.setattr(complement, "_EFFORT", steps)
    monkeypatch.setattr(complement, "_RESERVE", 1_000)
    spent = _count_steps(monkeypatch)
    with pytest.raises(SelectorError, match=r"bytes|do not yet admit"):
        solve(_copies(16, _select_at_random(0, count, keys=keys, listed=listed)), budget=steps)
    assert 0 < sum(spent) < 2 * (PRIMES + 1) * steps + 32 * complement._LEAST


@pytest.mark.parametrize("shape", [(12, 6, 2), (40, 6, 2)])
def test_a_search_with_the_labels_of_the_pods_takes_what_the_one_without_left(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int]
) -> None:
    """Each took all the steps that one may take: three seconds together."""
    count, keys, listed = shape
    steps = 10_000
    monkeypatch.setattr(complement, "_EFFORT", steps)
    selectors = [f"{one},os in (linux,x)" for one in _select_at_random(0, count, keys=keys, listed=listed)]
    spent = _count_steps(monkeypatch)
    with pytest.raises(SelectorError):
        solve(selectors, budget=steps)
    alone = sum(spent)
    spent.clear()
    with pytest.raises(SelectorError):
        solve(selectors, budget=steps, labels={"os": "linux"})
    most = (PRIMES + 1) * steps
    assert alone + most // 10 < sum(spent) < most * 8 // 5


def test_values_that_are_listed_count_as_steps_of_the_first_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 selectors with 20 sets of 100 values took 2.3 s for two searches, half of it for the values."""
    steps = 10_000
    monkeypatch.setattr(complement, "_EFFORT", steps)
    selectors = [f"{one},os in (linux,x)" for one in _select_at_random(0, 40, keys=6, listed=2)]
    spent = _count_steps(monkeypatch)
    counts = []
    for values in (1, 30_000):
        listed = f"z in ({','.join(f'v{number}' for number in range(values))})"
        with pytest.raises(SelectorError):
            solve([*selectors, listed], budget=steps, labels={"os": "linux"})
        counts.append(sum(spent))
        spent.clear()
    assert counts[1] < counts[0] * 9 // 10


def test_wide_cubes_take_as_many_fewer_steps_as_each_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of fifty values on forty labels: such lists took up to nineteen seconds."""
    steps = 10_000
    monkeypatch.setattr(complement, "_EFFORT", steps)
    spent = _count_steps(monkeypatch)
    rng = random.Random(0)
    values = [f"v{number}" for number in range(100)]
    selectors = [
        ",".join(f"k{key} in ({','.join(rng.sample(values, 50))})" for key in rng.sample(range(40), 2))
        for _ in range(60)
    ]
    with pytest.raises(SelectorError):
        solve(selectors, budget=steps)
    assert 0 < sum(spent) < (PRIMES + 1) * steps // 2


def test_a_set_of_many_values_takes_little_memory() -> None:
    """A bit of each of them took gigabytes."""
    selectors = [f"k in ({','.join(f'v{number * 100 + at}' for at in range(100))})" for number in range(400)]
    assert _solve_in_little_memory(selectors) == "answered"


def test_many_components_of_many_values_take_little_memory() -> None:
    """Cubes over all labels took a gigabyte for all of them."""
    values = [",".join(f"v{(number * 37 + at) % 2000}" for at in range(100)) for number in range(1600)]
    selectors = [f"a{at % 800} in ({listed}),b{at % 800} in ({listed})" for at, listed in enumerate(values)]
    assert _solve_in_little_memory(selectors) == "refused"


def test_what_is_not_found_out_of_the_pods_node_selector_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    selectors = ["a=1,b=1", "a=2,b=2"]
    assert solve(selectors, labels={"a": "1"}).minimal
    monkeypatch.setattr(complement, "_CERTAIN", 0)
    with pytest.raises(SelectorError, match="2 selectors; whether they and the pods' nodeSelector"):
        solve(selectors, labels={"a": "1"})


def test_an_easy_component_has_its_steps_whatever_the_others_take() -> None:
    hard = _select_at_random(0, 8, keys=6, listed=1)
    answer = solve([*_copies(1, hard), "a=x,b=y"], budget=100)
    alone = solve(_copies(1, hard), budget=100)
    assert answer.affinity is not None
    assert alone.affinity is not None
    terms = len(alone.affinity["nodeSelectorTerms"])
    assert len(answer.affinity["nodeSelectorTerms"]) == 2 * terms


def test_astronomical_numbers_are_written_as_powers_of_ten() -> None:
    reason = _refuse([f"a{number}=x,b{number}=x" for number in range(200)]).reason
    assert reason.startswith("the exact affinity needs about 10^60 terms and 10^64 bytes;")
    assert "about 65,536 terms" in _refuse([f"a{number}=x,b{number}=x" for number in range(16)]).reason


REPORTS: dict[str, tuple[Problem, str]] = {
    "no node left": (
        report_no_node_left(["a", "!a"], [], {"b": "c"}, "n", by_labels=True),
        "'a' and '!a' together match every node, so no node would be left for the daemon",
    ),
    "no node of one affinity": (
        report_no_node_left(["a"], ["the affinity"], {"b": "c"}, "n", by_labels=False),
        "every node that the affinity admits is matched by 'a'",
    ),
    "no node of two": (
        report_no_node_left(["a"], ["the affinity", "the nodeSelector"], {"b": "c"}, "n", by_labels=True),
        "every node that the affinity and the nodeSelector admit is matched by 'a'",
    ),
    "inexpressible": (
        report_inexpressible("a", ["a>1", "a<2"], {"b": "c"}, "n"),
        "Kubernetes cannot express the exact complement of 'a>1' and 'a<2': no node selector term says 'a is",
    ),
    "too large": (report_too_large("needs", 70_000, 9_000_000), "needs 70,000 terms and 9,000,000 bytes"),
    "connected": (report_too_many_connected(31), "31 selectors with two or more requirements share labels"),
    "intricate": (
        report_too_intricate(9, 1234),
        "9 selectors with two or more requirements share labels with each other, and 1,234 terms do not yet",
    ),
    "undecided": (report_undecided(12), "12 selectors; whether they and the pods' nodeSelector leave a node"),
    "too many": (report_too_many(30_000), "30,000 different selectors; at most "),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_refusal_says_what_and_what_to_do(name: str) -> None:
    problem, reason = REPORTS[name]
    assert problem.reason.startswith(reason)
    assert problem.remedy.split()[0] in ("remove", "add", "join", "mark", "write", "give")
    assert not problem.remedy.endswith(".")
    has_witness = name.startswith("no node") or name == "inexpressible"
    assert (problem.witness, problem.witness_name) == (({"b": "c"}, "n") if has_witness else (None, ""))
    assert problem.by_labels == (name in ("no node left", "no node of two"))
    code = "leaves-no-node" if name.startswith("no node") else "inexpressible" if has_witness else "too-large"
    assert problem.code == code


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (65_536, "65,536"),
        (10**9 - 1, "999,999,999"),
        (10**9, "10^9"),
        (10**9 + 1, "10^9"),
        (10**10 - 1, "10^9"),
        (10**10, "10^10"),
    ],
)
def test_a_billion_is_the_first_power_of_ten(number: int, text: str) -> None:
    reason = report_too_large("it needs", number, number).reason
    assert f" {text} terms and {text} bytes;" in reason


@pytest.mark.parametrize(("number", "fits"), [(3000, True), (3700, False)])
def test_names_of_nodes_take_a_requirement_each(number: int, fits: bool) -> None:
    """Values of a label share one; so what names need is counted, and not estimated from above."""
    names = tuple(Requirement("metadata.name", "NotIn", (f"{at:05}{'n' * 240}",)) for at in range(number))
    left = Complement([parse("a=b")], [((), names)])
    if fits:
        affinity, proven = left.solve(10_000)
        assert (proven, len(json.dumps(affinity)) < SIZE_LIMIT) == (3, True)
    else:
        with pytest.raises(SelectorError) as caught:
            left.solve(10_000)
        assert [problem.code for problem in caught.value.problems] == ["too-large"]


CYCLE = ["{0},!{1},!{2}", "!{0},{1},{2}"]
"""Leaves three terms of six primes, and no three nodes of which no prime holds two: no fooling set."""


@pytest.mark.parametrize(
    ("selectors", "proven"),
    [
        ([one.format(*"abc") for one in CYCLE], 3),
        ([one.format(*labels) for labels in ("abc", "uvw") for one in CYCLE], 0),
        ([*(one.format(*"abc") for one in CYCLE), "p,q"], 1),
        (["a,b", "p,q"], 3),
        (["a,b,c", "p,q,r"], 3),
        (["a,b", "a,c,d", "p,q", "p,r,s"], 3),
        (["a,b", "!a", "p,q", "x,y"], 3),
        (["a,!b", "!a,b"], 3),
    ],
)
def test_a_product_is_proven_by_fooling_sets_alone(
    selectors: list[str], proven: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where components are too large to be solved as one, a minimum of each proves nothing of the whole."""
    monkeypatch.setattr(complement, "_SMALL_PRODUCT", 1)
    assert Complement([parse(one) for one in selectors], None).solve(100_000)[1] == proven


def test_small_components_are_solved_as_one() -> None:
    selectors = [one.format(*labels) for labels in ("abc", "uvw") for one in CYCLE]
    affinity, proven = Complement([parse(one) for one in selectors], None).solve(100_000)
    assert affinity is not None
    assert (len(affinity["nodeSelectorTerms"]), proven) == (9, 3)


def test_nothing_is_claimed_where_the_steps_do_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    left = Complement([parse(one.format(*"abc")) for one in CYCLE], None)
    affinity, proven = left.solve(1)
    assert affinity is not None
    assert (len(affinity["nodeSelectorTerms"]), proven) == (3, 0)

    def give_up(*_arguments: object) -> list[int]:
        raise BudgetExceeded

    monkeypatch.setattr(minimum_cover, "find_fewest_columns", give_up)
    affinity, proven = left.solve(100_000)
    assert affinity is not None
    assert (len(affinity["nodeSelectorTerms"]), proven) == (3, 0)


@pytest.mark.parametrize(
    "selectors",
    [
        [one.format(*"abc") for one in CYCLE],
        ["a,b", "!a,c", "b,!c,d", "!b,!d"],
        ["a,b,c", "!a,!b", "c,!d", "a,d,!b"],
        ["a,!b,!c", "!a,b,c", "d,a"],
    ],
)
def test_an_answer_whose_requirements_are_not_searched_is_exact(
    selectors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minimum_cover, "_REDUCTION", 0)
    parsed = [parse(one) for one in selectors]
    affinity, _proven = Complement(parsed, None).solve(100_000)
    assert affinity is not None
    for values in product([True, False], repeat=4):
        labels = {key: "x" for key, there in zip("abcd", values, strict=True) if there}
        assert affinity_matches(affinity, labels) is not any(one.matches(labels) for one in parsed), labels
