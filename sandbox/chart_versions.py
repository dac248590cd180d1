"""The versions of the stand-in chart: what each has that 1.8.3, the version of the Go module, has not.

The templates and the module's files are one source for all; here stands, as data, what differs and is known.
Modules of the other versions are not to be had, so what a release changed within a schema or a rule is not
played: a difference that is not listed here does not exist in the stand-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MODULE_VERSION = "1.8.3"


@dataclass(frozen=True)
class ChartVersion:
    """One version of the chart, told from 1.8.3."""

    version: str
    unpublished_crds: frozenset[str] = frozenset({"ephemeraljobs.apps.kruise.io"})
    """CRDs that are in the module and not in this chart."""
    unpublished_webhooks: frozenset[str] = frozenset({"vephemeraljobs.kb.io"})
    """Webhooks that are in the module and not in this chart."""
    stored_as_v1beta1: frozenset[str] = frozenset()
    """CRDs that gain the version v1beta1, which objects are stored as from then on."""
    without_rules_for: frozenset[str] = frozenset()
    """Resources that the manager of this version has no rules for."""
    added_rules: tuple[Mapping[str, Any], ...] = ()
    """Rules that the manager of this version has besides."""
    added_values: Mapping[str, str] = field(default_factory=dict)
    """Lines of values.yaml with what follows them in this version."""


VERSIONS: dict[str, ChartVersion] = {
    chart.version: chart
    for chart in (
        ChartVersion(
            "1.7.5",
            # The gate that reads them came with 1.8.
            without_rules_for=frozenset({"storageclasses"}),
        ),
        ChartVersion(MODULE_VERSION),
        ChartVersion(
            "1.9.0",
            unpublished_crds=frozenset(),
            unpublished_webhooks=frozenset(),
            stored_as_v1beta1=frozenset(
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
            ),
            added_rules=({"apiGroups": [""], "resources": ["pods/resize"], "verbs": ["patch", "update"]},),
            added_values={
                "  timeoutSeconds: 30\n": "  # Leave the webhooks to AKS's own admissions enforcer.\n"
                "  aksIntegration: false\n"
            },
        ),
    )
}
"""Every version of the stand-in by number."""
