"""Certificates made for one test run: of servers, of clients, and of authorities that no client trusts."""

import base64
import ssl
from functools import lru_cache
from pathlib import Path

import trustme


class Identity:
    """A server's certificate, and the authority that signed it, and clients' with it."""

    def __init__(self, *names: str) -> None:
        self._authority = trustme.CA()
        self._certificate = self._authority.issue_cert(*(names or ("127.0.0.1", "localhost")))
        self.authority = self._authority.cert_pem.bytes().decode()
        self.authority_data = base64.b64encode(self.authority.encode()).decode()

    def context(self, *, client_certificate: bool = False) -> ssl.SSLContext:
        """Return the server's side, which asks for a client's certificate if the test wants so."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        if client_certificate:
            self._authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self) -> tuple[str, str]:
        """Return a client's certificate and key as PEM."""
        issued = self._authority.issue_cert("client@example.com")
        chain = "".join(blob.bytes().decode() for blob in issued.cert_chain_pems)
        return chain, issued.private_key_pem.bytes().decode()

    def write_authority(self, folder: Path) -> Path:
        """Write the authority's certificate to ``ca.crt`` in a folder; return its path."""
        path = folder / "ca.crt"
        path.write_text(self.authority)
        return path


@lru_cache
def identity() -> Identity:
    """Return the identity that most tests share: making one takes a moment."""
    return Identity()


@lru_cache
def other_identity() -> Identity:
    """Return one whose authority the shared one's clients do not trust."""
    return Identity()
