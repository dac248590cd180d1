"""The settings of an installation, complete: with all defaults, and with the computed affinities.

``settings_reader`` makes them of what a user gives, and checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..chart.digests import CHART_REPOSITORY
from ..chart.source import (
    CHART,
    CHART_VERSION,
)
from ..chart.version import Version, parse_version
from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem
from ..selectors import Selector
from .helm_values import Affinities, has_late_placement, merge_values, render_values
from .names import NAMESPACE, RELEASE
from .node_affinity import DAEMON, MANAGER, Pods
from .node_labels import make_rule

if TYPE_CHECKING:
    from ..policy.rule import NodeLabelRule


DEFAULT_CONTRACT = parse_version(CHART_VERSION)
"""The version whose values count where no other is known."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Settings:
    """A checked description of one installation, with defaults and affinities.

    It prints as an object without fields: ``values`` can hold secrets.
    """

    excluded: tuple[Selector, ...]
    """The selectors of all virtual nodes: those given, those of presets, base exclusions."""
    listed: tuple[tuple[str, str], ...]
    """Each of these as it is written, and its origin: a place in a list, a preset, the base exclusions."""
    affinities: Affinities
    """Where the pods may run, as far as ``values`` are known."""
    exclude_manager: bool = True
    chart: str = CHART
    chart_repository: str | None = CHART_REPOSITORY
    """Address of the chart's repository; None where ``chart`` is a path, an address or an OCI reference."""
    chart_version: str = CHART_VERSION
    """The version that is asked for, or else that of the chart itself, where it has one."""
    chart_version_stated: bool
    """Whether the config says the version itself, and leaves it to no default and no file."""
    chart_digest: str | None
    """SHA-256 of the chart's archive in plain form; None where none is given."""
    archive_digest: str | None
    """SHA-256 of the archive on this machine when the config was read; None for any other chart."""
    contract: Version
    """The version whose values count; that of the chart itself where it could be read."""
    namespace: str = NAMESPACE
    create_namespace: bool = True
    release_name: str = RELEASE
    release_namespace: str = NAMESPACE
    import_release: bool = False
    former_release: str | None = None
    former_namespace: str | None = None
    protect: bool = True
    guard_destroy: bool = False
    reapply: str = ""
    node_check: str = "warn"
    """``off``, ``warn`` or ``fail``: how findings on nodes are reported after the release."""
    node_label_policy: str = "off"
    """``off``, ``warn`` or ``label``: what the API server does about virtual nodes that register."""
    set_type_label: bool = True
    """Whether that labels them ``type=virtual-kubelet``, too."""
    node_label_selectors: tuple[Selector, ...]
    """Further nodes that count as virtual for it."""
    presets: tuple[str, ...]
    """The presets that are named, as they are written."""
    timeout: int
    """Seconds that Helm waits."""
    derived: Mapping[str, Any]
    """Helm values that other keys stand for; ``values`` are merged over them."""
    values: Mapping[str, Any]
    """The user's own Helm values; a ``LateValue`` stands for each that is known later."""
    has_daemon: bool
    """Whether there is a kruise-daemon at all, as far as ``derived`` and ``values`` say."""
    warnings: tuple[Problem, ...]
    """Problems that do not keep the installation from being used."""
    field_name: FieldName
    """Returns what the user calls a field, for messages."""

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors in canonical spelling, sorted, without duplicates."""
        return tuple(sorted({str(selector) for selector in self.excluded}))

    @property
    def late_pods(self) -> tuple[Pods, ...]:
        """The workloads whose affinity a value that is known later can still change."""
        return tuple(pods for pods in (DAEMON, MANAGER) if has_late_placement(self.values, pods))

    @property
    def release_id(self) -> str:
        """The Helm release as ``<namespace>/<name>``."""
        return f"{self.release_namespace}/{self.release_name}"

    def node_label_rule(self) -> "NodeLabelRule":
        """Return the rule of the admission policy, for either mode."""
        return make_rule(
            set_type=self.set_type_label,
            presets=self.presets,
            selectors=self.node_label_selectors,
            excluded=self.excluded,
        )

    def helm_values(self) -> dict[str, Any]:
        """Return all Helm values for the chart, keys in canonical order."""
        every = merge_values(self.derived, self.values)
        return render_values(self.affinities, namespace=self.namespace, values=every)
