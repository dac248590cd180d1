"""Sets of values of a label: the same integers, however they are joined."""

import random

import pytest
from pulumi_openkruise.selectors.minimize import label_domain as module
from pulumi_openkruise.selectors.minimize.label_domain import LabelDomain, list_bits
from pulumi_openkruise.selectors.requirement import Requirement


@pytest.mark.parametrize("narrow", [0, 500, 10**9])
@pytest.mark.parametrize("bound", [None, "3", "700", "880"])
def test_a_set_of_values_has_the_bit_of_each(
    monkeypatch: pytest.MonkeyPatch, narrow: int, bound: str | None
) -> None:
    """Narrow sets are joined from integers, wide ones from bytes."""
    monkeypatch.setattr(module, "_NARROW", narrow)
    values = tuple(sorted(str(number) for number in range(900)))
    bounds = [Requirement("k", "Gt", (bound,))] if bound else []
    domain = LabelDomain("k", [Requirement("k", "In", values), *bounds])
    rng = random.Random(narrow)
    for count in (1, 7, 8, 300, 900):
        some = tuple(sorted(rng.sample(values, count)))
        atoms = domain.encode(Requirement("k", "In", some))
        assert [domain.values[place - 1] for place in list_bits(atoms)] == list(some)
        assert domain.encode(Requirement("k", "NotIn", some)) == domain.full & ~atoms
    if bound:
        above = domain.encode(Requirement("k", "Gt", (bound,)))
        named = {domain.values[place - 1] for place in list_bits(above & domain.named)}
        assert named == {value for value in values if int(value) > int(bound)}


@pytest.mark.parametrize(("most", "steps"), [(1_024, 14), (4, 4)])
def test_sets_of_integers_are_made_from_few_known_ones(
    monkeypatch: pytest.MonkeyPatch, most: int, steps: int
) -> None:
    """Each takes as many bits as there are values: of 900 one for every 64, or as many as may be kept."""
    monkeypatch.setattr(module, "_MOST_STEPS", most)
    values = tuple(sorted(str(number) for number in range(900)))
    bounds = [Requirement("k", "Gt", (str(bound),)) for bound in range(0, 900, 7)]
    domain = LabelDomain("k", [Requirement("k", "In", values), *bounds])
    for bound in bounds:
        named = domain.encode(bound) & domain.named
        assert named.bit_count() == 899 - int(bound.values[0])
    assert len(domain._joined) == 1 + steps
