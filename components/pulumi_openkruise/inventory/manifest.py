"""The manifest of a Helm revision, read into objects."""

from collections.abc import Mapping, Sequence

from ..diagnostics.unavailable import Unavailable
from .helm_records import ReleaseRecord, deployed
from .json_access import mapping
from .snapshot import Key, Object


def manifest_objects(records: Sequence[ReleaseRecord] | Unavailable) -> dict[Key, Object] | Unavailable:
    """Return the objects of the deployed revision as ``read_manifest`` does, or what keeps them unknown."""
    if isinstance(records, Unavailable):
        return records
    record = deployed(records)
    if record is None:
        return Unavailable("no revision of the release is deployed, as far as Helm has recorded")
    try:
        return read_manifest(record.manifest)
    except ValueError as error:
        return Unavailable(f"the manifest in Secret {record.secret} cannot be read: {error}")


def read_manifest(manifest: str) -> dict[Key, Object]:
    """Return the objects of a manifest by apiVersion, kind, namespace (may be empty) and name.

    Raises ValueError where it is no YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found: dict[Key, Object] = {}
    try:
        documents = list(YAML(typ="safe").load_all(manifest))
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    for one in documents:
        if isinstance(one, Mapping):
            metadata = mapping(one, "metadata")
            key = (
                one.get("apiVersion"),
                one.get("kind"),
                metadata.get("namespace") or "",
                metadata.get("name"),
            )
            found[tuple(map(str, key))] = one  # type: ignore[index]
    return found
