"""What `nodeLabelPolicy: label` costs: the registration of a node, and an installation with `pulumi up`.

``python -m benchmarks.node_label_policy`` measures both on a sandbox of its own, with the policy and without
it in turns. A registration is one request that creates a Node object. The policy is switched by its binding,
as the API server evaluates no policy without one; an installation begins on a cluster without OpenKruise.
"""

import statistics
import sys
import time
from collections.abc import Iterator

import click
from pulumi_openkruise.policy.manifests import API_VERSION, NAME, write_mutating_policy
from pulumi_openkruise.policy.rule import NodeLabelRule

from sandbox import api, build, chart_choice
from sandbox.manager import wait_for_manager
from sandbox.state import State
from tests.e2e.observing import Cluster, eventually
from tests.e2e.registering import (
    NODES,
    REAL_INFO,
    VIRTUAL_INFO,
    delete_nodes,
    labels_new_nodes,
    node,
    register,
)
from tests.e2e.stack import Stack

from .component import temporary_sandbox

_POLICIES = f"/apis/{API_VERSION}/mutatingadmissionpolicies"
_BINDINGS = f"/apis/{API_VERSION}/mutatingadmissionpolicybindings"
_KINDS = {"real": REAL_INFO, "virtual": VIRTUAL_INFO}

Times = dict[tuple[str, bool], list[float]]
"""Seconds of what was measured, by its name and whether the policy was there."""


def _in_turns(rounds: int) -> Iterator[bool]:
    """Yield whether the policy is there, for each measurement; each way is first as often as second."""
    for number in range(rounds):
        yield from ((True, False) if number % 2 else (False, True))


def _measure_registrations(cluster: Cluster, rounds: int, nodes: int) -> Times:
    times: Times = {}
    policy, binding = write_mutating_policy(NodeLabelRule())
    api.call(cluster.client, "POST", _POLICIES, policy)
    for with_policy in _in_turns(rounds):
        # Two measurements in a row are of the same kind, each time the order turns.
        if with_policy != cluster.exists(f"{_BINDINGS}/{NAME}"):
            if with_policy:
                api.call(cluster.client, "POST", _BINDINGS, binding)
            else:
                api.call(cluster.client, "DELETE", f"{_BINDINGS}/{NAME}")
        _wait_for_policy(cluster, active=with_policy)
        for number in range(nodes):
            for kind, info in _KINDS.items():
                body = node(f"{kind}-{number}", info)
                # No process plays its kubelet: two cores are shared with everything that runs.
                del body["metadata"]["annotations"]
                begin = time.perf_counter()
                register(cluster, body)
                times.setdefault((kind, with_policy), []).append(time.perf_counter() - begin)
        delete_nodes(cluster, [f"{kind}-{number}" for kind in _KINDS for number in range(nodes)])
    for path in (_BINDINGS, _POLICIES):
        if cluster.exists(f"{path}/{NAME}"):
            api.call(cluster.client, "DELETE", f"{path}/{NAME}")
    _wait_for_policy(cluster, active=False)
    return times


def _wait_for_policy(cluster: Cluster, *, active: bool) -> None:
    what = f"the policy to be {'active' if active else 'inactive'}"
    eventually(what, lambda: labels_new_nodes(cluster) == active)


def _measure_installations(state: State, cluster: Cluster, rounds: int) -> Times:
    times: Times = {}
    stack = Stack(state, chart_choice.choose(state, build.build()))
    for with_policy in _in_turns(rounds):
        stack.configure({"nodeLabelPolicy": "label" if with_policy else "off"})
        begin = time.perf_counter()
        stack.up("--skip-preview").succeeded()
        times.setdefault(("up", with_policy), []).append(time.perf_counter() - begin)
        wait_for_manager(state)
        stack.destroy(cluster)
    return times


def _report(times: Times, unit: str, scale: float, limit: float) -> bool:
    """Print the medians with and without the policy; return whether the difference is below the limit."""
    met = True
    for what in sorted({what for what, _with_policy in times}):
        plain, guarded = (statistics.median(times[what, there]) * scale for there in (False, True))
        worst = [max(times[what, there]) * scale for there in (False, True)]
        print(
            f"{what}: {guarded:.2f} {unit} with the policy, {plain:.2f} {unit} without: "
            f"{guarded - plain:+.2f} {unit}, ratio {guarded / plain:.3f} "
            f"(medians of {len(times[what, True]):,}; the slowest {worst[1]:.1f} and {worst[0]:.1f} {unit})",
            flush=True,
        )
        met &= guarded - plain <= limit
    return met


@click.command()
@click.option("--rounds", default=10, show_default=True, help="Rounds of registrations, each way.")
@click.option("--nodes", default=40, show_default=True, help="Real and virtual nodes in a round.")
@click.option("--installations", default=3, show_default=True, help="Installations, each way.")
def main(rounds: int, nodes: int, installations: int) -> None:
    """Measure, and print what was seen; ends with 1 if a target was missed."""
    with temporary_sandbox() as state:
        cluster = Cluster(state)
        known = len(cluster.get(NODES)["items"])
        print(f"nodes register on a cluster of {known}:", flush=True)
        met = _report(_measure_registrations(cluster, rounds, nodes), "ms", 1000, 1)
        if installations:
            met &= _report(_measure_installations(state, cluster, installations), "s", 1, 2)
    sys.exit(not met)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.node_label_policy")
