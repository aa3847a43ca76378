"""A certificate and its key: read, judged, and held in memory until they are handed on."""

import shlex
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tornado_cli.system.tls.bundle import Bundle, ServedPair
from tornado_cli.system.tls.chain import (
    certificates_in,
    chain_of,
    chain_pem,
    is_from_public_authority,
    names_of,
    periods_of,
    spoken_names,
)
from tornado_cli.system.tls.context import context_of
from tornado_cli.system.tls.flaws import Flaw, flaws_of
from tornado_cli.system.tls.pem import TlsError, TlsFile, read_pem
from tornado_cli.system.tls.private_key import key_pem, private_key
from tornado_cli.system.tls.terms import TlsTerms
from tornado_cli.system.tls.validity import Period, warnings_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_WORDS: Final = {
    Flaw.NO_NAMES: "The certificate in {path} names no host: browsers will refuse it. "
    "Have it made with a subjectAltName.",
    Flaw.WRONG_ORDER: "The certificates in {path} are in the wrong order. They are served in the right one: "
    "the one of the key first, then each issuer.",
    Flaw.NO_INTERMEDIATE: "{path} holds no intermediate certificate: many clients will refuse it. Use the full chain.",
}


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificate is; `certfile` may hold the private key too."""

    certfile: Path
    keyfile: Path | None = None
    password_file: Path | None = None
    option: str = ""
    """By which they were named, if not each by its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A certificate chain and its private key, found fit to serve."""

    chain_pem: bytes = field(repr=False)
    key_pem: bytes = field(repr=False)
    serial: int
    names: tuple[str, ...]
    periods: tuple[Period, ...]
    """When the certificates of the chain are valid, its own first."""
    warnings: tuple[str, ...] = ()
    """What was wrong with it when it was read, the worst first."""

    @property
    def not_after(self) -> datetime:
        return self.periods[0].ends

    def served(self) -> ServedPair:
        """Return what a serving process needs of it."""
        return ServedPair(self.names, (self.chain_pem + self.key_pem).decode())

    def open_descriptor(self) -> int:
        """Open a nameless file for `server_context`, where there is no other certificate and nothing is asked."""
        return Bundle([self.served()]).open_descriptor()


def read_credentials(files: TlsFiles, *, now: datetime | None = None) -> Credentials:
    """Read and judge a certificate and its key; never prompts and never waits. Raises TlsError."""
    certfile = read_pem(files.certfile, files.option or "--certfile")
    certificates = certificates_in(certfile)
    keyfile = read_pem(files.keyfile, files.option or "--keyfile") if files.keyfile else certfile
    key = private_key(keyfile, files.password_file)
    chain = chain_of(certificates, key)
    if not chain:
        message = f"The private key in {keyfile.path} does not belong to the certificate in {certfile.path}."
        hint = f"Give the key that was made for {spoken_names(certificates[0])}: {files.option or '--keyfile'} PATH"
        raise TlsError(message, hint=hint)
    periods = periods_of(chain, files.certfile)
    credentials = Credentials(
        chain_pem=chain_pem(chain),
        key_pem=key_pem(key),
        serial=chain[0].serial_number,
        names=names_of(chain[0]),
        periods=periods,
        warnings=(
            *warnings_of(periods, now or datetime.now(UTC)),
            *_chain_warnings(certificates, chain, files.certfile),
            *_permission_warnings(keyfile),
        ),
    )
    _prove(credentials, files.certfile)
    return credentials


def _chain_warnings(given: "Sequence[Certificate]", chain: "Sequence[Certificate]", path: Path) -> Iterator[str]:
    own = chain[0]
    flaws = flaws_of(
        names_of(own),
        len(chain),
        has_public_issuer=is_from_public_authority(own),
        is_in_order=list(given) == list(chain),
        is_self_signed=own.subject == own.issuer,
    )
    return (_WORDS[flaw].format(path=path) for flaw in flaws)


def _permission_warnings(keyfile: TlsFile) -> Iterator[str]:
    if keyfile.other_readers:
        mended = f"chmod 600 {shlex.quote(str(keyfile.path))}"
        yield f"The private key in {keyfile.path} can be read by {keyfile.other_readers}: {mended}"


def _prove(credentials: Credentials, path: Path) -> None:
    """Let OpenSSL judge too: it knows rules, of digests and curves, that are not repeated here."""
    try:
        context_of(credentials.chain_pem + credentials.key_pem, TlsTerms())
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        hint = "Have a new one made, signed with SHA-256 for an RSA 2048 or ECDSA P-256 key."
        raise TlsError(f"OpenSSL refuses the certificate in {path}: {reason}.", hint=hint) from None
