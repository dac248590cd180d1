"""OpenKruise's feature gates by version, with their stages.

Source: pkg/features/kruise_features.go of OpenKruise 1.7 to 1.9.
"""

ON = (
    "PodWebhook", "KruiseDaemon", "DaemonWatchingPod", "WorkloadSpread", "PodUnavailableBudgetDeleteGate",
    "InPlaceUpdateEnvFromMetadata", "StatefulSetAutoDeletePVC", "PodProbeMarkerGate", "PodIndexLabel",
)  # fmt: skip
"""Gates that are on by default."""

BETA = (*ON, "ResourcesDeletionProtection")
"""Gates that AllBeta sets; ResourcesDeletionProtection is on by default before 1.8.0 only."""

_OFF = (
    "CloneSetShortHash", "KruisePodReadinessGate", "PreDownloadImageForInPlaceUpdate",
    "CloneSetPartitionRollback", "PodUnavailableBudgetUpdateGate", "TemplateNoDefaults",
    "SidecarSetPatchPodMetadataDefaultsAllowed", "SidecarTerminator", "PreDownloadImageForDaemonSetUpdate",
    "CloneSetEventHandlerOptimization", "PreparingUpdateAsUpdate", "ImagePullJobGate",
    "ResourceDistributionGate", "DeletionProtectionForCRDCascadingGate", "EnhancedLivenessProbe",
    "RecreatePodWhenChangeVCTInCloneSetGate", "StatefulSetStartOrdinal", "EnableExternalCerts",
)  # fmt: skip
_OFF_SINCE_1_8 = (
    "StatefulSetAutoResizePVCGate", "ForceDeleteTimeoutExpectationGate", "InPlaceWorkloadVerticalScaling",
    "EnablePodProbeMarkerOnServerless",
)  # fmt: skip
_OFF_SINCE_1_9 = ("EnableSortSidecarContainerByName", "InPlacePodVerticalScaling")

ALPHA = (*_OFF, *_OFF_SINCE_1_8, *_OFF_SINCE_1_9)
"""Gates that AllAlpha sets; all are off by default."""

GROUPS = ("AllAlpha", "AllBeta")
"""What Kubernetes' feature gates add to those of every program."""

SINCE: dict[str, str] = {
    **dict.fromkeys((*BETA, *_OFF, *GROUPS), "1.7.0"),
    **dict.fromkeys(_OFF_SINCE_1_8, "1.8.0"),
    **dict.fromkeys(_OFF_SINCE_1_9, "1.9.0"),
}
"""Every gate, with the first version of those described here that has it."""
