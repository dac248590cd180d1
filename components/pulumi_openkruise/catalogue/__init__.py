"""The kinds of nodes that are known: virtual ones, and real ones that are taken for virtual. Data only.

A kind gets in with evidence; what the evidence is stands with it. Only labels (and the node's name) can be
used by node affinity; taints and the other signs are for telling people which nodes are meant, and for the
detector.
"""

from .clouds import CLOUDS
from .kind import BACKED, Confidence, NodeKind, Signs
from .providers import PROVIDERS
from .real import REAL
from .simulators import SIMULATORS

KINDS: dict[str, NodeKind] = {
    kind.name: kind for kind in sorted((*CLOUDS, *PROVIDERS, *REAL, *SIMULATORS), key=lambda kind: kind.name)
}
"""Every kind by name, in order."""

PRESETS: dict[str, NodeKind] = {name: kind for name, kind in KINDS.items() if kind.is_preset}
"""Those that can be excluded by name; groups and pinned revisions are in ``presets``."""

__all__ = ["BACKED", "KINDS", "PRESETS", "Confidence", "NodeKind", "Signs"]
