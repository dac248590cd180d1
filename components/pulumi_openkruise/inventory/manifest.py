"""The manifest of a Helm revision, read into objects."""

from collections.abc import Mapping, Sequence

from ..diagnostics.unavailable import Unavailable
from ..foreign.yaml_input import load_documents
from .helm_records import ReleaseRecord, find_deployed
from .json_access import name_of, text
from .snapshot import Key, Object


def list_manifest_objects(records: Sequence[ReleaseRecord] | Unavailable) -> dict[Key, Object] | Unavailable:
    """Return the objects of the deployed revision as ``read_manifest`` does, or what keeps them unknown."""
    if isinstance(records, Unavailable):
        return records
    record = find_deployed(records)
    if record is None:
        return Unavailable("no revision of the release is deployed, as far as Helm has recorded")
    try:
        return read_manifest(record.manifest)
    except ValueError as error:
        return Unavailable(f"the manifest in Secret {record.secret} cannot be read: {error}")


def read_manifest(manifest: str) -> dict[Key, Object]:
    """Return the objects of a manifest by apiVersion, kind, namespace (may be empty) and name.

    Raises ValueError for what is not YAML, or not a series of objects: a part that is not understood may name
    anything. Its words hold nothing of the manifest, which may hold Secrets.
    """
    found: dict[Key, Object] = {}
    for index, document in enumerate(load_documents(manifest), 1):
        if document is None:
            continue
        kind, version = text(document, "kind"), text(document, "apiVersion")
        if not isinstance(document, Mapping) or not kind or not version or not name_of(document):
            raise ValueError(f"document {index} is not an object with apiVersion, kind and name")
        if kind.endswith("List") and "items" in document:
            raise ValueError(f"document {index} is a list of objects")
        found[version, kind, text(document, "metadata", "namespace"), name_of(document)] = document
    return found
