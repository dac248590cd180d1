"""The installation itself: its namespaces, its workloads, and the Helm release."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..config.names import NAMESPACE_LABEL, NAMESPACE_LABEL_PAIR
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.helm_records import find_latest
from ..inventory.json_access import mapping, name_of, number, seconds_between, text
from ..inventory.location import find_serving_namespace, is_installed_here
from ..inventory.pods import is_manager, pod_named
from ..inventory.release import UNFINISHED, installer_of, release_owner
from ..inventory.snapshot import Object, Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, make

NOT_INSTALLED = Code(
    "not-installed",
    "error",
    "no OpenKruise in the namespace",
    "only nodes and selectors can be checked",
    "`pulumi up`, or name the namespace with --namespace",
)
UNLABELLED_NAMESPACE = Code(
    "namespace-without-label",
    "critical",
    f"OpenKruise's namespace lacks the label {NAMESPACE_LABEL_PAIR}",
    "the fail-closed pod webhook applies to OpenKruise's own pods: once no manager runs, none can start",
    f"kubectl label namespace <namespace> {NAMESPACE_LABEL_PAIR}",
)
POD_SECURITY = Code(
    "pod-security-too-strict",
    "error",
    "Pod Security admission of OpenKruise's namespace refuses its pods",
    "the daemon needs the host's network and the runtime's socket: new pods are refused",
    "label the namespace pod-security.kubernetes.io/enforce=privileged",
)
CONFIG_NAMESPACE = Code(
    "config-namespace-missing",
    "error",
    "the namespace kruise-daemon-config is missing",
    "pull secrets for image-pull jobs cannot be stored; the next Helm upgrade creates it again",
    "`pulumi up` with another value of reapply",
)
STUCK = Code(
    "release-unfinished",
    "error",
    "an operation on the Helm release started and did not finish",
    "Helm refuses every further change, and Pulumi reports the release as unchanged",
    "`pulumi-openkruise recover` shows what it would do, and does it",
)
FAILED = Code(
    "release-failed",
    "error",
    "the last operation on the Helm release failed",
    "the cluster may hold parts of two revisions",
    "fix the cause and `pulumi up` again; if that reports no change, with a new value of `reapply`",
)
SEVERAL = Code(
    "several-releases",
    "error",
    "more than one Helm release of the chart",
    "the chart's cluster-scoped objects have fixed names: two releases overwrite each other's",
    "keep the one that the stack names, see docs/moving-in.md; uninstalling either deletes the CRDs of both",
)
NO_RECORD = Code(
    "release-record-missing",
    "error",
    "OpenKruise runs, and Helm has no record of the release",
    "the next `pulumi up` cannot upgrade it, and fails on objects that exist",
    "name the release by releaseName and releaseNamespace; if its records were deleted, "
    "`pulumi-openkruise recover` repairs that",
)
MANAGER_DOWN = Code(
    "manager-not-available",
    "critical",
    "fewer managers are available than there should be",
    "with none the fail-closed webhooks refuse every change of a pod outside kube-system",
    "see `kubectl describe pod` and the logs of the pods",
)
MANAGER_SINGLE = Code(
    "manager-single",
    "warning",
    "a single manager",
    "while it restarts or its node is drained, no pod outside kube-system can be changed",
    "set manager.replicas to 2 or more, unless the cluster is a developer's",
)
LEASE = Code(
    "manager-lease-stale",
    "error",
    "no manager has renewed its lease",
    "nothing reconciles: CloneSets and other workloads of OpenKruise stay as they are",
    "see the managers' logs",
)
DAEMONS_BEHIND = Code(
    "daemonset-behind",
    "warning",
    "the DaemonSet has fewer ready daemons than it wants",
    "Helm's wait fails when more than a tenth of them is missing",
    "see the findings on nodes; right after a change the daemons restart, a tenth at a time",
)
CODES = (
    NOT_INSTALLED,
    UNLABELLED_NAMESPACE,
    POD_SECURITY,
    CONFIG_NAMESPACE,
    STUCK,
    FAILED,
    SEVERAL,
    NO_RECORD,
    MANAGER_DOWN,
    MANAGER_SINGLE,
    LEASE,
    DAEMONS_BEHIND,
)


_LEASE_SECONDS = 60
"""How old a lease may be at least; the manager renews it every few seconds."""


def check_namespace(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with the labels of OpenKruise's namespace."""
    namespace = snapshot.namespace
    if namespace is None or isinstance(namespace, Unavailable) or not is_installed_here(snapshot):
        return
    labels = mapping(namespace, "metadata", "labels")
    name = name_of(namespace)
    if not NAMESPACE_LABEL.items() <= labels.items():
        found = labels.get("control-plane")
        evidence = [f"namespace {name} has control-plane={found}" if found else f"namespace {name} has none"]
        remedy = UNLABELLED_NAMESPACE.remedy.replace("<namespace>", name)
        yield make(
            UNLABELLED_NAMESPACE,
            UNLABELLED_NAMESPACE.title,
            evidence,
            [ObjectReference("Namespace", name)],
            remedy=remedy,
        )
    level = labels.get("pod-security.kubernetes.io/enforce")
    if level in ("baseline", "restricted"):
        evidence = [f"namespace {name} has pod-security.kubernetes.io/enforce={level}"]
        yield make(POD_SECURITY, POD_SECURITY.title, evidence, [ObjectReference("Namespace", name)])


def check_workloads(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what the status of Deployment and DaemonSet shows; both must have been read."""
    deployment, daemon_set = snapshot.deployment, snapshot.daemon_set
    if not is_installed_here(snapshot):
        evidence = [f"no DaemonSet kruise-daemon and no Deployment in namespace {expected.namespace}"]
        there, remedy = find_serving_namespace(snapshot, expected.namespace), ""
        if there != expected.namespace:
            evidence.append(f"OpenKruise's webhooks point to {there}")
            remedy = f"check that one: --namespace {there}"
        yield make(NOT_INSTALLED, f"no OpenKruise in namespace {expected.namespace}", evidence, remedy=remedy)
        return
    if isinstance(deployment, dict):
        wanted, available = (
            number(deployment, "spec", "replicas"),
            number(deployment, "status", "availableReplicas"),
        )
        if available < wanted or wanted == 0:
            what = f"{available} of {pluralize(wanted, 'manager')} available"
            severity = MANAGER_DOWN.severity if available == 0 else "error"
            why = [
                f"{pod_named(pod)}: {text(pod, 'status', 'phase') or 'no phase'}"
                for pod in _pods(snapshot)
                if is_manager(pod)
            ]
            yield make(
                MANAGER_DOWN,
                what,
                why[:5],
                [ObjectReference("Deployment", "kruise-controller-manager", expected.namespace)],
                severity=severity,
            )
        if wanted == 1:
            yield make(MANAGER_SINGLE, MANAGER_SINGLE.title, ["spec.replicas is 1"])
    if isinstance(daemon_set, dict):
        desired, ready = (
            number(daemon_set, "status", key) for key in ("desiredNumberScheduled", "numberReady")
        )
        if ready < desired:
            what = f"{ready:,} of {pluralize(desired, 'daemon')} ready"
            updated = number(daemon_set, "status", "updatedNumberScheduled")
            evidence = [f"{updated:,} are at the newest revision of the DaemonSet"]
            yield make(
                DAEMONS_BEHIND,
                what,
                evidence,
                [ObjectReference("DaemonSet", "kruise-daemon", expected.namespace)],
            )


def check_config_namespace(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield if the daemon's namespace for pull secrets is missing, although OpenKruise is installed."""
    if snapshot.config_namespace is None and isinstance(snapshot.daemon_set, dict):
        yield make(CONFIG_NAMESPACE, CONFIG_NAMESPACE.title, ["no Namespace kruise-daemon-config"])


def check_lease(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield if the leader's lease has run out. A missing one means nothing: leader election can be off."""
    lease = snapshot.lease
    if not isinstance(lease, dict):
        return
    renewed = text(lease, "spec", "renewTime")
    seconds = seconds_between(renewed, snapshot.taken)
    limit = max(_LEASE_SECONDS, 2 * number(lease, "spec", "leaseDurationSeconds"))
    if seconds is not None and seconds > limit:
        evidence = [
            f"last renewed {seconds:,.0f} s ago by {text(lease, 'spec', 'holderIdentity') or 'no holder'}"
        ]
        yield make(
            LEASE, LEASE.title, evidence, [ObjectReference("Lease", name_of(lease), expected.namespace)]
        )


def check_release(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with Helm's records; they must have been read."""
    assert not isinstance(snapshot.records, Unavailable)
    releases = defaultdict(list)
    for record in snapshot.records:
        releases[record.namespace, record.name].append(record)
    for (namespace, name), records in releases.items():
        newest = find_latest(records)
        if newest is None:
            continue
        release = f"release {namespace}/{name}"
        evidence = [
            f"revision {newest.revision} is {newest.status} since {newest.updated}: {newest.description}"
        ]
        if newest.status in UNFINISHED:
            command = _write_rollback(newest, records)
            remedy = f"`pulumi-openkruise recover` shows what it would do; by hand: {command}"
            what = f"{release} is {newest.status}"
            yield make(STUCK, what, evidence, [_record(newest)], remedy=remedy)
        elif newest.status == "failed":
            yield make(FAILED, f"{release} is failed", evidence, [_record(newest)])
    present = [
        key
        for key, records in releases.items()
        if getattr(find_latest(records), "status", "") != "uninstalled"
    ]
    if len(present) > 1:
        names = [f"{namespace}/{name}" for namespace, name in sorted(present)]
        references = [ObjectReference("Release", name, namespace) for namespace, name in sorted(present)]
        yield make(SEVERAL, f"{len(names)} releases of the chart", [shorten(names)], references)
    wanted = (expected.release_namespace, expected.release_name)
    if isinstance(snapshot.daemon_set, dict) and (
        wanted not in present if expected.is_stack else not present
    ):
        found = shorten(f"{namespace}/{name}" for namespace, name in sorted(present)) or "none"
        what = f"Helm has no record of release {'/'.join(wanted)}"
        by, evidence, remedy = release_owner(snapshot.daemon_set), [f"releases found: {found}"], ""
        if by is not None:
            evidence.append(f"the DaemonSet belongs to release {'/'.join(by)}")
        if by == wanted and wanted not in releases:
            remedy = (
                "its records were deleted: `pulumi-openkruise recover`, `pulumi refresh --yes`, `pulumi up`"
            )
        if by is None and not present:
            evidence.append(
                f"the DaemonSet has no mark of Helm's ownership: {installer_of(snapshot.daemon_set)}"
            )
            remedy = (
                "leave it to what has installed it, or mark its objects as the release's: docs/moving-in.md, "
                "from an installation without Helm"
            )
        yield make(NO_RECORD, what, evidence, remedy=remedy)


def _record(record: Any) -> ObjectReference:
    """Return a reference to the Secret that holds a record of Helm's."""
    return ObjectReference("Secret", record.secret, record.namespace)


def _write_rollback(newest: Any, records: Sequence[Any]) -> str:
    """Return the helm command that rolls back to the last revision ever deployed, else to the newest."""
    good = [record.revision for record in records if record.status in ("deployed", "superseded")]
    number = max(good) if good else newest.revision
    return f"helm rollback {newest.name} {number} --namespace {newest.namespace}"


def _pods(snapshot: Snapshot) -> Sequence[Object]:
    return () if isinstance(snapshot.pods, Unavailable) else snapshot.pods
