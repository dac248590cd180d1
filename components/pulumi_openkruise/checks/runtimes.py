"""Whether the daemon can talk to each node's container runtime: CRI versions, places of sockets, and logs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..catalogue.runtimes import NO_CRI_LOG, NO_SOCKET_LOG, CriVersion, Version
from ..detection.runtimes import (
    RuntimeMismatch,
    Socket,
    find_location,
    find_mismatch,
    find_socket,
    finds_socket,
    list_searched_paths,
)
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.json_access import items, mapping, strings, text
from ..inventory.snapshot import NodeFacts, Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, make, refer_to_nodes
from .node_states import NodeState

SOCKET = Code(
    "runtime-socket",
    "error",
    "nodes whose container runtime has its socket where the daemon does not search",
    "the daemon exits with `not found container runtime sock`, again and again",
    "set daemon.socketLocation in values to the folder of the socket; or exclude these nodes",
)
RUNTIME_OLD = Code(
    "runtime-too-old",
    "error",
    "nodes whose container runtime does not serve the CRI version that the daemon speaks",
    "the daemon ends after `unknown service runtime.v1.RuntimeService`, again and again",
    "upgrade the container runtime, or exclude these nodes",
)
CODES = (SOCKET, RUNTIME_OLD)


def check_cri(states: Sequence[NodeState], kruise: Version | None) -> Iterator[Finding]:
    """Yield nodes that should have a daemon and whose runtime does not serve the CRI version that it speaks.

    ``kruise`` is OpenKruise's version, None where it is unknown.
    """
    groups: dict[tuple[RuntimeMismatch, str, str], list[str]] = defaultdict(list)
    for node in _list_with_daemon(states):
        mismatch = find_mismatch(node.runtime, node.kubelet, kruise)
        if mismatch is not None:
            groups[mismatch, node.runtime, node.kubelet].append(node.name)
    if not groups:
        return
    names = sorted(name for members in groups.values() for name in members)
    evidence = [
        f"{runtime} and kubelet {kubelet} on {shorten(sorted(members))}: {mismatch}"
        for (mismatch, runtime, kubelet), members in sorted(groups.items(), key=lambda one: one[0][1:])
    ]
    ways = sorted({mismatch.remedy for mismatch, _runtime, _kubelet in groups})
    needed = next(iter(groups))[0].needed
    what = f"{pluralize(len(names), 'node')} whose container runtime does not serve CRI {needed}"
    remedy = f"{'; '.join(ways)}; or exclude these nodes"
    yield make(
        RUNTIME_OLD, what, evidence, refer_to_nodes(names), consequence=_ends_after(needed), remedy=remedy
    )


def check_sockets(
    snapshot: Snapshot, states: Sequence[NodeState], expected: Expected, kruise: Version | None
) -> Iterator[Finding]:
    """Yield nodes that should have a daemon and show that their socket is where it does not search.

    The places are those of the live DaemonSet, and before an installation those of the stack's values.
    """
    place = _find_live_place(snapshot) or expected.socket
    if place is None:
        return
    location, file = place
    missed: dict[Socket, list[NodeFacts]] = defaultdict(list)
    others = 0
    for node in _list_with_daemon(states):
        socket = find_socket(node.labels, node.kubelet, node.runtime, node.cri_socket)
        if socket is not None and not finds_socket(socket.path, location, file, kruise):
            missed[socket].append(node)
        else:
            others += 1
    if not missed:
        return
    names = sorted(node.name for nodes in missed.values() for node in nodes)
    evidence = [
        f"{socket.path} on {shorten(sorted(node.name for node in nodes))} ({socket.shown_by}, kubelet "
        f"{nodes[0].kubelet or 'unknown'})"
        for socket, nodes in sorted(missed.items())
    ]
    evidence.append(f"the daemon searches {shorten(list_searched_paths(location, file, kruise), 6)}")
    kinds = " or ".join(dict.fromkeys(socket.shown_by for socket in sorted(missed)))
    what = f"{pluralize(len(names), 'node')} with another socket ({kinds})"
    remedy = _find_remedy(missed, others, kruise)
    yield make(SOCKET, what, evidence, refer_to_nodes(names), remedy=remedy)


def check_logs(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield the causes that restarting daemons log themselves; logs must have been read."""
    assert not isinstance(snapshot.logs, Unavailable)
    without = sorted(pod for pod, log in snapshot.logs.items() if NO_SOCKET_LOG in log)
    if without:
        evidence = [f"`{NO_SOCKET_LOG}` in the log of {shorten(without)}"]
        what = f"{pluralize(len(without), 'daemon')} found no runtime's socket"
        # Beside the one that the nodes themselves show.
        yield make(SOCKET, what, evidence, _list_pods(without, expected), identity=("logs",))
    unserved: dict[str, list[str]] = defaultdict(list)
    for pod, log in sorted(snapshot.logs.items()):
        found = NO_CRI_LOG.search(log)
        if found is not None and pod not in without:
            unserved[found[1]].append(pod)
    for version, pods in sorted(unserved.items()):
        evidence = [f"`unknown service runtime.{version}` in the log of {shorten(pods)}"]
        what = f"{pluralize(len(pods), 'daemon')} whose container runtime does not serve CRI {version}"
        remedy = "" if version == "v1" else "upgrade OpenKruise to 1.6 or newer, or exclude these nodes"
        pods_found = _list_pods(pods, expected)
        yield make(
            RUNTIME_OLD,
            what,
            evidence,
            pods_found,
            consequence=_ends_after(version),
            remedy=remedy,
            identity=("logs", version),
        )


def _ends_after(cri: CriVersion) -> str:
    return RUNTIME_OLD.consequence.replace("runtime.v1.", f"runtime.{cri}.")


def _list_with_daemon(states: Iterable[NodeState]) -> Iterator[NodeFacts]:
    for one in states:
        if one.admitted and one.node.classification.runs_daemon:
            yield one.node


def _list_pods(names: Iterable[str], expected: Expected) -> list[ObjectReference]:
    return [ObjectReference("Pod", name, expected.namespace) for name in names]


def _find_live_place(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return the folder and the file that the live DaemonSet has, None where there is no DaemonSet."""
    if not isinstance(snapshot.daemon_set, dict):
        return None
    spec = mapping(snapshot.daemon_set, "spec", "template", "spec")
    folders = [
        text(volume, "hostPath", "path")
        for volume in items(spec, "volumes")
        if volume.get("name") == "runtime-socket"
    ]
    files = [
        argument.partition("=")[2]
        for container in items(spec, "containers")
        for argument in strings(container, "args")
        if argument.startswith("--socket-file=")
    ]
    return (folders[0], files[0] if files else "") if folders else None


def _find_remedy(missed: Iterable[Socket], others: int, kruise: Version | None) -> str:
    """Return what fits these nodes: one setting where all nodes can have it, else what is left."""
    sockets = sorted(missed)
    locations = {find_location(socket.path, kruise) for socket in sockets}
    platforms = {socket.platform for socket in sockets}
    if others or len(locations) > 1:
        return (
            "the daemon searches one place on all nodes: link these sockets to it on the nodes, or exclude "
            "the nodes"
        )
    (location,) = locations
    if not location:
        folder, _slash, file = sockets[0].path.rpartition("/")
        return f"set values daemon.socketLocation: {folder} and daemon.socketFile: {file}"
    platform = next(iter(platforms)) if len(platforms) == 1 else ""
    setting = f"set values daemon.socketLocation: {location}"
    return f"set platform to {platform}, or {setting}" if platform else setting
