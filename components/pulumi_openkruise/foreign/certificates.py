"""The rules by which a server's certificate is judged: those of Go's crypto/x509, as for kubectl and Helm."""

import ssl


def apply_go_rules(context: ssl.SSLContext) -> None:
    """Have a client's context accept the certificates that Go accepts, and no others.

    Source: Go's ``crypto/x509``, ``Certificate.Verify`` and ``VerifyHostname``. A name counts only among the
    subject's alternative names. What is trusted need not be a root. Extensions such as key identifiers may be
    missing, for which Python asks from 3.13 on.
    """
    context.hostname_checks_common_name = False
    flags = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags = flags & ~ssl.VERIFY_X509_STRICT
