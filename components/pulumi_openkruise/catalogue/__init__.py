"""The kinds of virtual and real nodes that are known; data, pure.

A kind gets in with evidence, which stands beside it. Node affinity can use only labels and the node's name;
taints and other indicators tell people which nodes are meant, and serve the detector.
"""

from .clouds import CLOUDS
from .kind import BACKED, Confidence, FieldPatterns, NodeKind
from .providers import PROVIDERS
from .real import REAL
from .simulators import SIMULATORS

KINDS: dict[str, NodeKind] = {
    kind.name: kind for kind in sorted((*CLOUDS, *PROVIDERS, *REAL, *SIMULATORS), key=lambda kind: kind.name)
}
"""Every kind by name, in order."""

PRESETS: dict[str, NodeKind] = {name: kind for name, kind in KINDS.items() if kind.is_preset}
"""Those that can be excluded by name; groups and pinned revisions are in ``config.presets``."""

__all__ = ["BACKED", "KINDS", "PRESETS", "Confidence", "FieldPatterns", "NodeKind"]
