"""The component's children: record, namespace, policy and release; what guards each, and what it waits for.

Their names are in the state of every stack, and never change.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import pulumi

from ..config.settings import Settings
from ..foreign.addresses import SecretAddress, split_login
from . import namespace as namespaces
from .hooks import Hooks
from .node_label_policy import declare_node_label_policy
from .outputs import wait_for
from .record import InstallationRecord


def declare_record(component: pulumi.ComponentResource, name: str, hooks: Hooks) -> InstallationRecord:
    """Declare the record of the installation, refuse a second one, and begin to decide what is refused."""
    hooks.claim_provider(component)
    record = InstallationRecord(
        name, merge_options(pulumi.ResourceOptions(parent=component), hooks.record_options)
    )
    hooks.decision.begin(record)
    return record


def declare_namespace(
    component: pulumi.Resource,
    name: str,
    settings: Settings,
    hooks: Hooks,
    checked: pulumi.ResourceOptions,
    record: InstallationRecord,
) -> tuple[pulumi.Resource, pulumi.ResourceOptions]:
    """Declare the namespace, created or adopted; return it and the options of what has to wait for it."""
    if not settings.create_namespace:
        # Under another name than a created one: were the key switched on a live stack, the engine would
        # take the read for a replacement, and delete the namespace that it owned.
        namespace, ready = namespaces.read_adopted_namespace(
            f"{name}-adopted-namespace",
            settings.namespace,
            settings.release_id,
            merge_options(pulumi.ResourceOptions(parent=component), checked),
        )
        return namespace, pulumi.ResourceOptions(depends_on=wait_for(ready, namespace))
    adopting = settings.import_release or settings.former_release is not None
    existing = settings.namespace if adopting and settings.former_namespace is None else None
    options = merge_options(
        pulumi.ResourceOptions(parent=component, protect=settings.protect or None),
        checked,
        hooks.namespace_options,
        record.kept_longer(),
    )
    namespace = namespaces.declare_namespace(
        f"{name}-namespace",
        settings.namespace,
        _adopt(options, settings.former_namespace, existing),
    )
    return namespace, pulumi.ResourceOptions(depends_on=[namespace])


def declare_policy(
    component: pulumi.Resource,
    name: str,
    settings: Settings,
    hooks: Hooks,
    checked: pulumi.ResourceOptions,
    record: InstallationRecord,
) -> list[pulumi.Resource]:
    """Declare the admission policy about virtual nodes, if any; return what the release waits for."""
    options = merge_options(
        pulumi.ResourceOptions(parent=component),
        checked,
        hooks.policy_options,
        record.kept_longer(),
    )
    return declare_node_label_policy(name, settings, options)


def merge_options(*options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Return options as the SDK merges them: lists add up, and of single values the last one counts."""
    merged: pulumi.ResourceOptions = reduce(pulumi.ResourceOptions.merge, options)
    return merged


def _adopt(
    options: pulumi.ResourceOptions, former: str | None, existing: str | None
) -> pulumi.ResourceOptions:
    """Return the options with those that adopt a resource: its former name, or its id on the cluster."""
    aliases: list[str | pulumi.Alias] = []
    if former is not None:
        by_name = pulumi.Alias(name=former, parent=pulumi.ROOT_STACK_RESOURCE)
        aliases.append(former if former.startswith("urn:pulumi:") else by_name)
    return merge_options(options, pulumi.ResourceOptions(aliases=aliases, import_=existing))


def _describe_repository(address: str | None) -> Any:
    """Return the release's repository: what is secret in its address is one for provider and state, too."""
    from pulumi_kubernetes.helm.v3 import RepositoryOptsArgs

    if address is None:
        return None
    secret = pulumi.Output.secret
    plain, name, password = split_login(address)
    repo: pulumi.Input[str] = secret(str(plain)) if isinstance(address, SecretAddress) else plain
    if not name and not password:
        return RepositoryOptsArgs(repo=repo)
    return RepositoryOptsArgs(repo=repo, username=secret(name), password=secret(password))


def declare_release(
    component: pulumi.Resource,
    name: str,
    settings: Settings,
    hooks: Hooks,
    values: pulumi.Input[Mapping[str, Any]],
    ready: pulumi.ResourceOptions,
    record: InstallationRecord,
) -> Any:
    """Declare the Helm release, created or adopted, once what ``ready`` names is there."""
    # Imported late: it costs more than the rest of the program, and a program may only need the arguments.
    from pulumi_kubernetes.helm.v3 import Release

    recorded = settings.release_id if settings.import_release else None
    options = merge_options(
        pulumi.ResourceOptions(parent=component, protect=settings.protect or None),
        ready,
        hooks.release_options,
        record.kept_longer(),
    )
    # Never with delete_before_replace: the chart's CRDs are in its templates, so deleting this release
    # deletes every CloneSet of the cluster.
    return Release(
        f"{name}-release",
        name=settings.release_name,
        namespace=settings.release_namespace,
        create_namespace=False,
        chart=settings.chart,
        version=settings.chart_version,
        repository_opts=_describe_repository(settings.chart_repository),
        values=values,
        allow_null_values=True,  # without it the provider drops empty lists
        timeout=settings.timeout,
        # Its only effect is a new revision, which Helm's history then explains.
        description=settings.reapply or None,
        max_history=10,  # as Helm's own command line; the provider would keep the records of all revisions
        opts=_adopt(options, settings.former_release, recorded),
    )
