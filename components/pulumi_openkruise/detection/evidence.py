"""From a node's features to evidence: what each of them indicates, and how much it is worth."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ..catalogue.indicators import DECLARED, SHAPES, Indicator, Strength
from ..catalogue.kubelets import ARCHITECTURES, RUNTIME_FORM, RUNTIME_NAMES, SYSTEMS
from ..diagnostics.problem import show
from ..diagnostics.wording import replace_unprintable
from .classification import Evidence
from .features import NAMES, PROVIDER_IDS, NodeFeatures
from .indicator_index import (
    ARCHITECTURE_PATTERNS,
    RUNTIME_PATTERNS,
    STATUS_PATTERNS,
    find_annotation_indicator,
    find_label_indicators,
    find_taint_indicator,
    names_virtual_node,
)

_WEIGHTS: dict[str, int] = {"label": 4, "name": 1}
"""How much a piece of evidence says about the kind; 2 where not listed."""


@dataclass
class NodeEvidence:
    """All evidence on one node, and what it adds up to."""

    evidence: list[Evidence] = field(default_factory=list)
    declared: bool | None = None
    """What people declare the node to be: virtual (True), real (False), nothing (None)."""
    selectors: list[str] = field(default_factory=list)
    scores: dict[str, int] = field(default_factory=dict)
    """How much evidence there is for each kind that has an indicator of its own here."""
    family: set[str] = field(default_factory=set)
    """Kinds that share an indicator with others here."""
    named: bool = False
    """Whether a label or taint of an unknown maker says virtual by its name."""
    kubelet: bool = False
    """Whether the status is that of a kubelet with a container runtime."""

    def add(self, signal: str, seen: str, strength: Strength, *, virtual: bool = True) -> None:
        """Record a piece of evidence; a taint's value, for example, may hold any character."""
        points_to: Literal["virtual", "real"] = "virtual" if virtual else "real"
        self.evidence.append(Evidence(signal, replace_unprintable(seen), points_to, strength))

    def add_indicator(self, seen: str, indicator: Indicator) -> None:
        """Record an indicator of the catalogue."""
        self.add(indicator.place, seen, indicator.strength, virtual=indicator.virtual)
        if len(indicator.kinds) == 1:
            (kind,) = indicator.kinds
            self.scores[kind] = self.scores.get(kind, 0) + _WEIGHTS.get(indicator.place, 2)
        else:
            self.family.update(indicator.kinds)
        if indicator.selector:
            self.selectors.append(indicator.selector)

    def add_name(self, place: str, key: str, value: str) -> None:
        """Record a label or taint of an unknown maker whose name says virtual; all together count once."""
        seen = f"{key}={value}" if value else key
        self.add(place, f"{seen} (by its name)", "weak" if self.named else "strong")
        self.named = True

    def of(self, strength: Strength, signal: str = "") -> list[Evidence]:
        """Return the evidence of this strength that indicates a virtual node."""
        return [
            piece
            for piece in self.evidence
            if piece.points_to == "virtual" and piece.strength == strength and signal in ("", piece.signal)
        ]


def collect_evidence(node: NodeFeatures) -> NodeEvidence:
    """Collect the evidence on a node, in the order in which people look: labels, status, the rest."""
    found = NodeEvidence()
    _collect_labels(node, found)
    _collect_status(node, found)
    _collect_rest(node, found)
    return found


def _collect_labels(node: NodeFeatures, found: NodeEvidence) -> None:
    for key, value in node.labels:
        if key == DECLARED and value in ("true", "false"):
            found.declared = value == "true"
            found.add("label", f"{key}={value}: declared by hand", "decisive", virtual=found.declared)
            if found.declared:
                found.selectors.append(f"{key}={value}")
        indicators = list(find_label_indicators(key, value))
        for indicator in indicators:
            found.add_indicator(f"{key}={value}" if value else key, indicator)
        if not indicators and names_virtual_node(key, value):
            found.add_name("label", key, value)
    platform = {key for key, _value in node.labels} & {"kubernetes.io/os", "kubernetes.io/arch"}
    if len(platform) < 2:
        missing = " and ".join(sorted({"kubernetes.io/os", "kubernetes.io/arch"} - platform))
        found.add("platform-labels", f"no label {missing}, which every kubelet sets", "weak")


def _collect_rest(node: NodeFeatures, found: NodeEvidence) -> None:
    for key, value in node.taints:
        taint = find_taint_indicator(key, value)
        if taint is None:
            found.add_name("taint", key, value)
        else:
            if node.is_machine and taint.strength == "decisive":
                # Everyone can copy a taint: on what seems to be a machine it needs support.
                taint = replace(taint, strength="strong")
            found.add_indicator(f"{key}={value}" if value else key, taint)
    for key in node.annotations:
        annotation = find_annotation_indicator(key)
        if annotation is not None:
            found.add_indicator(key, annotation)
    if node.provider_id >= 0:
        indicator = PROVIDER_IDS[node.provider_id]
        found.add_indicator(f"a providerID as nodes of {', '.join(indicator.kinds)} have", indicator)
    if node.name >= 0:
        indicator = NAMES[node.name]
        found.add_indicator(f"a name as nodes of {', '.join(indicator.kinds)} have", indicator)
    if node.is_machine:
        found.add("status", "annotations or a providerID of a machine with a kubelet", "weak", virtual=False)


def _collect_status(node: NodeFeatures, found: NodeEvidence) -> None:
    for index, name in STATUS_PATTERNS:
        value = getattr(node, name)
        position = index.find(value)
        if position >= 0:
            indicator = index[position]
            if node.is_machine and indicator.strength == "decisive" and index is not RUNTIME_PATTERNS:
                # A machine's marks outweigh one odd word in its status, but for the runtime that it names:
                # kubemark's hollow nodes are kubelets, too, and have none.
                indicator = replace(indicator, strength="strong")
            found.add_indicator(f"{indicator.place.replace('-', ' ')} {show(value)}", indicator)
    for value, known, what in (
        (node.architecture, ARCHITECTURES, "architecture"),
        (node.system, SYSTEMS, "operating system"),
    ):
        # A word that is a kind's own has counted already.
        if value and value not in known and (value is node.system or ARCHITECTURE_PATTERNS.find(value) < 0):
            found.add("architecture", f"{what} {show(value)}, which no kubelet reports", "strong")
    for strength, seen in _check_runtime(node):
        found.add("runtime", seen, strength)
    has_system = bool(node.os_image or node.kernel)
    if node.has_info and not has_system:
        found.add("os-image", "reports no operating system", "weak")
    # On a machine that kubeadm, a kubelet or a CSI driver has marked, a runtime without a known name will do.
    form = RUNTIME_FORM if node.is_machine else RUNTIME_NAMES
    runtime = form.match(node.runtime) is not None
    found.kubelet = runtime and bool(node.kubelet_version) and has_system and not found.of("decisive")
    if found.kubelet:
        found.add(
            "status",
            f"a kubelet with {show(node.runtime)} on {show(node.os_image)}",
            "strong",
            virtual=False,
        )


def _check_runtime(node: NodeFeatures) -> Iterator[tuple[Strength, str]]:
    if not node.has_info:
        return
    if node.runtime:
        if not RUNTIME_FORM.match(node.runtime) and RUNTIME_PATTERNS.find(node.runtime) < 0:
            yield "decisive", f"container runtime {show(node.runtime)}, which no kubelet writes like that"
        return
    for shape in () if node.is_machine else SHAPES:
        fits = all(getattr(node, name) for name in shape.filled)
        fits = fits and not any(getattr(node, name) for name in shape.empty)
        if fits and (node.ready == "True" or not shape.ready):
            yield shape.strength, shape.seen
            return
    yield "weak", "reports no container runtime"
