"""The features of a node: what its classification depends on; nodes of a pool have equal features."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..catalogue.kubelets import MACHINE_ANNOTATIONS, MACHINE_PROVIDER_ID
from .indicator_index import (
    ANNOTATION_KEYS,
    KEY_ROLES,
    TAINT_KEYS,
    PatternIndex,
    depends_on,
    names_virtual_node,
)

NAMES = PatternIndex("name")
PROVIDER_IDS = PatternIndex("provider-id")

_LONGEST = 200
"""Characters of a string that count; a label's value has 63 at most."""


class NodeFeatures(NamedTuple):
    """What the classification of one node depends on; hashable."""

    labels: tuple[tuple[str, str], ...]
    taints: tuple[tuple[str, str], ...]
    annotations: tuple[str, ...]
    provider_id: int
    """Position in ``PROVIDER_IDS`` of the pattern that it matches, -1 for none."""
    name: int
    """The same for the node's name and ``NAMES``."""
    is_machine: bool
    """Whether an annotation or the providerID is one that machines with a kubelet have."""
    ready: str
    """Status of the condition Ready, empty where there is none."""
    has_info: bool
    """Whether ``status.nodeInfo`` is there."""
    runtime: str
    kubelet_version: str
    os_image: str
    kernel: str
    architecture: str
    system: str


def read_features(node: Any) -> NodeFeatures:
    """Return the features of a Node object as JSON gives it; parts of a wrong type count as absent."""
    metadata, spec, status = _get_part(node, "metadata"), _get_part(node, "spec"), _get_part(node, "status")
    labels, annotations = _get_part(metadata, "labels"), _get_part(metadata, "annotations")
    info = _get_part(status, "nodeInfo")
    provider_id, name = _get_string(spec, "providerID"), _get_string(metadata, "name")
    # By position: keywords would cost as much as everything else, and a cluster has 100,000 nodes.
    return NodeFeatures(
        tuple(
            [
                (key, value)
                for key in sorted([key for key in labels if KEY_ROLES[key]])
                if type(value := labels[key]) is str and len(value) < _LONGEST and depends_on(key, value)
            ]
        ),
        _read_taints(spec.get("taints")),
        tuple(sorted(annotations.keys() & ANNOTATION_KEYS)),
        PROVIDER_IDS.find(provider_id),
        NAMES.find(name),
        not annotations.keys().isdisjoint(MACHINE_ANNOTATIONS)
        or MACHINE_PROVIDER_ID.match(provider_id) is not None,
        _read_ready(status.get("conditions")),
        bool(info),
        _get_string(info, "containerRuntimeVersion"),
        _get_string(info, "kubeletVersion"),
        _get_string(info, "osImage"),
        _get_string(info, "kernelVersion"),
        _get_string(info, "architecture"),
        _get_string(info, "operatingSystem"),
    )


_NOTHING: dict[str, Any] = {}


def _get_part(whole: Any, key: str) -> Mapping[str, Any]:
    part = whole.get(key) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else _NOTHING


def _get_string(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    return value[:_LONGEST] if type(value) is str else ""


def _read_taints(taints: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(taints, list):
        return ()
    found = set()
    for taint in taints:
        if isinstance(taint, dict):
            key = taint.get("key")
            if isinstance(key, str) and len(key) < _LONGEST:
                value = _get_string(taint, "value")
                if key in TAINT_KEYS or names_virtual_node(key, value):
                    found.add((key, value))
    return tuple(sorted(found))


def _read_ready(conditions: Any) -> str:
    if isinstance(conditions, list):
        for condition in conditions:
            if isinstance(condition, dict) and condition.get("type") == "Ready":
                return _get_string(condition, "status")
    return ""
