"""What a node's own report says about its container runtime: CRI versions and the place of its socket."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..catalogue.runtimes import (
    CRI_SOCKET_ANNOTATION,
    DISTRIBUTIONS,
    ENDPOINT_ARGUMENT,
    KRUISE_NEEDS_V1,
    KUBELET_NEEDS_V1,
    NODE_ARGS_ANNOTATIONS,
    RANGES,
    SEARCHED,
    UPSTREAM_SOCKETS,
    V1,
    V1ALPHA2,
    CriVersion,
    RuntimeRange,
    Version,
)

_VERSION = re.compile(r"[^0-9]*(\d+)\.(\d+)")


@dataclass(frozen=True)
class RuntimeMismatch:
    """A runtime that does not serve the CRI version that kruise-daemon speaks."""

    runtime: str
    """The runtime and its versions, for people."""
    needed: CriVersion
    served: tuple[CriVersion, ...]
    remedy: str
    """What to do, a clause."""

    def __str__(self) -> str:
        """Say what does not fit, a clause."""
        return f"{self.runtime} serves CRI {' and '.join(self.served)}, kruise-daemon speaks {self.needed}"


class Socket(NamedTuple):
    """The place of a runtime's socket on a node."""

    path: str
    """Absolute, below ``/run`` and not ``/var/run``, which is the same."""
    shown_by: str
    """What shows it: a distribution's name, or what is recorded on the node."""
    platform: str = ""
    """The stack's ``platform`` that sets the place, if there is one."""


def find_needed_cri(kruise: Version | None) -> CriVersion:
    """Return the CRI version that kruise-daemon speaks; ``kruise`` is None where its version is unknown."""
    return V1ALPHA2 if kruise is not None and kruise < KRUISE_NEEDS_V1 else V1


def find_range(runtime: str, kubelet: str) -> RuntimeRange | None:
    """Return what the table has on a node's runtime, None where it does not say.

    ``runtime`` is ``containerRuntimeVersion``, as ``containerd://1.5.9``; ``kubelet`` is ``kubeletVersion``.
    """
    name, _slashes, version = runtime.partition("://")
    kubelet_version, runtime_version = _read_version(kubelet), _read_version(version)
    for one in RANGES:
        if one.name != name:
            continue
        if one.kubelet_before is not None:
            if kubelet_version is None:
                return None
            if kubelet_version >= one.kubelet_before:
                continue
        if one.before is not None:
            if runtime_version is None:
                return None
            if runtime_version >= one.before:
                continue
        return one
    return None


def find_mismatch(runtime: str, kubelet: str, kruise: Version | None = None) -> RuntimeMismatch | None:
    """Return why kruise-daemon cannot talk to a node's runtime; None where it can, or nothing says so."""
    found = find_range(runtime, kubelet)
    needed = find_needed_cri(kruise)
    if found is None or needed in found.cri:
        return None
    version = _read_version(kubelet)
    if needed == V1 and version is not None and version >= KUBELET_NEEDS_V1:
        return None  # the node could not have joined
    remedy = found.upgrade if needed == V1 else "upgrade OpenKruise to 1.6 or newer"
    return RuntimeMismatch(found.description, needed, found.cri, remedy)


def read_recorded_socket(annotations: Mapping[str, Any]) -> str:
    """Return the socket that kubeadm, k3s or RKE2 has recorded on a node, as it stands there; else empty."""
    recorded = annotations.get(CRI_SOCKET_ANNOTATION)
    if isinstance(recorded, str):
        return recorded
    for key in NODE_ARGS_ANNOTATIONS:
        try:
            arguments = json.loads(annotations.get(key, "[]"))
        except (TypeError, ValueError, RecursionError):
            continue
        words = [one for one in arguments if isinstance(one, str)] if isinstance(arguments, list) else []
        for place, word in enumerate(words):
            if word == ENDPOINT_ARGUMENT:
                return "".join(words[place + 1 : place + 2])
            if word.startswith(f"{ENDPOINT_ARGUMENT}="):
                return word.partition("=")[2]
    return ""


def find_socket(labels: Mapping[str, str], kubelet: str, runtime: str, recorded: str = "") -> Socket | None:
    """Return where a node's runtime has its socket, None where the node does not show it.

    ``recorded`` is what ``read_recorded_socket`` returns. Dockershim's socket, which kubeadm recorded too, is
    not one of a CRI that the daemon speaks, and means the default of what came after it.
    """
    path = recorded.removeprefix("unix://")
    if path.startswith("/") and not path.endswith("/dockershim.sock"):
        return Socket(_normalize_path(path), "as recorded on the node")
    name = runtime.partition("://")[0]
    for one in DISTRIBUTIONS:
        labelled = one.label is not None and labels.get(one.label[0]) == one.label[1]
        if one.runtime == name and (labelled or (one.kubelet and re.search(one.kubelet, kubelet))):
            return Socket(one.socket, one.name, one.platform)
    upstream = UPSTREAM_SOCKETS.get(name)
    return Socket(upstream, f"{name}'s default") if upstream else None


def finds_socket(path: str, location: str, file: str = "", kruise: Version | None = None) -> bool:
    """Tell whether kruise-daemon finds a socket, given ``daemon.socketLocation`` and ``socketFile``."""
    return path in list_searched_paths(location, file, kruise)


def list_searched_paths(location: str, file: str = "", kruise: Version | None = None) -> list[str]:
    """Return the paths at which kruise-daemon searches a socket; with ``socketFile`` there is one."""
    names = [file] if file else [name for name, since in SEARCHED if kruise is None or kruise >= since]
    return [f"{_normalize_path(location)}/{name}" for name in names]


def find_location(path: str, kruise: Version | None = None) -> str:
    """Return the ``daemon.socketLocation`` with which a socket is found, empty where none is short enough."""
    for name, since in sorted(SEARCHED, key=lambda one: -len(one[0])):
        if path.endswith(f"/{name}") and (kruise is None or kruise >= since):
            return path.removesuffix(f"/{name}")
    return ""


def _normalize_path(path: str) -> str:
    """Return a path without a slash at its end, and below /run where /var/run links to it."""
    plain = path.rstrip("/")
    return plain[4:] if plain == "/var/run" or plain.startswith("/var/run/") else plain


def _read_version(version: str) -> Version | None:
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else None
