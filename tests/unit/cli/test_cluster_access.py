"""Durations as kubectl takes them."""

from typing import cast

import click
import pytest
from pulumi_openkruise.cli.cluster_access import ClusterAccess, parse_duration

NEITHER = cast(click.Context, None), cast(click.Parameter, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("2m", 120), ("1m30s", 90), ("1h", 3600), ("1h2m3.5s", 3723.5), ("45", 45), (None, None)],
)
def test_a_duration_is_seconds(text: str | None, seconds: float | None) -> None:
    assert parse_duration(*NEITHER, text) == seconds


def test_nothing_waits_shorter_for_zero_than_for_anything_else() -> None:
    endless = parse_duration(*NEITHER, "0")
    assert endless is not None
    assert endless > 24 * 3600
    assert parse_duration(*NEITHER, "0s") == endless
    assert parse_duration(*NEITHER, "9999999h") == endless


def test_a_cluster_is_chosen_by_any_option() -> None:
    assert not ClusterAccess().is_chosen
    assert ClusterAccess(context="a").is_chosen
    assert ClusterAccess(request_seconds=1.0).is_chosen
