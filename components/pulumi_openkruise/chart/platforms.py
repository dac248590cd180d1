"""The settings that some Kubernetes distributions need: one entry for each, and only with evidence.

Those whose needs the chart cannot meet, or for which no evidence exists, are notes in docs/platforms.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .version import Version


class Platform(NamedTuple):
    """One distribution, or one kind of cluster of it."""

    why: str
    """Why it needs the setting, a clause."""
    source: str
    """Where that is documented or reported."""
    values: Mapping[str, Any] = MappingProxyType({})
    """Helm values that it needs."""
    gates: Mapping[str, bool] = MappingProxyType({})
    """Feature gates that it needs."""
    since: str = "1.7.0"
    """First version of the chart that has these values; with an older one the platform sets nothing."""


PLATFORMS: dict[str, Platform] = {
    "aks": Platform(
        why="AKS's admissions enforcer rewrites the selectors of webhooks",
        source="openkruise/charts#155; openkruise/kruise#2220",
        values={"webhookConfiguration": {"aksIntegration": True}},
        since="1.9.0",
    ),
    "eks-custom-cni": Platform(
        why="EKS's API server reaches no pod of an overlay network, only the nodes",
        source="OpenKruise's installation guide; openkruise/kruise#908, #1958",
        values={"manager": {"hostNetwork": True}},
    ),
    "gke-autopilot": Platform(
        why="Autopilot admits no pod on the host's network with its socket folder",
        source="openkruise/kruise#1649",
        gates={"KruiseDaemon": False},
    ),
    "k3s": Platform(
        why="k3s keeps containerd's socket below /run/k3s",
        source="OpenKruise's installation guide; openkruise/kruise#1447",
        values={"daemon": {"socketLocation": "/run/k3s"}},
    ),
    "rke2": Platform(
        why="RKE2 keeps containerd's socket below /run/k3s",
        source="OpenKruise's installation guide; openkruise/kruise#1447",
        values={"daemon": {"socketLocation": "/run/k3s"}},
    ),
}
"""Every platform by the name that the key ``platform`` takes."""


def applies(platform: Platform, chart: Version) -> bool:
    """Tell whether a version of the chart has the values that the platform needs."""
    return chart.includes(platform.since)


def describe_platform(platform: Platform) -> str:
    """Return in one line what a platform sets: ``daemon.socketLocation=/run/k3s``."""
    gates = [f"featureGates.{name}={str(on).lower()}" for name, on in platform.gates.items()]
    return ", ".join([*_list_leaves(platform.values), *gates])


def _list_leaves(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += _list_leaves(value, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key}={str(value).lower() if isinstance(value, bool) else value}")
    return found
