"""Every indicator of a kind as one flat table, made from the catalogue's entries.

Presets, the detector and admission policies all come from it: a label, taint, annotation or field of a Node
object, which kinds it indicates, and how much that is worth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from ..selectors import parse
from . import KINDS
from .kind import FieldPatterns, NodeKind

Strength = Literal["decisive", "strong", "weak"]
"""``decisive`` is enough alone; ``strong`` is with a second one, or where nothing contradicts; ``weak`` never
is."""

Place = Literal[
    "label",
    "taint",
    "annotation",
    "provider-id",
    "name",
    "kubelet-version",
    "runtime",
    "os-image",
    "architecture",
]
"""Where on a Node object an indicator is."""

DECLARED = "openkruise.io/virtual-node"
"""The label by which people declare what a node is: ``true`` or ``false``."""

NODE_INFO_FIELDS = {
    "kubelet_version": "kubeletVersion",
    "runtime": "containerRuntimeVersion",
    "os_image": "osImage",
    "kernel": "kernelVersion",
    "architecture": "architecture",
    "system": "operatingSystem",
}
"""The names used here for fields of ``status.nodeInfo``, and the API's."""


@dataclass(frozen=True)
class Indicator:
    """One thing on a Node object, and the kinds that it indicates."""

    place: Place
    kinds: tuple[str, ...]
    """Names of the kinds, in the catalogue's order; at least one."""
    strength: Strength
    virtual: bool
    """Whether these kinds are virtual; False for real kinds that are known by name."""
    key: str = ""
    """Key of the label, taint or annotation; empty for the other places."""
    value: str | None = None
    """The label's or taint's value; None where any will do."""
    pattern: str = ""
    """For the other places: a regular expression (RE2) that the field matches from its beginning."""
    selector: str = ""
    """For a label that a preset lists: the selector."""


@dataclass(frozen=True)
class NodeInfoShape:
    """A combination of filled and empty fields of ``status.nodeInfo`` that no real kubelet reports."""

    filled: tuple[str, ...]
    """Names from ``NODE_INFO_FIELDS``."""
    empty: tuple[str, ...]
    """Names from ``NODE_INFO_FIELDS``."""
    ready: bool
    """Whether the node must have the condition Ready, too."""
    seen: str
    """What that is, in words."""
    strength: Strength = "strong"


SHAPES: tuple[NodeInfoShape, ...] = (
    # VersionInfo in pkg/kubelet/nodestatus/setters.go sets version, runtime, kernel and image together.
    NodeInfoShape(
        filled=("kubelet_version",),
        empty=("runtime", "os_image", "kernel"),
        ready=False,
        seen="a kubelet version, but no container runtime and no operating system",
    ),
    # Providers that report no version either (awslabs/aws-virtual-kubelet, Kip). A node made by hand looks
    # the same, but never gets ready.
    NodeInfoShape(
        filled=(),
        empty=("runtime", "os_image", "kernel"),
        ready=True,
        seen="ready, but reports no container runtime",
    ),
)
"""The first one that fits counts."""


_VIRTUAL = r"(?:virtual[-_.]?(?:kubelet|node)|vkubelet|vnode)"
VIRTUAL_KEY = rf"(?:^|.*[./_-]){_VIRTUAL}(?:$|[./]|[-_](?:type|kind|name|id|role|provider)$)"
"""Keys of labels and taints whose name says that the node is virtual, of any maker (RE2, from the
beginning): ``example.com/virtual-node``, and not ``example.com/virtual-node-group``."""
TYPE_KEY = r"(?:^|.*[./_-])(?:type|kind|class|role|provider|mode)$"
"""Keys of labels whose value says what the node is: of others, as pools, people choose values freely."""
VIRTUAL_VALUE = rf"(?:^|.*[-_.]){_VIRTUAL}[0-9]*$"
"""Values for such keys that say that it is virtual: ``acs-virtual-kubelet``."""
DENIALS = frozenset({"false", "no", "none", "off", "disabled", "0"})
"""Values by which a label with such a key says the opposite."""


def _list_labels() -> Iterator[Indicator]:
    kinds: dict[tuple[str, str | None], list[NodeKind]] = {}
    for kind in KINDS.values():
        for selector in kind.selectors:
            (requirement,) = parse(selector).requirements
            values: tuple[str | None, ...] = requirement.values or (None,)
            for value in values:
                kinds.setdefault((requirement.key, value), []).append(kind)
    backed = set(kinds)
    for kind in KINDS.values():
        for label in kind.unbacked_labels:
            key, _equals, wanted = label.partition("=")
            kinds.setdefault((key, wanted), []).append(kind)
    for (key, value), having in kinds.items():
        selector = key if value is None else f"{key}={value}"
        yield _make_indicator(
            "label",
            having,
            "decisive" if has_own_domain(key) and (key, value) in backed else "strong",
            key=key,
            value=value,
            selector=selector if any(kind.is_preset for kind in having) else "",
        )


def _list_taints() -> Iterator[Indicator]:
    """Yield an indicator for each taint of a kind.

    The whole rule of a taint: which kind has it is in ``providers.py``, ``clouds.py`` and ``simulators.py``;
    how strong it is, here; that it weighs less on what seems to be a machine, in ``detection/evidence.py``.
    """
    kinds: dict[tuple[str, str | None], list[NodeKind]] = {}
    for kind in KINDS.values():
        for taint in kind.taints:
            key, _equals, wanted = taint.rpartition(":")[0].partition("=")
            having = kinds.setdefault((key, wanted or None), [])
            if kind not in having:
                having.append(kind)
    for (key, value), having in kinds.items():
        # The library's own domain says nothing of the provider, and people copy that taint.
        generic = key.startswith("virtual-kubelet.io/")
        strength: Strength = "decisive" if has_own_domain(key) and not generic else "strong"
        yield _make_indicator("taint", having, strength, key=key, value=value)


def _list_annotations() -> Iterator[Indicator]:
    for kind in KINDS.values():
        for key in kind.annotations:
            yield _make_indicator("annotation", [kind], "decisive", key=key)


def _list_fields() -> Iterator[Indicator]:
    for field in fields(FieldPatterns):
        by_pattern: dict[str, list[NodeKind]] = {}
        for kind in KINDS.values():
            pattern = getattr(kind.patterns, field.name)
            if pattern:
                by_pattern.setdefault(pattern, []).append(kind)
        place: Place = field.name.replace("_", "-")  # type: ignore[assignment]
        for pattern, having in by_pattern.items():
            shared: Strength = "decisive" if len(having) == 1 else "strong"
            yield _make_indicator(place, having, "weak" if place == "name" else shared, pattern=pattern)


def _make_indicator(
    place: Place,
    kinds: Sequence[NodeKind],
    strength: Strength,
    *,
    key: str = "",
    value: str | None = None,
    pattern: str = "",
    selector: str = "",
) -> Indicator:
    names = tuple(kind.name for kind in kinds)
    return Indicator(place, names, strength, kinds[0].virtual, key, value, pattern, selector)


def has_own_domain(key: str) -> bool:
    """Tell whether the prefix of a label's or taint's key belongs to one maker alone.

    Keys without a prefix, and those below kubernetes.io and k8s.io, are open to everyone.
    """
    prefix, slash, _name = key.rpartition("/")
    shared = ("kubernetes.io", "k8s.io")
    return bool(slash) and prefix not in shared and not prefix.endswith(tuple(f".{name}" for name in shared))


INDICATORS: tuple[Indicator, ...] = (*_list_labels(), *_list_taints(), *_list_annotations(), *_list_fields())
"""All of them; no two for the same place, key, value and pattern."""
