"""Helm's release records: Secrets of type ``helm.sh/release.v1``, one a revision, decoded to plain data.

The form is Helm's own (``pkg/storage/driver/secrets.go`` and ``util.go``): the field ``release`` of the
Secret is base64, as in every Secret, of base64 of gzip of JSON. Pure: the caller reads the Secrets.
"""

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..foreign.error_text import describe_error
from ..foreign.json_input import TooManyValuesError, load_json
from .json_access import at, items, mapping, name_of, number, text

SECRET_TYPE = "helm.sh/release.v1"
"""Type of a record's Secret."""

_LARGEST = 16 << 20
"""Bytes of the largest release: eight times OpenKruise's own, which a Secret holds within its megabyte."""


class UnreadableRecordError(ValueError):
    """A Secret that is not, or no longer, a release record that can be decoded; ``str()`` says why."""


@dataclass(frozen=True)
class ReleaseRecord:
    """One revision of a release."""

    name: str
    namespace: str
    """Namespace of the record, which is not always the one that the chart installs into."""
    revision: int
    status: str
    """``deployed``, ``superseded``, ``failed``, ``uninstalled``, ``uninstalling`` or ``pending-...``."""
    description: str
    """What Helm says of it, for example why it failed."""
    updated: str
    """When it was last deployed, as Helm writes times."""
    chart: str
    chart_version: str
    app_version: str
    manifest: str
    """The objects as YAML documents, without hooks."""
    hooks: tuple[Mapping[str, Any], ...]
    values: Mapping[str, Any]
    """The values given by the user, without the chart's defaults."""
    defaults: Mapping[str, Any]
    """The chart's own values."""
    secret: str = ""
    """Name of the Secret that holds it."""


def decode(secret: Mapping[str, Any]) -> ReleaseRecord:
    """Return the record in a Secret as the API gives it; raises UnreadableRecordError that names it."""
    name = name_of(secret) or "(without a name)"
    try:
        if text(secret, "type") not in ("", SECRET_TYPE):
            raise ValueError(f"its type is not {SECRET_TYPE}")
        release = unpack(at(secret, "data", "release"))
    except ValueError as error:
        reason = str(error) if type(error) is ValueError else describe_error(error, secret=True)
        raise UnreadableRecordError(f"Secret {name}: not a Helm release record: {reason}") from None
    return ReleaseRecord(
        name=text(release, "name"),
        namespace=text(release, "namespace") or text(secret, "metadata", "namespace"),
        revision=number(release, "version"),
        status=text(release, "info", "status") or "unknown",
        description=text(release, "info", "description"),
        updated=text(release, "info", "last_deployed"),
        chart=text(release, "chart", "metadata", "name"),
        chart_version=text(release, "chart", "metadata", "version"),
        app_version=text(release, "chart", "metadata", "appVersion"),
        manifest=text(release, "manifest"),
        hooks=tuple(items(release, "hooks")),
        values=mapping(release, "config"),
        defaults=mapping(release, "chart", "values"),
        secret=name,
    )


def decode_all(secrets: Iterable[Mapping[str, Any]]) -> tuple[list[ReleaseRecord], list[str]]:
    """Return the records in some Secrets by release and revision, and what is wrong with those unreadable.

    Secrets of another type are passed over.
    """
    records, unreadable = [], []
    for secret in secrets:
        if secret.get("type", SECRET_TYPE) != SECRET_TYPE:
            continue
        try:
            records.append(decode(secret))
        except UnreadableRecordError as error:
            unreadable.append(str(error))
    return sorted(records, key=lambda one: (one.namespace, one.name, one.revision)), unreadable


def find_latest(records: Iterable[ReleaseRecord]) -> ReleaseRecord | None:
    """Return the record of the highest revision."""
    return max(records, key=lambda record: record.revision, default=None)


def find_deployed(records: Iterable[ReleaseRecord]) -> ReleaseRecord | None:
    """Return the record that Helm takes for what is in the cluster: the newest one of status deployed."""
    return find_latest(record for record in records if record.status == "deployed")


def unpack(data: Any) -> dict[str, Any]:
    """Return the release in a Secret's field ``release``, all of it, as JSON gives it; raises ValueError."""
    if not isinstance(data, str):
        raise ValueError("it has no field release")
    try:
        packed = base64.b64decode(base64.b64decode(data, validate=True), validate=True)
        if packed[:2] == b"\x1f\x8b":  # Helm 2 wrote some not compressed, and Helm still reads them
            stream = zlib.decompressobj(wbits=31)
            packed = stream.decompress(packed, _LARGEST)
            if stream.unconsumed_tail or not stream.eof:
                raise ValueError("it is cut off, or larger than any release")
        release = load_json(packed)
    except TooManyValuesError as error:
        raise ValueError(f"it has {error}") from None
    except zlib.error:
        raise ValueError("it is not compressed as gzip does") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(release, dict) or not isinstance(release.get("name"), str):
        raise ValueError("it holds no release")
    return release
