"""The catalogue of virtual nodes: every entry usable, and none that takes a real node away."""

import pytest
from pulumi_openkruise.presets import BASE_SELECTORS, PRESETS, preset_selectors
from pulumi_openkruise.selectors import affinity_matches, exclusion_affinity, parse

REAL_NODES = [
    {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "a"},
    {"kubernetes.io/os": "linux", "eks.amazonaws.com/compute-type": "auto"},
    {"kubernetes.io/os": "linux", "eks.amazonaws.com/compute-type": "hybrid"},
    {"kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "m5.large", "type": "worker"},
    {"kubernetes.io/os": "linux", "node-role.kubernetes.io/edge": ""},
    {},
]
VIRTUAL_NODES = {
    "eks-fargate": [{"eks.amazonaws.com/compute-type": "fargate", "kubernetes.io/os": "linux"}],
    "kwok": [{"type": "kwok"}, {"kwok.x-k8s.io/node": "fake"}],
    "liqo": [{"liqo.io/type": "virtual-node", "kubernetes.io/os": "linux"}],
    "tke-supernode": [{"node.kubernetes.io/instance-type": "eklet"}],
    "virtual-kubelet": [{"type": "virtual-kubelet", "kubernetes.io/role": "agent"}],
    "windows": [{"kubernetes.io/os": "windows"}],
}


def test_each_preset_has_nodes_to_be_tested_with() -> None:
    assert set(PRESETS) == set(VIRTUAL_NODES)


@pytest.mark.parametrize("name", PRESETS)
def test_preset(name: str) -> None:
    affinity = exclusion_affinity(preset_selectors([name]))
    assert all(not affinity_matches(affinity, labels) for labels in VIRTUAL_NODES[name])
    assert all(affinity_matches(affinity, labels) for labels in REAL_NODES)
    assert PRESETS[name].description
    assert PRESETS[name].source


def test_selectors_are_written_canonically() -> None:
    written = [*BASE_SELECTORS, *preset_selectors(PRESETS)]
    assert written == [str(parse(selector)) for selector in written]


def test_base_exclusions() -> None:
    affinity = exclusion_affinity(BASE_SELECTORS)
    assert all(affinity_matches(affinity, labels) for labels in REAL_NODES)
    for labels in (
        {"type": "virtual-kubelet"},
        {"kubernetes.io/os": "windows"},
        {"openkruise.io/virtual-node": "true"},
    ):
        assert not affinity_matches(affinity, labels)


def test_all_presets_fit_one_term() -> None:
    affinity = exclusion_affinity(preset_selectors(PRESETS))
    assert affinity is not None
    assert len(affinity["nodeSelectorTerms"]) == 1
