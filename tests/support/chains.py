"""Chains of certificates that servers show, and whether Go trusts them."""

import base64
import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.certificates import Identity

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
        """The certificate as PEM."""
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
    """What a server shows, its own certificate first, and what its client trusts."""

    shown: list[Issued]
    trusted: Issued
    name: str = ""
    """The name by which the server is asked, if it is not 127.0.0.1."""


def _plain() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def _server_of_any_purpose() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, by=authority)], authority)


def _intermediate_authority() -> Chain:
    root = issue("root", AUTHORITY)
    authority = issue("authority", AUTHORITY, by=root)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def _intermediate_in_the_chain() -> Chain:
    root = issue("root", AUTHORITY)
    authority = issue("authority", AUTHORITY, by=root)
    return Chain([issue("server", ADDRESS, SERVER, by=authority), authority], root)


def _intermediate_that_is_missing() -> Chain:
    root = issue("root", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY, by=root))], root)


def _servers_own_certificate() -> Chain:
    server = issue("server", ADDRESS, SERVER)
    return Chain([server], server)


def _servers_certificate_from_an_unknown_authority() -> Chain:
    server = issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY))
    return Chain([server], server)


def _authority_that_may_not_sign() -> Chain:
    authority = issue("authority", NO_AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def _another_authority_of_the_name() -> Chain:
    server = issue("server", ADDRESS, SERVER, by=issue("authority", AUTHORITY))
    return Chain([server], issue("authority", AUTHORITY))


def _expired() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority, until=NOW - DAY)], authority)


def _expired_authority() -> Chain:
    authority = issue("authority", AUTHORITY, until=NOW - DAY)
    return Chain([issue("server", ADDRESS, SERVER, by=authority)], authority)


def _name_in_the_subject_alone() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("localhost", SERVER, by=authority)], authority, "localhost")


def _name_beside_the_address() -> Chain:
    authority = issue("authority", AUTHORITY)
    return Chain([issue("localhost", ADDRESS, SERVER, by=authority)], authority, "localhost")


def _name_with_a_wildcard() -> Chain:
    authority = issue("authority", AUTHORITY)
    names = x509.SubjectAlternativeName([x509.DNSName("*.kruise.example")])
    return Chain([issue("server", names, SERVER, by=authority)], authority, "one.kruise.example")


def _name_two_levels_below_a_wildcard() -> Chain:
    authority = issue("authority", AUTHORITY)
    names = x509.SubjectAlternativeName([x509.DNSName("*.kruise.example")])
    return Chain([issue("server", names, SERVER, by=authority)], authority, "one.two.kruise.example")


def _client_certificate() -> Chain:
    authority = issue("authority", AUTHORITY)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return Chain([issue("server", ADDRESS, client, by=authority)], authority)


CHAINS: dict[Callable[[], Chain], bool] = {
    _plain: True,
    _server_of_any_purpose: True,
    _intermediate_authority: True,
    _intermediate_in_the_chain: True,
    _intermediate_that_is_missing: False,
    _servers_own_certificate: True,
    _servers_certificate_from_an_unknown_authority: True,
    _authority_that_may_not_sign: False,
    _another_authority_of_the_name: False,
    _expired: False,
    _expired_authority: False,
    _name_in_the_subject_alone: False,
    _name_beside_the_address: False,
    _name_with_a_wildcard: True,
    _name_two_levels_below_a_wildcard: False,
    _client_certificate: False,
}
"""By chain: whether Go accepts it, as the tests beside kubectl show."""


class Shown(Identity):
    """The identity of a server that shows a chain."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self._chain, self._file = chain, folder / "server.pem"
        self.authority_data = base64.b64encode(chain.trusted.pem).decode()

    def context(self, *, client_certificate: bool = False) -> ssl.SSLContext:
        """Return the server's side."""
        key = self._chain.shown[0].key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._file.write_bytes(b"".join([key, *(one.pem for one in self._chain.shown)]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        return context
