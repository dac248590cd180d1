"""What a preview announces of a change that nothing refuses: what an upgrade, a restart or a release does."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..config.helm_values import merge_values
from ..config.node_affinity import DAEMON, REQUIRED
from ..config.settings import Settings
from . import node_check
from .cluster_view import ClusterView


async def announce_update(
    settings: Settings,
    versions: tuple[str, str],
    old_values: Mapping[str, Any],
    new_values: Mapping[str, Any],
    view: ClusterView,
) -> None:
    """In a preview, announce what an update of the release from old to new version and values does.

    ``new_values`` is empty where nothing of them is known yet: then the new affinity is compared alone.
    """
    if pulumi.runtime.is_dry_run():
        await _announce_upgrade(*versions, view)
        await _announce_restart(
            settings, old_values, new_values or _predict_values(settings, old_values), view
        )


async def announce_excluded_nodes(settings: Settings, values: Mapping[str, Any], view: ClusterView) -> None:
    """In a preview, report the nodes that a release of these values leaves out.

    Raises InvalidConfigError with ``node_check`` ``fail``.
    """
    if values and not settings.late_pods and pulumi.runtime.is_dry_run():
        await node_check.announce_excluded_nodes(settings, values, view)


async def _announce_upgrade(old: str, new: str, view: ClusterView) -> None:
    # Imported here, as below: most runs change nothing, and the two take a tenth of the import.
    from ..lifecycle.upgrades import list_removed_fields, write_lost_fields_notice, write_upgrade_notice

    removed = list_removed_fields(old, new)
    lost = write_lost_fields_notice(new, await view.list_field_uses(removed)) if removed else None
    if lost:
        pulumi.log.warn(lost, resource=view.component)
    notice = write_upgrade_notice(old, new)
    if notice:
        pulumi.log.info(notice, resource=view.component)


async def _announce_restart(
    settings: Settings, old: Mapping[str, Any], new: Mapping[str, Any], view: ClusterView
) -> None:
    from ..lifecycle.restarts import write_restart_notice

    notice = write_restart_notice(old, new)
    if notice:
        pulumi.log.info(notice, resource=view.component)
        await announce_excluded_nodes(settings, new, view)


def _predict_values(settings: Settings, old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values with the new affinity, where nothing else is known of the new ones."""
    if not settings.values or DAEMON in settings.late_pods:
        return {}
    required = settings.affinities.daemon
    return merge_values(old, {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: required}}}})
