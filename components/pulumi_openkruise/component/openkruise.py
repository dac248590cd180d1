"""The component: a namespace and the Helm release of OpenKruise in it.

Annotations here are read by Pulumi's schema analyzer, which cannot resolve postponed ones.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import pulumi

from ..chart.derived import has_daemon, late_gate
from ..config.fields import Arguments
from ..config.helm_values import daemon_affinity, helm_values, merged, values_problems
from ..config.node_affinity import REQUIRED
from ..config.settings import Settings, read_settings
from ..diagnostics.field_names import FieldName, argument_name
from ..diagnostics.problem import ConfigError, Problem
from ..lifecycle.ownership import KEEP
from . import chart_probe, node_check
from . import namespace as namespaces
from .daemon_status import daemons
from .errors import shown_plainly
from .hooks import Guard
from .outputs import holds_output, known_later, known_part, once_known


class OpenKruiseArgs(TypedDict, total=False):
    """Arguments of OpenKruise: all optional; all but ``values`` plain, since preview has to know them."""

    virtual_node_selectors: list[str] | None
    """Label selectors of virtual nodes, as for `kubectl get nodes -l`; example: ["type=vk,!gpu"]."""
    virtual_node_presets: list[str] | None
    """Known kinds of virtual nodes, in addition: "liqo", "liqo@1" (pinned), or "all"; see docs/presets.md."""
    base_exclusions: bool | None
    """Whether to exclude type=virtual-kubelet, openkruise.io/virtual-node=true and Windows; default true."""
    exclude_manager: bool | None
    """Whether the manager stays off these nodes too; default true; false where all nodes are virtual."""
    platform: str | None
    """Environment that needs something set: aks, eks-custom-cni, gke-autopilot, k3s or rke2; default none."""
    feature_gates: dict[str, bool] | None
    """OpenKruise's feature gates, beside those of the chart; example: {"TemplateNoDefaults": True}."""
    image_registry: str | None
    """Registry that all images come from, as <registry>/openkruise/<image>; default Docker's."""
    image_pull_secrets: list[str] | None
    """Names of Secrets to pull manager and daemon with; the chart gives its pre-delete Job none."""
    chart: str | None
    """The chart's name, its path, the address of its archive or an oci:// reference; default "kruise"."""
    chart_repository: str | None
    """Address of the Helm repository of a chart given by name; default: OpenKruise's own."""
    chart_version: str | None
    """Exact version of the chart; default "1.8.3", or what a chart given by its path says that it is."""
    chart_digest: str | None
    """SHA-256 of the chart's archive, 64 hexadecimal digits; default that of OpenKruise's own archive."""
    namespace: str | None
    """Namespace that OpenKruise runs in; default "kruise-system"."""
    create_namespace: bool | None
    """Whether the stack owns the namespace; false adopts an existing, labelled one; default true."""
    release_name: str | None
    """Name of the Helm release, for an installation that exists; default "kruise"."""
    release_namespace: str | None
    """Namespace of the Helm release's record, for an installation that exists; default as namespace."""
    import_release: bool | None
    """Whether the release is on the cluster, made by Helm, and not in the stack yet; default false."""
    former_release: str | None
    """Name (or URN) that the stack's own helm.v3.Release had so far; it is taken over as it is."""
    former_namespace: str | None
    """Name (or URN) that the stack's own Namespace had so far; it is taken over as it is."""
    protect: bool | None
    """Whether Pulumi refuses to delete release and namespace, and with them every CloneSet; default true."""
    guard_destroy: bool | None
    """Whether `destroy` needs --run-program, and is refused while custom resources exist; default false."""
    reapply: str | None
    """Any text: a new one makes Helm put back whatever of the release was changed or deleted by hand."""
    node_check: str | None
    """What comes of daemons that are not where they should be after `up`: off, warn or fail; default warn."""
    expected_nodes: int | None
    """Number of nodes that the cluster may have: each hundred make the default of timeout a minute longer."""
    timeout: int | None
    """Seconds that Helm waits for the pods to be ready; default 600, more with expected_nodes."""
    values: pulumi.Input[dict[str, Any]] | None
    """Further Helm values, merged over the computed ones as Helm does: maps merge, lists replace."""


class OpenKruise(pulumi.ComponentResource):
    """OpenKruise, installed by its Helm chart and kept off the virtual nodes of the cluster."""

    affinity: pulumi.Output[dict[str, Any]]
    """Required node affinity of kruise-daemon, {"nodeSelectorTerms": [...]}."""
    selectors: pulumi.Output[list[str]]
    """Label selectors of all excluded nodes, in canonical spelling."""
    chart_version: pulumi.Output[str]
    """Version of the chart; for one from a path, archive or registry unknown in the first preview."""
    namespace: pulumi.Output[str]
    """Namespace that OpenKruise runs in."""
    status: pulumi.Output[str]
    """Status of the Helm release, "deployed" when all is well; unknown in the first preview."""
    release_revision: pulumi.Output[int]
    """Revision of the Helm release; unknown in the first preview."""
    daemon_desired: pulumi.Output[int]
    """Number of nodes that should run kruise-daemon, as the cluster counts; 0 without a daemon."""
    daemon_ready: pulumi.Output[int]
    """Number of nodes on which it is ready; neither is there where the cluster does not say."""

    def __init__(
        self,
        name: str,
        args: OpenKruiseArgs = None,  # type: ignore[assignment]  # the schema analyzer takes no union here
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare namespace and release; an argument that is None is as good as not given.

        Raises InvalidConfigError with every problem of the arguments.
        """
        given: dict[str, Any] = {key: value for key, value in (args or {}).items() if value is not None}
        values = given.get("values", {})
        deferred = holds_output(values)
        field_name: FieldName = argument_name
        source = f"arguments of OpenKruise {name!r}"
        if isinstance(args, Arguments):
            field_name, source = args.field_name, args.source or source
        with shown_plainly():
            # What the values are is known later, if they hold outputs; everything else is checked now.
            plain = {**given, "values": known_part(values)} if deferred else given
            settings = read_settings(plain, source=source, field_name=field_name, look=chart_probe.looking())
            problems = chart_probe.repository_problems(settings)
            if problems:
                raise ConfigError(problems, source="chart repository")
        _log(settings.warnings)

        guard = Guard(name, settings, opts)
        guarded = pulumi.ResourceOptions.merge(opts, guard.of_component())
        super().__init__("openkruise:index:OpenKruise", name, guard.inputs(), guarded)
        guard.look(self, args)
        child = pulumi.ResourceOptions(parent=self, protect=settings.protect)
        release_values: pulumi.Input[Mapping[str, Any]] = _values(settings, settings.values)
        if deferred:
            release_values = known_later(
                self,
                values,
                lambda known: _values(settings, {} if known is None else known, source=source),
            )
        if settings.create_namespace:
            after = pulumi.ResourceOptions(depends_on=once_known(release_values) if deferred else [])
            owning = pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions.merge(child, after), guard.of_namespace()
            )
            moving = settings.import_release or settings.former_release is not None
            there = settings.namespace if moving and settings.former_namespace is None else None
            namespace = namespaces.created(
                f"{name}-namespace",
                settings.namespace,
                _taken_over(owning, settings.former_namespace, there),
                field_name("create_namespace"),
                # Where the chart has made it, Helm would delete what it no longer finds in its release.
                KEEP if moving else None,
            )
        else:
            # Under another name than a created one: were the key switched on a live stack, the engine would
            # take the read for a replacement, and delete the namespace that it owned.
            reading = pulumi.ResourceOptions(parent=self)
            namespace, ready = namespaces.adopted(
                f"{name}-adopted-namespace", settings.namespace, settings.release_id, reading
            )
            release_values = pulumi.Output.all(release_values, ready).apply(lambda known: known[0])

        recorded = settings.release_id if settings.import_release else None
        guarded = pulumi.ResourceOptions.merge(child, guard.of_release())
        release = _release(
            f"{name}-release",
            settings,
            release_values,
            pulumi.ResourceOptions.merge(
                _taken_over(guarded, settings.former_release, recorded),
                pulumi.ResourceOptions(depends_on=[namespace]),
            ),
        )

        # Values may be secret as a whole; the affinity in them is plainly visible in the cluster.
        self.affinity = (
            pulumi.Output.unsecret(pulumi.Output.from_input(release_values).apply(_required_of_daemon))
            if deferred and "daemon" not in settings.values
            else pulumi.Output.from_input(daemon_affinity(settings.excluded, settings.values))
        )
        self.selectors = pulumi.Output.from_input(list(settings.selectors))
        # A chart from a path has the version that it says it has.
        self.chart_version = (
            release.status.apply(lambda status: status.version if status else None)
            if settings.chart_repository is None
            else pulumi.Output.from_input(settings.chart_version)
        )
        self.namespace = guard.settled(release)
        self.status = node_check.told(self, release, settings, given, release_values)
        self.release_revision = release.status.apply(lambda status: status.revision if status else None)
        # In a chart of another name the DaemonSet may have another name, too.
        none: Any = pulumi.Output.from_input(None if settings.has_daemon else 0)
        self.daemon_desired, self.daemon_ready = none, none
        if settings.has_daemon and settings.contract.is_openkruises:
            counts = daemons(guard.ask, settings.namespace, release.status)
            self.daemon_desired, self.daemon_ready = counts
        self.register_outputs(
            {
                "affinity": self.affinity,
                "selectors": self.selectors,
                "chartVersion": self.chart_version,
                "namespace": self.namespace,
                "status": self.status,
                "releaseRevision": self.release_revision,
                "daemonDesired": self.daemon_desired,
                "daemonReady": self.daemon_ready,
            }
        )


def _taken_over(
    options: pulumi.ResourceOptions, former: str | None, there: str | None
) -> pulumi.ResourceOptions:
    """Return the options, and those that take a resource over: its name so far, or its id on the cluster."""
    aliases: list[str | pulumi.Alias] = []
    if former is not None:
        by_name = pulumi.Alias(name=former, parent=pulumi.ROOT_STACK_RESOURCE)
        aliases.append(former if former.startswith("urn:pulumi:") else by_name)
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(aliases=aliases, import_=there))


def _release(
    name: str, settings: Settings, values: pulumi.Input[Mapping[str, Any]], opts: pulumi.ResourceOptions
) -> Any:
    # Imported only where it is needed: whoever imports this package for its selectors does not pay for it.
    from pulumi_kubernetes.helm.v3 import Release, RepositoryOptsArgs

    repository = settings.chart_repository
    # Never with delete_before_replace: the chart's CRDs are in its templates, so deleting this release
    # deletes every CloneSet of the cluster.
    return Release(
        name,
        name=settings.release_name,
        namespace=settings.release_namespace,
        create_namespace=False,
        chart=settings.chart,
        version=settings.chart_version,
        repository_opts=None if repository is None else RepositoryOptsArgs(repo=repository),
        values=values,
        allow_null_values=True,  # or the provider drops empty lists on their way to Helm
        timeout=settings.timeout,
        # Of no effect but that a new one is a new revision, which Helm's history then explains.
        description=settings.reapply or None,
        max_history=10,  # as Helm's own command line; the provider would keep the records of all revisions
        opts=opts,
    )


def _values(settings: Settings, values: Mapping[str, Any], source: str = "") -> dict[str, Any]:
    """Return the Helm values; raises InvalidConfigError for those that were not checked before."""
    every, field_name = merged(settings.derived, values), settings.field_name
    with shown_plainly():
        problems = values_problems(
            values,
            excluded=settings.excluded,
            exclude_manager=settings.exclude_manager,
            namespace=settings.namespace,
            contract=settings.contract,
            derived=settings.derived,
            field_name=field_name,
        )
        if has_daemon(every) is not settings.has_daemon:
            problems.append(late_gate(f"{field_name('values')}.featureGates", field_name("feature_gates")))
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            raise ConfigError(errors, source=source)
    _log(problem for problem in problems if problem not in settings.warnings)
    return helm_values(
        settings.excluded,
        namespace=settings.namespace,
        exclude_manager=settings.exclude_manager,
        values=every,
    )


def _log(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say = pulumi.log.info if problem.severity == "info" else pulumi.log.warn
        say(str(problem))


def _required_of_daemon(values: Mapping[str, Any]) -> Any:
    return values["daemon"]["affinity"]["nodeAffinity"][REQUIRED]
