"""What the options of `tcli run` say about TLS: whether there is any, from which files, on which terms."""

from collections.abc import Sequence
from pathlib import Path

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import UsageError
from tornado_cli.http.tls.certificate import given_files
from tornado_cli.run.certificates.sources import Sources
from tornado_cli.system.addresses import is_loopback
from tornado_cli.system.tls.credentials import TlsFiles
from tornado_cli.system.tls.terms import CIPHERS, TlsTerms, new_context

_ABOUT_TLS = ("client_cert", "ca_file", "tls_min", "ciphers")


def sources_of(config: RunConfig, hosts: Sequence[str]) -> tuple[Sources | None, str]:
    """Return where the certificates for `hosts` are, None without TLS, and a warning that belongs to the choice.

    Raises UsageError for options that do not go together.
    """
    _check_client_certificates(config)
    files, warning = _pair_of(config, hosts)
    if files is None and not config.cert_dir:
        _check_that_tls_is_off(config)
        return None, ""
    sources = Sources(
        files=files,
        folder=_path(config.cert_dir),
        password_file=_path(config.keyfile_password_file),
        authorities=_path(config.ca_file),
    )
    return sources, warning


def terms_of(config: RunConfig) -> TlsTerms:
    """Return the terms; raises TlsError for ciphers that do not exist."""
    terms = TlsTerms(minimum=config.tls_min, ciphers=config.ciphers or CIPHERS, client_certificates=config.client_cert)
    new_context(terms)
    return terms


def check_hosts(config: RunConfig, hosts: Sequence[str]) -> None:
    """Raise UsageError for a host that the certificate we make cannot stand for."""
    if config.certfile or config.cert_dir or not config.ssl:
        return
    for host in hosts:
        if not is_loopback(host):
            raise UsageError(
                f"--ssl on {host} needs a certificate: one of our own is trusted by nobody else.",
                hint="Add --certfile FILE --keyfile FILE, or listen on 127.0.0.1.",
            )


def _pair_of(config: RunConfig, hosts: Sequence[str]) -> tuple[TlsFiles | None, str]:
    """Return the one pair, besides what may be in the folder; one for development is made when it is missing."""
    if config.cert_dir and not config.certfile and not config.keyfile:
        return None, ""
    files = given_files(config)
    if files is not None or not config.ssl:
        return files, ""
    check_hosts(config, hosts)
    from tornado_cli.system.certificates.development import COMMON_NAMES, development_certificate

    made = development_certificate(next((host for host in hosts if host not in COMMON_NAMES), COMMON_NAMES[0]))
    return made.files, "DEVELOPMENT CERTIFICATE: trusted by nobody. Browsers warn until they are told: tcli cert trust"


def _check_client_certificates(config: RunConfig) -> None:
    if config.client_cert != "none" and not config.ca_file:
        raise UsageError(
            f"--client-cert {config.client_cert}: nothing says who vouches for clients.",
            hint="Add --ca-file FILE with the certificates of the authorities.",
        )
    if config.ca_file and config.client_cert == "none":
        raise UsageError(
            "--ca-file is for certificates of clients, and no client is asked for one.",
            hint="Add --client-cert required, or optional.",
        )


def _check_that_tls_is_off(config: RunConfig) -> None:
    for name in _ABOUT_TLS:
        if name in config.given:
            raise UsageError(
                f"--{name.replace('_', '-')} is about TLS, and there is no certificate ({config.given[name]}).",
                hint="Add --certfile FILE --keyfile FILE, --cert-dir DIR, or --ssl on this machine.",
            )


def _path(text: str) -> Path | None:
    return Path(text) if text else None
