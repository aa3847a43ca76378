"""The authorities that vouch for clients' certificates: read, and judged."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tornado_cli.system.tls.chain import certificates_in, chain_pem
from tornado_cli.system.tls.pem import TlsError, read_pem
from tornado_cli.system.tls.terms import TlsTerms, new_context
from tornado_cli.system.tls.validity import Period, warnings_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    pem: bytes = field(repr=False)
    periods: tuple[Period, ...]
    warnings: tuple[str, ...] = ()
    """What was wrong with them when they were read."""


def read_authorities(path: Path, *, now: datetime | None = None) -> Authorities:
    """Read the certificates of authorities; raises TlsError for a file that is of no use."""
    certificates = certificates_in(read_pem(path, "--ca-file"))
    pem = chain_pem(certificates)
    try:
        new_context(TlsTerms(client_certificates="required"), pem.decode())
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise TlsError(f"--ca-file: OpenSSL refuses {path}: {reason}.") from None
    periods = tuple(
        Period(
            what=f"The authority {one.subject.rfc4514_string()} in {path}",
            begins=one.not_valid_before_utc,
            ends=one.not_valid_after_utc,
        )
        for one in certificates
    )
    warnings = (*warnings_of(periods, now or datetime.now(UTC)), *_findings(certificates, path))
    return Authorities(pem=pem, periods=periods, warnings=warnings)


def _findings(certificates: "list[Certificate]", path: Path) -> Iterator[str]:
    from cryptography import x509

    for one in certificates:
        try:
            is_authority = one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            is_authority = one.issuer == one.subject
        if not is_authority:
            name = one.subject.rfc4514_string()
            yield f"{name} in {path} is no authority: it vouches for itself alone, for no other client."
