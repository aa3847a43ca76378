"""A certificate and its key: read, judged, and held in memory until they are handed on."""

import os
import shlex
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tornado_cli.system.tls.chain import certificates_in, chain_of, chain_pem, chain_warnings, names_of, spoken_names
from tornado_cli.system.tls.context import nameless_file, server_context
from tornado_cli.system.tls.pem import TlsError, TlsFile, read_pem
from tornado_cli.system.tls.private_key import key_pem, private_key


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificate is; `certfile` may hold the private key too."""

    certfile: Path
    keyfile: Path | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A certificate chain and its private key, found fit to serve."""

    chain_pem: bytes = field(repr=False)
    key_pem: bytes = field(repr=False)
    serial: int
    names: tuple[str, ...]
    not_after: datetime
    warnings: tuple[str, ...] = ()

    def open_descriptor(self) -> int:
        """Open a nameless file with chain and key, for `server_context` in this process or in a child.

        It is not inherited by accident: pass it on by `pass_fds` or over a socket. The caller closes it.
        """
        return nameless_file(self.chain_pem + self.key_pem)


def read_credentials(files: TlsFiles, *, now: datetime | None = None) -> Credentials:
    """Read and judge a certificate and its key; never prompts and never waits."""
    certfile = read_pem(files.certfile, "--certfile")
    certificates = certificates_in(certfile)
    keyfile = read_pem(files.keyfile, "--keyfile") if files.keyfile else certfile
    key = private_key(keyfile, files.password_file)
    chain = chain_of(certificates, key)
    if not chain:
        message = f"The private key in {keyfile.path} does not belong to the certificate in {certfile.path}."
        hint = f"Give the key that was made for {spoken_names(certificates[0])}: --keyfile PATH"
        raise TlsError(message, hint=hint)
    credentials = Credentials(
        chain_pem=chain_pem(chain),
        key_pem=key_pem(key),
        serial=chain[0].serial_number,
        names=names_of(chain[0]),
        not_after=chain[0].not_valid_after_utc,
        warnings=(
            *chain_warnings(certificates, chain, files.certfile, now or datetime.now(UTC)),
            *_permission_warnings(keyfile),
        ),
    )
    _prove(credentials, files.certfile)
    return credentials


def _permission_warnings(keyfile: TlsFile) -> Iterator[str]:
    if keyfile.mode & 0o044:
        readers = "everyone" if keyfile.mode & 0o004 else "its group"
        yield f"The private key in {keyfile.path} can be read by {readers}: chmod 600 {shlex.quote(str(keyfile.path))}"


def _prove(credentials: Credentials, path: Path) -> None:
    """Let OpenSSL judge too: it knows rules, of digests and curves, that are not repeated here."""
    descriptor = credentials.open_descriptor()
    try:
        server_context(descriptor)
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        hint = "Have a new one made, signed with SHA-256 for an RSA 2048 or ECDSA P-256 key."
        raise TlsError(f"OpenSSL refuses the certificate in {path}: {reason}.", hint=hint) from None
    finally:
        os.close(descriptor)
