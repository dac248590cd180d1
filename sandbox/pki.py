"""The cluster's certificates: an authority, the API server's certificate, an administrator, a signing key."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 365


def create(directory: Path) -> None:
    """Write ``ca``, ``server``, ``admin`` (.crt, .key) and ``service-account`` (.key, .pub), once."""
    if (directory / "complete").exists():
        return
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_key = _key()
    ca = _sign(ca_key, ca_key, _name("sandbox-ca"), _name("sandbox-ca"), authority=True)
    _write(directory / "ca", ca_key, ca)

    server_key = _key()
    names = [x509.DNSName("localhost"), x509.DNSName("kubernetes.default.svc")]
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "10.96.0.1")]
    server = _sign(
        server_key,
        ca_key,
        _name("kube-apiserver"),
        ca.subject,
        usage=ExtendedKeyUsageOID.SERVER_AUTH,
        alternatives=[*names, *addresses],
    )
    _write(directory / "server", server_key, server)

    admin_key = _key()
    admin = _sign(
        admin_key, ca_key, _name("admin", "system:masters"), ca.subject, usage=ExtendedKeyUsageOID.CLIENT_AUTH
    )
    _write(directory / "admin", admin_key, admin)

    account_key = _key()
    _private(directory / "service-account.key", account_key)
    (directory / "service-account.pub").write_bytes(
        account_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    (directory / "complete").touch()


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common: str, organisation: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def _sign(
    key: rsa.RSAPrivateKey,
    signer: rsa.RSAPrivateKey,
    subject: x509.Name,
    issuer: x509.Name,
    *,
    authority: bool = False,
    usage: x509.ObjectIdentifier | None = None,
    alternatives: list[x509.GeneralName] | None = None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        # Python asks for these from 3.13 on.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_key_usage(authority), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(stem: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    _private(stem.with_suffix(".key"), key)
    stem.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _private(path: Path, key: rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
