"""The features of a node: what is read of its Node object, and what nothing depends on."""

from typing import Any

import pytest
from pulumi_openkruise.catalogue.indicators import DECLARED
from pulumi_openkruise.detection.features import NAMES, PROVIDER_IDS, NodeFeatures, read_features

NOTHING = NodeFeatures((), (), (), -1, -1, False, "", False, "", "", "", "", "", "")


def node(**metadata: Any) -> dict[str, Any]:
    return {"metadata": metadata}


def test_every_feature_is_read_from_its_place() -> None:
    found = read_features(
        {
            "metadata": {
                "name": "virtual-kubelet",
                "labels": {
                    "type": "virtual-kubelet",
                    "pool": "a",
                    DECLARED: "true",
                    "example.com/type": "large",
                },
                "annotations": {"kwok.x-k8s.io/node": "fake", "other": "1"},
            },
            "spec": {
                "providerID": "kwok://x",
                "taints": [
                    {"key": "virtual-kubelet.io/provider", "value": "x"},
                    {"key": "kosmos.io/node"},
                    {"key": "kosmos.io/node"},
                    {"key": "example.com/vnode", "value": "y"},
                    {"key": "pool", "value": "z"},
                ],
            },
            "status": {
                "conditions": [
                    {"type": "DiskPressure", "status": "False"},
                    {"type": "Ready", "status": "True"},
                ],
                "nodeInfo": {
                    "containerRuntimeVersion": "r",
                    "kubeletVersion": "v",
                    "osImage": "o",
                    "kernelVersion": "k",
                    "architecture": "a",
                    "operatingSystem": "s",
                },
            },
        }
    )
    assert found == NodeFeatures(
        labels=((DECLARED, "true"), ("type", "virtual-kubelet")),
        taints=(("example.com/vnode", "y"), ("kosmos.io/node", ""), ("virtual-kubelet.io/provider", "x")),
        annotations=("kwok.x-k8s.io/node",),
        provider_id=PROVIDER_IDS.find("kwok://x"),
        name=NAMES.find("virtual-kubelet"),
        is_machine=False,
        ready="True",
        has_info=True,
        runtime="r",
        kubelet_version="v",
        os_image="o",
        kernel="k",
        architecture="a",
        system="s",
    )
    assert found.name >= 0


@pytest.mark.parametrize("odd", [None, 7, "x", [], ["x"], [None], {"x": "y"}])
def test_parts_of_a_wrong_type_count_as_absent(odd: Any) -> None:
    assert read_features(odd) == NOTHING
    for part in ("metadata", "spec", "status"):
        assert read_features({part: odd}) == NOTHING
    for name in ("labels", "annotations", "name"):
        assert read_features({"metadata": {name: odd}}) in (NOTHING, NOTHING._replace(name=NAMES.find("x")))
    for name in ("taints", "providerID"):
        assert read_features({"spec": {name: odd}}) == NOTHING
    assert read_features({"status": {"conditions": odd}}) == NOTHING
    has_info = bool(odd) and isinstance(odd, dict)
    assert read_features({"status": {"nodeInfo": odd}}) == NOTHING._replace(has_info=has_info)
    info = {"containerRuntimeVersion": odd if not isinstance(odd, str) else None}
    assert read_features({"status": {"nodeInfo": info}}) == NOTHING._replace(has_info=True)


@pytest.mark.parametrize("value", [7, None, True, ["virtual-kubelet"], "x" * 200])
def test_a_label_counts_with_a_string_of_which_kubernetes_would_take_it(value: Any) -> None:
    assert read_features(node(labels={"type": value, "kubernetes.io/os": "linux"})).labels == (
        ("kubernetes.io/os", "linux"),
    )
    assert read_features(node(labels={"type": "x" * 199})).labels == (("type", "x" * 199),)


@pytest.mark.parametrize(
    ("taint", "found"),
    [
        ({"key": "kosmos.io/node", "value": "x" * 300}, ("kosmos.io/node", "x" * 200)),
        ({"key": "kosmos.io/node", "value": "x" * 200}, ("kosmos.io/node", "x" * 200)),
        ({"key": "kosmos.io/node", "value": 5}, ("kosmos.io/node", "")),
        ({"key": f"{'x' * 193}/vnode"}, (f"{'x' * 193}/vnode", "")),
        ({"key": f"{'x' * 194}/vnode"}, None),
        ({"key": 5}, None),
        ({"key": "example.com/vnode", "value": "false"}, None),
        ({"value": "x"}, None),
        ("kosmos.io/node", None),
    ],
)
def test_which_taints_count(taint: Any, found: tuple[str, str] | None) -> None:
    others = [{"key": "azure.com/aci"}]
    expected = sorted({("azure.com/aci", ""), *([found] if found else [])})
    assert read_features({"spec": {"taints": [taint, *others]}}).taints == tuple(expected)


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ([{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True"}], "False"),
        ([{"type": "Ready"}], ""),
        ([{"type": "Ready", "status": 5}], ""),
        ([{"status": "True"}], ""),
        (["Ready", {"type": "Ready", "status": "Unknown"}], "Unknown"),
        ({"type": "Ready", "status": "True"}, ""),
    ],
)
def test_the_condition_ready(conditions: Any, ready: str) -> None:
    assert read_features({"status": {"conditions": conditions}}).ready == ready


@pytest.mark.parametrize("length", [199, 200, 201])
def test_a_long_string_is_cut_off(length: int) -> None:
    info = {"osImage": "x" * length}
    assert read_features({"status": {"nodeInfo": info}}).os_image == "x" * min(length, 200)


@pytest.mark.parametrize(
    ("annotation", "provider_id", "machine"),
    [
        ("csi.volume.kubernetes.io/nodeid", "", True),
        ("other", "gce://p/z/n", True),
        ("other", "x", False),
        ("csi.volume.kubernetes.io/nodeid", "kwok://x", True),
    ],
)
def test_a_machine_is_known_by_an_annotation_or_its_provider_id(
    annotation: str, provider_id: str, machine: bool
) -> None:
    found = read_features({**node(annotations={annotation: "x"}), "spec": {"providerID": provider_id}})
    assert found.is_machine is machine
    assert found.provider_id == (PROVIDER_IDS.find(provider_id) if provider_id else -1)
