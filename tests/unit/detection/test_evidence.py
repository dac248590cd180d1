"""From features to evidence: what each thing on a node indicates, and how much it is worth."""

from typing import Any

import pytest
from pulumi_openkruise.catalogue.indicators import DECLARED, Indicator
from pulumi_openkruise.detection import evidence
from pulumi_openkruise.detection.classification import Evidence
from pulumi_openkruise.detection.evidence import NodeEvidence, collect_evidence
from pulumi_openkruise.detection.features import NAMES, PROVIDER_IDS, NodeFeatures

PLATFORM = (("kubernetes.io/arch", "amd64"), ("kubernetes.io/os", "linux"))
KUBELET = NodeFeatures(
    labels=PLATFORM,
    taints=(),
    annotations=(),
    provider_id=-1,
    name=-1,
    is_machine=False,
    ready="True",
    has_info=True,
    runtime="containerd://2.1.4",
    kubelet_version="v1.33.1",
    os_image="Debian",
    kernel="6.12",
    architecture="amd64",
    system="linux",
)
"""An ordinary node that nothing marks as a machine."""
NO_STATUS = KUBELET._replace(
    has_info=False,
    runtime="",
    kubelet_version="",
    os_image="",
    kernel="",
    architecture="",
    system="",
    ready="",
)


def virtual(signal: str, seen: str, strength: Any) -> Evidence:
    return Evidence(signal, seen, "virtual", strength)


def real(signal: str, seen: str, strength: Any) -> Evidence:
    return Evidence(signal, seen, "real", strength)


RUNS = real("status", 'a kubelet with "containerd://2.1.4" on "Debian"', "strong")
MACHINE = real("status", "annotations or a providerID of a machine with a kubelet", "weak")


def evidence_of(base: NodeFeatures = KUBELET, **changes: Any) -> list[Evidence]:
    labels = tuple(sorted((*base.labels, *changes.pop("labels", ()))))
    return collect_evidence(base._replace(labels=labels, **changes)).evidence


def test_an_ordinary_node() -> None:
    found = collect_evidence(KUBELET)
    assert found == NodeEvidence(evidence=[RUNS], kubelet=True)
    assert collect_evidence(NO_STATUS) == NodeEvidence()
    assert evidence_of(is_machine=True) == [RUNS, MACHINE]


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ((DECLARED, "true"), virtual("label", f"{DECLARED}=true: declared by hand", "decisive")),
        ((DECLARED, "false"), real("label", f"{DECLARED}=false: declared by hand", "decisive")),
        ((DECLARED, "maybe"), None),
        (("type", "virtual-kubelet"), virtual("label", "type=virtual-kubelet", "strong")),
        (("liqo.io/type", "virtual-node"), virtual("label", "liqo.io/type=virtual-node", "decisive")),
        (
            ("node-role.kubernetes.io/virtual-node", ""),
            virtual("label", "node-role.kubernetes.io/virtual-node", "strong"),
        ),
        (("node-role.kubernetes.io/edge", ""), real("label", "node-role.kubernetes.io/edge", "strong")),
        (
            ("example.com/vnode", "yes"),
            virtual("label", "example.com/vnode=yes (by its name)", "strong"),
        ),
        (
            ("example.com/vnode", ""),
            virtual("label", "example.com/vnode (by its name)", "strong"),
        ),
        (("liqo.io/type", "else"), None),
    ],
)
def test_what_a_label_indicates(label: tuple[str, str], found: Evidence | None) -> None:
    assert evidence_of(NO_STATUS, labels=[label]) == ([found] if found else [])


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (PLATFORM, ""),
        (PLATFORM[:1], "kubernetes.io/os"),
        (PLATFORM[1:], "kubernetes.io/arch"),
        ((), "kubernetes.io/arch and kubernetes.io/os"),
    ],
)
def test_every_kubelet_sets_two_labels(labels: Any, missing: str) -> None:
    expected = virtual("platform-labels", f"no label {missing}, which every kubelet sets", "weak")
    assert collect_evidence(NO_STATUS._replace(labels=labels)).evidence == ([expected] if missing else [])


@pytest.mark.parametrize(
    ("taint", "seen", "strength", "on_a_machine"),
    [
        (
            ("liqo.example/vnode", ""),
            "liqo.example/vnode (by its name)",
            "strong",
            "strong",
        ),
        (
            ("x.example/vnode", "y"),
            "x.example/vnode=y (by its name)",
            "strong",
            "strong",
        ),
        (("virtual-kubelet.io/provider", "azure"), "virtual-kubelet.io/provider=azure", "strong", "strong"),
        (("azure.com/aci", ""), "azure.com/aci", "decisive", "strong"),
        (("kosmos.io/node", "true"), "kosmos.io/node=true", "decisive", "strong"),
    ],
)
def test_what_a_taint_indicates(taint: tuple[str, str], seen: str, strength: str, on_a_machine: str) -> None:
    """Everyone can copy one: on what seems to be a machine it needs support."""
    assert evidence_of(NO_STATUS, taints=(taint,)) == [virtual("taint", seen, strength)]
    assert evidence_of(NO_STATUS, taints=(taint,), is_machine=True) == [
        virtual("taint", seen, on_a_machine),
        MACHINE,
    ]


def test_names_of_unknown_makers_count_once_wherever_they_are() -> None:
    labels = [("a.example/vnode", "1"), ("b.example/vnode", "1")]
    found = evidence_of(NO_STATUS, labels=labels, taints=(("c.example/vnode", "1"),))
    assert [(piece.signal, piece.strength) for piece in found] == [
        ("label", "strong"),
        ("label", "weak"),
        ("taint", "weak"),
    ]


def test_what_an_annotation_indicates() -> None:
    key = "kwok.x-k8s.io/node"
    assert evidence_of(NO_STATUS, annotations=(key, "other")) == [virtual("annotation", key, "decisive")]


@pytest.mark.parametrize("field", ["provider_id", "name"])
def test_what_a_provider_id_and_a_name_indicate(field: str) -> None:
    index = PROVIDER_IDS if field == "provider_id" else NAMES
    what = "a providerID" if field == "provider_id" else "a name"
    for position in (0, 1):
        indicator = index[position]
        (found,) = evidence_of(NO_STATUS, **{field: position})
        assert found == Evidence(
            field.replace("_", "-"),
            f"{what} as nodes of {', '.join(indicator.kinds)} have",
            "virtual" if indicator.virtual else "real",
            indicator.strength,
        )


NO_RUNTIME = virtual("runtime", "reports no container runtime", "weak")
NO_SYSTEM = virtual("os-image", "reports no operating system", "weak")
VERSION_ALONE = virtual(
    "runtime", "a kubelet version, but no container runtime and no operating system", "strong"
)
READY_ALONE = virtual("runtime", "ready, but reports no container runtime", "strong")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"architecture": "wasm-wasi"}, [virtual("architecture", 'architecture "wasm-wasi"', "decisive")]),
        (
            {"architecture": "sparc"},
            [virtual("architecture", 'architecture "sparc", which no kubelet reports', "strong"), RUNS],
        ),
        (
            {"system": "plan9"},
            [virtual("architecture", 'operating system "plan9", which no kubelet reports', "strong"), RUNS],
        ),
        (
            {"system": "wasm-wasi"},
            [
                virtual("architecture", 'operating system "wasm-wasi", which no kubelet reports', "strong"),
                RUNS,
            ],
        ),
        (
            {"architecture": "virtual-kubelet"},
            [virtual("architecture", 'architecture "virtual-kubelet"', "strong"), RUNS],
        ),
        (
            {"kubelet_version": "v1.2-vk-azure-aci-1"},
            [virtual("kubelet-version", 'kubelet version "v1.2-vk-azure-aci-1"', "decisive")],
        ),
        (
            {"os_image": "Bottlerocket OS 1"},
            [
                real("os-image", 'os image "Bottlerocket OS 1"', "decisive"),
                real("status", 'a kubelet with "containerd://2.1.4" on "Bottlerocket OS 1"', "strong"),
            ],
        ),
        ({"runtime": "mvp"}, [virtual("runtime", 'runtime "mvp"', "decisive")]),
        ({"runtime": "systemd 250"}, [virtual("runtime", 'runtime "systemd 250"', "decisive")]),
        ({"architecture": "", "system": ""}, [RUNS]),
        (
            {"runtime": "what"},
            [virtual("runtime", 'container runtime "what", which no kubelet writes like that', "decisive")],
        ),
        ({"runtime": "fakeRuntime://0.1"}, [virtual("runtime", 'runtime "fakeRuntime://0.1"', "decisive")]),
        ({"runtime": "newcri://1"}, []),
        ({"runtime": "newcri://1", "kubelet_version": ""}, []),
        ({"runtime": ""}, [NO_RUNTIME]),
        ({"runtime": "", "os_image": ""}, [NO_RUNTIME]),
        ({"runtime": "", "kernel": ""}, [NO_RUNTIME]),
        ({"runtime": "", "os_image": "", "kernel": ""}, [VERSION_ALONE, NO_SYSTEM]),
        ({"runtime": "", "os_image": "", "kernel": "", "ready": "False"}, [VERSION_ALONE, NO_SYSTEM]),
        (
            {"runtime": "", "os_image": "", "kernel": "", "kubelet_version": ""},
            [READY_ALONE, NO_SYSTEM],
        ),
        (
            {"runtime": "", "os_image": "", "kernel": "", "kubelet_version": "", "ready": "Unknown"},
            [NO_RUNTIME, NO_SYSTEM],
        ),
        ({"os_image": "", "kernel": ""}, [NO_SYSTEM]),
        ({"os_image": ""}, [real("status", 'a kubelet with "containerd://2.1.4" on ""', "strong")]),
        ({"kernel": ""}, [RUNS]),
        ({"kubelet_version": ""}, []),
    ],
)
def test_what_a_status_indicates(changes: dict[str, Any], found: list[Evidence]) -> None:
    assert evidence_of(**changes) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"architecture": "wasm-wasi"},
            [virtual("architecture", 'architecture "wasm-wasi"', "strong"), RUNS, MACHINE],
        ),
        (
            {"runtime": "fakeRuntime://0.1"},
            [virtual("runtime", 'runtime "fakeRuntime://0.1"', "decisive"), MACHINE],
        ),
        (
            {"runtime": "newcri://1"},
            [real("status", 'a kubelet with "newcri://1" on "Debian"', "strong"), MACHINE],
        ),
        (
            {"runtime": "what"},
            [
                virtual("runtime", 'container runtime "what", which no kubelet writes like that', "decisive"),
                MACHINE,
            ],
        ),
        # Its kubelet may be about to report: no shape of a virtual node's status counts.
        ({"runtime": "", "os_image": "", "kernel": ""}, [NO_RUNTIME, NO_SYSTEM, MACHINE]),
    ],
)
def test_what_a_status_indicates_on_a_machine(changes: dict[str, Any], found: list[Evidence]) -> None:
    assert evidence_of(is_machine=True, **changes) == found


def test_what_evidence_adds_up_to() -> None:
    """A label weighs 4, a name 1, everything else 2; what several kinds share only names their family."""
    labels = (*PLATFORM, ("liqo.io/type", "virtual-node"), ("type", "virtual-kubelet"))
    taints = (("virtual-node.liqo.io/not-allowed", "true"),)
    found = collect_evidence(NO_STATUS._replace(labels=labels, taints=taints))
    assert found.scores == {"liqo": 6}
    assert {"admiralty", "virtual-kubelet"} <= found.family
    assert "liqo" not in found.family
    assert found.selectors == ["liqo.io/type=virtual-node", "type=virtual-kubelet"]
    position = next(at for at in range(9) if len(NAMES[at].kinds) == 1)
    named = collect_evidence(NO_STATUS._replace(name=position))
    assert named.scores == {NAMES[position].kinds[0]: 1}


@pytest.mark.parametrize("declared", [True, False])
def test_what_people_declare(declared: bool) -> None:
    value = "true" if declared else "false"
    found = collect_evidence(KUBELET._replace(labels=(*PLATFORM, (DECLARED, value))))
    assert found.declared is declared
    assert found.selectors == ([f"{DECLARED}=true"] if declared else [])
    assert found.kubelet is not declared  # a decisive sign of a virtual node outweighs its status


def test_evidence_is_chosen_by_strength_and_by_place() -> None:
    found = NodeEvidence()
    found.add("label", "a", "strong")
    found.add("taint", "b", "strong")
    found.add("label", "c", "weak")
    found.add("status", "d", "strong", virtual=False)
    assert [piece.seen for piece in found.of("strong")] == ["a", "b"]
    assert [piece.seen for piece in found.of("strong", "taint")] == ["b"]
    assert found.of("strong", "status") == []
    assert [piece.seen for piece in found.of("weak", "label")] == ["c"]
    assert found.of("decisive") == []


def test_weak_evidence_does_not_get_stronger_on_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By entries that today's catalogue does not have."""
    taint = Indicator("taint", ("kwok",), "weak", virtual=True, key="x.example/y")
    monkeypatch.setattr(evidence, "find_taint_indicator", lambda _key, _value: taint)
    found = evidence_of(NO_STATUS, taints=(("x.example/y", ""),), is_machine=True)
    assert found == [virtual("taint", "x.example/y", "weak"), MACHINE]

    class Patterns:
        def find(self, value: str) -> int:
            return 0 if value == "Odd" else -1

        def __getitem__(self, position: int) -> Indicator:
            return Indicator("os-image", ("kwok",), "weak", virtual=True, pattern="Odd")

    monkeypatch.setattr(evidence, "STATUS_PATTERNS", ((Patterns(), "os_image"),))
    assert virtual("os-image", 'os image "Odd"', "weak") in evidence_of(is_machine=True, os_image="Odd")
