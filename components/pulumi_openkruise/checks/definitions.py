"""OpenKruise's CustomResourceDefinitions: whether they are served, stored and converted as they should be."""

import re
from collections.abc import Iterator

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.helm_records import find_deployed
from ..inventory.json_access import condition, items, mapping, name_of, strings, text
from ..inventory.location import SERVICE, find_called_service, find_serving_namespace
from ..inventory.snapshot import Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, make

CRD_MISSING = Code(
    "crd-not-established",
    "error",
    "CustomResourceDefinitions of OpenKruise that the API server does not serve",
    "their custom resources cannot be read or changed, and the manager may not start",
    "`pulumi up` with another value of reapply; see the conditions of the CustomResourceDefinition",
)
STORED = Code(
    "crd-stored-versions",
    "warning",
    "custom resources may be stored in a version that is no longer the storage version",
    "the API server refuses a chart whose CustomResourceDefinitions lack any of the listed versions",
    "`pulumi-openkruise migrate-storage`, with --to <version> for an older chart",
)
STORED_UNKNOWN = Code(
    "crd-stored-version-gone",
    "critical",
    "custom resources are stored in a version that their CustomResourceDefinition does not have",
    "they cannot be read at all",
    "upgrade to the chart that has the version again",
)
CONVERSION = Code(
    "crd-conversion-broken",
    "error",
    "CustomResourceDefinitions whose conversion webhook points nowhere",
    "custom resources of these kinds cannot be read in the other version; a controller that requests it "
    "stops",
    "restart the manager, which repairs it at start; with EnableExternalCerts it does not (charts#192, "
    "charts#203)",
)
CODES = (
    CRD_MISSING,
    STORED,
    STORED_UNKNOWN,
    CONVERSION,
)

# A CustomResourceDefinition is named <plural>.<group>, which nothing else in the manifest is.
_DEFINITION = re.compile(r"^  name: ([a-z]+\.(?:apps|policy)\.kruise\.io)$", re.MULTILINE)


def check_definitions(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with OpenKruise's CustomResourceDefinitions; they must have been read."""
    assert not isinstance(snapshot.definitions, Unavailable)
    there = find_serving_namespace(snapshot, expected.namespace)
    broken, old, gone, astray = [], [], [], []
    broken += [(name, f"{name}: not found") for name in find_unserved(snapshot)]
    for one in snapshot.definitions:
        name = name_of(one)
        bad = [
            kind for kind in ("Established", "NamesAccepted") if condition(one, kind).get("status") != "True"
        ]
        if bad:
            broken.append((name, f"{name}: not {' and '.join(bad)}"))
        versions = items(one, "spec", "versions")
        served = [text(version, "name") for version in versions]
        written = [text(version, "name") for version in versions if version.get("storage") is True]
        stored = strings(one, "status", "storedVersions")
        lost = [version for version in stored if version not in served]
        if lost:
            gone.append((name, f"{name}: stored in {shorten(lost)}, the definition has {shorten(served)}"))
        elif any(version not in written for version in stored):
            old.append((name, f"{name}: stored in {shorten(stored)}, storage version {shorten(written)}"))
        conversion = mapping(one, "spec", "conversion")
        client = mapping(conversion, "webhook", "clientConfig")
        if conversion.get("strategy") == "Webhook":
            if find_called_service(client) != (there, SERVICE):
                namespace, service = find_called_service(client)
                astray.append((name, f"{name}: Service {namespace or '?'}/{service or '?'}"))
            elif not text(client, "caBundle"):
                astray.append((name, f"{name}: no caBundle"))
    for code, found in ((CRD_MISSING, broken), (STORED_UNKNOWN, gone), (STORED, old), (CONVERSION, astray)):
        if found:
            what = f"{pluralize(len(found), 'CustomResourceDefinition')}: {code.title}"
            names = [ObjectReference("CustomResourceDefinition", name) for name, _line in found]
            yield make(code, what, [line for _name, line in found], names)


def find_unserved(snapshot: Snapshot) -> list[str]:
    """Return the names of CustomResourceDefinitions in the deployed manifest that the cluster lacks."""
    if isinstance(snapshot.records, Unavailable) or isinstance(snapshot.definitions, Unavailable):
        return []
    record = find_deployed(snapshot.records)
    wanted = _DEFINITION.findall(record.manifest) if record else []
    return sorted(set(wanted) - {name_of(one) for one in snapshot.definitions})
