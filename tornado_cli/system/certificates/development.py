"""The certificate of a development server: kept between runs, renewed when needed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tornado_cli.errors import UsageError
from tornado_cli.system.addresses import is_loopback, plain_host
from tornado_cli.system.certificates.folder import DevelopmentCertificateError, locked, read_private, write
from tornado_cli.system.tls import TlsFiles, names_of

# cryptography costs more than everything else here together: imported where called.
if TYPE_CHECKING:
    from tornado_cli.system.certificates.issue import Pair

# Browsers do not accept a wildcard directly under a top-level name, so a host like app.localhost is named besides.
COMMON_NAMES: Final = ("localhost", "*.localhost", "127.0.0.1", "::1")
# RFC 1918, 6598, 3927, 4193 and 4291: who has such an address is nobody on the internet.
PRIVATE_NETWORKS: Final = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
    *("fc00::/7", "fe80::/10"),
)
ELSEWHERE: Final = "give a certificate: --certfile PATH --keyfile PATH"


@dataclass(frozen=True, slots=True)
class DevelopmentCertificate:
    """A certificate for this machine, the authority to trust for it, and whether anything of it is new."""

    files: TlsFiles
    authority: Path
    created: bool


def vouches_for(address: str) -> bool:
    """Tell whether a certificate of ours may be for an address by which other machines come."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in PRIVATE_NETWORKS)


def development_certificate(
    host: str,
    *,
    network: Sequence[str] = (),
    anew: bool = False,
    now: datetime | None = None,
    environ: Mapping[str, str] = os.environ,
) -> DevelopmentCertificate:
    """Return a certificate for a loopback host, made or renewed when needed; processes may ask at the same time.

    With addresses of private networks it is for these besides, and signed by an authority of its own: whoever trusts
    the usual one shall not trust it for more than this machine.
    """
    if not is_loopback(host):
        message = f"There is no development certificate for {host or '*'}: only this machine would trust it."
        raise UsageError(message, hint=f"For others, {ELSEWHERE}; or stay on this machine: --host 127.0.0.1")
    folder = certificate_folder(environ)
    try:
        with locked(folder):
            return _kept_or_new(folder, plain_host(host), network, now or datetime.now(UTC), anew=anew)
    except OSError as error:
        message = f"Development certificates cannot be kept in {folder}: {error.strerror}."
        hint = f"Choose another folder: XDG_DATA_HOME=PATH, or {ELSEWHERE}"
        raise DevelopmentCertificateError(message, hint=hint) from None


def certificate_folder(environ: Mapping[str, str]) -> Path:
    """Return where development certificates are kept, by the XDG Base Directory Specification."""
    data, home = Path(environ.get("XDG_DATA_HOME", "")), Path(environ.get("HOME", ""))
    if data.is_absolute():  # The specification has relative ones ignored.
        return data / "tcli" / "certificates"
    if home.is_absolute():
        return home / ".local" / "share" / "tcli" / "certificates"
    hint = f"Set HOME or XDG_DATA_HOME, or {ELSEWHERE}"
    raise DevelopmentCertificateError("There is no home folder to keep a development certificate in.", hint=hint)


def _kept_or_new(
    folder: Path, host: str, network: Sequence[str], now: datetime, *, anew: bool
) -> DevelopmentCertificate:
    from tornado_cli.system.certificates.issue import new_authority, new_leaf

    names = tuple(dict.fromkeys((*COMMON_NAMES, host, *network)))
    prefix = "network-" if network else ""
    public = folder / f"{prefix}authority.pem"
    secret = folder / f"{prefix}authority-key.pem"
    leaf_file = folder / f"{prefix}{'localhost' if host in COMMON_NAMES else host}.pem"

    authority, leaf = _fresh(secret, now), _fresh(leaf_file, now)
    is_good = bool(authority and leaf and authority.signed(leaf) and set(names) <= set(names_of(leaf.certificate)))
    is_kept = is_good and not anew
    if authority is None:
        authority = new_authority(now, PRIVATE_NETWORKS if network else ())
        write(secret, authority.pem())
    if not is_kept:
        write(leaf_file, new_leaf(authority, names, now).pem())
    if not public.exists() or public.read_bytes() != authority.certificate_pem():
        write(public, authority.certificate_pem(), mode=0o644)
    return DevelopmentCertificate(TlsFiles(leaf_file), public, created=not is_kept)


def _fresh(path: Path, now: datetime) -> "Pair | None":
    from tornado_cli.system.certificates.issue import read_pair

    data = read_private(path)
    pair = read_pair(data) if data else None
    return pair if pair and pair.is_fresh(now) else None
