"""The control: what the chart's default values do on the same kind of cluster."""

from sandbox.nodes import NODES

from .observing import REAL, VIRTUAL, Cluster, is_ready
from .stack import Stack


def test_the_charts_defaults_fail_with_daemons_pending_on_virtual_nodes(
    control_cluster: Cluster, control_stack: Stack
) -> None:
    outcome = control_stack.up().failed()
    assert "kruise" in outcome.output, outcome.output

    daemons = control_cluster.daemons()
    pending = {node for node, pod in daemons.items() if not is_ready(pod)}
    # The chart knows one kind of virtual node by itself; whether it does is its own affair.
    known_to_the_chart = {node.name for node in NODES if node.labels.get("type") == "virtual-kubelet"}
    assert pending - known_to_the_chart == VIRTUAL - known_to_the_chart
    assert not pending & REAL
    assert {node for node, pod in daemons.items() if is_ready(pod)} == REAL
