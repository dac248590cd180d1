"""What a migration of storage would lose, as it is shown: twenty objects, and how many more there are."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi_openkruise.cli.output.storage_report import describe_plan
from pulumi_openkruise.lifecycle.storage_migration import Loss

CLUSTER = cast("Any", SimpleNamespace(address="https://h", context="here"))


@pytest.mark.parametrize(
    ("count", "more"), [(0, ""), (1, ""), (20, ""), (21, "1 more object"), (22, "2 more objects")]
)
def test_twenty_losses_are_listed_and_the_rest_counted(count: int, more: str) -> None:
    losses = [Loss("SidecarSet", f"s{number}", ("spec.a",)) for number in range(count)]
    lines = describe_plan(CLUSTER, [], losses).splitlines()
    assert lines[0] == "Cluster https://h, context here"
    listed = [line for line in lines if line.startswith("SidecarSet ")]
    assert listed == [f"SidecarSet s{number} would lose spec.a" for number in range(min(count, 20))]
    assert [line for line in lines if " more object" in line] == (
        [f"and {more}; --output json lists all"] if more else []
    )
    assert any(line.startswith("Nothing is changed: ") for line in lines) == bool(losses)
