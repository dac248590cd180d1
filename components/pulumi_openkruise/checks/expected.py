"""What a stack wants: its selectors, the affinity computed from them, and where it installs OpenKruise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..config.node_affinity import DAEMON, REQUIRED, leaves_out, read_node_affinity
from ..config.settings import Settings
from ..inventory.json_access import at, mapping, text
from ..inventory.snapshot import NodeFacts
from ..policy.rule import NodeLabelRule
from ..selectors import Exclusion, NodeMatcher
from ..selectors.node_matcher import Match

Affinity = Mapping[str, Any]

DEFAULT_SOCKET_LOCATION = "/var/run"
"""``daemon.socketLocation`` of the chart."""


@dataclass(frozen=True)
class Expected:
    """What a stack wants, or, where only the cluster is known, what its DaemonSet requires."""

    source: str
    """Where it comes from, as reports name it."""
    selectors: tuple[str, ...] = ()
    """Empty where only the affinity is known."""
    origins: tuple[str, ...] = ()
    """Where each selector comes from."""
    required: Affinity | None = None
    """The node selector of the daemon in the stack's own values, without the exclusion; may be None."""
    daemon: Affinity | None = None
    """The node selector that the daemon requires: values and exclusion joined."""
    manager: Affinity | None = None
    """The same for the manager; None where it may run everywhere."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    """The daemon's ``nodeSelector``."""
    namespace: str = Settings.namespace
    release_name: str = Settings.release_name
    release_namespace: str = Settings.release_namespace
    chart_version: str | None = None
    is_stack: bool = False
    """Whether a whole stack is known, not only selectors or the DaemonSet: live objects must match it."""
    owns_namespace: bool = False
    """Whether the stack creates, and so deletes, the namespace."""
    has_daemon: bool = True
    """Whether the stack has a DaemonSet at all: some platforms and feature gates turn it off."""
    socket: tuple[str, str] | None = None
    """``daemon.socketLocation`` and ``socketFile`` of a stack's values; None where no stack is known."""
    label_rule: NodeLabelRule | None = None
    """The rule by which the stack's admission policy labels nodes; None if the stack has no such policy."""


def expect_settings(settings: Settings, source: str) -> Expected:
    """Return what a stack's settings want; ``source`` says where they come from, as reports name it."""
    return expect_values(settings, settings.helm_values(), source)


def expect_values(settings: Settings, values: Mapping[str, Any], source: str) -> Expected:
    """Return what a stack's settings want, given the Helm values that they result in."""
    required = read_node_affinity(settings.values, DAEMON).get(REQUIRED)
    daemon = at(values, "daemon", "affinity", "nodeAffinity", REQUIRED)
    manager = at(values, "manager", "nodeAffinity", REQUIRED)
    return Expected(
        source=source,
        selectors=tuple(selector for selector, _origin in settings.listed),
        origins=tuple(origin for _selector, origin in settings.listed),
        required=required if isinstance(required, Mapping) else None,
        daemon=daemon if isinstance(daemon, Mapping) else None,
        manager=manager if isinstance(manager, Mapping) else None,
        node_selector=_keep_strings(mapping(values, "daemon", "nodeSelector")),
        namespace=settings.namespace,
        release_name=settings.release_name,
        release_namespace=settings.release_namespace,
        chart_version=settings.chart_version,
        is_stack=True,
        owns_namespace=settings.create_namespace,
        has_daemon=settings.has_daemon,
        socket=(
            text(values, "daemon", "socketLocation") or DEFAULT_SOCKET_LOCATION,
            text(values, "daemon", "socketFile"),
        ),
        label_rule=settings.node_label_rule() if settings.node_label_policy == "label" else None,
    )


def expect_selectors(
    exclusion: Exclusion, source: str, listed: Sequence[tuple[str, str]], namespace: str
) -> Expected:
    """Return what a list of selectors alone wants."""
    return Expected(
        source=source,
        selectors=tuple(selector for selector, _origin in listed),
        origins=tuple(origin for _selector, origin in listed),
        daemon=exclusion.affinity,
        manager=exclusion.affinity,
        namespace=namespace,
        release_namespace=namespace,
    )


def expect_daemon_set(daemon_set: Mapping[str, Any], namespace: str, release_namespace: str = "") -> Expected:
    """Return what the DaemonSet in the cluster requires, for a check without a stack."""
    spec = mapping(daemon_set, "spec", "template", "spec")
    required = at(spec, "affinity", "nodeAffinity", REQUIRED)
    required = required if isinstance(required, Mapping) else None
    return Expected(
        source="the DaemonSet in the cluster",
        daemon=required,
        node_selector=_keep_strings(mapping(spec, "nodeSelector")),
        namespace=namespace,
        release_namespace=release_namespace or namespace,
    )


def match_nodes(expected: Expected, nodes: Sequence[NodeFacts]) -> list[Match]:
    """Return for each node which selectors match it, and whether the daemon is admitted there."""
    labels, names = [node.labels for node in nodes], [node.name for node in nodes]
    found = NodeMatcher(expected.selectors, expected.daemon).match_all(labels, names)
    if not expected.has_daemon:
        return [match._replace(admitted=False) for match in found]
    if not expected.node_selector:
        return found
    left_out = leaves_out(None, expected.node_selector)
    return [
        match._replace(admitted=False) if left_out(node.labels, node.name) else match
        for node, match in zip(nodes, found, strict=True)
    ]


def _keep_strings(found: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in found.items() if isinstance(value, str)}
