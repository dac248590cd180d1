"""Finds the custom resources that set certain fields, each by its name."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..chart.crds import list_known_versions
from ..cluster import Cluster, NotFoundError
from .definitions import write_namespaced_name
from .json_access import text, values_at

_OLDEST = (1, 7)


class FieldUse(NamedTuple):
    """An object that sets some of the fields."""

    kind: str
    object: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        """Write it for people, as ``UnitedDeployment default/shop: spec.replicas``."""
        return f"{self.kind} {self.object}: {', '.join(self.fields)}"


def list_field_uses(cluster: Cluster, fields: Mapping[str, Sequence[str]]) -> list[FieldUse]:
    """List the objects that set any of the fields, which are paths by CRD, in the order of the API server.

    A kind that the cluster lacks has no objects. Raises ClusterError.
    """
    found: list[FieldUse] = []
    for crd, paths in fields.items():
        plural, _, group = crd.partition(".")
        known = list_known_versions(_OLDEST, crd)
        if known is None:
            continue
        try:
            for one in cluster.list(f"/apis/{group}/{known.stored}/{plural}"):
                used = tuple(path for path in paths if values_at(one, path))
                if used:
                    found.append(FieldUse(text(one, "kind") or plural, write_namespaced_name(one), used))
        except NotFoundError:
            continue
    return found
