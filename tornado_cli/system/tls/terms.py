"""On which terms TLS is spoken, whatever the certificate: versions, suites, and what is asked of clients."""

import ssl
from typing import Final, Literal

from tornado_cli.records import Record
from tornado_cli.system.tls.pem import TlsError

ClientCertificates = Literal["none", "optional", "required"]
Version = Literal["1.2", "1.3"]

# Mozilla's "intermediate" guideline, version 6.0. The suites of TLS 1.3 need no naming: OpenSSL's are the same.
CIPHERS: Final = ":".join(
    f"ECDHE-{signature}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for signature in ("ECDSA", "RSA")
)
# openssl/ssl.h; Python has no name for it.
_OP_PRIORITIZE_CHACHA: Final = 1 << 21
_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_MODES: Final = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


class TlsTerms(Record, kw_only=True):
    minimum: Version = "1.2"
    ciphers: str = CIPHERS
    """Suites of TLS 1.2, as OpenSSL names them; Python cannot choose those of TLS 1.3."""
    client_certificates: ClientCertificates = "none"


def new_context(terms: TlsTerms, authorities: str = "") -> ssl.SSLContext:
    """Return a server's context that has no certificate yet; `authorities` (PEM) vouch for clients.

    Raises TlsError for a list of ciphers that names none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[terms.minimum]
    _choose_ciphers(context, terms.ciphers)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # Our order counts, but a client that wants ChaCha20 first gets it: a telephone without AES in hardware.
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | _OP_PRIORITIZE_CHACHA
    # Another worker could not read a ticket of this one, as Python cannot share their keys; and in TLS 1.3 a full
    # handshake takes no more round trips. In TLS 1.2 they stay: without, OpenSSL remembers every session, 1 KiB each.
    context.num_tickets = 0
    context.verify_mode = _MODES[terms.client_certificates]
    if authorities:
        context.load_verify_locations(cadata=authorities)
        # Whoever is named is trusted, also one in the middle of a chain.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _choose_ciphers(context: ssl.SSLContext, ciphers: str) -> None:
    try:
        context.set_ciphers(ciphers)
    except ssl.SSLError:
        hint = "List names as OpenSSL has them, with colons between: openssl ciphers -v ECDHE+AESGCM"
        raise TlsError(f"--ciphers {ciphers}: OpenSSL knows none of them.", hint=hint) from None
