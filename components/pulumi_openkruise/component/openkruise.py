"""The component: a namespace and the Helm release of OpenKruise in it.

Annotations here are read by Pulumi's schema analyzer, which cannot resolve postponed ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from ..config.node_affinity import REQUIRED
from ..config.settings import Settings
from ..config.settings_reader import add_values
from ..diagnostics.field_names import config_key
from ..diagnostics.problem import Problem
from ..inventory.release import ReleaseId
from .args import Given, OpenKruiseArgs, read_arguments
from .children import (
    declare_namespace,
    declare_policy,
    declare_record,
    declare_release,
    merge_options,
)
from .cluster_view import ClusterView
from .daemon_status import read_daemon_counts
from .errors import convert_errors
from .hooks import Hooks
from .node_check import check_nodes
from .options import check_options
from .outputs import defer_until_checked, wait_for
from .provider_check import ProviderCheck
from .server_check import await_server
from .verdict import await_verdict


class OpenKruise(pulumi.ComponentResource):
    """OpenKruise, installed by its Helm chart and kept off the virtual nodes of the cluster."""

    affinity: pulumi.Output[dict[str, Any]]
    """Required node affinity of kruise-daemon, {"nodeSelectorTerms": [...]}."""
    selectors: pulumi.Output[list[str]]
    """Label selectors of all excluded nodes, in canonical spelling."""
    chart_version: pulumi.Output[str]
    """Version of the chart; of one from a path, archive or registry unknown in the first preview."""
    namespace: pulumi.Output[str]
    """Namespace that OpenKruise runs in."""
    status: pulumi.Output[str]
    """Status of the Helm release, "deployed" when all is well; unknown in the first preview."""
    release_revision: pulumi.Output[int]
    """Revision of the Helm release; unknown in the first preview."""
    daemon_desired: pulumi.Output[int | None]
    """Number of nodes that should run kruise-daemon, by its DaemonSet's status; 0 without a daemon."""
    daemon_ready: pulumi.Output[int | None]
    """Number of nodes with a ready kruise-daemon; unset when the cluster could not be read."""

    def __init__(
        self,
        name: str,
        args: OpenKruiseArgs = None,  # type: ignore[assignment]  # the schema analyzer takes no union here
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare namespace and release; an argument that is None counts as not given.

        Raises InvalidConfigError with every problem of the arguments.
        """
        check_options(opts)
        given = read_arguments(name, args)
        settings = given.settings
        _log(settings.warnings)

        view = ClusterView(ReleaseId(settings.release_namespace, settings.release_name))
        hooks = Hooks(name, settings, opts, view)
        guarded = pulumi.ResourceOptions.merge(opts, hooks.component_options)
        with view.register_and_read(self):
            super().__init__("openkruise:index:OpenKruise", name, hooks.write_component_inputs(), guarded)
        record = declare_record(self, name, hooks)
        values = _prepare_values(record, given)
        providers = ProviderCheck(self, record, hooks)
        checked = merge_options(
            _wait_for_checks(given, values), await_server(record, hooks, view), providers.options
        )
        with hooks.registrations.follow(), providers.follow() as children:
            namespace, ready = declare_namespace(self, name, settings, hooks, checked, record)
            policy = declare_policy(self, name, settings, hooks, checked, record)
            ready = merge_options(ready, pulumi.ResourceOptions(depends_on=policy))
            release = declare_release(self, name, settings, hooks, values, ready, record)
            children += [namespace, *policy, release]
        hooks.checks.follow(namespace, release)

        installed = _find_installed_values(release, values)
        self.affinity = _read_affinity(given, installed)
        self.selectors = pulumi.Output.from_input(list(settings.selectors))
        self.chart_version = _read_chart_version(settings, release)
        self.namespace = await_verdict(release, settings, hooks, view, record)
        self.status = check_nodes(release, settings, installed, view)
        self.release_revision = release.status.apply(lambda status: status.revision if status else None)
        self.daemon_desired, self.daemon_ready = _read_daemon_counts(settings, view, release)
        self.register_outputs({config_key(name): getattr(self, name) for name in _OUTPUTS})


_OUTPUTS = (
    "affinity", "selectors", "chart_version", "namespace", "status", "release_revision", "daemon_desired",
    "daemon_ready",
)  # fmt: skip
"""The component's outputs, which the engine keeps by their names in camelCase."""


def _prepare_values(record: pulumi.Resource, given: Given) -> pulumi.Input[Mapping[str, Any]]:
    """Return the release's values: plain, secret, or an output that checks them once they are known.

    What is wrong with them is raised after the record is registered, the last resource that does not wait
    for them.
    """
    settings = given.settings
    if given.late_values is None:
        values = settings.helm_values()
        return pulumi.Output.secret(values) if given.secret else values

    def checked(known: Any) -> dict[str, Any]:
        with convert_errors():
            found = add_values(settings, {} if known is None else known, source=given.source)
        _log(found.warnings)
        return found.helm_values()

    rendered = None if isinstance(given.late_values, pulumi.Output) else settings.helm_values()
    return defer_until_checked(record, given.late_values, rendered, checked)


def _wait_for_checks(given: Given, values: pulumi.Input[Mapping[str, Any]]) -> pulumi.ResourceOptions:
    """Return the options of what is not registered before values that hold outputs are checked."""
    return pulumi.ResourceOptions(depends_on=wait_for(values) if given.late_values is not None else [])


def _find_installed_values(
    release: Any, values: pulumi.Input[Mapping[str, Any]]
) -> pulumi.Input[Mapping[str, Any]]:
    """Return the values that the release has: an update that leaves it out (``--target``) changes none."""
    if pulumi.runtime.is_dry_run():
        return values

    def chosen(both: Sequence[Any]) -> Any:
        declared, installed = both
        return installed if isinstance(installed, Mapping) and installed else declared

    found: pulumi.Output[Mapping[str, Any]] = pulumi.Output.all(values, release.values).apply(chosen)
    return found


def _read_affinity(given: Given, values: pulumi.Input[Mapping[str, Any]]) -> pulumi.Output[dict[str, Any]]:
    """Return the daemon's node selector: in preview at once where no output can change it."""
    declared = given.settings.affinities.daemon
    if pulumi.runtime.is_dry_run() and given.affinity_is_known:
        return pulumi.Output.from_input(declared)
    # Values may be secret as a whole; the affinity in them is plainly visible in the cluster.
    return pulumi.Output.unsecret(pulumi.Output.from_input(values).apply(_get_required))


def _read_chart_version(settings: Settings, release: Any) -> pulumi.Output[str]:
    if settings.chart_repository is not None:
        return pulumi.Output.from_input(settings.chart_version)
    # Only the installed release shows the version of a chart that no repository lists.
    version: pulumi.Output[str] = release.status.apply(lambda status: status.version if status else None)
    return version


def _read_daemon_counts(settings: Settings, view: ClusterView, release: Any) -> tuple[Any, Any]:
    """Return how many nodes should run the daemon, and how many do."""
    # In a chart of another name the DaemonSet may have another name, too.
    if settings.has_daemon and settings.contract.is_openkruises:
        return read_daemon_counts(view, settings.namespace, release.status)
    none = pulumi.Output.from_input(None if settings.has_daemon else 0)
    return none, none


def _log(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say = pulumi.log.info if problem.severity == "info" else pulumi.log.warn
        say(str(problem))


def _get_required(values: Mapping[str, Any]) -> Any:
    return values["daemon"]["affinity"]["nodeAffinity"][REQUIRED]
