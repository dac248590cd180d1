"""The state of each node, with and without pods, values and a daemon."""

from pulumi_openkruise.checks import NOT_ASKED, check

from tests.support.findings import OLD, changed, found, nodes_and, pods
from tests.support.installed import (
    broken,
    daemon,
    expected,
    facts,
    healthy,
    manager,
    node,
    node_object,
    virtual,
)


def test_a_node_that_the_stacks_values_leave_out_is_not_lost() -> None:
    values = {"daemon": {"nodeSelector": {"daemon": "yes"}}}
    report = check(broken(pods=[], live={}), expected(values=values))
    assert "real-node-excluded" not in found(report)
    assert report.counts()["left-out"] == 2


def test_a_node_that_the_values_leave_out_is_not_lost_by_a_selector_either() -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "NotIn", "values": ["burst"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    values = {"daemon": {"affinity": {"nodeAffinity": required}}}
    nodes = [node("real-1", pool="burst"), node("real-2"), virtual("virtual-1")]
    lost = check(broken(nodes=nodes), expected(virtual_node_selectors=["pool=burst"]))
    assert tuple(map(str, found(lost)["real-node-excluded"].objects)) == ("real-1",)
    report = check(broken(nodes=nodes), expected(virtual_node_selectors=["pool=burst"], values=values))
    assert "real-node-excluded" not in found(report)
    assert report.counts()["left-out"] == 1


def test_without_a_daemon_no_node_lacks_it_and_no_selector_removes_it() -> None:
    wanted = expected(platform="gke-autopilot", virtual_node_selectors=["pool=burst", "x=y"])
    nodes = [node("real-1", pool="burst"), node("real-2"), virtual("virtual-1"), facts(OLD)]
    managers = [manager(1, "real-1"), manager(2, "virtual-1")]
    parts = {"nodes": nodes, "pods": managers, "daemon_set": None, "node_images": {}}
    report = check(broken(live=NOT_ASKED, **parts), wanted)
    assert report.counts() == {"daemonless": 3, "excluded": 1}
    assert set(found(report)) == {"manager-on-excluded-node"}
    # One that is still there, which `pulumi up` removes, is out of place wherever it is.
    report = check(healthy(), expected(platform="gke-autopilot"))
    assert tuple(map(str, found(report)["daemon-on-excluded-node"].objects)) == (
        "Pod kruise-system/kruise-daemon-real-1",
        "Pod kruise-system/kruise-daemon-real-2",
    )


def test_of_two_pods_for_a_node_the_ready_one_counts() -> None:
    # As while a DaemonSet replaces one: the other may come before it or after it in the list.
    spare = changed(daemon("real-1", ready=False), "metadata", "name", to="kruise-daemon-spare")
    for two in ([spare, *pods()], [*pods(), spare]):
        report = check(broken(pods=two), expected())
        assert report.counts() == {"running": 2, "excluded": 1}


def test_a_node_that_is_not_ready_does_not_lack_a_daemon() -> None:
    raw = node_object("real-3")
    raw["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    report = check(nodes_and(facts(raw)), expected())
    assert report.findings == ()
    assert report.counts()["not-ready"] == 1
