"""Which certificate a server serves with, if any."""

import logging
from collections.abc import Sequence
from pathlib import Path

from tornado_cli.config.commands import ServingConfig
from tornado_cli.errors import UsageError
from tornado_cli.logs.events import event
from tornado_cli.system.addresses import is_loopback
from tornado_cli.system.tls.credentials import Credentials, TlsFiles, read_credentials

logger = logging.getLogger("tornado_cli.http")


def credentials_of(config: ServingConfig, hosts: Sequence[str]) -> tuple[Credentials | None, str]:
    """Return the certificate and key to serve `hosts` with, and a warning that belongs to the choice.

    Raises a UsageError of its own for each thing that can be wrong with the files.
    """
    given = given_credentials(config)
    if given is not None or not config.ssl:
        return given, ""
    check_hosts(config, hosts)
    from tornado_cli.system.certificates.development import COMMON_NAMES, development_certificate

    made = development_certificate(next((host for host in hosts if host not in COMMON_NAMES), COMMON_NAMES[0]))
    warning = (
        f"DEVELOPMENT CERTIFICATE: made by tcli, trusted by nobody. Browsers warn unless they trust {made.authority}."
    )
    return read_credentials(made.files), warning


def given_credentials(config: ServingConfig) -> Credentials | None:
    """Return the user's own, read and judged; None where there are none. Raises as `credentials_of`."""
    if config.certfile:
        return read_credentials(_files(config))
    if config.keyfile or config.keyfile_password_file:
        raise UsageError("--keyfile needs the certificate, too.", hint="Add --certfile FILE.")
    return None


def check_hosts(config: ServingConfig, hosts: Sequence[str]) -> None:
    """Raise a UsageError for a host that the certificate we make cannot stand for."""
    if config.certfile or not config.ssl:
        return
    for host in hosts:
        if not is_loopback(host):
            raise UsageError(
                f"--ssl on {host} needs a certificate: one of our own is trusted by nobody else.",
                hint="Add --certfile FILE --keyfile FILE, or listen on 127.0.0.1.",
            )


def tell(credentials: Credentials, warning: str) -> None:
    """Log what is to be said about the certificate, loudly."""
    for text in (warning, *credentials.warnings):
        if text:
            event(logger, logging.WARNING, "certificate", text)


def _files(config: ServingConfig) -> TlsFiles:
    return TlsFiles(Path(config.certfile), _path(config.keyfile), _path(config.keyfile_password_file))


def _path(text: str) -> Path | None:
    return Path(text) if text else None
