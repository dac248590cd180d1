"""Pods of OpenKruise: whose they are, which node they are for, and why they are not ready."""

from collections.abc import Mapping, Sequence
from typing import Any

from .json_access import at, condition, items, mapping, name_of, number, seconds_between, text

STARTING_SECONDS = 180
"""Age in seconds up to which a pod that is not ready counts as starting: its image has to be pulled, and a
rolling update restarts a tenth of all daemons at a time."""


def is_daemon(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is one of the daemon's DaemonSet."""
    return _find_owner(pod) == "DaemonSet" and text(pod, "metadata", "labels", "control-plane") in (
        "",
        "daemon",
    )


def is_manager(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is one of the manager's Deployment."""
    labels = mapping(pod, "metadata", "labels")
    return _find_owner(pod) == "ReplicaSet" and labels.get("control-plane") == "controller-manager"


def _find_owner(pod: Mapping[str, Any]) -> str:
    owners = items(pod, "metadata", "ownerReferences")
    return text(owners[0], "kind") if owners else ""


def group_daemons_by_node(pods: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the daemon's pods by the node that each is for: the ready one of two, none that is leaving."""
    found: dict[str, Mapping[str, Any]] = {}
    for pod in pods:
        node = find_target(pod)
        if not node or not is_daemon(pod) or at(pod, "metadata", "deletionTimestamp"):
            continue
        if node not in found or explain_not_ready(found[node]):
            found[node] = pod
    return found


def find_target(pod: Mapping[str, Any]) -> str:
    """Return the node that a pod is bound to, or the one that the DaemonSet controller made it for."""
    bound = text(pod, "spec", "nodeName")
    if bound:
        return bound
    required = mapping(
        pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    for term in items(required, "nodeSelectorTerms"):
        for field in items(term, "matchFields"):
            values = field.get("values")
            if field.get("key") == "metadata.name" and isinstance(values, list) and values:
                return str(values[0])
    return ""


def explain_not_ready(pod: Mapping[str, Any] | None) -> str:
    """Say why a pod is not ready, or that there is none, by its own words if it has some; empty if it is."""
    if pod is None:
        return "no pod was made for it"
    if condition(pod, "Ready").get("status") == "True":
        return ""
    for status in items(pod, "status", "containerStatuses"):
        waiting, last = mapping(status, "state", "waiting"), mapping(status, "lastState", "terminated")
        if waiting.get("reason"):
            ended = f", exit code {last['exitCode']}" if isinstance(last.get("exitCode"), int) else ""
            return f"{waiting['reason']}{ended}"
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"not scheduled: {scheduled.get('reason') or 'no reason given'}"
    return f"{text(pod, 'status', 'phase') or 'of no phase'}, not ready"


def is_starting(pod: Mapping[str, Any] | None, now: str) -> bool:
    """Whether a young pod is on its way: its kubelet works on it, and nothing has failed yet."""
    statuses = items(pod, "status", "containerStatuses")
    age = seconds_between(text(pod, "metadata", "creationTimestamp"), now)
    return bool(statuses) and age is not None and age < STARTING_SECONDS and all(map(_comes_up, statuses))


def _comes_up(status: Mapping[str, Any]) -> bool:
    ended = mapping(status, "state", "terminated") or number(status, "restartCount")
    return not ended and text(status, "state", "waiting", "reason") in (
        "",
        "ContainerCreating",
        "PodInitializing",
    )


def name_pod(pod: Mapping[str, Any]) -> str:
    """Name a pod as findings do."""
    return f"Pod {text(pod, 'metadata', 'namespace')}/{name_of(pod)}"
