"""Reads from a cluster everything that the checks need, as one snapshot; changes nothing.

A part that the user may not read, or that does not arrive, is ``Unavailable`` with the reason. Only the nodes
are indispensable: without them there is nothing to check.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from ..chart.crds import REMOVED_FIELDS
from ..cluster import Cluster, ClusterError, ForbiddenError, NotFoundError
from ..detection import Classification
from ..diagnostics.unavailable import Unavailable
from ..policy.manifests import NAME as NODE_LABEL_POLICY
from .definitions import explain_unavailable, list_custom_resources, list_definitions
from .field_uses import list_field_uses
from .helm_records import ReleaseRecord, decode_all
from .json_access import at, items, mapping, name_of, number, text
from .location import SERVICE, find_serving_namespace
from .manifest import list_manifest_objects
from .object_names import is_name, is_namespace
from .pods import explain_not_ready, is_daemon
from .release import ReleaseId, find_release_owner
from .release_reader import list_records
from .snapshot import NOT_ASKED, Key, NodeFacts, Object, Snapshot, make_node_facts

Classify = Callable[[Mapping[str, Any]], Classification]
Progress = Callable[[str, int, int], None]
"""Called with the name of what is being read, the number read so far, and the total (0: unknown)."""
Found = TypeVar("Found")

_KRUISE = "/apis/apps.kruise.io/v1alpha1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_LOGS = 5
_LOG_LINES = "40"


def now() -> str:
    """Return the current time as Kubernetes writes times (RFC 3339 in UTC, to the second)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_nodes(cluster: Cluster, classify: Classify, progress: Progress | None = None) -> list[NodeFacts]:
    """Return the facts of every node; raises ClusterError."""
    return [
        make_node_facts(node, classify)
        for node in cluster.list("/api/v1/nodes", progress=_bind_progress(progress, "nodes"))
    ]


def read_pods(
    cluster: Cluster, namespace: str, progress: Progress | None = None
) -> list[Object] | Unavailable:
    """Return the pods of a namespace, reduced to the fields that the checks need."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    return _attempt(
        lambda: [_reduce_pod(pod) for pod in cluster.list(path, progress=_bind_progress(progress, "pods"))]
    )


def survey(
    cluster: Cluster,
    *,
    classify: Classify,
    namespace: str,
    release: tuple[str, str],
    live: bool = False,
    destroy: bool = False,
    progress: Progress | None = None,
) -> Snapshot:
    """Return a snapshot of everything that the checks need; raises ClusterError if nodes cannot be read.

    ``release`` is namespace and name of the Helm release. ``live`` adds the objects of its manifest,
    ``destroy`` every custom resource of OpenKruise.
    """
    nodes = read_nodes(cluster, classify, progress)
    tell = progress or (lambda _what, _count, _total: None)

    def get(path: str) -> Object | Unavailable | None:
        tell("the installation", 0, 0)
        return _attempt(lambda: _read_if_present(lambda: cluster.get(path)))

    def listed(path: str, **options: Any) -> list[Object] | Unavailable:
        tell("the installation", 0, 0)
        return _attempt(lambda: _read_if_present(lambda: list(cluster.list(path, **options))) or [])

    def counted(plural: str, field: str) -> dict[str, int] | Unavailable:
        """Return how many entries each object has in ``field`` of its spec; each is counted as it is read."""
        tell("the installation", 0, 0)
        objects = cluster.list(f"{_KRUISE}/{plural}")

        def tasks(one: Object) -> int:
            return len(mapping(one, "spec", field) or items(one, "spec", field))

        return _attempt(lambda: _read_if_present(lambda: {name_of(one): tasks(one) for one in objects}) or {})

    here, meant = f"namespaces/{namespace}", ReleaseId(*release)
    daemon_set = get(f"/apis/apps/v1/{here}/daemonsets/kruise-daemon")
    pods = read_pods(cluster, namespace, progress)
    version = _attempt(lambda: text(cluster.get("/version"), "gitVersion"))
    snapshot = Snapshot(
        source=f"{cluster.address} (context {cluster.context})",
        taken=now(),
        nodes=nodes,
        version=version,
        pods=pods,
        logs=NOT_ASKED
        if isinstance(pods, Unavailable)
        else _attempt(lambda: _read_logs(cluster, namespace, pods)),
        namespace=get(f"/api/v1/{here}"),
        config_namespace=get("/api/v1/namespaces/kruise-daemon-config"),
        daemon_set=daemon_set,
        deployment=get(f"/apis/apps/v1/{here}/deployments/kruise-controller-manager"),
        jobs=listed(f"/apis/batch/v1/{here}/jobs"),
        lease=get(f"/apis/coordination.k8s.io/v1/{here}/leases/kruise-manager"),
        mutating=get(f"{_ADMISSION}/mutatingwebhookconfigurations/kruise-mutating-webhook-configuration"),
        validating=get(
            f"{_ADMISSION}/validatingwebhookconfigurations/kruise-validating-webhook-configuration"
        ),
        node_label_policy=get(f"{_ADMISSION}/mutatingadmissionpolicies/{NODE_LABEL_POLICY}"),
        certificates=get(f"/api/v1/{here}/secrets/kruise-webhook-certs"),
        definitions=_attempt(lambda: list_definitions(cluster)),
        node_images=counted("nodeimages", "images"),
        node_pod_probes=counted("nodepodprobes", "podProbes"),
        records=_attempt(lambda: _read_records(cluster, {meant, find_release_owner(daemon_set) or meant})),
    )
    snapshot = replace(snapshot, field_uses=_attempt(lambda: list_field_uses(cluster, REMOVED_FIELDS)))
    serving = find_serving_namespace(snapshot, namespace)
    slices = listed(
        f"/apis/discovery.k8s.io/v1/namespaces/{serving}/endpointslices",
        labelSelector=f"kubernetes.io/service-name={SERVICE}",
    )
    snapshot = replace(snapshot, endpoint_slices=slices)
    if live:
        manifest = list_manifest_objects(snapshot.records)
        wanted = () if isinstance(manifest, Unavailable) else tuple(manifest)
        found_live = _attempt(lambda: _read_objects(cluster, wanted, release[0], tell))
        snapshot = replace(snapshot, manifest=manifest, live=found_live)
    definitions = snapshot.definitions
    if destroy and isinstance(definitions, Unavailable):
        snapshot = replace(snapshot, custom_resources=definitions)
    elif destroy and not isinstance(definitions, Unavailable):
        found = list_custom_resources(cluster, definitions, lambda what: tell(what, 0, 0))
        unread = {kind: why.reason for kind, why in found.unavailable.items()}
        snapshot = replace(
            snapshot, custom_resources=found.names, finalized=found.finalized, unread_kinds=unread
        )
    return snapshot


def _read_records(cluster: Cluster, releases: Iterable[ReleaseId]) -> list[ReleaseRecord] | Unavailable:
    """Read Helm's records of the expected release, and of the one that owns the live DaemonSet.

    A record that cannot be decoded may be the newest or the deployed one, so it makes all of them unusable.
    """
    found: list[ReleaseRecord] = []
    unreadable: list[str] = []
    for release in sorted(releases):
        records, wrong = decode_all(list_records(cluster, release))
        found += records
        unreadable += wrong
    return Unavailable("; ".join(unreadable)) if unreadable else found


def _read_objects(
    cluster: Cluster, wanted: Iterable[Key], namespace: str, tell: Progress
) -> dict[Key, Object | None]:
    """Return each live object by its key; None for one that does not exist."""
    keys = list(wanted)
    known: dict[str, dict[str, tuple[str, bool]]] = {}
    found: dict[Key, Object | None] = {}
    for count, key in enumerate(keys, 1):
        tell("objects of the release", count, len(keys))
        version, kind, own, name = key
        if not _can_exist(version, own or namespace, name):
            found[key] = None
            continue
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in known:
            known[version] = _read_kinds(cluster, root)
        if kind not in known[version]:
            found[key] = None  # the API server does not serve the kind, so it has no such object
            continue
        plural, namespaced = known[version][kind]
        inside = f"/namespaces/{own or namespace}" if namespaced else ""
        path = f"{root}{inside}/{plural}/{quote(name, safe='')}"
        found[key] = _read_if_present(lambda path=path: cluster.get(path))  # type: ignore[misc]
    return found


def _can_exist(version: str, namespace: str, name: str) -> bool:
    """Whether an object can be called so: a request for any other would lead to another path."""
    return all(map(is_name, version.split("/"))) and is_namespace(namespace) and name not in (".", "..")


def _read_kinds(cluster: Cluster, root: str) -> dict[str, tuple[str, bool]]:
    """Return the kinds of a group and version, each with its plural and whether it lives in namespaces."""
    resources = items(_read_if_present(lambda: cluster.get(root)), "resources")
    return {
        text(one, "kind"): (text(one, "name"), one.get("namespaced") is True)
        for one in resources
        if "/" not in text(one, "name")
    }


def _read_logs(cluster: Cluster, namespace: str, pods: Iterable[Object]) -> dict[str, str]:
    """Return the last lines of the previous run of a few restarting daemons: they show the cause."""
    found: dict[str, str] = {}
    for pod in islice(filter(_starts_again, pods), _LOGS):
        path = f"/api/v1/namespaces/{namespace}/pods/{name_of(pod)}/log"
        try:
            found[name_of(pod)] = cluster.get_text(path, previous="true", tailLines=_LOG_LINES)
        except ForbiddenError:
            raise
        except ClusterError:
            continue  # a pod that is gone, or whose kubelet does not answer
    return found


def _starts_again(pod: Object) -> bool:
    restarted = any(number(one, "restartCount") for one in items(pod, "status", "containerStatuses"))
    return restarted and is_daemon(pod) and bool(explain_not_ready(pod))


def _reduce_pod(pod: Object) -> Object:
    """Return a pod with only the fields that the checks need: there is one pod for each node."""
    spec = mapping(pod, "spec")
    kept = ("name", "namespace", "uid", "labels", "ownerReferences", "creationTimestamp", "deletionTimestamp")
    return {
        "metadata": {key: at(pod, "metadata", key) for key in kept},
        "spec": {
            "nodeName": spec.get("nodeName"),
            **({} if spec.get("nodeName") else {"affinity": spec.get("affinity")}),
            "containers": [{"args": one.get("args")} for one in items(spec, "containers")],
        },
        "status": {key: at(pod, "status", key) for key in ("phase", "conditions", "containerStatuses")},
    }


def _bind_progress(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    """Return a callback for count and total that reports progress on ``what``; None without progress."""
    return None if progress is None else lambda count, total: progress(what, count, total)


def _read_if_present(read: Callable[[], Found]) -> Found | None:
    """Return what is read; None where the API server has no such object or kind (404)."""
    try:
        return read()
    except NotFoundError:
        return None


def _attempt(read: Callable[[], Found]) -> Found | Unavailable:
    """Return what is read, or why it cannot be; any other exception than ClusterError is passed on."""
    try:
        return read()
    except ClusterError as error:
        return explain_unavailable(error)
