"""What the detector says about a node: types only."""

from dataclasses import dataclass
from typing import Literal

from ..catalogue.indicators import Strength

Verdict = Literal["virtual", "real", "unsure"]


@dataclass(frozen=True)
class Evidence:
    """One thing seen on a node, and what it indicates."""

    signal: str
    """Where it was seen: ``label``, ``taint``, ``annotation``, ``provider-id``, ``runtime``,
    ``kubelet-version``, ``os-image``, ``architecture``, ``platform-labels``, ``name``, ``status``."""
    seen: str
    """What was seen, in words."""
    points_to: Literal["virtual", "real"]
    """What it indicates."""
    strength: Strength
    """How much it is worth."""

    @property
    def description(self) -> str:
        """What was seen, and where, if its words do not say it: a label and a taint can be spelt alike."""
        return f"{self.signal} {self.seen}" if self.signal in ("annotation", "label", "taint") else self.seen


@dataclass(frozen=True)
class Classification:
    """What a node is, why, and what that means for kruise-daemon."""

    verdict: Verdict
    kind: str | None
    """Name of the kind in the catalogue; None where it is unknown. Real nodes can have one, too."""
    evidence: tuple[Evidence, ...]
    """Everything seen, what supports the verdict first, the strongest first."""
    settle: str
    """Where the verdict is ``unsure``: what would decide it, a sentence without a full stop. Else empty."""
    selectors: tuple[str, ...]
    """Selectors of presets that match the node's labels, sorted.

    Empty where no preset does: then an affinity needs another label, or ``openkruise.io/virtual-node``.
    """
    no_daemon: str
    """Why kruise-daemon cannot run there, a clause; empty where it can, or where it is unsure."""

    @property
    def runs_daemon(self) -> bool:
        """Whether the node should have a daemon: it is real, and nothing keeps the daemon from running."""
        return self.verdict == "real" and not self.no_daemon
