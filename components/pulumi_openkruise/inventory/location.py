"""Where OpenKruise is, by what is in the cluster: the namespace that is looked at need not be its own."""

from collections import Counter
from collections.abc import Iterator

from ..diagnostics.unavailable import Unavailable
from .json_access import items, mapping, text
from .snapshot import Object, Snapshot

SERVICE = "kruise-webhook-service"
"""The Service that all of OpenKruise's webhooks ask."""


def is_installed_here(snapshot: Snapshot) -> bool:
    """Whether a workload of OpenKruise is in the namespace; one that could not be read may be."""
    return snapshot.deployment is not None or snapshot.daemon_set is not None


def find_serving_namespace(snapshot: Snapshot, namespace: str) -> str:
    """Return the namespace whose managers have to answer: ``namespace`` itself if workloads are there.

    Else the one that the webhooks ask: another installation may be alive there, or one that was removed by
    half is missed by everybody. Where nothing asks any, it is ``namespace`` again.
    """
    if is_installed_here(snapshot):
        return namespace
    for clients in (_list_by_webhooks(snapshot), _list_by_conversions(snapshot)):
        asked = Counter(
            space for space, service in map(find_called_service, clients) if space and service == SERVICE
        )
        if asked:
            return namespace if namespace in asked else min(asked, key=lambda one: (-asked[one], one))
    return namespace


def find_called_service(client: Object) -> tuple[str, str]:
    """Return namespace and name of the Service in a ``clientConfig``, empty where there is none."""
    return text(client, "service", "namespace"), text(client, "service", "name")


def _list_by_webhooks(snapshot: Snapshot) -> Iterator[Object]:
    for configuration in (snapshot.mutating, snapshot.validating):
        for hook in items(configuration, "webhooks"):
            yield mapping(hook, "clientConfig")


def _list_by_conversions(snapshot: Snapshot) -> Iterator[Object]:
    for definition in () if isinstance(snapshot.definitions, Unavailable) else snapshot.definitions:
        yield mapping(definition, "spec", "conversion", "webhook", "clientConfig")
