"""Which certificate a server was given by its options, if any."""

from pathlib import Path
from typing import TYPE_CHECKING

from tornado_cli.config.serving import ServingConfig
from tornado_cli.errors import UsageError

# Who serves without TLS does not wait for it.
if TYPE_CHECKING:
    from tornado_cli.system.tls.credentials import Credentials, TlsFiles


def given_credentials(config: ServingConfig) -> "Credentials | None":
    """Return the user's own, read and judged; None where there are none.

    Raises a UsageError of its own for each thing that can be wrong with the files.
    """
    files = given_files(config)
    if files is None:
        return None
    from tornado_cli.system.tls.credentials import read_credentials

    return read_credentials(files)


def given_files(config: ServingConfig) -> "TlsFiles | None":
    """Return where they are; raises UsageError for a key without a certificate."""
    if config.certfile:
        from tornado_cli.system.tls.credentials import TlsFiles

        return TlsFiles(Path(config.certfile), _path(config.keyfile), _path(config.keyfile_password_file))
    if config.keyfile or config.keyfile_password_file:
        raise UsageError("--keyfile needs the certificate, too.", hint="Add --certfile FILE.")
    return None


def _path(text: str) -> Path | None:
    return Path(text) if text else None
