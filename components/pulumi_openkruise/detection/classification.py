"""What the detector says of a node: types only."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["virtual", "real", "unsure"]
Strength = Literal["decisive", "strong", "weak"]


@dataclass(frozen=True)
class Evidence:
    """One thing seen on a node, and what it speaks for."""

    signal: str
    """Where it was seen: ``label``, ``taint``, ``annotation``, ``provider-id``, ``runtime``,
    ``kubelet-version``, ``os-image``, ``architecture``, ``platform-labels``, ``name``, ``status``."""
    seen: str
    """What was seen, in words."""
    points_to: Literal["virtual", "real"]
    """What it speaks for."""
    strength: Strength
    """``decisive`` settles it alone, ``strong`` together with another or where nothing contradicts,
    ``weak`` never alone."""

    @property
    def told(self) -> str:
        """What was seen, and where, if its words do not say it: a label and a taint can be spelt alike."""
        return f"{self.signal} {self.seen}" if self.signal in ("annotation", "label", "taint") else self.seen


@dataclass(frozen=True)
class Classification:
    """What a node is, why, and what that means for kruise-daemon."""

    verdict: Verdict
    kind: str | None
    """Name of the kind in the catalogue, as far as it can be told; real nodes can have one too."""
    evidence: tuple[Evidence, ...]
    """Everything seen, what speaks for the verdict first."""
    settle: str
    """Where the verdict is ``unsure``: what would settle it, a sentence without a full stop. Else empty."""
    selectors: tuple[str, ...]
    """Selectors of the catalogue that match the node's labels: those by which labels alone tell its kind.

    Empty where they do not: then an affinity needs a label that people set (``openkruise.io/virtual-node``).
    """
    no_daemon: str
    """Why kruise-daemon cannot run there, a clause; empty where it can, or where nobody can tell."""

    @property
    def runs_daemon(self) -> bool:
        """Whether the node should have a daemon: it is real, and nothing keeps the daemon from running."""
        return self.verdict == "real" and not self.no_daemon
