"""OpenKruise's feature gates: which a version has, which switch others, and the text that the chart wants.

Source: pkg/features/kruise_features.go of OpenKruise, and the templates, which look for parts of the text.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..diagnostics.problem import Problem, Severity, nearest, shown
from .version import Version, version

_ON = (
    "PodWebhook", "KruiseDaemon", "DaemonWatchingPod", "WorkloadSpread", "PodUnavailableBudgetDeleteGate",
    "InPlaceUpdateEnvFromMetadata", "StatefulSetAutoDeletePVC", "PodProbeMarkerGate", "PodIndexLabel",
)  # fmt: skip
_OFF = (
    "CloneSetShortHash", "KruisePodReadinessGate", "PreDownloadImageForInPlaceUpdate",
    "CloneSetPartitionRollback", "ResourcesDeletionProtection", "PodUnavailableBudgetUpdateGate",
    "TemplateNoDefaults", "SidecarSetPatchPodMetadataDefaultsAllowed", "SidecarTerminator",
    "PreDownloadImageForDaemonSetUpdate", "CloneSetEventHandlerOptimization", "PreparingUpdateAsUpdate",
    "ImagePullJobGate", "ResourceDistributionGate", "DeletionProtectionForCRDCascadingGate",
    "EnhancedLivenessProbe", "RecreatePodWhenChangeVCTInCloneSetGate", "StatefulSetStartOrdinal",
    "EnableExternalCerts",
)  # fmt: skip
_OFF_SINCE_1_8 = (
    "StatefulSetAutoResizePVCGate", "ForceDeleteTimeoutExpectationGate", "InPlaceWorkloadVerticalScaling",
    "EnablePodProbeMarkerOnServerless",
)  # fmt: skip
_OFF_SINCE_1_9 = ("EnableSortSidecarContainerByName", "InPlacePodVerticalScaling")
# Kubernetes' own machinery for gates adds these two to every program's.
_GROUPS = ("AllAlpha", "AllBeta")

SINCE: dict[str, str] = {
    **dict.fromkeys((*_ON, *_OFF, *_GROUPS), "1.7.0"),
    **dict.fromkeys(_OFF_SINCE_1_8, "1.8.0"),
    **dict.fromkeys(_OFF_SINCE_1_9, "1.9.0"),
}
"""Every gate, with the first version of those described here that has it."""

_LIST = "docs/values.md lists the gates"

# Names of the Go constants, which differ from the gates' and are in some documentation.
_GO_NAMES = {
    "EnhancedLivenessProbeGate": "EnhancedLivenessProbe",
    "ForceDeleteTimeoutExpectationFeatureGate": "ForceDeleteTimeoutExpectationGate",
}

CHART_DEFAULT: Mapping[str, bool] = {"ImagePullJobGate": True}
"""What the chart sets by itself; a string of the user's replaces it."""

FORCED_OFF: dict[str, tuple[str, ...]] = {
    "KruiseDaemon": (
        "PreDownloadImageForInPlaceUpdate", "DaemonWatchingPod", "InPlaceUpdateEnvFromMetadata",
        "PreDownloadImageForDaemonSetUpdate", "PodProbeMarkerGate", "SidecarTerminator", "ImagePullJobGate",
        "EnhancedLivenessProbe",
    ),
    "PodWebhook": (
        "KruisePodReadinessGate", "PodUnavailableBudgetDeleteGate", "PodUnavailableBudgetUpdateGate",
        "WorkloadSpread", "SidecarSetPatchPodMetadataDefaultsAllowed", "EnhancedLivenessProbe",
        "EnablePodProbeMarkerOnServerless",
    ),
    "ResourcesDeletionProtection": ("DeletionProtectionForCRDCascadingGate",),
}  # fmt: skip
"""Gates that OpenKruise switches off, whatever they are set to, where the one named is off."""

FORCED_ON: dict[str, tuple[str, ...]] = {
    "PreDownloadImageForInPlaceUpdate": ("ImagePullJobGate",),
    "PreDownloadImageForDaemonSetUpdate": ("ImagePullJobGate",),
}
"""Gates that OpenKruise switches on, whatever they are set to, where the one named is on."""


def rendered(gates: Mapping[str, bool]) -> str:
    """Return the text for the chart: sorted, lower case, without blanks, with the chart's own gates kept."""
    every = {**CHART_DEFAULT, **gates}
    return ",".join(f"{name}={str(every[name]).lower()}" for name in sorted(every))


def known_gates(chart: Version) -> list[str]:
    """Return the gates of a version."""
    return [name for name, since in SINCE.items() if _has(chart, since)]


def gates_problems(gates: Mapping[str, Any], chart: Version, where: str) -> Iterator[Problem]:
    """Yield what is wrong with gates given as a mapping, and what some of them do to others."""
    good = {}
    for name, on in gates.items():
        place = f"{where}.{name}"
        problem = _name_problem(name, chart, place) if isinstance(name, str) else None
        if not isinstance(name, str):
            yield Problem("wrong-type", where, f"expected the name of a gate, found {shown(name)}")
        elif problem is not None:
            yield problem
        elif not isinstance(on, bool):
            reason = f"expected true or false, found {shown(on)}"
            yield Problem("wrong-type", place, reason, (), "write true or false, without quotes")
        if isinstance(name, str) and isinstance(on, bool):
            good[name] = on
    yield from _effects(good, chart, where)


def read_text(text: str) -> dict[str, bool]:
    """Return the gates that a string for the chart sets; entries that cannot be read are left out."""
    pairs = [entry.strip().partition("=") for entry in text.split(",")]
    return {name: value == "true" for name, sign, value in pairs if sign and value in ("true", "false")}


def text_problems(text: str, chart: Version, where: str, key: str = "feature_gates") -> Iterator[Problem]:
    """Yield the problems of a string given directly to the chart; it may be secret, and is not shown."""
    for index, entry in enumerate(text.split(",") if text else ()):
        name, sign, value = entry.partition("=")
        if not sign or value not in ("true", "false") or entry != entry.strip():
            reason = (
                f"entry {index + 1} is not Name=true or Name=false, which the chart looks for to the letter"
            )
            yield Problem("wrong-value", where, reason, (), f"give the gates as {key}")
        elif _name_problem(name, chart, where) is not None:
            near = _near(name, chart)
            reason = (
                f"entry {index + 1} is no feature gate of {chart.text}: manager and daemon would not start"
            )
            remedy = f"did you mean {near}?" if near and near != name else _LIST
            yield Problem("unknown-gate", where, reason, (), remedy, _severity(chart))
    given = read_text(text)
    dropped = [name for name in CHART_DEFAULT if name not in given]
    if text and dropped:
        reason = f"takes the place of the chart's own text, so that {', '.join(dropped)} is off"
        remedy = f"give the gates as {key}, which keeps it"
        yield Problem("dropped-gate", where, reason, (), remedy, "warning")
    yield from _effects(given, chart, where)


def _has(chart: Version, since: str) -> bool:
    # A prerelease has what its release has: gates come early.
    return since == "1.7.0" or chart.number >= version(since).number


def _near(name: str, chart: Version) -> str | None:
    return _GO_NAMES.get(name) or nearest(name, known_gates(chart))


def _severity(chart: Version) -> Severity:
    return "error" if chart.knowledge == "whole" else "warning"


def _name_problem(name: str, chart: Version, place: str) -> Problem | None:
    if name in SINCE:
        if _has(chart, SINCE[name]):
            return None
        reason = f"a gate from {SINCE[name]} on, and this is {chart.text}: manager and daemon would not start"
        return Problem("unknown-gate", place, reason, (), "remove it", _severity(chart))
    near = _near(name, chart)
    if name in _GO_NAMES:
        reason, remedy = "the name of a constant in OpenKruise's source, not of a gate", f"write {near}"
    else:
        reason = f"no feature gate of {chart.text}: manager and daemon would not start"
        remedy = f"did you mean {near}?" if near else _LIST
    return Problem("unknown-gate", place, reason, (), remedy, _severity(chart))


def _effects(gates: Mapping[str, bool], chart: Version, where: str) -> Iterator[Problem]:
    if gates.get("AllAlpha") and "EnableExternalCerts" not in gates:
        reason = (
            "AllAlpha also turns on EnableExternalCerts, which expects certificates that somebody else makes"
        )
        remedy = "add EnableExternalCerts: false, or true where there are such certificates"
        yield Problem("external-certs", where, reason, (), remedy)
    if gates.get("EnableExternalCerts") and chart.number == (1, 9, 1):
        reason = "EnableExternalCerts does not work in chart 1.9.1: the manager crash-loops (charts#203)"
        yield Problem("external-certs", where, reason, (), "use 1.8.3, or leave it off")
    for switch, others in FORCED_OFF.items():
        wanted = [name for name in others if gates.get(name) and not CHART_DEFAULT.get(name)]
        if gates.get(switch) is False and wanted:
            reason = f"{', '.join(wanted)}: stays off, because {switch} is false"
            yield Problem("overruled-gate", where, reason, (), "remove it", "warning")
    for switch, others in FORCED_ON.items():
        unwanted = [name for name in others if gates.get(name) is False]
        if gates.get(switch) and unwanted:
            reason = f"{', '.join(unwanted)}: stays on, because {switch} is true"
            yield Problem("overruled-gate", where, reason, (), "remove it", "warning")
