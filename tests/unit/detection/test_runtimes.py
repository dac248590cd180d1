"""Container runtimes: which CRI version they serve, and where nodes show that their socket is."""

from typing import Any

import pytest
from pulumi_openkruise.catalogue.runtimes import DISTRIBUTIONS, NO_CRI_LOG, RANGES, SEARCHED
from pulumi_openkruise.detection.runtimes import (
    find_location,
    find_mismatch,
    find_range,
    find_socket,
    finds_socket,
    list_searched_paths,
    read_recorded_socket,
)

from tests.support.corpus import corpus

SAMPLES = {sample.id: sample.node for sample in corpus()}
BOTH = ("v1", "v1alpha2")


@pytest.mark.parametrize(
    ("runtime", "kubelet", "served"),
    [
        ("docker://20.10.21", "v1.23.17", ("v1alpha2",)),
        ("docker://1.13.1", "v1.9.0", ("v1alpha2",)),
        ("docker://24.0.7", "v1.24.0", BOTH),
        ("docker://27.1.1", "", None),
        ("containerd://1.5.18", "v1.23.10", ("v1alpha2",)),
        ("containerd://1.4.13-20220217", "v1.22.0", ("v1alpha2",)),
        ("containerd://1.6.0", "v1.23.10", BOTH),
        ("containerd://1.7.27-k3s1", "v1.32.3+k3s1", BOTH),
        ("containerd://2.0.0", "v1.32.0", ("v1",)),
        ("containerd://v2.1.4", "v1.34.0", ("v1",)),
        ("containerd://Unknown", "v1.23.0", None),
        ("cri-o://1.20.9", "v1.20.9", ("v1alpha2",)),
        ("cri-o://1.21.0", "v1.21.0", BOTH),
        ("cri-o://1.26.0-rhaos", "v1.26.0", ("v1",)),
        ("singularity://3.1.0", "v1.14.1", None),
        ("", "", None),
    ],
)
def test_cri_versions(runtime: str, kubelet: str, served: tuple[str, ...] | None) -> None:
    found = find_range(runtime, kubelet)
    assert (found.cri if found else None) == served


@pytest.mark.parametrize(
    ("runtime", "kubelet", "kruise", "said"),
    [
        ("docker://20.10.21", "v1.23.17", (1, 8), "Docker by dockershim"),
        ("docker://20.10.21", "v1.23.17", None, "Docker by dockershim"),
        ("docker://20.10.21", "v1.23.17", (1, 5), ""),
        ("containerd://1.5.9", "v1.25.0", (1, 6), "containerd before 1.6"),
        ("containerd://1.5.9", "v1.26.0", (1, 6), ""),  # such a node could not have joined
        (
            "containerd://2.0.0",
            "v1.32.0",
            (1, 5),
            "containerd 2 serves CRI v1, kruise-daemon speaks v1a",
        ),
        ("containerd://2.0.0", "v1.32.0", (1, 8), ""),
        ("cri-o://1.20.0", "v1.20.0", (1, 7), "CRI-O before 1.21"),
        ("cri-o://1.28.0", "v1.28.0", (1, 4), "speaks v1alpha2"),
        ("remote://", "v1.28.0", (1, 8), ""),
    ],
)
def test_what_does_not_fit(runtime: str, kubelet: str, kruise: tuple[int, int] | None, said: str) -> None:
    found = find_mismatch(runtime, kubelet, kruise)
    assert bool(found) == bool(said)
    assert said in str(found or "")
    assert found is None or found.remedy


def test_ranges_ascend_and_end_open() -> None:
    for name in {one.name for one in RANGES}:
        mine = [one for one in RANGES if one.name == name]
        limits = [one.before or one.kubelet_before for one in mine]
        assert limits[-1] is None
        assert None not in limits[:-1]
        assert limits[:-1] == sorted(limit for limit in limits if limit)
        assert all(one.source for one in mine)
        assert all(bool(one.upgrade) == ("v1" not in one.cri) for one in mine)


@pytest.mark.parametrize(
    ("id_", "path", "location"),
    [
        ("k3s", "/run/k3s/containerd/containerd.sock", "/run/k3s"),
        ("k3s-docker", "/run/k3s/cri-dockerd/cri-dockerd.sock", "/run/k3s"),
        ("rke2", "/run/k3s/containerd/containerd.sock", "/run/k3s"),
        ("k0s", "/run/k0s/containerd.sock", "/run/k0s"),
        ("microk8s", "/var/snap/microk8s/common/run/containerd.sock", "/var/snap/microk8s/common/run"),
        ("openshift-worker", "/run/crio/crio.sock", "/run"),
        ("cri-dockerd", "/run/cri-dockerd.sock", "/run"),
        ("bare-metal", "/run/containerd/containerd.sock", "/run"),
        ("kubeadm-with-a-runtime-of-its-own", "/run/newcri/newcri.sock", ""),
        ("singularity-cri", "/run/singularity.sock", ""),
    ],
)
def test_sockets_by_what_a_node_shows(id_: str, path: str, location: str) -> None:
    node = SAMPLES[id_]
    info, metadata = node["status"]["nodeInfo"], node["metadata"]
    recorded = read_recorded_socket(metadata.get("annotations", {}))
    found = find_socket(metadata["labels"], info["kubeletVersion"], info["containerRuntimeVersion"], recorded)
    assert found is not None
    assert found.path == path
    assert find_location(path) == location
    assert finds_socket(path, "/var/run") == (location == "/run")
    assert not location or finds_socket(path, location)


def test_a_node_that_shows_no_socket() -> None:
    assert find_socket({}, "v1.30.0", "newcri://1") is None
    dockershim = find_socket({}, "v1.23.0", "docker://20.10", "/var/run/dockershim.sock")
    assert dockershim is not None
    assert dockershim.path == "/run/cri-dockerd.sock"


@pytest.mark.parametrize(
    ("annotations", "recorded"),
    [
        (
            {"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/crio/crio.sock"},
            "unix:///run/crio/crio.sock",
        ),
        ({"k3s.io/node-args": '["server","--container-runtime-endpoint","/run/x.sock"]'}, "/run/x.sock"),
        ({"rke2.io/node-args": '["agent","--container-runtime-endpoint=/run/y.sock"]'}, "/run/y.sock"),
        ({"k3s.io/node-args": '["server","--docker"]'}, ""),
        ({"k3s.io/node-args": '["server","--container-runtime-endpoint"]'}, ""),
        ({"k3s.io/node-args": "not JSON"}, ""),
        ({"k3s.io/node-args": '{"a": 1}'}, ""),
        ({"k3s.io/node-args": 5, "kubeadm.alpha.kubernetes.io/cri-socket": 6}, ""),
        ({}, ""),
    ],
)
def test_what_is_recorded_on_a_node(annotations: dict[str, Any], recorded: str) -> None:
    assert read_recorded_socket(annotations) == recorded


def test_what_is_recorded_outweighs_the_distribution() -> None:
    found = find_socket({}, "v1.33.1+k3s1", "containerd://2.1.4", "unix:///run/containerd/containerd.sock")
    assert found is not None
    assert found.path == "/run/containerd/containerd.sock"


def test_what_the_daemon_searches_depends_on_its_version_and_on_the_file() -> None:
    assert list_searched_paths("/var/run/", "x/y.sock") == ["/run/x/y.sock"]
    assert len(list_searched_paths("/run/k3s")) == len(SEARCHED)
    socket = "/run/k3s/cri-dockerd/cri-dockerd.sock"
    assert not finds_socket(socket, "/run/k3s", kruise=(1, 7))
    assert finds_socket(socket, "/run/k3s", kruise=(1, 8))
    assert finds_socket(socket, "/var/run/k3s")
    assert find_location(socket, (1, 7)) == "/run/k3s/cri-dockerd"
    assert find_location(socket, (1, 6)) == ""
    assert list_searched_paths("/var/runtime") == [f"/var/runtime/{name}" for name, _since in SEARCHED]


def test_every_distribution_can_be_recognised_and_configured() -> None:
    for one in DISTRIBUTIONS:
        assert one.kubelet or one.label
        assert one.source
        assert find_location(one.socket)
        assert not finds_socket(one.socket, "/var/run")


def test_logs() -> None:
    log = 'desc = unknown service runtime.v1.ImageService"'
    found = NO_CRI_LOG.search(log)
    assert found is not None
    assert found[1] == "v1"
    assert NO_CRI_LOG.search("unknown service runtime.v1alpha2.RuntimeService")
    assert NO_CRI_LOG.search("unknown service runtime.v2.RuntimeService") is None
