"""The CRDs of the charts from 1.7 on: their API versions, the stored one of each, and fields by version.

Sources: ``config/crd/bases`` of openkruise/kruise v1.8.3 and v1.9.1, with which ``tests/chart/test_crds.py``
compares this; 1.7 stores the same as 1.8, and what 2.0 removes is announced in the API Upgrade Guide of
openkruise.io. Fields are paths from the object's root; ``[]`` stands for each item of a list.
"""

from typing import NamedTuple

ALPHA, BETA = "v1alpha1", "v1beta1"
STORAGE_CHANGE = (1, 9)
"""The minor version that stores seven more kinds as v1beta1."""

ALPHA_REMOVAL = (2, 0)
"""The version announced to remove v1alpha1 of the kinds that had v1beta1 before 1.9."""

_BETA_BEFORE = frozenset({"statefulsets.apps.kruise.io"})
_BETA_SINCE = frozenset(
    f"{plural}.apps.kruise.io"
    for plural in (
        "advancedcronjobs",
        "broadcastjobs",
        "daemonsets",
        "imagelistpulljobs",
        "imagepulljobs",
        "nodeimages",
        "sidecarsets",
    )
)

ADDED = {"ephemeraljobs.apps.kruise.io": "EphemeralJob"}
"""CRDs that 1.9 has and 1.8 does not have, each with its kind: an older chart drops them from the release,
and Helm deletes them."""

ADDED_FIELDS: dict[str, tuple[str, ...]] = {
    "clonesets.apps.kruise.io": ("spec.progressDeadlineSeconds",),
    "sidecarsets.apps.kruise.io": (
        "spec.containers[].resourcesPolicy",
        "spec.containers[].shareVolumeDevicePolicy",
        "spec.initContainers[].resourcesPolicy",
        "spec.initContainers[].shareVolumeDevicePolicy",
    ),
    "uniteddeployments.apps.kruise.io": (
        "spec.template.cloneSetTemplate.spec.progressDeadlineSeconds",
        "spec.topology.scheduleStrategy.adaptive.reserveUnschedulablePods",
        "spec.topology.scheduleStrategy.adaptive.unschedulableDuration",
    ),
}
"""Fields set by users that 1.9 has, and 1.8 does not have in the version that it stores."""

REMOVED_FIELDS: dict[str, tuple[str, ...]] = {
    "uniteddeployments.apps.kruise.io": ("spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds",),
}
"""Fields set by users that 1.8 has and 1.9 does not have: the API server drops them without an error."""

NUMBERS_ONLY: dict[str, tuple[str, ...]] = {
    "daemonsets.apps.kruise.io": ("spec.updateStrategy.rollingUpdate.partition",),
}
"""Fields that may hold a percentage from 1.9 on, and a number alone before."""

MOVED_FIELDS: dict[str, tuple[str, ...]] = {
    # customVersion is the label apps.kruise.io/sidecarset-custom-version, and namespace a namespaceSelector
    # for kubernetes.io/metadata.name.
    "sidecarsets.apps.kruise.io": ("spec.customVersion", "spec.namespace", "spec.namespaceSelector"),
    # The annotation daemonset.kruise.io/progressive-create-pod.
    "daemonsets.apps.kruise.io": ("spec.scaleStrategy.partitionedScaling",),
}
"""Fields that one of the two versions has and the conversion webhook keeps in another place
(``apis/apps/v1alpha1/*_conversion.go`` of v1.9.1), with all that is in them."""

OWN = ("nodeimages.apps.kruise.io", "nodepodprobes.apps.kruise.io")
"""CRDs whose objects the manager makes, one for each node, and makes again if they are deleted."""

OWN_KINDS = frozenset({"NodeImage", "NodePodProbe"})
"""The kinds of these objects."""


def find_removed_fields(old: tuple[int, int], new: tuple[int, int]) -> dict[str, tuple[str, ...]]:
    """Return the fields set by users, by CRD, that an upgrade between two minor versions drops."""
    return dict(REMOVED_FIELDS) if old < STORAGE_CHANGE <= new else {}


class Known(NamedTuple):
    """The API versions of a CRD that a chart has: those that it can read, and the one that it stores."""

    versions: frozenset[str]
    stored: str


def list_known_versions(minor: tuple[int, int], crd: str) -> Known | None:
    """Return the API versions of a CRD in a chart of that minor version; None if the chart lacks the CRD.

    A minor version newer than all known ones counts as the newest known, and an older one as 1.7.
    """
    if minor < STORAGE_CHANGE:
        if crd in ADDED:
            return None
        return (
            Known(frozenset({ALPHA, BETA}), BETA) if crd in _BETA_BEFORE else Known(frozenset({ALPHA}), ALPHA)
        )
    if crd in _BETA_BEFORE and minor >= ALPHA_REMOVAL:
        return Known(frozenset({BETA}), BETA)
    if crd in _BETA_BEFORE | _BETA_SINCE:
        return Known(frozenset({ALPHA, BETA}), BETA)
    return Known(frozenset({ALPHA}), ALPHA)
