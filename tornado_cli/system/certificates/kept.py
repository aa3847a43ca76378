"""The development certificates that are kept: listed, renewed, removed."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from tornado_cli.errors import UsageError
from tornado_cli.records import Record
from tornado_cli.system.addresses import is_loopback, plain_host
from tornado_cli.system.certificates.development import (
    COMMON_NAMES,
    DevelopmentCertificate,
    certificate_folder,
    development_certificate,
    vouches_for,
)
from tornado_cli.system.certificates.folder import DevelopmentCertificateError, locked, read_private
from tornado_cli.system.tls import names_of

AUTHORITIES: Final = ("authority", "network-authority")
"""That of this machine, and that which vouches for private networks, too; each NAME.pem and NAME-key.pem."""

_NETWORK: Final = "network-"


class Kept(Record):
    """A certificate in the folder; `names` are those it is for, none for an authority."""

    path: Path
    names: tuple[str, ...]
    ends: datetime

    @property
    def is_authority(self) -> bool:
        return self.path.stem in AUTHORITIES


def made_for(hosts: Sequence[str], environ: Mapping[str, str] = os.environ) -> list[DevelopmentCertificate]:
    """Return certificates for hosts of this machine, and one for all addresses of private networks among them.

    Raises UsageError for any other host, before one is made.
    """
    addresses = [plain_host(host) for host in hosts if vouches_for(host)]
    local = [host for host in hosts if not vouches_for(host)]
    for host in local:
        if not is_loopback(host):
            raise UsageError(
                f"There is no development certificate for {host}: it could be anybody's.",
                hint="Names are localhost and those that end with .localhost; addresses those of private networks.",
            )
    made = [development_certificate(host, environ=environ) for host in local]
    if addresses:
        # Those that it is for already stay.
        before = [name for one in kept(environ) if _is_for_network(one) for name in _own_names(one)]
        network = list(dict.fromkeys([*before, *addresses]))
        made.append(development_certificate(COMMON_NAMES[0], network=network, environ=environ))
    return made


def kept(environ: Mapping[str, str] = os.environ) -> list[Kept]:
    """Return what is there and can be read: authorities first."""
    folder = certificate_folder(environ)
    if not folder.is_dir():
        return []
    with locked(folder):
        found = [one for path in sorted(folder.glob("*.pem")) if (one := _kept(path)) is not None]
    return sorted(found, key=lambda one: not one.is_authority)


def authorities(*, made: bool = False, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the authorities that are there; with `made`, that of this machine is made when there is none."""
    if made and not any(one.is_authority for one in kept(environ)):
        made_for([COMMON_NAMES[0]], environ)
    return [one.path for one in kept(environ) if one.is_authority]


def authorities_ever(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the authorities that are there; where none is, all that may have been: they may still be trusted."""
    folder = certificate_folder(environ)
    return authorities(environ=environ) or [folder / f"{name}.pem" for name in AUTHORITIES]


def authorities_if_any(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the authorities that are there, for somebody to whom a folder that cannot be used is nothing."""
    try:
        return authorities(environ=environ)
    except DevelopmentCertificateError:
        return []


def renew(
    hosts: Collection[str], *, with_authorities: bool = False, environ: Mapping[str, str] = os.environ
) -> list[DevelopmentCertificate]:
    """Make certificates anew, of all or of these hosts; new authorities have to be trusted anew."""
    leaves = _chosen(hosts, environ)
    if with_authorities:
        _unlink(certificate_folder(environ), [f"{name}{end}" for name in AUTHORITIES for end in (".pem", "-key.pem")])
    made: list[DevelopmentCertificate] = []
    for leaf in leaves:
        network = list(_own_names(leaf)) if _is_for_network(leaf) else []
        host = leaf.path.stem.removeprefix(_NETWORK)
        made.append(development_certificate(host, network=network, anew=True, environ=environ))
    return made


def remove(hosts: Collection[str], environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Remove the certificates of these hosts; with none, all, and the authorities. Return what was removed."""
    folder = certificate_folder(environ)
    if not folder.is_dir():
        return []
    if hosts:
        return _unlink(folder, [leaf.path.name for leaf in _chosen(hosts, environ)])
    removed = _unlink(folder, [path.name for path in sorted(folder.iterdir()) if path.suffix in {".pem", ".new"}])
    with suppress(OSError):  # Somebody has put something else there.
        folder.rmdir()
    return removed


def _chosen(hosts: Collection[str], environ: Mapping[str, str]) -> list[Kept]:
    """Return the leaves that are for these hosts, or all. Raises UsageError for a host that none is for."""
    leaves = [one for one in kept(environ) if not one.is_authority]
    chosen = [leaf for leaf in leaves if not hosts or any(_was_made_for(leaf, host) for host in hosts)]
    missing = [host for host in hosts if not any(_was_made_for(leaf, host) for leaf in leaves)]
    if missing:
        raise UsageError(
            f"There is no certificate for {', '.join(missing)}.", hint="See those that are: tcli cert list"
        )
    return chosen


def _was_made_for(leaf: Kept, host: str) -> bool:
    return plain_host(host) in _own_names(leaf)


def _own_names(leaf: Kept) -> Collection[str]:
    """Return by which names it was asked for, and not those that all of them have."""
    if _is_for_network(leaf):
        return [name for name in leaf.names if vouches_for(name)]
    return COMMON_NAMES if leaf.path.stem in COMMON_NAMES else [leaf.path.stem]


def _is_for_network(one: Kept) -> bool:
    return one.path.stem.startswith(_NETWORK) and not one.is_authority


def _kept(path: Path) -> Kept | None:
    from tornado_cli.system.certificates.issue import read_certificate

    if path.stem.endswith("-key"):
        return None
    certificate = read_certificate(read_private(path, is_public=path.stem in AUTHORITIES) or b"")
    return None if certificate is None else Kept(path, names_of(certificate), certificate.not_valid_after_utc)


def _unlink(folder: Path, names: Iterable[str]) -> list[Path]:
    with locked(folder):
        present = [folder / name for name in names if (folder / name).exists()]
        for path in present:
            path.unlink()
    return present
