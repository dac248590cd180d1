"""Nodes and their groups: what is open about them, and runtimes that the daemon cannot talk to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.discovery import classify_node, group_nodes, propose
from pulumi_openkruise.discovery.nodes import Group
from pulumi_openkruise.policy.rule import NodeLabelRule
from pulumi_openkruise.selectors import parse
from pulumi_openkruise.selectors.placement import Placement

from tests.support.corpus import corpus

SAMPLES = {sample.id: sample.node for sample in corpus()}
POOL = Placement(("kubernetes.io/hostname=old-docker-1",))


def test_a_runtime_that_the_daemon_cannot_talk_to_is_open_until_it_is_excluded() -> None:
    nodes = [classify_node(SAMPLES[id_]) for id_ in ("dockershim-1-23", "bare-metal")]
    groups = group_nodes(nodes, Placement())
    (docker,) = [group for group in groups if group.mismatch]
    assert docker.names == ["old-docker-1"]
    assert docker.is_unusable
    assert docker.is_open
    assert str(docker.mismatch).startswith("Docker by dockershim (kubelet before 1.24) serves CRI v1alpha2")
    assert sum(group.is_open for group in groups) == 1
    excluded = group_nodes(nodes, POOL)
    assert not any(group.is_unusable for group in excluded)
    # Excluding real nodes is for people to decide.
    assert not propose(nodes, Placement())


@pytest.mark.parametrize("places", [(), (0,)])
@pytest.mark.parametrize("left_out", [True, False])
def test_what_is_open_by_the_verdict(places: tuple[int, ...], left_out: bool) -> None:
    """What has to run no daemon is open until it runs none; what has to run one, if selectors forbid it."""
    runs_none = bool(places) or left_out
    seen = set()
    for id_, raw in SAMPLES.items():
        one = classify_node(raw)
        found = one.classification
        group = Group(found, "", places, left_out, one.mismatch)
        seen.add((found.verdict, bool(found.no_daemon), bool(one.mismatch)))
        if found.verdict == "unsure":
            assert group.is_open, id_
        elif found.verdict == "virtual" or found.no_daemon:
            assert group.is_open == (not runs_none), id_
            assert not group.is_lost
        elif one.mismatch is not None:
            assert group.is_unusable == (not runs_none)
            assert group.is_lost == (bool(places) and not left_out)
            assert group.is_open == (group.is_unusable or group.is_lost)
        else:
            # The stack's own values may keep the daemon off real nodes: that is meant.
            assert group.is_open == group.is_lost == (bool(places) and not left_out), id_
    assert len(seen) >= 4


@given(st.lists(st.sampled_from(sorted(SAMPLES)), max_size=12))
def test_every_node_is_in_one_group(ids: list[str]) -> None:
    nodes = [classify_node(SAMPLES[id_]) for id_ in ids]
    groups = group_nodes(nodes, Placement())
    assert sorted(name for group in groups for name in group.names) == sorted(node.name for node in nodes)
    keys = [(one.classification, one.pool, one.excluded_by, one.left_out, one.mismatch) for one in groups]
    assert len(keys) == len(set(keys))
    ranks = [("virtual", "unsure", "real").index(one.classification.verdict) for one in groups]
    assert ranks == sorted(ranks)
    for verdict in ("virtual", "unsure", "real"):
        sizes = [len(one.names) for one in groups if one.classification.verdict == verdict]
        assert sizes == sorted(sizes, reverse=True)
    assert all(one.names == sorted(one.names) for one in groups)


def test_nodes_that_differ_in_the_runtime_alone_are_two_groups() -> None:
    old, new = (dict(SAMPLES["bare-metal"]) for _ in range(2))
    info = old["status"]["nodeInfo"] | {
        "containerRuntimeVersion": "containerd://1.5.9",
        "kubeletVersion": "v1.23.1",
    }
    old["status"] = {**old["status"], "nodeInfo": info}
    groups = group_nodes([classify_node(old), classify_node(new)], Placement())
    assert [bool(group.mismatch) for group in groups].count(True) == 1
    assert len(groups) == 2


def test_nodes_that_differ_in_the_kubelet_alone_are_two_groups_where_it_decides() -> None:
    nodes = []
    for kubelet in ("v1.23.17", "v1.24.0"):
        node = dict(SAMPLES["cri-dockerd"])
        info = {**node["status"]["nodeInfo"], "kubeletVersion": kubelet}
        node["status"] = {**node["status"], "nodeInfo": info}
        nodes.append(classify_node(node))
    assert nodes[0].classification == nodes[1].classification
    assert sorted(group.is_unusable for group in group_nodes(nodes, Placement())) == [False, True]


@pytest.mark.parametrize("status", [None, [], {"nodeInfo": None}, {"nodeInfo": {"kubeletVersion": 5}}])
def test_a_status_of_any_shape(status: Any) -> None:
    node = {"metadata": {"name": "a", "labels": {"openkruise.io/virtual-node": "false"}}, "status": status}
    assert classify_node(node).mismatch is None


def test_a_virtual_node_has_no_runtime_to_talk_to() -> None:
    assert all(
        classify_node(node).mismatch is None
        for node in SAMPLES.values()
        if classify_node(node).classification.verdict == "virtual"
    )


@pytest.mark.parametrize(
    ("runtime", "fits_v1alpha2", "fits_v1"),
    [
        ("containerd://1.5.9", True, False),
        ("containerd://1.7.2", True, True),
        ("containerd://2.0.1", False, True),
    ],
)
def test_the_stacks_openkruise_decides_which_cri_its_daemon_speaks(
    runtime: str, fits_v1alpha2: bool, fits_v1: bool
) -> None:
    node = dict(SAMPLES["bare-metal"])
    info = {**node["status"]["nodeInfo"], "containerRuntimeVersion": runtime, "kubeletVersion": "v1.24.3"}
    node["status"] = {**node["status"], "nodeInfo": info}
    for kruise, fits in (((1, 5), fits_v1alpha2), ((1, 6), fits_v1), (None, fits_v1)):
        assert (classify_node(node, kruise=kruise).mismatch is None) is fits
    assert classify_node(node, kruise=(1, 5), has_daemon=False).mismatch is None


def test_nodes_that_differ_for_the_policy_alone_are_two_groups() -> None:
    nodes = []
    for burst in ("yes", "no"):
        node = dict(SAMPLES["unknown-maker-silent-status"])
        labels = {**node["metadata"]["labels"], "example.com/burst": burst}
        node["metadata"] = {**node["metadata"], "labels": labels}
        nodes.append(classify_node(node, NodeLabelRule(selectors=(parse("example.com/burst=yes"),))))
    assert nodes[0].classification == nodes[1].classification
    assert sorted(group.policy for group in group_nodes(nodes, Placement())) == ["ignore", "label"]
