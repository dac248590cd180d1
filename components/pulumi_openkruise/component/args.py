"""The arguments of the component, and what is known of them in preview.

Pulumi's schema analyzer reads the annotations here, and cannot resolve postponed ones; the docstrings become
the descriptions of the schema that all languages share.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

import pulumi

from ..config.fields import Arguments
from ..config.node_affinity import DAEMON
from ..config.settings import Settings
from ..config.settings_reader import read_settings
from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import ConfigError
from . import chart_probe
from .errors import convert_errors
from .outputs import adopt_awaitables, holds_output, mark_outputs

if TYPE_CHECKING:
    Platform = Literal["aks", "eks-custom-cni", "gke-autopilot", "k3s", "rke2"]
    NodeCheck = Literal["off", "warn", "fail"]
    NodeLabelPolicy = Literal["off", "warn", "label"]
else:
    # The schema analyzer takes no Literal; package_schema.py makes enums of both for other languages.
    Platform = NodeCheck = NodeLabelPolicy = str


class OpenKruiseArgs(TypedDict, total=False):
    """Arguments of OpenKruise. All are optional; all but the values must be known in preview."""

    virtual_node_selectors: list[str] | None
    """Label selectors of virtual nodes, as for `kubectl get nodes -l`; example: ["type=vk,!gpu"]."""
    virtual_node_presets: list[str] | None
    """Known kinds of virtual nodes, beside the selectors: "liqo", "liqo@1" (pinned), or "all"."""
    shared_node_selectors: list[str] | None
    """Label selectors that all stacks of a project have; a stack's own selectors are added to them."""
    shared_node_presets: list[str] | None
    """Known kinds that all stacks of a project have; a stack's own kinds are added to them."""
    base_exclusions: bool | None
    """Whether to exclude type=virtual-kubelet, openkruise.io/virtual-node=true and Windows; default true."""
    exclude_manager: bool | None
    """Whether the manager stays off these nodes too; default true; false where all nodes are virtual."""
    platform: Platform | None
    """Platform that needs its own settings: aks, eks-custom-cni, gke-autopilot, k3s, rke2; default none."""
    feature_gates: dict[str, bool] | None
    """OpenKruise's feature gates by name, in addition to the chart's own; example: TemplateNoDefaults."""
    image_registry: str | None
    """Registry of all images, as <registry>/openkruise/<image>; default Docker Hub."""
    image_pull_secrets: list[str] | None
    """Names of pull Secrets for manager and daemon; the chart passes none to its pre-delete Job."""
    chart: str | None
    """The chart's name, its path, the address of its archive or an oci:// reference; default "kruise"."""
    chart_repository: str | None
    """Address of the Helm repository of a chart given by name; default: OpenKruise's own."""
    chart_version: str | None
    """Exact version of the chart; default "1.8.3", or the version in a chart given by its path."""
    chart_digest: str | None
    """SHA-256 of the chart's archive, 64 hexadecimal digits; default that of OpenKruise's own archive."""
    namespace: str | None
    """Namespace that OpenKruise runs in; default "kruise-system"."""
    create_namespace: bool | None
    """Whether the stack owns the namespace; false adopts an existing, labelled one; default true."""
    release_name: str | None
    """Name of the Helm release, for an installation that exists; default "kruise"."""
    release_namespace: str | None
    """Namespace of the Helm release's record, for an installation that exists; default: the namespace."""
    import_release: bool | None
    """Whether to adopt a release that `helm install` made and that is not in the stack yet; default false."""
    former_release: str | None
    """Former name (or URN) of the stack's own helm.v3.Release, which is adopted unchanged."""
    former_namespace: str | None
    """Former name (or URN) of the stack's own Namespace, which is adopted unchanged."""
    protect: bool | None
    """Whether Pulumi refuses to delete release and namespace, and with them every CloneSet; default true."""
    guard_destroy: bool | None
    """Whether a destroy is refused while custom resources of OpenKruise exist; default false."""
    reapply: str | None
    """Any string: a new one makes Helm restore objects that were changed or deleted by hand."""
    node_check: NodeCheck | None
    """How to report misplaced daemons after `up`: off, warn or fail; default warn."""
    node_label_policy: NodeLabelPolicy | None
    """Whether the API server labels virtual nodes when they register: off, warn or label; default off."""
    set_type_label: bool | None
    """Whether the policy sets type=virtual-kubelet too, which OpenKruise's controllers know; default true."""
    node_label_selectors: list[str] | None
    """Label selectors of further nodes that the policy treats as virtual, in addition to those it finds."""
    expected_nodes: int | None
    """Number of nodes that the cluster may have; the default timeout grows a minute with each hundred."""
    timeout: int | None
    """Seconds that Helm waits for the pods to be ready; default 600, more for many expected nodes."""
    values: pulumi.Input[dict[str, Any]] | None
    """Further Helm values, merged over the computed ones as Helm does: maps merge, lists replace."""


class Given(NamedTuple):
    """Arguments as they are known while the program runs."""

    settings: Settings
    source: str
    """Where the arguments come from, in messages."""
    late_values: Any = None
    """The values, where they hold outputs and so are checked when these are known; None elsewhere."""
    secret: bool = False
    """Whether the values are a secret of the stack's config."""

    @property
    def affinity_is_known(self) -> bool:
        """Whether no output can change on which nodes the daemon may run."""
        return not isinstance(self.late_values, pulumi.Output) and DAEMON not in self.settings.late_pods


def read_arguments(name: str, args: Mapping[str, Any] | None) -> Given:
    """Check the arguments of the component called ``name``, and its chart and repository in a real run.

    Raises InvalidConfigError with every problem at once, TypeError for arguments that are no mapping.
    """
    if args is not None and not isinstance(args, Mapping):
        kind = type(args).__name__
        raise TypeError(f"OpenKruise {name!r}: expected a mapping of arguments, found a {kind}")
    given = {key: value for key, value in (args or {}).items() if value is not None}
    field_name: FieldName = argument_name
    source = f"arguments of OpenKruise {name!r}"
    secrets: Mapping[str, tuple[Any, Any]] = {}
    if isinstance(args, Arguments):
        field_name, source, secrets = args.field_name, args.source or source, args.secrets
    values = adopt_awaitables(given.get("values", {}))
    secret = "values" in secrets and secrets["values"][0] is values
    late = holds_output(values) and not secret
    if secret:
        given["values"] = secrets["values"][1]
    elif late:
        marked = mark_outputs(values)
        given["values"] = marked if isinstance(marked, Mapping) else {}
    with convert_errors():
        settings = read_settings(
            given, source=source, field_name=field_name, read_chart=chart_probe.choose_chart_reader()
        )
        problems = chart_probe.check_repository(settings)
        if problems:
            raise ConfigError(problems, source="chart repository")
    return Given(settings, source, values if late else None, secret)
