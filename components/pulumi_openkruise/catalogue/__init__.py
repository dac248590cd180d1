"""The kinds of nodes that are known: virtual ones, and real ones that look virtual. Data only.

An entry needs evidence, which is named in it. Only labels, and the node's name, can be used by node affinity;
taints, annotations and other fields serve people, the detector and admission policies. ``indicators`` has all
of that as one flat table, ``kubelets`` what real nodes look like.
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
