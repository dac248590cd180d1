"""OpenKruise's CustomResourceDefinitions and the objects of their kinds, each listed by one function."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ..chart.crds import OWN_KINDS
from ..cluster import Cluster, ClusterError, ForbiddenError, NotFoundError
from ..diagnostics.unavailable import Unavailable
from .json_access import at, items, mapping, name_of, strings, text
from .release import Definition

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUPS = ("apps.kruise.io", "policy.kruise.io")
"""API groups of OpenKruise's CRDs."""


class FinalizedResource(NamedTuple):
    """A custom resource, which stays after its deletion until its finalizers are taken away."""

    name: str
    """With its namespace, if it has one."""
    finalizers: tuple[str, ...]
    is_deleted: bool
    """Whether its deletion has begun."""


class ListedResources(NamedTuple):
    """The objects of OpenKruise's kinds, by kind and group, as ``CloneSet.apps.kruise.io``."""

    names: dict[str, list[str]]
    """The names of all, with their namespaces."""
    finalized: dict[str, list[FinalizedResource]]
    """Those that have finalizers."""
    unavailable: dict[str, Unavailable]
    """Kinds that cannot be listed."""


def list_definitions(cluster: Cluster) -> list[Mapping[str, Any]]:
    """Return OpenKruise's CRDs as the API server has them, in the order of their names; raises ClusterError.

    They are chosen by API group, because Kruise Rollouts and Kruise Game have CRDs of their own. Each is read
    by itself: a cluster has hundreds of other CRDs, each with a schema of some hundred kilobytes.
    """
    names = [name_of(one) for one in cluster.list(DEFINITIONS, metadata_only=True)]
    found: list[Mapping[str, Any]] = []
    for name in sorted(names):
        if name.partition(".")[2] in GROUPS:
            with suppress(NotFoundError):  # deleted since it was listed
                found.append(cluster.get(f"{DEFINITIONS}/{name}"))
    return found


def read_definitions(cluster: Cluster) -> list[Definition]:
    """Return of OpenKruise's CRDs what decides which charts can replace them; raises ClusterError."""
    return [
        Definition(
            name=name_of(crd),
            stored=tuple(strings(crd, "status", "storedVersions")),
            kept=text(mapping(crd, "metadata", "annotations"), "helm.sh/resource-policy") == "keep",
        )
        for crd in list_definitions(cluster)
    ]


def list_custom_resources(
    cluster: Cluster,
    definitions: Iterable[Mapping[str, Any]],
    tell: Callable[[str], None] = lambda _what: None,
) -> ListedResources:
    """Return all objects of these CRDs by kind and group, and which kinds cannot be listed.

    Each kind is asked in the version that its CRD stores, if that is served; objects of a CRD that serves
    none cannot be counted. ``tell`` is called with the plural of each kind.
    """
    found = ListedResources({}, {}, {})
    for crd in definitions:
        group, plural = text(crd, "spec", "group"), text(crd, "spec", "names", "plural")
        kind = f"{text(crd, 'spec', 'names', 'kind')}.{group}"
        served = [one for one in items(crd, "spec", "versions") if one.get("served") is not False]
        stored = [text(one, "name") for one in served if one.get("storage") is True]
        versions = [*stored, *(text(one, "name") for one in served)]
        if not versions:
            found.unavailable[kind] = Unavailable("its definition serves no version")
            continue
        tell(plural)
        try:
            objects = [
                FinalizedResource(
                    write_namespaced_name(one),
                    tuple(strings(one, "metadata", "finalizers")),
                    is_deleted=bool(text(one, "metadata", "deletionTimestamp")),
                )
                for one in cluster.list(f"/apis/{group}/{versions[0]}/{plural}", metadata_only=True)
            ]
        except ClusterError as error:
            found.unavailable[kind] = explain_unavailable(error)
        else:
            found.names[kind] = [one.name for one in objects]
            found.finalized[kind] = [one for one in objects if one.finalizers]
    return found


def count_custom_resources(cluster: Cluster) -> dict[str, int] | Unavailable:
    """Count custom resources by kind, without the manager's own; Unavailable if a kind cannot be listed.

    Raises ClusterError where the CRDs cannot be read.
    """
    found = list_custom_resources(cluster, list_definitions(cluster))
    own = {kind.partition(".")[0]: len(names) for kind, names in found.names.items() if names}
    for kind, reason in found.unavailable.items():
        if kind.partition(".")[0] not in OWN_KINDS:
            return Unavailable(f"{kind}: {reason}")
    return {kind: count for kind, count in own.items() if kind not in OWN_KINDS}


def explain_unavailable(error: ClusterError) -> Unavailable:
    """Return the reason of a failed request, for a value that it leaves unknown."""
    return Unavailable(f"not allowed: {error.cause}" if isinstance(error, ForbiddenError) else error.cause)


def write_namespaced_name(item: Mapping[str, Any]) -> str:
    """Name an object with its namespace, if it has one."""
    namespace = at(item, "metadata", "namespace")
    return f"{namespace}/{name_of(item)}" if namespace else name_of(item)
