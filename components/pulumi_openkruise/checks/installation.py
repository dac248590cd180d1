"""The installation itself: its namespaces and its workloads."""

from collections.abc import Iterator, Sequence

from ..config.names import NAMESPACE_LABEL, NAMESPACE_LABEL_PAIR
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize
from ..inventory.json_access import mapping, name_of, number, seconds_between, text
from ..inventory.location import find_serving_namespace, is_installed_here
from ..inventory.pods import explain_not_ready, is_manager, name_pod
from ..inventory.snapshot import Object, Snapshot
from . import release
from .expected import Expected
from .finding import BLOCKED, Code, Finding, ObjectReference, make

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
MANAGER_DOWN = Code(
    "manager-not-available",
    "critical",
    "fewer managers are available than there should be",
    f"without one, the fail-closed webhooks refuse {BLOCKED}",
    "see `kubectl describe pod` and the logs of the pods",
)
MANAGER_SINGLE = Code(
    "manager-single",
    "warning",
    "a single manager",
    f"while it restarts or its node is drained, the fail-closed webhooks refuse {BLOCKED}",
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
    *release.CODES,
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
                f"{name_pod(pod)}: {explain_not_ready(pod) or 'ready'}"
                for pod in _list_pods(snapshot)
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


def _list_pods(snapshot: Snapshot) -> Sequence[Object]:
    return () if isinstance(snapshot.pods, Unavailable) else snapshot.pods
