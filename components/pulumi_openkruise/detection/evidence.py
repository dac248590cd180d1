"""From what is seen on a node to what it speaks for, one piece of evidence at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..diagnostics.problem import shown
from .classification import Evidence, Strength
from .features import NAMES, PROVIDER_IDS, Sighting
from .indicators import DECLARED, Patterns, Sign, annotation_sign, label_signs, taint_sign

_KUBELETS, _RUNTIMES = Patterns("kubelet_version"), Patterns("runtime")
_OS_IMAGES, _ARCHITECTURES = Patterns("os_image"), Patterns("architecture")

_GOARCH = frozenset(
    {"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le"}
    | {"riscv64", "s390x"}
)
_GOOS = frozenset({"linux", "windows", "darwin", "freebsd"})

_WRITTEN_BY_KUBELET = re.compile(r"[^:/\s]*://")
"""A kubelet writes name://version, with Unknown for a runtime that does not answer."""
_RUNTIME_NAMES = re.compile(
    r"(?:containerd|cri-o|docker|cri-dockerd|remote|rkt|frakti|pouch|isulad|iSulad|mcr|)://"
)
"""Runtimes with a CRI endpoint; KubeEdge wrote ``remote``, a runtime that never answered has no name."""

_WEIGHTS: dict[str, int] = {"label": 4, "name": 1}
"""How much a piece of evidence says about the kind; 2 where not listed."""


@dataclass
class Findings:
    """The evidence on one node, and what it adds up to."""

    evidence: list[Evidence] = field(default_factory=list)
    declared: bool | None = None
    """What people say that the node is: virtual (True), real (False), nothing (None)."""
    selectors: list[str] = field(default_factory=list)
    scores: dict[str, int] = field(default_factory=dict)
    """How much speaks for each kind that something particular to it speaks for."""
    family: set[str] = field(default_factory=set)
    """Kinds that something shared with others speaks for."""
    kubelet: bool = False
    """Whether the status is that of a kubelet with a container runtime."""

    def add(self, signal: str, seen: str, strength: Strength, *, virtual: bool = True) -> None:
        """Note a piece of evidence."""
        self.evidence.append(Evidence(signal, seen, "virtual" if virtual else "real", strength))

    def sign(self, signal: str, seen: str, sign: Sign) -> None:
        """Note a sign of some kinds."""
        self.add(signal, seen, sign.strength, virtual=sign.virtual)
        if len(sign.kinds) == 1:
            (kind,) = sign.kinds
            self.scores[kind] = self.scores.get(kind, 0) + _WEIGHTS.get(signal, 2)
        else:
            self.family.update(sign.kinds)
        if sign.selector:
            self.selectors.append(sign.selector)

    def of(self, strength: Strength, signal: str = "") -> list[Evidence]:
        """Return what speaks for a virtual node with this strength."""
        return [
            piece
            for piece in self.evidence
            if piece.points_to == "virtual" and piece.strength == strength and signal in ("", piece.signal)
        ]


def find(node: Sighting) -> Findings:
    """Collect the evidence on a node."""
    found = Findings()
    _labels(node, found)
    _status(node, found)
    _elsewhere(node, found)
    return found


def _labels(node: Sighting, found: Findings) -> None:
    for key, value in node.labels:
        if key == DECLARED and value in ("true", "false"):
            found.declared = value == "true"
            found.add("label", f"{key}={value}: people say so", "decisive", virtual=found.declared)
            if found.declared:
                found.selectors.append(f"{key}={value}")
        for sign in label_signs(key, value):
            found.sign("label", f"{key}={value}" if value else key, sign)
    platform = {key for key, _value in node.labels} & {"kubernetes.io/os", "kubernetes.io/arch"}
    if len(platform) < 2:
        missing = " and ".join(sorted({"kubernetes.io/os", "kubernetes.io/arch"} - platform))
        found.add("platform-labels", f"no label {missing}, which every kubelet sets", "weak")


def _elsewhere(node: Sighting, found: Findings) -> None:
    for key, value in node.taints:
        sign = taint_sign(key, value)
        if sign is not None:
            if node.marked and sign.strength == "decisive":
                # Anybody can copy a taint: on what seems to be a machine it takes more.
                sign = sign._replace(strength="strong")
            found.sign("taint", f"{key}={value}" if value else key, sign)
    for key in node.annotations:
        sign = annotation_sign(key)
        if sign is not None:
            found.sign("annotation", key, sign)
    if node.provider_id >= 0:
        sign = PROVIDER_IDS.sign(node.provider_id)
        found.sign("provider-id", f"a providerID as nodes of {', '.join(sign.kinds)} have", sign)
    if node.name >= 0:
        sign = NAMES.sign(node.name)
        found.sign("name", f"a name as nodes of {', '.join(sign.kinds)} have", sign)
    if node.marked:
        found.add("status", "annotations or a providerID of a machine with a kubelet", "weak", virtual=False)


def _status(node: Sighting, found: Findings) -> None:
    for signal, patterns, text in (
        ("kubelet-version", _KUBELETS, node.kubelet),
        ("runtime", _RUNTIMES, node.runtime),
        ("os-image", _OS_IMAGES, node.os_image),
        ("architecture", _ARCHITECTURES, node.architecture),
    ):
        number = patterns.number(text)
        if number >= 0:
            found.sign(signal, f"{signal.replace('-', ' ')} {shown(text)}", patterns.sign(number))
    for text, known, what in (
        (node.architecture, _GOARCH, "architecture"),
        (node.system, _GOOS, "operating system"),
    ):
        if text and text not in known:
            found.add("architecture", f"{what} {shown(text)}, which no kubelet reports", "strong")
    for strength, seen in _runtime(node):
        found.add("runtime", seen, strength)
    described = bool(node.os_image or node.kernel)
    if node.has_info and not described:
        found.add("os-image", "reports no operating system", "weak")
    runtime = _RUNTIME_NAMES.match(node.runtime) is not None
    found.kubelet = runtime and bool(node.kubelet) and described and not found.of("decisive")
    if found.kubelet:
        found.add(
            "status",
            f"a kubelet with {shown(node.runtime)} on {shown(node.os_image)}",
            "strong",
            virtual=False,
        )


def _runtime(node: Sighting) -> Iterator[tuple[Strength, str]]:
    if not node.has_info:
        return
    if node.runtime:
        if not _WRITTEN_BY_KUBELET.match(node.runtime) and _RUNTIMES.number(node.runtime) < 0:
            yield "decisive", f"container runtime {shown(node.runtime)}, which no kubelet writes like that"
        return
    # A kubelet reports its runtime with its version, before the node is ready. Where the rest looks like a
    # kubelet's, or the node is not ready, something else may be wrong.
    if node.ready == "True" and not (node.marked or node.os_image or node.kernel):
        yield "strong", "ready, but reports no container runtime"
    else:
        yield "weak", "reports no container runtime"
