"""Examples on a cluster, one after the other, each with its own config: installed, unchanged, removed.

These take their chart from the config, so they can be installed where the published one cannot be reached;
the others run against a mocked engine, in preview and in an update (tests/unit/test_examples.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from .observing import REAL, Cluster, eventually
from .stack import Stack

EXAMPLES = ROOT / "examples"
SANDBOX = yaml.safe_load((ROOT / "stacks" / "Pulumi.sandbox.yaml").read_text())["config"]


def read_settings(stack: Path) -> dict[str, Any]:
    """Return an example's config, and as shared lists what else the sandbox's cluster has to exclude."""
    project = yaml.safe_load((stack.parent / "Pulumi.yaml").read_text()).get("config", {})
    values = {key: entry["value"] for key, entry in project.items()}
    values |= yaml.safe_load(stack.read_text())["config"]
    found = {
        key.removeprefix("openkruise:"): value
        for key, value in values.items()
        if not key.startswith("kubernetes:")
    }
    for shared, own in (
        ("sharedNodePresets", "virtualNodePresets"),
        ("sharedNodeSelectors", "virtualNodeSelectors"),
    ):
        found[shared] = [*found.get(shared, []), *SANDBOX.get(f"openkruise:{own}", [])]
    return {**found, "protect": "false", "timeout": "120"}


@pytest.fixture(
    params=["minimal/Pulumi.dev.yaml", "hybrid/Pulumi.prod.yaml", "shared-lists/Pulumi.prod.yaml"]
)
def example(
    request: pytest.FixtureRequest,
    life_state: State,
    life_cluster: Cluster,
    charts: dict[str, Chart],
    empty: None,
) -> Iterator[Stack]:
    path = EXAMPLES / request.param
    stack = Stack(life_state, charts["1.8.3"], folder=path.parent, name=f"example-{path.parent.name}")
    stack.configure(read_settings(path))
    yield stack
    stack.destroy(life_cluster)


def test_an_example_installs_on_exactly_the_real_nodes(
    example: Stack, life_state: State, life_cluster: Cluster
) -> None:
    example.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL, evidence=life_cluster.pods)
    example.preview("--expect-no-changes").succeeded()
