"""A cluster at one moment, as plain data: what the checks look at, and what could not be read of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from ..detection import DECLARED, Classification, find_pool
from ..detection.features import read_features
from ..detection.runtimes import read_recorded_socket
from ..diagnostics.unavailable import Unavailable
from ..policy.prediction import predict_by_features
from ..policy.rule import TYPE_KEY, TYPE_VALUE
from ..policy.signals import NOT_BY_DEFAULT
from .definitions import FinalizedResource
from .field_uses import FieldUse
from .helm_records import ReleaseRecord
from .json_access import at, condition, items, mapping, name_of, text

Object = Mapping[str, Any]
Key = tuple[str, str, str, str]
"""apiVersion, kind, namespace (empty where a manifest does not say it) and name of an object."""


NOT_ASKED = Unavailable("not asked for")
"""A part that was not requested: its checks are left out without a note."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What the checks need of a node; a Node object is some ten times as large."""

    name: str
    labels: Mapping[str, str]
    classification: Classification
    undeclared: Classification
    """What it would be without the label by which people declare it; the same where it has none."""
    ready: bool
    created: str
    guarded: bool
    """Whether a taint or a cordon keeps pods without tolerations away."""
    runtime: str
    kubelet: str
    cri_socket: str
    """The socket that kubeadm, k3s or RKE2 has recorded on the node; empty where none has."""
    pool: str
    """The label that names the node's pool, as ``key=value``; empty where none does."""
    unowned_label: bool
    """Whether it has the label that declares a node, set by no field manager: a policy has set it."""
    policy_signals: tuple[bool, bool]
    """Whether an admission policy takes it for virtual by the catalogue, whatever labels the policy has set:
    by default, and where config names the kinds that do not count by default."""


def make_node_facts(node: Object, classify: Callable[[Mapping[str, Any]], Classification]) -> NodeFacts:
    """Return the facts of a Node object; labels that are not strings are left out."""
    labels = {
        intern(key): intern(value)
        for key, value in mapping(node, "metadata", "labels").items()
        if isinstance(key, str) and isinstance(value, str)
    }
    # Kubernetes puts these on nodes that are not ready; they go by themselves, and guard nothing.
    lasting = [
        taint
        for taint in items(node, "spec", "taints")
        if taint.get("effect") in ("NoSchedule", "NoExecute")
        and not str(taint.get("key")).startswith("node.kubernetes.io/")
    ]
    classification = classify(node)
    return NodeFacts(
        name=name_of(node),
        labels=labels,
        classification=classification,
        undeclared=classify(_drop_declaration(node)) if DECLARED in labels else classification,
        ready=condition(node, "Ready").get("status") == "True",
        created=text(node, "metadata", "creationTimestamp"),
        guarded=bool(lasting) or at(node, "spec", "unschedulable") is True,
        runtime=intern(text(node, "status", "nodeInfo", "containerRuntimeVersion")),
        kubelet=intern(text(node, "status", "nodeInfo", "kubeletVersion")),
        cri_socket=intern(read_recorded_socket(mapping(node, "metadata", "annotations"))),
        pool=intern(find_pool(node)),
        unowned_label=DECLARED in labels and _is_unowned(node),
        policy_signals=_predict_policy(node),
    )


def _is_unowned(node: Object) -> bool:
    """Tell whether no field manager owns the label; False where none is known, as in kubectl's output."""
    managers = items(node, "metadata", "managedFields")
    owned = (mapping(one, "fieldsV1", "f:metadata", "f:labels") for one in managers)
    return bool(managers) and not any(f"f:{DECLARED}" in labels for labels in owned)


def _predict_policy(node: Object) -> tuple[bool, bool]:
    metadata = mapping(node, "metadata")
    labels = mapping(metadata, "labels")
    if DECLARED in labels:
        own = {DECLARED: labels[DECLARED], TYPE_KEY: TYPE_VALUE}
        others = {key: value for key, value in labels.items() if own.get(key) != value}
        node = {**node, "metadata": {**metadata, "labels": others}}
    features = read_features(node)
    return predict_by_features(features), predict_by_features(features, NOT_BY_DEFAULT)


def _drop_declaration(node: Object) -> Object:
    metadata = mapping(node, "metadata")
    labels = {key: value for key, value in mapping(metadata, "labels").items() if key != DECLARED}
    return {**node, "metadata": {**metadata, "labels": labels}}


@dataclass(frozen=True)
class Snapshot:
    """Everything that was read of a cluster; ``Unavailable`` stands for what was not.

    An object that is not there is None, a list without members is empty.
    """

    source: str
    """Where it was read, for people: the address of the cluster, or a file."""
    taken: str
    """When, in RFC 3339."""
    nodes: Sequence[NodeFacts]
    version: str | Unavailable = NOT_ASKED
    """Version of the cluster, as ``v1.33.1``."""
    pods: Sequence[Object] | Unavailable = NOT_ASKED
    """The pods of OpenKruise's namespace."""
    logs: Mapping[str, str] | Unavailable = NOT_ASKED
    """The end of the log of some daemons that do not run, by pod."""
    namespace: Object | Unavailable | None = NOT_ASKED
    config_namespace: Object | Unavailable | None = NOT_ASKED
    """``kruise-daemon-config``."""
    daemon_set: Object | Unavailable | None = NOT_ASKED
    deployment: Object | Unavailable | None = NOT_ASKED
    jobs: Sequence[Object] | Unavailable = NOT_ASKED
    """The Jobs of OpenKruise's namespace."""
    lease: Object | Unavailable | None = NOT_ASKED
    mutating: Object | Unavailable | None = NOT_ASKED
    validating: Object | Unavailable | None = NOT_ASKED
    node_label_policy: Object | Unavailable | None = NOT_ASKED
    """The MutatingAdmissionPolicy that labels virtual nodes; None where there is none, or no such kind."""
    endpoint_slices: Sequence[Object] | Unavailable = NOT_ASKED
    """Of the Service that the webhooks ask (``location.find_serving_namespace``)."""
    certificates: Object | Unavailable | None = NOT_ASKED
    """The Secret with the webhooks' certificates."""
    definitions: Sequence[Object] | Unavailable = NOT_ASKED
    """OpenKruise's CustomResourceDefinitions."""
    node_images: Mapping[str, int] | Unavailable = NOT_ASKED
    """By node that has a NodeImage, how many images it should pull."""
    node_pod_probes: Mapping[str, int] | Unavailable = NOT_ASKED
    """By node that has a NodePodProbe, how many pods should be probed there."""
    records: Sequence[ReleaseRecord] | Unavailable = NOT_ASKED
    """Helm's records of releases of the chart, all revisions."""
    manifest: Mapping[Key, Object] | Unavailable = NOT_ASKED
    """The objects of the deployed revision as Helm has recorded them."""
    live: Mapping[Key, Object | None] | Unavailable = NOT_ASKED
    """The same as they are in the cluster."""
    custom_resources: Mapping[str, Sequence[str]] | Unavailable = NOT_ASKED
    """Names of OpenKruise's custom resources by kind and group, as ``CloneSet.apps.kruise.io``."""
    finalized: Mapping[str, Sequence[FinalizedResource]] = field(default_factory=dict)
    """Those of them that have finalizers, in the same way."""
    field_uses: Sequence[FieldUse] | Unavailable = NOT_ASKED
    """Custom resources that set fields which a newer version of OpenKruise lacks."""
    unread_kinds: Mapping[str, str] = field(default_factory=dict)
    """Kinds of custom resources that could not be listed, with the reason."""
