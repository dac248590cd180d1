"""Webhooks, their endpoints and certificates: what every pod of the cluster depends on to be created."""

import base64
import binascii
import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..foreign.timestamps import parse_timestamp
from ..inventory.json_access import at, items, mapping, text
from ..inventory.location import SERVICE, find_called_service, find_serving_namespace
from ..inventory.snapshot import Object, Snapshot
from .expected import Expected
from .finding import BLOCKED, Code, Finding, ObjectReference, make

SECRET = "kruise-webhook-certs"

MISSING = Code(
    "webhooks-missing",
    "critical",
    "OpenKruise runs without its webhook configurations",
    "custom resources are neither defaulted nor validated, SidecarSets inject nothing, and the manager only "
    "updates these configurations: it never creates them",
    "`pulumi up` with another value of reapply",
)
NO_ENDPOINT = Code(
    "webhook-without-endpoint",
    "critical",
    "no manager is ready behind the webhooks' Service",
    f"the fail-closed webhooks refuse {BLOCKED}",
    "see why the managers' pods are not ready; PodWebhook=false in featureGates, or deleting the "
    "configurations, lifts the block",
)
FOREIGN_ENDPOINT = Code(
    "webhook-foreign-endpoint",
    "error",
    "the webhooks' Service selects pods that are not OpenKruise's",
    "some of the calls go to them and fail: the Service selects control-plane=controller-manager, a label "
    "that many operators give their pods",
    "give OpenKruise a namespace of its own, or the other operator another label",
)
WRONG_NAMESPACE = Code(
    "webhook-wrong-namespace",
    "critical",
    "webhooks that point to another namespace or Service than OpenKruise's",
    "nothing answers their calls, and most of them fail closed",
    "`pulumi up` with another value of reapply",
)
CA_BUNDLE = Code(
    "webhook-ca-mismatch",
    "critical",
    "webhooks whose CA is not the one that signed the manager's certificate",
    "the API server rejects the manager's certificate: calls fail, most of them closed",
    "restart the manager, which writes its CA into the configurations at start",
)
SECRET_MISSING = Code(
    "webhook-certificates-missing",
    "error",
    "the Secret with the webhooks' certificates is missing or empty",
    "a manager that starts creates new ones, and answers nothing until then",
    "restart the manager; with EnableExternalCerts check the issuer",
)
EXPIRING = Code(
    "webhook-certificate-expiring",
    "error",
    "the CA of the webhooks' certificates expires soon, or has expired",
    "from then on all calls fail, most of them closed",
    "delete the Secret's data and restart the manager; with EnableExternalCerts renew them at the issuer",
)
CODES = (
    MISSING,
    NO_ENDPOINT,
    FOREIGN_ENDPOINT,
    WRONG_NAMESPACE,
    CA_BUNDLE,
    SECRET_MISSING,
    EXPIRING,
)
_SOON_DAYS = 30

_CONFIGURATIONS = {"mutating": "MutatingWebhookConfiguration", "validating": "ValidatingWebhookConfiguration"}


def check_configurations(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with the two webhook configurations; both must have been read."""
    found = {"mutating": snapshot.mutating, "validating": snapshot.validating}
    missing = [_CONFIGURATIONS[key] for key, configuration in found.items() if configuration is None]
    if missing and isinstance(snapshot.daemon_set or snapshot.deployment, dict):
        names = [
            ObjectReference(kind, f"kruise-{kind[:-20].lower()}-webhook-configuration") for kind in missing
        ]
        evidence = [f"missing: {shorten(map(str, names))}"]
        yield make(MISSING, f"no {shorten(missing)} of OpenKruise", evidence, names)
    hooks = [hook for one in found.values() if isinstance(one, dict) for hook in items(one, "webhooks")]
    there = find_serving_namespace(snapshot, expected.namespace)
    astray = [
        hook for hook in hooks if find_called_service(mapping(hook, "clientConfig")) != (there, SERVICE)
    ]
    if astray:
        namespace, service = find_called_service(mapping(astray[0], "clientConfig"))
        evidence = [f"{text(astray[0], 'name')} calls the Service {namespace or '?'}/{service or '?'}"]
        points = pluralize(len(astray), "webhook points", "webhooks point")
        what = f"{points} elsewhere than to {there}"
        yield make(WRONG_NAMESPACE, what, evidence, _list_webhooks(astray))
    if isinstance(snapshot.certificates, Unavailable):
        return
    authority = _read_authority(snapshot.certificates)
    bundles = {text(hook, "clientConfig", "caBundle") for hook in hooks}
    wrong = [
        hook
        for hook in hooks
        if not (bundle := _decode(text(hook, "clientConfig", "caBundle")))
        or (authority and bundle != authority)
    ]
    if wrong:
        empty = [hook for hook in wrong if not text(hook, "clientConfig", "caBundle")]
        evidence = [f"{pluralize(len(bundles), 'different caBundle')} in {pluralize(len(hooks), 'webhook')}"]
        if empty:
            evidence.append(f"empty in {shorten(text(hook, 'name') for hook in empty)}")
        what = f"{pluralize(len(wrong), 'webhook')} without the manager's CA"
        yield make(CA_BUNDLE, what, evidence, _list_webhooks(wrong))


def check_endpoints(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with the webhooks' endpoints; the EndpointSlices must have been read."""
    assert not isinstance(snapshot.endpoint_slices, Unavailable)
    endpoints = [one for part in snapshot.endpoint_slices for one in items(part, "endpoints")]
    ready = [one for one in endpoints if at(one, "conditions", "ready") is not False]
    configured = any(isinstance(one, dict) for one in (snapshot.mutating, snapshot.validating))
    there = find_serving_namespace(snapshot, expected.namespace)
    if configured and not ready:
        evidence = [f"{pluralize(len(endpoints), 'endpoint')} of Service {there}/{SERVICE}, none ready"]
        yield make(NO_ENDPOINT, NO_ENDPOINT.title, evidence, [ObjectReference("Service", SERVICE, there)])
    names = [text(one, "targetRef", "name") for one in ready]
    foreign = sorted(name for name in names if name and not name.startswith("kruise-controller-manager-"))
    if foreign:
        evidence = [f"pods {shorten(foreign)}"]
        what = f"{pluralize(len(foreign), 'foreign pod')} behind the webhooks' Service"
        yield make(
            FOREIGN_ENDPOINT, what, evidence, [ObjectReference("Pod", name, there) for name in foreign]
        )


def check_certificates(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with the certificates; the Secret must have been read."""
    if not isinstance(snapshot.deployment, dict) or isinstance(snapshot.certificates, Unavailable):
        return
    name = ObjectReference("Secret", SECRET, expected.namespace)
    authority = _read_authority(snapshot.certificates)
    if not authority:
        found = "not found" if snapshot.certificates is None else "it has no CA"
        yield make(SECRET_MISSING, SECRET_MISSING.title, [f"{name}: {found}"], [name])
        return
    ends = _find_expiry(authority)
    now = parse_timestamp(snapshot.taken)
    if ends is not None and now is not None and (days := (ends - now).days) < _SOON_DAYS:
        when = f"{ends:%Y-%m-%d}"
        evidence = [f"{name}: {'expired on' if days < 0 else 'expires on'} {when}"]
        yield make(EXPIRING, EXPIRING.title, evidence, [name])


def _list_webhooks(hooks: Iterable[Object]) -> list[ObjectReference]:
    return [ObjectReference("Webhook", text(hook, "name")) for hook in hooks]


def _read_authority(secret: Object | None) -> bytes:
    """Return the CA in the Secret as PEM: under the manager's own key, or that of external certificates."""
    for key in ("ca-cert.pem", "ca.crt"):
        found = _decode(text(secret, "data", key))
        if found:
            return found
    return b""


def _decode(data: str) -> bytes:
    try:
        return base64.b64decode(data).strip()
    except (binascii.Error, ValueError):
        return b""


def _find_expiry(pem: bytes) -> datetime | None:
    """Return when the first CA expires, None where that cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
        ends = [str(one["notAfter"]) for one in context.get_ca_certs() if "notAfter" in one]
        moments = [ssl.cert_time_to_seconds(one) for one in ends]
    except (ssl.SSLError, ValueError, UnicodeDecodeError):
        return None
    return datetime.fromtimestamp(min(moments), timezone.utc) if moments else None
