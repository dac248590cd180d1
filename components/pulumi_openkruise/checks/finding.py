"""What a check can find: every code with its consequence and remedy, and one finding as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Severity = Literal["critical", "error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "error", "warning", "info")
"""The worst first. All but ``info`` make the command exit with 1."""


class ObjectReference(NamedTuple):
    """An object that a finding is about; ``str()`` names it for people."""

    kind: str
    """Kind as Kubernetes spells it, with its group for custom resources: `CloneSet.apps.kruise.io`.

    Two are not kinds of Kubernetes: `Release` is a Helm release, `Webhook` one webhook of a configuration.
    """
    name: str
    namespace: str = ""
    """Empty for what lives in no namespace."""

    def __str__(self) -> str:
        """Return a node's name alone, and other objects as ``Kind namespace/name``."""
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return name if self.kind == "Node" else f"{self.kind} {name}"

    def to_dict(self) -> dict[str, str]:
        """Return the reference as plain data for JSON; the namespace is left out where there is none."""
        namespace = {"namespace": self.namespace} if self.namespace else {}
        return {"kind": self.kind, **namespace, "name": self.name}


def node_references(names: Iterable[str]) -> list[ObjectReference]:
    """Return references to nodes with these names."""
    return [ObjectReference("Node", name) for name in names]


@dataclass(frozen=True)
class Code:
    """A kind of finding: what is true of each finding with this code."""

    name: str
    severity: Severity
    title: str
    """What it finds."""
    consequence: str
    """What happens if it stays, a sentence without a full stop."""
    remedy: str
    """What to do, a sentence without a full stop."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a cluster."""

    code: str
    severity: Severity
    what: str
    """What was found, a sentence without a full stop."""
    evidence: tuple[str, ...]
    """What was seen, a line each."""
    consequence: str
    remedy: str
    objects: tuple[ObjectReference, ...] = ()
    """Everything that the finding is about."""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "what": self.what,
            "evidence": list(self.evidence),
            "consequence": self.consequence,
            "remedy": self.remedy,
            "objects": [one.to_dict() for one in self.objects],
        }


@dataclass(frozen=True)
class NotChecked:
    """Something that could not be checked, and why."""

    what: str
    because: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"what": self.what, "because": self.because}


def make(
    code: Code,
    what: str,
    evidence: Iterable[str] = (),
    objects: Iterable[ObjectReference] = (),
    *,
    consequence: str = "",
    remedy: str = "",
    severity: Severity | None = None,
) -> Finding:
    """Return a finding; what is not given comes from its code."""
    return Finding(
        code.name,
        severity or code.severity,
        what,
        tuple(evidence),
        consequence or code.consequence,
        remedy or code.remedy,
        tuple(objects),
    )
