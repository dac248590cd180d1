"""What a check can find: every code with its consequence and remedy, and one finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Severity = Literal["critical", "error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "error", "warning", "info")
"""From the worst on. By default all but ``info`` make the command end with 1."""

BLOCKED = (
    "the creation, change, deletion and eviction of every pod outside kube-system and OpenKruise's namespace"
)
"""What OpenKruise's fail-closed webhooks refuse while no manager answers."""


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


def refer_to_nodes(names: Iterable[str]) -> list[ObjectReference]:
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
    identity: tuple[str, ...] = ()
    """What distinguishes it from others of its code, the same in each run: a selector, a release, a Job.

    Empty where a snapshot has at most one finding of the code. The objects do not count: nodes come and go.
    """


@dataclass(frozen=True)
class NotChecked:
    """Something that could not be checked, and why."""

    what: str
    because: str


@dataclass(frozen=True)
class AcceptedFinding:
    """A finding that does not count, since the team has accepted it."""

    finding: Finding
    reason: str
    until: date
    """The last day on which it does not count."""


def make(
    code: Code,
    what: str,
    evidence: Iterable[str] = (),
    objects: Iterable[ObjectReference] = (),
    *,
    consequence: str = "",
    remedy: str = "",
    severity: Severity | None = None,
    identity: Iterable[str] = (),
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
        tuple(identity),
    )
