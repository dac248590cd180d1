"""What of a Node object counts, taken from it whatever its shape; nodes of a pool give equal sightings."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .indicators import ANNOTATION_KEYS, LABEL_KEYS, TAINT_KEYS, Patterns

NAMES = Patterns("name")
PROVIDER_IDS = Patterns("provider_id")

_MARKS = frozenset(
    {
        "csi.volume.kubernetes.io/nodeid",
        "kubeadm.alpha.kubernetes.io/cri-socket",
        "volumes.kubernetes.io/controller-managed-attach-detach",
    }
)
"""Annotations that a kubelet, kubeadm or a CSI driver on the node leaves."""

_INSTANCE = re.compile(
    r"aws:///[^/]+/i-|azure:///subscriptions/|gce://|qcloud:///\d+/ins-|ocid1\.instance\.|[a-z]+-[a-z0-9-]+\.i-"
    r"|(?:openstack|vsphere|hcloud|digitalocean|linode|ibm|equinixmetal|metal3|kubevirt|eks-hybrid|k3s|rke2|kind)://"
)
"""providerIDs of machines."""

_LONGEST = 200


class Sighting(NamedTuple):
    """What counts of one node; everything is text or a number, and hashable."""

    labels: tuple[tuple[str, str], ...]
    taints: tuple[tuple[str, str], ...]
    annotations: tuple[str, ...]
    provider_id: int
    """Number of the kind's pattern that it matches, -1 for none."""
    name: int
    """The same for the node's name."""
    marked: bool
    """Whether a kubelet, or the cloud that has the machine, left its mark outside the status."""
    ready: str
    """Status of the condition Ready, empty where there is none."""
    has_info: bool
    runtime: str
    kubelet: str
    os_image: str
    kernel: str
    architecture: str
    system: str


def see(node: Any) -> Sighting:
    """Take from a Node object, as JSON gives it, what counts; what is not as it should be is not there."""
    metadata, spec, status = _part(node, "metadata"), _part(node, "spec"), _part(node, "status")
    labels, annotations = _part(metadata, "labels"), _part(metadata, "annotations")
    info = _part(status, "nodeInfo")
    provider_id, name = _text(spec, "providerID"), _text(metadata, "name")
    # By position: names would cost as much as everything else, and a cluster has 100,000 nodes.
    return Sighting(
        tuple(
            [
                (key, value)
                for key in sorted(labels.keys() & LABEL_KEYS)
                if type(value := labels[key]) is str and len(value) < _LONGEST
            ]
        ),
        _taints(spec.get("taints")),
        tuple(sorted(annotations.keys() & ANNOTATION_KEYS)),
        PROVIDER_IDS.number(provider_id) if provider_id else -1,
        NAMES.number(name),
        not annotations.keys().isdisjoint(_MARKS) or _INSTANCE.match(provider_id) is not None,
        _ready(status.get("conditions")),
        bool(info),
        _text(info, "containerRuntimeVersion"),
        _text(info, "kubeletVersion"),
        _text(info, "osImage"),
        _text(info, "kernelVersion"),
        _text(info, "architecture"),
        _text(info, "operatingSystem"),
    )


_NOTHING: dict[str, Any] = {}


def _part(whole: Any, key: str) -> Mapping[str, Any]:
    part = whole.get(key) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else _NOTHING


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    if type(value) is not str:
        return ""
    return value if len(value) < _LONGEST else value[:_LONGEST]


def _taints(taints: Any) -> tuple[tuple[str, str], ...]:
    if not taints or not isinstance(taints, list):
        return ()
    found = set()
    for taint in taints:
        if isinstance(taint, dict):
            key = taint.get("key")
            if isinstance(key, str) and key in TAINT_KEYS:
                found.add((key, _text(taint, "value")))
    return tuple(sorted(found)) if found else ()


def _ready(conditions: Any) -> str:
    if isinstance(conditions, list):
        for condition in conditions:
            if isinstance(condition, dict) and condition.get("type") == "Ready":
                return _text(condition, "status")
    return ""
