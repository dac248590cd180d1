"""The versions of the stand-in chart: the Go module that each is made from, and what differs from it.

``config/`` of OpenKruise's Go module holds the CRDs, webhooks and rules. 1.8.3 and 1.9.1 have modules of
their own; 1.7.5, whose module the registry does not serve, is made from 1.8.3's. What is not listed here as
a difference does not differ in the stand-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TEMPLATES_VERSION = "1.8.3"
"""The version that the templates and values.yaml in ``chart/`` are written as."""


@dataclass(frozen=True)
class ChartVersion:
    """One version of the chart, described by its difference from the module and the templates."""

    version: str
    release: str
    """The OpenKruise version (``sandbox.programs.KRUISE_RELEASES``) whose module it is made from."""
    image_tag: str = ""
    """The tag of the manager's image, where it is not ``v<version>``."""
    unpublished_crds: frozenset[str] = frozenset()
    """CRDs that are in the module and not in this chart."""
    unpublished_webhooks: frozenset[str] = frozenset()
    """Webhooks that are in the module and not in this chart."""
    without_rules_for: frozenset[str] = frozenset()
    """Resources for which this version's manager has no rules, although the module's has."""
    added_values: Mapping[str, str] = field(default_factory=dict)
    """Lines of values.yaml, each with the lines that follow it in this version."""
    removed_api_version: str = ""
    """An API version that no CRD with another one has in this chart."""

    @property
    def tag(self) -> str:
        """Return the tag of the manager's image."""
        return self.image_tag or f"v{self.version}"


_EPHEMERAL_JOB = frozenset({"ephemeraljobs.apps.kruise.io"})
_EPHEMERAL_JOB_WEBHOOK = frozenset({"vephemeraljobs.kb.io"})
_SINCE_1_9 = {
    "  timeoutSeconds: 30\n": "  # Leave the webhooks to AKS's own admissions enforcer.\n"
    "  aksIntegration: false\n"
}

WITHOUT_V1ALPHA1 = "2.0.0-without-v1alpha1"
"""A chart that was never published: 1.9.1 without the API version that 2.0 removes."""

VERSIONS: dict[str, ChartVersion] = {
    chart.version: chart
    for chart in (
        ChartVersion(
            "1.7.5",
            release="1.8.3",
            unpublished_crds=_EPHEMERAL_JOB,
            unpublished_webhooks=_EPHEMERAL_JOB_WEBHOOK,
            # The feature gate that needs these rules came with 1.8.
            without_rules_for=frozenset({"storageclasses"}),
        ),
        ChartVersion(
            "1.8.3",
            release="1.8.3",
            unpublished_crds=_EPHEMERAL_JOB,
            unpublished_webhooks=_EPHEMERAL_JOB_WEBHOOK,
        ),
        ChartVersion("1.9.1", release="1.9.1", added_values=_SINCE_1_9),
        ChartVersion(
            WITHOUT_V1ALPHA1,
            release="1.9.1",
            image_tag="v1.9.1",
            added_values=_SINCE_1_9,
            removed_api_version="v1alpha1",
        ),
    )
}
"""Every version of the stand-in by number."""
