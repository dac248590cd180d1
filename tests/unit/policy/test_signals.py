"""The catalogue's indicators in the policy: which are there, and which are left out on purpose."""

import pytest
from pulumi_openkruise.catalogue.indicators import INDICATORS, Indicator
from pulumi_openkruise.policy.signals import NOT_BY_DEFAULT, write_signals

LEFT_OUT = {"name"}
"""Places whose indicators are weak: names are free to choose."""


def _parts(text: str) -> list[str]:
    return [part for part in text.replace("\\\\", "\\").split('"') if part]


@pytest.mark.parametrize(
    "indicator", INDICATORS, ids=lambda one: f"{one.place}-{one.key or one.pattern}-{one.value}"
)
def test_every_indicator_of_a_virtual_kind_is_there(indicator: Indicator) -> None:
    expression = write_signals(NOT_BY_DEFAULT)
    if indicator.place in LEFT_OUT:
        assert indicator.strength == "weak"
        return
    if not indicator.virtual:
        if indicator.value is None and indicator.key:
            assert f'"{indicator.key}"' not in expression
        return
    if indicator.key:
        assert indicator.key in _parts(expression)
    else:
        assert any(f"(?:{indicator.pattern})" in part for part in _parts(expression))


def test_a_kind_that_may_be_wanted_counts_only_where_it_is_asked_for() -> None:
    assert "eklet" not in write_signals()
    assert "eks.tke.cloud.tencent.com/eklet" in write_signals(["tke-supernode"])


def test_one_strong_sign_is_enough_without_a_runtime_and_two_anywhere() -> None:
    """The real API server evaluates it in tests/e2e; here no part may be lost."""
    expression = write_signals()
    machine, count = expression.index("(!("), ".filter(one, one).size()"
    alone = expression.index('containerRuntimeVersion == "" && [', machine)
    assert expression.index(f"{count} > 0)))", alone) < expression.index(" || [", alone)
    assert expression.endswith(f"{count} > 1")
    assert expression.count(count) == 2


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    assert write_signals() == write_signals(["liqo"])
