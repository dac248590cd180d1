"""Which feature gates are in effect: those set, those that AllAlpha and AllBeta add, those that others force.

Sources: SetDefaultFeatureGates in pkg/features/kruise_features.go of OpenKruise 1.7 to 1.9, and
setUnsetAlphaGates in Kubernetes' component-base/featuregate: a gate that is set by name keeps its value. And
the chart's templates, which search the string of gates for ``KruiseDaemon=false``.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..diagnostics.problem import Problem
from .gate_names import ALPHA, BETA, ON, SINCE
from .version import Version, parse_version

CHART_DEFAULT: Mapping[str, bool] = {"ImagePullJobGate": True}
"""What the chart sets by default; the user's own string of gates replaces all of it."""

FORCED_OFF: dict[str, tuple[str, ...]] = {
    "PodWebhook": (
        "KruisePodReadinessGate", "PodUnavailableBudgetDeleteGate", "PodUnavailableBudgetUpdateGate",
        "WorkloadSpread", "SidecarSetPatchPodMetadataDefaultsAllowed", "EnhancedLivenessProbe",
        "EnablePodProbeMarkerOnServerless",
    ),
    "KruiseDaemon": (
        "PreDownloadImageForInPlaceUpdate", "DaemonWatchingPod", "InPlaceUpdateEnvFromMetadata",
        "PreDownloadImageForDaemonSetUpdate", "PodProbeMarkerGate", "SidecarTerminator", "ImagePullJobGate",
        "EnhancedLivenessProbe",
    ),
    "ResourcesDeletionProtection": ("DeletionProtectionForCRDCascadingGate",),
}  # fmt: skip
"""Gates that OpenKruise switches off, whatever they are set to, where the one named is off."""

FORCED_ON: dict[str, tuple[str, ...]] = {
    "PreDownloadImageForInPlaceUpdate": ("ImagePullJobGate",),
    "PreDownloadImageForDaemonSetUpdate": ("ImagePullJobGate",),
}
"""Gates that OpenKruise then switches on, whatever they are set to, where the one named is on."""


class Effect(NamedTuple):
    """The value of a gate in effect."""

    on: bool
    forced_by: str = ""
    """The gate that forces it, where one does."""


def compute_effective_gates(gates: Mapping[str, bool], chart: Version) -> dict[str, Effect]:
    """Return every gate of the chart's version, and those given, with their values in effect."""
    found = {
        name: Effect(_find_default(name, gates, chart)) for name in {*SINCE, *gates} if _has(name, chart)
    }
    for name, on in gates.items():
        found[name] = Effect(on)
    for forced, to in ((FORCED_OFF, False), (FORCED_ON, True)):
        for switch, others in forced.items():
            for name in others:
                if name in found and found[switch].on is to and found[name].on is not to:
                    found[name] = Effect(to, switch)
    return found


def check_effects(gates: Mapping[str, bool], chart: Version, where: str) -> Iterator[Problem]:
    """Yield a problem for each gate whose value in effect is not the one that is set, or that is a trap."""
    found = compute_effective_gates(gates, chart)
    if found["EnableExternalCerts"].on and "EnableExternalCerts" not in gates:
        reason = "AllAlpha also turns on EnableExternalCerts, which expects certificates from outside"
        remedy = "add EnableExternalCerts: false, or true where there are such certificates"
        yield Problem("external-certs", where, reason, (), remedy)
    elif found["EnableExternalCerts"].on and chart.number == (1, 9, 1):
        reason = "EnableExternalCerts does not work in chart 1.9.1: the manager crash-loops (charts#203)"
        yield Problem("external-certs", where, reason, (), "use 1.8.3, or leave it off")
    if not found["KruiseDaemon"].on and "KruiseDaemon" not in gates:
        reason = "AllBeta: false also turns off KruiseDaemon, and the chart still deploys the daemon"
        remedy = "add KruiseDaemon: false, which removes the daemon, or true"
        yield Problem("overruled-gate", where, reason, (), remedy, "warning")
    overruled: dict[tuple[str, bool], list[str]] = {}
    for name, on in gates.items():
        effect = found[name]
        if effect.forced_by and effect.on is not on and CHART_DEFAULT.get(name) is not on:
            overruled.setdefault((effect.forced_by, effect.on), []).append(name)
    for (switch, on), names in overruled.items():
        state, other = ("on", "off") if on else ("off", "on")
        because = f"{switch} is {'on' if found[switch].on else 'off'}"
        remedy = "remove it" if switch in gates else f"remove it, or turn {switch} {other}"
        reason = f"{', '.join(names)}: stays {state}, because {because}"
        yield Problem("overruled-gate", where, reason, (), remedy, "warning")


def find_dropped_defaults(gates: Mapping[str, bool], chart: Version) -> list[str]:
    """Return the gates that the chart turns on by default, and that are off if these replace its default.

    Without the daemon, gates that need it are not listed.
    """
    found = compute_effective_gates(gates, chart)
    return [
        name
        for name, on in CHART_DEFAULT.items()
        if name not in gates and found[name].on is not on and found["KruiseDaemon"].on
    ]


def _has(name: str, chart: Version) -> bool:
    # A prerelease has the gates of its release: upstream adds them before it.
    since = SINCE.get(name, "1.7.0")
    return since == "1.7.0" or chart.number >= parse_version(since).number


def _find_default(name: str, gates: Mapping[str, bool], chart: Version) -> bool:
    if name in ALPHA and "AllAlpha" in gates:
        return gates["AllAlpha"]
    if name in BETA and "AllBeta" in gates:
        return gates["AllBeta"]
    if name == "ResourcesDeletionProtection":
        return chart.number < (1, 8, 0)
    return name in ON
