"""Whether a node is virtual, by everything that its Node object shows.

Only the Node object is read, so copies of real nodes (k3k's mirrored hosts, vcluster's synced ones) count as
real. In doubt the verdict is unsure: a real node taken for a virtual one would lose its daemon.
"""

from collections.abc import Mapping
from typing import Any

from ..catalogue import KINDS
from ..catalogue.indicators import DECLARED
from ..diagnostics.problem import show
from .classification import Classification, Verdict
from .evidence import NodeEvidence, collect_evidence
from .features import NodeFeatures, read_features

IMAGE_ARCHITECTURES = ("amd64", "arm64", "ppc64le")
"""Architectures that kruise-daemon's image exists for, with Linux (openkruise/kruise Makefile)."""

_DECIDES = f"the label {DECLARED}=true or =false on the node decides it"
_REMEMBERED = 1 << 14
_known: dict[NodeFeatures, Classification] = {}


def classify(node: Mapping[str, Any]) -> Classification:
    """Classify a Node object, as ``kubectl get nodes -o json`` gives it; never raises, whatever is in it."""
    features = read_features(node)
    classification = _known.get(features)
    if classification is None:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        classification = _known[features] = _classify(features)
    return classification


def _classify(node: NodeFeatures) -> Classification:
    found = collect_evidence(node)
    verdict, settle = _decide(node, found)
    first = "real" if verdict == "real" else "virtual"
    strengths = ("decisive", "strong", "weak")
    evidence = sorted(
        found.evidence, key=lambda piece: (piece.points_to != first, strengths.index(piece.strength))
    )
    return Classification(
        verdict=verdict,
        kind=_choose_kind(found, verdict),
        evidence=tuple(evidence),
        settle=settle,
        selectors=tuple(sorted(set(found.selectors))),
        no_daemon=_explain_no_daemon(node, verdict),
    )


def _decide(node: NodeFeatures, found: NodeEvidence) -> tuple[Verdict, str]:
    """Return the verdict and, where it is unsure, what would decide it."""
    if found.declared is not None:
        return ("virtual" if found.declared else "real"), ""
    if found.of("decisive"):
        return "virtual", ""
    strong = found.of("strong")
    if len(strong) > 1:
        return "virtual", ""
    if strong:
        # Everyone can set one label or taint: the rest of the node decides.
        if node.is_machine or (found.kubelet and not found.of("weak", "name")):
            return "unsure", (
                f"only {strong[0].seen} suggests a virtual node: find out who set it; {_DECIDES}"
            )
        return "virtual", ""
    if found.kubelet:
        return "real", ""
    if not node.has_info:
        return "unsure", "only its metadata is known, not its status: give whole Node objects"
    if not node.runtime:
        return "unsure", f"no container runtime is reported yet: check again once it is ready; {_DECIDES}"
    return "unsure", (
        f"find out whether {show(node.runtime)} is a container runtime that kruise-daemon can talk to, on a "
        f"machine of its own; {_DECIDES}"
    )


def _choose_kind(found: NodeEvidence, verdict: Verdict) -> str | None:
    """Return the kind with the most evidence, among those that the verdict allows."""
    fitting = {
        name: score for name, score in found.scores.items() if KINDS[name].virtual == (verdict != "real")
    }
    if fitting:
        most = max(fitting.values())
        return next(name for name, score in fitting.items() if score == most)
    generic = "virtual-kubelet"
    return generic if verdict != "real" and generic in found.family else None


def _explain_no_daemon(node: NodeFeatures, verdict: Verdict) -> str:
    if verdict == "virtual":
        return "no container runtime that kruise-daemon could reach"
    labels = dict(node.labels)
    system = node.system or labels.get("kubernetes.io/os", "")
    architecture = node.architecture or labels.get("kubernetes.io/arch", "")
    if verdict == "real" and system and system != "linux":
        return f"no image of kruise-daemon exists for {show(system)}"
    if verdict == "real" and architecture and architecture not in IMAGE_ARCHITECTURES:
        return f"no image of kruise-daemon exists for {show(architecture)}"
    return ""
