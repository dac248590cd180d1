"""The webhooks' certificate authority, and when it ends."""

import base64
from typing import Any

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.diagnostics.unavailable import Unavailable

from tests.support.findings import changed, found
from tests.support.installed import CA, TAKEN, broken, expected, healthy

CODES = {"webhook-ca-mismatch", "webhook-certificates-missing", "webhook-certificate-expiring"}


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def find(**parts: Any) -> dict[str, Any]:
    """Return the findings about certificates of a healthy installation with other parts."""
    report = found(check(broken(**parts), expected()))
    return {code: finding for code, finding in report.items() if code in CODES}


def bundled(bundle: str, name: str = "mutating") -> dict[str, Any]:
    """Return a webhook configuration with another caBundle."""
    return {name: changed(getattr(healthy(), name), "webhooks", 0, "clientConfig", "caBundle", to=bundle)}


@pytest.mark.parametrize(
    "data",
    [
        {"ca-cert.pem": encode(CA)},
        {"ca.crt": encode(CA)},
        {"ca-cert.pem": "", "ca.crt": encode(CA)},
        {"ca-cert.pem": "%", "ca.crt": encode(CA)},
        {"ca-cert.pem": encode(CA), "ca.crt": encode(b"another")},
        {"ca-cert.pem": encode(b"\n" + CA + b"\n\n")},
    ],
)
def test_the_authority_is_the_managers_own_or_that_of_external_certificates(data: dict[str, str]) -> None:
    assert find(certificates={"data": data}) == {}


@pytest.mark.parametrize(
    ("certificates", "says"),
    [
        (None, "not found"),
        ({}, "it has no CA"),
        ({"data": {"ca-cert.pem": ""}}, "it has no CA"),
        ({"data": {"ca-cert.pem": "a"}}, "it has no CA"),
        ({"data": {"tls.crt": encode(CA)}}, "it has no CA"),
    ],
)
def test_a_secret_without_an_authority(certificates: Any, says: str) -> None:
    (finding,) = find(certificates=certificates).values()
    assert finding.code == "webhook-certificates-missing"
    assert finding.evidence == (f"Secret kruise-system/kruise-webhook-certs: {says}",)


@pytest.mark.parametrize("bundle", ["", "a", "%", encode(b"another"), encode(b" \n")])
def test_a_webhook_with_another_authority(bundle: str) -> None:
    (finding,) = find(**bundled(bundle)).values()
    assert (finding.code, finding.what) == ("webhook-ca-mismatch", "1 webhook without the manager's CA")
    assert finding.evidence[0] == "2 different caBundles in 2 webhooks"
    assert finding.evidence[1:] == (() if bundle else ("empty in mutating.kb.io",))
    assert list(map(str, finding.objects)) == ["Webhook mutating.kb.io"]


def test_without_the_secret_only_an_empty_authority_is_known_to_be_wrong() -> None:
    assert set(find(certificates=None, **bundled(encode(b"another")))) == {"webhook-certificates-missing"}
    assert "webhook-ca-mismatch" in find(certificates=None, **bundled(""))
    assert find(certificates=Unavailable("forbidden"), **bundled("")) == {}


@pytest.mark.parametrize(
    ("taken", "evidence"),
    [
        ("2050-12-02T00:00:01Z", "expires on 2051-01-01"),
        ("2050-12-02T00:00:00Z", None),
        ("2051-01-02T00:00:00Z", "expired on 2051-01-01"),
        ("2050-12-31T23:59:59Z", "expires on 2051-01-01"),
        ("2051-01-01T00:00:01Z", "expired on 2051-01-01"),
        (TAKEN, None),
        ("some time", None),
    ],
)
def test_an_authority_that_ends_soon(taken: str, evidence: str | None) -> None:
    found = find(taken=taken)
    if evidence is None:
        assert found == {}
        return
    (finding,) = found.values()
    assert finding.code == "webhook-certificate-expiring"
    assert finding.evidence == (f"Secret kruise-system/kruise-webhook-certs: {evidence}",)


@pytest.mark.parametrize("content", [b"no PEM", b"caf\xe9", CA.replace(b"MIIB", b"AAAA")])
def test_when_an_unreadable_authority_ends_is_not_known(content: bytes) -> None:
    found = find(
        certificates={"data": {"ca-cert.pem": encode(content)}},
        taken="2050-12-31T00:00:00Z",
        **bundled(encode(content)),
        **bundled(encode(content), "validating"),
    )
    assert found == {}
