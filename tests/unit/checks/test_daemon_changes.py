"""Which nodes an update gives the daemon, and which it takes it from."""

import pytest
from pulumi_openkruise.checks.daemon_changes import DaemonChange, compare_daemons, describe_changes
from pulumi_openkruise.diagnostics.unavailable import Unavailable

from tests.support.installed import broken, expected, node, virtual


def test_nothing_changes_where_the_stack_is_as_installed() -> None:
    assert compare_daemons(broken(), expected()) == []


def test_nodes_that_a_new_selector_excludes_lose_the_daemon() -> None:
    nodes = [node("real-1"), node("edge-1", pool="edge"), node("edge-2", pool="edge")]
    found = compare_daemons(broken(nodes=nodes), expected(virtual_node_selectors=["pool=edge"]))
    assert found == [DaemonChange("lose", "real", ["edge-1", "edge-2"])]
    assert str(found[0]) == "2 real nodes lose the daemon: edge-1, edge-2"


def test_each_kind_is_named_and_an_affinity_that_goes_gives_daemons() -> None:
    nodes = [node("real-1", pool="edge"), virtual("burst-1")]
    narrow = expected(virtual_node_selectors=["pool=edge"])
    term = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "none", "operator": "Exists"}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    daemon_set = {"spec": {"template": {"spec": {"affinity": affinity}}}}
    assert compare_daemons(broken(nodes=nodes, daemon_set=daemon_set), narrow) == []
    found = compare_daemons(broken(nodes=nodes, daemon_set=daemon_set), expected())
    assert not isinstance(found, Unavailable)
    assert [(one.change, one.kind, one.nodes) for one in found] == [("gain", "real", ["real-1"])]


def test_before_an_installation_every_admitted_node_gains_it() -> None:
    found = compare_daemons(broken(nodes=[node("real-1"), virtual("burst-1")], daemon_set=None), expected())
    assert found == [DaemonChange("gain", "real", ["real-1"])]
    assert str(found[0]) == "1 real node gains the daemon: real-1"


def test_a_stack_without_daemons_takes_all_of_them() -> None:
    wanted = expected(feature_gates={"KruiseDaemon": False})
    found = compare_daemons(broken(nodes=[node("real-1")]), wanted)
    assert found == [DaemonChange("lose", "real", ["real-1"])]


def test_an_unknown_daemon_set_is_not_taken_for_a_missing_one() -> None:
    reason = Unavailable("forbidden")
    assert compare_daemons(broken(daemon_set=reason), expected()) == reason


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ([DaemonChange("lose", "real", ["edge-1"])], "1 real node loses the daemon: edge-1"),
        ([], "no node gains or loses a daemon"),
        (Unavailable("no kubeconfig"), "nodes not compared, because no kubeconfig"),
    ],
)
def test_changes_are_described_even_if_there_is_none(
    changes: list[DaemonChange] | Unavailable, line: str
) -> None:
    assert describe_changes(changes) == [line]
