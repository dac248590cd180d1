"""Single classifications: what decides, what does not, and that nothing breaks it."""

import copy
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.catalogue import KINDS, PRESETS
from pulumi_openkruise.catalogue.indicators import DECLARED
from pulumi_openkruise.detection import classify, find_pool
from pulumi_openkruise.selectors import parse

from tests.support.corpus import Sample, corpus

SAMPLES = {sample.id: sample for sample in corpus()}


def node_of(id_: str) -> dict[str, Any]:
    return copy.deepcopy(SAMPLES[id_].node)


def test_reasons_come_with_the_verdict_first() -> None:
    classification = classify(node_of("eks-fargate"))
    assert (classification.verdict, classification.kind) == ("virtual", "eks-fargate")
    assert classification.selectors == ("eks.amazonaws.com/compute-type=fargate",)
    assert classification.evidence[0].signal == "label"
    assert classification.evidence[0].seen == "eks.amazonaws.com/compute-type=fargate"
    assert {piece.points_to for piece in classification.evidence} == {"virtual", "real"}
    assert not classification.runs_daemon


def test_labels_alone_do_not_always_decide() -> None:
    classification = classify(node_of("hpk-without-taint"))
    assert (classification.verdict, classification.kind, classification.selectors) == ("virtual", "hpk", ())


def test_selectors_are_those_of_presets_that_match_the_labels() -> None:
    presets = {selector for kind in PRESETS.values() for selector in kind.selectors}
    listed = {*presets, "openkruise.io/virtual-node=true"}
    found = set()
    for sample in corpus():
        labels = sample.node["metadata"].get("labels", {})
        matching = {selector for selector in listed if parse(selector).matches(labels)}
        assert set(classify(sample.node).selectors) == matching, sample.id
        found |= matching
    assert found == listed


@pytest.mark.parametrize(
    "key",
    ["node-role.kubernetes.io/virtual-node", "node-role.kubernetes.io/cocoon-vm"],
)
def test_a_label_in_a_shared_domain_does_not_decide_alone(key: str) -> None:
    node = node_of("eks-al2023")
    node["metadata"]["labels"][key] = ""
    assert classify(node).verdict == "unsure"
    node["metadata"]["labels"]["liqo.io/type"] = "virtual-node"
    assert classify(node).verdict == "virtual"  # Liqo's own domain does


@pytest.mark.parametrize("id_", ["aks-windows", "windows-on-premises", "openshift-s390x", "riscv64"])
def test_real_nodes_where_no_daemon_can_run(id_: str) -> None:
    classification = classify(node_of(id_))
    assert classification.verdict == "real"
    assert classification.no_daemon.startswith("no image of kruise-daemon exists for")
    assert not classification.runs_daemon


def test_real_nodes_run_a_daemon() -> None:
    assert classify(node_of("openshift-ppc64le")).runs_daemon
    assert classify(node_of("windows-on-premises")).selectors == ("kubernetes.io/os=windows",)


@pytest.mark.parametrize(
    ("labels", "info", "runs"),
    [
        ({"kubernetes.io/os": "windows"}, {"operatingSystem": ""}, False),
        ({"kubernetes.io/os": "linux"}, {"operatingSystem": "windows"}, False),
        ({"kubernetes.io/os": "windows"}, {"operatingSystem": "linux"}, True),
        ({"kubernetes.io/arch": "s390x"}, {"architecture": ""}, False),
        ({"kubernetes.io/arch": "amd64"}, {"architecture": "s390x"}, False),
        ({"kubernetes.io/arch": "s390x"}, {"architecture": "amd64"}, True),
        ({}, {"architecture": "", "operatingSystem": ""}, True),
    ],
)
def test_the_status_says_the_platform_and_labels_where_it_does_not(
    labels: dict[str, str], info: dict[str, str], runs: bool
) -> None:
    node = node_of("bare-metal")
    for key in ("kubernetes.io/os", "kubernetes.io/arch"):
        node["metadata"]["labels"].pop(key, None)
    node["metadata"]["labels"].update(labels)
    node["status"]["nodeInfo"].update(info)
    classification = classify(node)
    assert classification.verdict == "real"
    assert classification.runs_daemon is runs


def test_a_status_that_no_kubelet_writes() -> None:
    """The kubelet sets its version together with its runtime, image and kernel."""
    node: dict[str, Any] = {"metadata": {"name": "n"}}
    node["status"] = {"nodeInfo": {"kubeletVersion": "v1.33.1"}}
    assert classify(node).verdict == "virtual"
    for name in ("osImage", "kernelVersion", "containerRuntimeVersion"):
        info = {"kubeletVersion": "v1.33.1", name: "containerd://2.1.4"}
        assert classify({"metadata": {"name": "n"}, "status": {"nodeInfo": info}}).verdict == "unsure"
    # One that was made by hand reports nothing, and is virtual only once it claims to be ready.
    node["status"] = {"nodeInfo": {"kubeletVersion": "", "architecture": "amd64"}}
    assert classify(node).verdict == "unsure"
    node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    assert classify(node).verdict == "virtual"


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("example.com/virtual-node", "true", "unsure"),
        ("example.com/virtual-node", "", "unsure"),
        ("example.com/is-virtual-node", "yes", "unsure"),
        ("example.com/virtual-node", "False", "real"),
        ("example.com/virtual-node-group", "general", "real"),
        ("virtual-node.example.com/zone", "a", "unsure"),
        ("vnode", "1", "unsure"),
        ("example.com/vnodes", "1", "real"),
        ("node-type", "acs-virtual-kubelet", "unsure"),
        ("example.com/node-type", "virtual-node", "unsure"),
        ("example.com/node-type", "virtual-machine", "real"),
        ("kubernetes.io/role", "virtual-kubelet", "unsure"),
        ("pool", "virtual-node", "real"),
        ("kubernetes.io/hostname", "virtual-kubelet", "real"),
        ("team", "virtual-kubelet", "real"),
    ],
)
def test_a_label_of_an_unknown_maker_that_says_virtual_by_its_name(
    key: str, value: str, verdict: str
) -> None:
    node = node_of("bare-metal")
    node["metadata"]["labels"][key] = value
    assert classify(node).verdict == verdict
    node["metadata"]["annotations"] = {}
    node["status"]["nodeInfo"] = {}
    assert classify(node).verdict == ("virtual" if verdict == "unsure" else "unsure")


def test_names_of_unknown_makers_count_once() -> None:
    node = node_of("bare-metal")
    node["metadata"]["labels"] |= {"example.com/virtual-node": "true", "example.com/vnode": "true"}
    node.setdefault("spec", {})["taints"] = [{"key": "example.com/virtual-node", "effect": "NoSchedule"}]
    assert classify(node).verdict == "unsure"
    node["metadata"]["labels"]["type"] = "virtual-kubelet"
    assert classify(node).verdict == "virtual"


@pytest.mark.parametrize(
    ("field", "value"),
    [("osImage", "hpk"), ("kubeletVersion", "kwok-v0.6"), ("architecture", "wasm-wasi")],
)
def test_a_machines_marks_outweigh_one_odd_word(field: str, value: str) -> None:
    node = node_of("bare-metal")
    node["status"]["nodeInfo"][field] = value
    assert classify(node).verdict == "unsure"
    node["metadata"]["annotations"] = {}
    assert classify(node).verdict == "virtual"


def test_a_runtime_without_a_known_name_will_do_on_a_machine() -> None:
    node = node_of("singularity-cri")
    assert classify(node).runs_daemon
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "newcri://1"
    assert classify(node).runs_daemon
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "fakeRuntime://0.1.0"
    assert classify(node).verdict == "virtual"  # kubemark's hollow nodes are kubelets, too
    node["metadata"]["annotations"] = {}
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "newcri://1"
    assert classify(node).verdict == "unsure"


def test_the_declared_label_overrules_every_indicator() -> None:
    node = node_of("eks-al2023")
    node["metadata"]["labels"]["openkruise.io/virtual-node"] = "true"
    assert classify(node).verdict == "virtual"
    assert classify(node).selectors == ("openkruise.io/virtual-node=true",)
    node = node_of("liqo")
    node["metadata"]["labels"]["openkruise.io/virtual-node"] = "false"
    assert classify(node).verdict == "real"
    node["metadata"]["labels"]["openkruise.io/virtual-node"] = "maybe"
    assert classify(node).verdict == "virtual"


@pytest.mark.parametrize("declared", ["true", "false", "maybe"])
@pytest.mark.parametrize("id_", SAMPLES)
def test_the_kind_is_one_that_the_verdict_allows(id_: str, declared: str) -> None:
    """Also of a node that people declare to be what its indicators contradict."""
    node = node_of(id_)
    node["metadata"].setdefault("labels", {})["openkruise.io/virtual-node"] = declared
    found = classify(node)
    assert declared == "maybe" or found.verdict == {"true": "virtual", "false": "real"}[declared]
    assert found.kind is None or KINDS[found.kind].virtual == (found.verdict != "real")


@pytest.mark.parametrize(
    "mark",
    [
        {"annotations": {"csi.volume.kubernetes.io/nodeid": "{}"}},
        {"annotations": {"kubeadm.alpha.kubernetes.io/cri-socket": "x"}},
        {"annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
        *(
            {"providerID": id_}
            for id_ in (
                "aws:///eu-central-1a/i-0123",
                "azure:///subscriptions/1/x",
                "gce://p/z/n",
                "qcloud:///800001/ins-abc",
                "ocid1.instance.oc1.a",
                "cn-hangzhou.i-abc",
                *(f"{maker}://x" for maker in ("openstack", "vsphere", "hcloud", "digitalocean", "linode")),
                *(f"{maker}://x" for maker in ("ibm", "equinixmetal", "metal3", "kubevirt", "eks-hybrid")),
                *(f"{maker}://x" for maker in ("k3s", "rke2", "kind")),
            )
        ),
    ],
    ids=str,
)
def test_each_mark_of_a_machine_weighs_alone(mark: dict[str, Any]) -> None:
    """As kubelets, kubeadm, CSI drivers and cloud providers write them."""
    node = node_of("singularity-cri")
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "newcri://1"
    node["metadata"]["annotations"] = mark.get("annotations", {})
    node["spec"] = {**node.get("spec", {}), "providerID": mark.get("providerID", "")}
    assert classify(node).runs_daemon
    node["metadata"]["annotations"], node["spec"]["providerID"] = {}, ""
    assert classify(node).verdict == "unsure"


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("eks.amazonaws.com/compute-type", "fargate", "virtual"),
        ("virtual-kubelet.io/provider", "azure", "unsure"),
        ("example.com/dedicated", "batch", "real"),
    ],
)
def test_a_makers_taint_decides_and_the_librarys_does_not(key: str, value: str, verdict: str) -> None:
    node = node_of("bare-metal")
    node["metadata"]["annotations"] = {}
    node["spec"] = {"taints": [{"key": key, "value": value, "effect": "NoSchedule"}]}
    assert classify(node).verdict == verdict


def test_one_doubtful_indicator_on_a_real_node_leaves_a_question() -> None:
    for id_ in ("real-with-the-type-label", "real-with-a-copied-taint", "real-with-a-copied-vendor-taint"):
        classification = classify(node_of(id_))
        assert classification.verdict == "unsure"
        assert "openkruise.io/virtual-node" in classification.settle
    node = node_of("real-with-a-copied-taint")
    node["metadata"]["labels"]["type"] = "virtual-kubelet"
    assert classify(node).verdict == "virtual"  # two that agree are no accident


def test_the_first_seconds_of_a_real_node() -> None:
    node = node_of("bare-metal")
    info = node["status"]["nodeInfo"]
    info["containerRuntimeVersion"] = ""
    assert classify(node).verdict == "unsure"
    info["containerRuntimeVersion"] = "://Unknown"
    assert classify(node).verdict == "real"
    info["containerRuntimeVersion"] = "containerd://Unknown"
    assert classify(node).verdict == "real"


def test_a_machine_with_one_doubtful_indicator_is_a_question_before_its_kubelet_reports_too() -> None:
    for id_ in ("real-with-the-type-label", "real-with-a-copied-taint", "real-with-a-copied-vendor-taint"):
        node = node_of(id_)
        node["status"]["nodeInfo"] = {"kubeletVersion": "v1.33.1", "containerRuntimeVersion": ""}
        node["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
        assert classify(node).verdict == "unsure"


def test_an_unknown_runtime_is_a_question() -> None:
    node = node_of("bare-metal")
    node["metadata"]["annotations"] = {}
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "newcri://1.0"
    classification = classify(node)
    assert classification.verdict == "unsure"
    assert "newcri" in classification.settle


def test_metadata_alone_decides_what_labels_decide() -> None:
    assert classify({"metadata": node_of("liqo")["metadata"]}).verdict == "virtual"
    classification = classify({"metadata": node_of("eks-al2023")["metadata"]})
    assert classification.verdict == "unsure"
    assert "whole Node objects" in classification.settle


def test_pools() -> None:
    assert find_pool(node_of("eks-al2023")) == "eks.amazonaws.com/nodegroup=general"
    assert find_pool(node_of("aks-ubuntu")) == "kubernetes.azure.com/agentpool=newpool"
    assert find_pool(node_of("liqo")) == ""
    not_strings = {"metadata": {"labels": {"pool": 5, "nodepool": ""}}}
    hostile: list[Any] = [None, [], {}, {"metadata": []}, not_strings]
    for garbage in hostile:
        assert find_pool(garbage) == ""


def test_what_the_status_lacks_is_evidence() -> None:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    info = {"kubeletVersion": "v1.34.0", "architecture": "sparc", "operatingSystem": "linux"}
    node = {"metadata": {"name": "n", "labels": labels}, "status": {"nodeInfo": info}}
    found = {(piece.signal, piece.seen, piece.strength) for piece in classify(node).evidence}
    assert ("os-image", "reports no operating system", "weak") in found
    assert ("architecture", 'architecture "sparc", which no kubelet reports', "strong") in found
    assert [signal for signal, seen, _strength in found if "no container runtime" in seen] == ["runtime"]
    whole = node_of("eks-al2023")
    assert "os-image" not in {piece.signal for piece in classify(whole).evidence}


# --- hostile and broken input

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths(item, (*path, key))
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (("metadata", "labels"), "node-role.kubernetes.io/edge"),
        (("metadata", "labels"), "type"),
        (("metadata", "labels"), "openkruise.io/virtual-node"),
        (("metadata", "annotations"), "alpha.service-controller.kubernetes.io/exclude-balancer"),
        (("status", "nodeInfo"), "kubeletVersion"),
        (("status", "nodeInfo"), "containerRuntimeVersion"),
        (("status", "nodeInfo"), "osImage"),
        (("spec",), "providerID"),
    ],
)
def test_no_evidence_holds_a_control_character(part: tuple[str, ...], field: str) -> None:
    for id_ in sorted(SAMPLES):
        node = node_of(id_)
        within = node
        for name in part:
            within = within.setdefault(name, {})
        within[field] = "vk\x1b[2J"
        assert all(piece.seen.isprintable() for piece in classify(node).evidence)


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(sorted(SAMPLES)), JSON)
def test_anything_anywhere_in_a_node(data: st.DataObject, id_: str, garbage: Any) -> None:
    node = SAMPLES[id_].node
    broken = replaced(node, data.draw(st.sampled_from(paths(node))), garbage)
    classification = classify(broken)
    assert classification.verdict in ("virtual", "real", "unsure")
    assert bool(classification.settle) == (classification.verdict == "unsure")
    assert all(character.isprintable() for piece in classification.evidence for character in piece.seen)
    find_pool(broken)


@pytest.mark.parametrize("value", ["\x1b[2J", "\U00018cd6", "a\u2028b"])
def test_evidence_is_printable_whatever_a_taint_says(value: str) -> None:
    node = node_of("admiralty-stripped")
    node["spec"]["taints"][0]["value"] = value
    seen = [piece.seen for piece in classify(node).evidence if piece.signal == "taint"]
    assert len(seen) == 1
    assert "?" in seen[0]
    assert seen[0].isprintable()


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_garbage_is_classified_as_unsure(garbage: Any) -> None:
    assert classify(garbage).verdict == "unsure"


def test_ten_thousand_labels_taints_and_conditions() -> None:
    node = node_of("liqo")
    node["metadata"]["labels"].update({f"l{n}": "x" * 60 for n in range(10_000)})
    node["metadata"]["annotations"].update({f"a{n}": "\x1b[31m" * 100 for n in range(10_000)})
    node["spec"]["taints"] += [{"key": f"t{n}", "value": "v"} for n in range(10_000)]
    node["status"]["conditions"] += [{"type": f"c{n}"} for n in range(10_000)]
    classification = classify(node)
    assert classification == classify(node_of("liqo"))


def test_long_and_hostile_strings_are_shortened_and_tamed() -> None:
    node = node_of("bare-metal")
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = "\x1b]0;title\x07" + "x" * 1_000_000
    node["status"]["nodeInfo"]["architecture"] = "<script>alert(1)</script>\n" * 1000
    text = json.dumps([piece.seen for piece in classify(node).evidence])
    assert len(text) < 2000
    assert "\\u001b" not in text


@pytest.mark.parametrize("sample", corpus(), ids=lambda sample: sample.id)
def test_evidence_for_the_verdict_comes_first_and_the_strongest_of_it(sample: Sample) -> None:
    """For a node that is unsure, what points to a virtual one: that is what people ask about."""
    classification = classify(sample.node)
    first = "real" if classification.verdict == "real" else "virtual"
    order = [
        (piece.points_to != first, ("decisive", "strong", "weak").index(piece.strength))
        for piece in classification.evidence
    ]
    assert order == sorted(order)
    no_runtime = classification.no_daemon == "no container runtime that kruise-daemon could reach"
    assert no_runtime is (classification.verdict == "virtual")


def test_no_more_classifications_are_remembered_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["pulumi_openkruise.detection.classify"]
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    known: dict[Any, Any] = {}
    monkeypatch.setattr(module, "_known", known)
    sizes = []
    for number in range(7):
        node = node_of("eks-al2023")
        node["metadata"]["labels"]["type"] = f"virtual-node{number}"
        first = classify(node)
        sizes.append(len(known))
        assert classify(node) is first
    assert sizes == [1, 2, 3, 1, 2, 3, 1]


@pytest.mark.parametrize(
    ("system", "architecture", "reason"),
    [
        ("linux", "amd64", ""),
        ("linux", "arm64", ""),
        ("linux", "ppc64le", ""),
        ("", "", ""),
        ("linux", "", ""),
        ("linux", "s390x", 'no image of kruise-daemon exists for "s390x"'),
        ("", "riscv64", 'no image of kruise-daemon exists for "riscv64"'),
        ("windows", "amd64", 'no image of kruise-daemon exists for "windows"'),
        ("windows", "s390x", 'no image of kruise-daemon exists for "windows"'),
    ],
)
def test_why_no_daemon_runs_on_a_platform(system: str, architecture: str, reason: str) -> None:
    node = node_of("eks-al2023")
    labels, info = node["metadata"]["labels"], node["status"]["nodeInfo"]
    info["operatingSystem"], info["architecture"] = system, architecture
    labels.pop("kubernetes.io/os", None)
    labels.pop("kubernetes.io/arch", None)
    labels[DECLARED] = "false"
    assert classify(node).no_daemon == reason
    info["operatingSystem"] = info["architecture"] = ""
    labels |= {"kubernetes.io/os": system, "kubernetes.io/arch": architecture}
    assert classify(node).no_daemon == reason
    labels[DECLARED] = "true"
    assert classify(node).no_daemon == "no container runtime that kruise-daemon could reach"
    del labels[DECLARED], node["status"]
    assert classify(node).no_daemon == ""  # unsure


def test_the_kind_is_the_one_with_the_most_evidence_and_of_equals_the_first() -> None:
    node: dict[str, Any] = {
        "metadata": {"labels": {"kwok.x-k8s.io/node": "fake", "liqo.io/type": "virtual-node"}}
    }
    assert classify(node).kind == "kwok"
    node["spec"] = {"taints": [{"key": "virtual-node.liqo.io/not-allowed", "value": "true"}]}
    assert classify(node).kind == "liqo"
    node["metadata"]["labels"] = {}
    node["spec"]["taints"].append({"key": "kwok.x-k8s.io/node", "value": "fake"})
    assert classify(node).kind == "kwok"
    node["metadata"]["labels"] = {"type": "virtual-kubelet"}  # of many kinds, of which it is a member of none
    assert classify(node).kind == "kwok"
    del node["spec"]
    assert classify(node).kind == "virtual-kubelet"


def test_a_name_of_virtual_nodes_supports_one_doubtful_indicator() -> None:
    node = node_of("bare-metal")
    node["metadata"]["annotations"] = {}
    node["metadata"]["labels"]["type"] = "virtual-kubelet"
    assert classify(node).verdict == "unsure"
    node["metadata"]["name"] = "virtual-kubelet"
    assert classify(node).verdict == "virtual"
    del node["metadata"]["labels"]["type"]
    assert classify(node).verdict == "real"


DECIDES = "the label openkruise.io/virtual-node=true or =false on the node decides it"


def test_what_would_decide_is_said_whole() -> None:
    node = node_of("bare-metal")
    node["metadata"]["annotations"] = {}
    info = node["status"]["nodeInfo"]
    info["containerRuntimeVersion"] = ""
    assert classify(node).settle == (
        f"no container runtime is reported yet: check again once it is ready; {DECIDES}"
    )
    info["containerRuntimeVersion"] = "newcri://1"
    assert classify(node).settle == (
        'find out whether "newcri://1" is a container runtime that kruise-daemon can talk to, on a machine '
        f"of its own; {DECIDES}"
    )
    info["containerRuntimeVersion"] = "containerd://2"
    node["metadata"]["labels"]["type"] = "kwok"
    assert classify(node).settle == (
        f"only type=kwok suggests a virtual node: find out who set it; {DECIDES}"
    )
    del node["status"], node["metadata"]["labels"]
    assert classify(node).settle == "only its metadata is known, not its status: give whole Node objects"
