"""The presets that ``virtualNodePresets`` takes: kinds of nodes in the catalogue by name, and groups of them.

``liqo`` means the kind's current revision, ``liqo@1`` always its first. A released revision never changes,
and a bare name moves to a newer one only in a major release: each byte of a preset is part of the daemon's
affinity, and a changed byte restarts every daemon.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import NodeKind

BASE_SELECTORS: tuple[str, ...] = (
    "type=virtual-kubelet",
    "openkruise.io/virtual-node=true",
    "kubernetes.io/os=windows",
)
"""What ``baseExclusions`` excludes: two presets, and nodes that only this package's own label identifies.

The chart excludes ``type=virtual-kubelet`` by default, but any affinity given to it replaces that default,
so it is repeated here.
"""

ALL: tuple[tuple[str, ...], ...] = (
    (
        "admiralty@1",
        "alibaba-eci@1",
        "alibaba-vnode@1",
        "aws-virtual-kubelet@1",
        "azure-aci@1",
        "azure-virtual-nodes@1",
        "baidu-bci@1",
        "cisco-vk@1",
        "cocoon@1",
        "eks-fargate@1",
        "huawei-cci-oss@1",
        "interlink@1",
        "jdcloud-vk@1",
        "k3k@1",
        "kip@1",
        "knoc@1",
        "kosmos@1",
        "koupleless@1",
        "krustlet@1",
        "kwok@1",
        "liqo@1",
        "nomad-vk@1",
        "oke-virtual-node@1",
        "perian@1",
        "runpod@1",
        "saladcloud@1",
        "systemk@1",
        "tensile-kube@1",
        "vcluster-fake@1",
        "virtual-kubelet@1",
    ),
)
"""The group ``all``, one entry for each revision: every kind whose labels no real node has.

Left out are ``windows``, which are real nodes, and ``tke-supernode``, where a daemon can be wanted.
"""

GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {"all": ALL}
"""Groups by name, their revisions as lists of pinned presets; the bare name is the first revision."""

_PINNED = r"(?P<name>[^@]*)@(?P<revision>[1-9][0-9]{0,3})"


def list_selectors(names: Iterable[str]) -> list[str]:
    """Return the selectors of the presets named; raises KeyError for an unknown name (``is_preset``)."""
    return [selector for name in names for selector in _list_selectors(name)]


def is_preset(name: str) -> bool:
    """Tell whether ``virtualNodePresets`` takes this name."""
    try:
        _list_selectors(name)
    except KeyError:
        return False
    return True


def list_presets() -> list[str]:
    """Return the bare names of all presets, without those of groups."""
    return list(_load_presets())


def count_revisions(name: str) -> int:
    """Count the revisions of a preset or group, given by its bare name; 0 for an unknown name."""
    if name in GROUPS:
        return len(GROUPS[name])
    kind = _load_presets().get(name)
    return len(kind.revisions) if kind is not None else 0


def suggest_preset(name: str) -> str:
    """Return the remedy for an unknown preset: a sentence without a full stop."""
    bare, at, _revision = name.partition("@")
    if at and count_revisions(bare):
        newest = count_revisions(bare)
        return f"{bare} has the revisions 1 to {newest}" if newest > 1 else f"{bare} has one: {bare}@1"
    from ..catalogue import KINDS
    from ..diagnostics.problem import find_nearest

    if bare in KINDS and bare not in _load_presets():
        return KINDS[bare].reason
    near = find_nearest(bare, [*_load_presets(), *GROUPS])
    return f"did you mean {near}?" if near else "`pulumi-openkruise presets` lists them all"


def _list_selectors(name: str) -> tuple[str, ...]:
    pinned = re.fullmatch(_PINNED, name, re.ASCII)
    bare, number = (pinned["name"], int(pinned["revision"])) if pinned else (name, None)
    if bare in GROUPS:
        members = _find_revision(GROUPS[bare], number or 1, name)
        return tuple(dict.fromkeys(selector for member in members for selector in _list_selectors(member)))
    kind = _load_presets()[bare]
    return _find_revision(kind.revisions, number or kind.current, name)


def _load_presets() -> "Mapping[str, NodeKind]":
    # Imported here: a stack that names no preset needs nothing of the catalogue.
    from ..catalogue import PRESETS

    return PRESETS


def _find_revision(released: tuple[tuple[str, ...], ...], number: int, name: str) -> tuple[str, ...]:
    if number > len(released):
        raise KeyError(name)
    return released[number - 1]
