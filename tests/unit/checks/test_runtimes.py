"""Container runtimes that the daemon cannot use: before an installation, after it, and by logs."""

from typing import Any

import pytest
from pulumi_openkruise.checks import NOT_ASKED, Expected, Finding, Snapshot, check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.snapshot import NodeFacts

from tests.support.findings import changed, found, nodes_and, part
from tests.support.installed import TAKEN, broken, expected, facts, healthy, node_object


def of(name: str, runtime: str, kubelet: str, *, socket: str = "", **labels: str) -> NodeFacts:
    """Return a real node with this runtime and kubelet."""
    raw = node_object(name)
    raw["metadata"]["labels"] |= labels
    raw["status"]["nodeInfo"] |= {"containerRuntimeVersion": runtime, "kubeletVersion": kubelet}
    if socket:
        raw["metadata"]["annotations"] = {"kubeadm.alpha.kubernetes.io/cri-socket": socket}
    return facts(raw)


def from_file(*nodes: NodeFacts) -> Snapshot:
    """Return what a nodes file gives: nodes alone."""
    return Snapshot(source="nodes.json", taken=TAKEN, nodes=nodes)


def finding(code: str, snapshot: Snapshot, wanted: Expected | None = None) -> Finding:
    return found(check(snapshot, wanted or expected()))[code]


DOCKER = of("docker-1", "docker://20.10.21", "v1.23.10")
OLD_CONTAINERD = of("old-1", "containerd://1.5.9", "v1.23.10")
NEW = of("new-1", "containerd://2.1.4", "v1.34.0")
K3S = of("k3s-1", "containerd://2.0.5-k3s1", "v1.32.3+k3s1")
K0S = of("k0s-1", "containerd://1.7.24", "v1.31.3+k0s")


def test_nodes_of_a_file_whose_runtime_does_not_serve_cri_v1() -> None:
    one = finding("runtime-too-old", from_file(DOCKER, OLD_CONTAINERD, NEW))
    assert one.what == "2 nodes whose container runtime does not serve CRI v1"
    serves = "serves CRI v1alpha2, kruise-daemon speaks v1"
    docker = "Docker by dockershim (kubelet before 1.24)"
    assert one.evidence == (
        f"containerd://1.5.9 and kubelet v1.23.10 on old-1: containerd before 1.6 {serves}",
        f"docker://20.10.21 and kubelet v1.23.10 on docker-1: {docker} {serves}",
    )
    assert one.remedy == (
        "move the nodes to containerd 1.6 or newer, or to Kubernetes 1.24 with cri-dockerd; upgrade "
        "containerd to 1.6 or newer; or exclude these nodes"
    )
    assert sorted(map(str, one.objects)) == ["docker-1", "old-1"]


def test_an_openkruise_before_1_6_needs_the_older_cri() -> None:
    old = expected(chart_version="1.5.0")
    assert "runtime-too-old" not in found(check(from_file(DOCKER), old))
    one = finding("runtime-too-old", from_file(NEW), old)
    assert one.what == "1 node whose container runtime does not serve CRI v1alpha2"
    assert one.consequence.startswith("the daemon ends after `unknown service runtime.v1alpha2.RuntimeS")
    assert one.remedy == "upgrade OpenKruise to 1.6 or newer; or exclude these nodes"


def test_nodes_without_a_daemon_are_no_concern() -> None:
    excluded = of("docker-1", "docker://20.10.21", "v1.23.10", pool="old")
    wanted = expected(virtual_node_selectors=["pool=old"])
    codes = found(check(from_file(excluded, NEW), wanted))
    assert "runtime-too-old" not in codes
    assert "runtime-too-old" not in found(check(from_file(DOCKER), expected(platform="gke-autopilot")))


@pytest.mark.parametrize(
    ("node", "remedy"),
    [
        (K3S, "set platform to k3s, or set values daemon.socketLocation: /run/k3s"),
        (
            of("rke2-1", "containerd://2.0.5-k3s1", "v1.32.3+rke2r1"),
            "set platform to rke2, or set values daemon.socketLocation: /run/k3s",
        ),
        (K0S, "set values daemon.socketLocation: /run/k0s"),
        (
            of("odd-1", "newcri://1", "v1.31.0", socket="unix:///run/newcri/newcri.sock"),
            "set values daemon.socketLocation: /run/newcri and daemon.socketFile: newcri.sock",
        ),
        (
            of("late-1", "containerd://1.7.0", "v1.31.0", socket="unix:///var/run/late/containerd.sock"),
            "set values daemon.socketLocation: /run/late",
        ),
    ],
)
def test_the_remedy_fits_the_node_before_an_installation(node: NodeFacts, remedy: str) -> None:
    one = finding("runtime-socket", from_file(node))
    assert one.remedy == remedy
    assert node.name in one.evidence[0]


def test_a_stack_that_has_set_the_place_already() -> None:
    assert "runtime-socket" not in found(check(from_file(K3S), expected(platform="k3s")))
    values = {"daemon": {"socketLocation": "/run/k0s"}}
    assert "runtime-socket" not in found(check(from_file(K0S), expected(values=values)))
    values = {"daemon": {"socketLocation": "/run", "socketFile": "k0s/containerd.sock"}}
    assert "runtime-socket" not in found(check(from_file(K0S), expected(values=values)))
    assert "runtime-socket" in found(check(from_file(K3S), expected(values=values)))


def test_nodes_that_need_different_places() -> None:
    one = finding("runtime-socket", from_file(K3S, K0S))
    assert one.what == "2 nodes with another socket (k0s or k3s)"
    assert one.remedy.startswith("the daemon searches one place on all nodes")
    assert finding("runtime-socket", from_file(K3S, NEW)).remedy == one.remedy


def test_a_label_shows_a_distribution_too() -> None:
    raw = node_object("snap-1")
    raw["metadata"]["labels"]["microk8s.io/cluster"] = "true"
    one = finding("runtime-socket", from_file(facts(raw)))
    assert one.remedy == "set values daemon.socketLocation: /var/snap/microk8s/common/run"


def test_the_live_daemon_set_says_where_the_daemon_searches() -> None:
    volumes = [{"name": "runtime-socket", "hostPath": {"path": "/run/k3s"}}]
    live = part("daemon_set", "spec", "template", "spec", "volumes", to=volumes)
    nodes = [*healthy().nodes, K3S]
    assert (
        found(check(broken(nodes=nodes, daemon_set=live.daemon_set), expected()))["runtime-socket"]
        .evidence[0]
        .startswith("/run/containerd/containerd.sock on real-1, real-2")
    )
    containers = [{"args": ["--socket-file=containerd/containerd.sock"]}]
    both = changed(live.daemon_set, "spec", "template", "spec", "containers", to=containers)
    snapshot = broken(nodes=[K3S], daemon_set=both)
    assert "runtime-socket" not in found(check(snapshot, expected()))


def test_without_a_stack_and_a_daemon_set_nothing_is_claimed() -> None:
    bare = Expected(source="arguments")
    what = "where the daemon searches for the runtime's socket"
    unread: Any = Unavailable("not allowed")
    report = check(broken(nodes=[K3S], daemon_set=unread), bare)
    assert what in [one.what for one in report.not_checked]
    report = check(broken(nodes=[K3S], daemon_set=NOT_ASKED), bare)
    assert "runtime-socket" not in found(report)
    assert what not in report.passed


def test_logs_say_which_cri_version_is_missing() -> None:
    logs = {
        "kruise-daemon-a": "W factory.go:121] rpc error: desc = unknown service runtime.v1.RuntimeService\n",
        "kruise-daemon-b": "E0101 not found container runtime sock\n",
        "kruise-daemon-c": "unknown service runtime.v1alpha2.ImageService",
    }
    report = check(broken(logs=logs), expected())
    lines = [(one.code, one.what, *map(str, one.objects)) for one in report.findings]
    assert lines == [
        ("runtime-socket", "1 daemon found no runtime's socket", "Pod kruise-system/kruise-daemon-b"),
        (
            "runtime-too-old",
            "1 daemon whose container runtime does not serve CRI v1",
            "Pod kruise-system/kruise-daemon-a",
        ),
        (
            "runtime-too-old",
            "1 daemon whose container runtime does not serve CRI v1alpha2",
            "Pod kruise-system/kruise-daemon-c",
        ),
    ]
    assert [one.consequence.split("`")[1] for one in report.findings[1:]] == [
        "unknown service runtime.v1.RuntimeService",
        "unknown service runtime.v1alpha2.RuntimeService",
    ]
    assert report.findings[1].remedy.startswith("upgrade the container runtime")
    assert report.findings[2].remedy.startswith("upgrade OpenKruise")


def test_a_daemon_whose_log_says_nothing_of_the_runtime() -> None:
    assert check(nodes_and(logs={"kruise-daemon-a": "bind: address already in use"}), expected()).clean
