"""What the catalogue says about one kind of node: the types, without the data."""

from dataclasses import dataclass, field
from typing import Literal

Confidence = Literal["code", "doc", "dump", "secondary", "unverified"]
"""What an entry rests on: the kind's own source code, its vendor's documentation, a Node object shown in
public, a third party's repository, or nothing that could be checked."""

BACKED: tuple[Confidence, ...] = ("code", "doc", "dump")
"""What a preset may rest on."""

TypeLabel = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class FieldPatterns:
    """Regular expressions for fields of a Node object, each matched from the field's beginning.

    Only syntax that Python's ``re`` and RE2 share is used, so that CEL can evaluate the same patterns. Node
    affinity sees none of these fields.
    """

    provider_id: str = ""
    """``spec.providerID``."""
    kubelet_version: str = ""
    """``status.nodeInfo.kubeletVersion``."""
    runtime: str = ""
    """``status.nodeInfo.containerRuntimeVersion``."""
    os_image: str = ""
    """``status.nodeInfo.osImage``."""
    architecture: str = ""
    """``status.nodeInfo.architecture``."""
    name: str = ""
    """``metadata.name``; a weak indicator, since names are free to choose."""


@dataclass(frozen=True)
class NodeKind:
    """One kind of node: how to recognise it, and whether kruise-daemon has to stay off it."""

    name: str
    """What the kind is called, also as a preset."""
    vendor: str
    """Who makes it."""
    description: str
    """What the nodes are, in a few words."""
    source: str
    """Where that can be seen: repository and path, or the vendor's document."""
    confidence: Confidence
    """What kind of evidence that is."""
    revisions: tuple[tuple[str, ...], ...] = ()
    """Label selectors, oldest revision first; a node of this kind matches at least one of a revision.

    A revision that was released never changes: each byte of it is in clusters' affinities. Empty where no
    label distinguishes these nodes from others; ``reason`` says so.
    """
    current: int = 1
    """The revision that the bare name means. It changes in a major release of this package only."""
    taints: tuple[str, ...] = ()
    """Taints that such nodes usually have, ``key=value:effect``; kruise-daemon tolerates all of them."""
    unbacked_labels: tuple[str, ...] = ()
    """Labels ``key=value`` that only third parties show: evidence for the detector, never for a preset."""
    annotations: tuple[str, ...] = ()
    """Keys of annotations that only nodes of this kind have."""
    patterns: FieldPatterns = field(default_factory=FieldPatterns)
    """What other fields of such a node look like."""
    type_label: TypeLabel = "no"
    """Whether its nodes carry ``type=virtual-kubelet``, the only label that OpenKruise's controllers know."""
    type_label_note: str = ""
    """Since when, or by what setting; begins with yes where the label depends on the version."""
    virtual: bool = True
    """False for real machines with a kubelet and a container runtime."""
    excluded: bool = True
    """Whether the daemon has to stay off these nodes; ``reason`` says why where that is not obvious."""
    reason: str = ""
    """Why such nodes are not excluded, or why not by a preset, or not by the group ``all``."""

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors that the bare name stands for."""
        return self.revisions[self.current - 1] if self.revisions else ()

    @property
    def is_preset(self) -> bool:
        """Whether ``virtualNodePresets`` takes this kind: excluded, known by labels, with evidence."""
        return self.excluded and bool(self.revisions) and self.confidence in BACKED
