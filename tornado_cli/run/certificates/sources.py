"""Where certificates come from: files that others may change at any time."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tornado_cli.records import Record
from tornado_cli.run.certificates.policy import Stamp
from tornado_cli.system.tls.authorities import Authorities, read_authorities
from tornado_cli.system.tls.credentials import Credentials, TlsFiles, read_credentials
from tornado_cli.system.tls.folder import pairs_in
from tornado_cli.system.tls.pem import TlsError

Held = Credentials | Authorities
CERT_DIR = "--cert-dir"


class Source(Protocol):
    def stamp(self) -> Stamp:
        """Look at the files; never raises."""

    def read(self, now: datetime) -> Held:
        """Read and judge; raises TlsError for what cannot be served."""


class PairSource(Record):
    files: TlsFiles

    def stamp(self) -> Stamp:
        return _stamp_of(self.files.certfile, self.files.keyfile, self.files.password_file)

    def read(self, now: datetime) -> Credentials:
        return read_credentials(self.files, now=now)


class AuthoritiesSource(Record):
    path: Path

    def stamp(self) -> Stamp:
        return _stamp_of(self.path)

    def read(self, now: datetime) -> Authorities:
        return read_authorities(self.path, now=now)


class FaultyFolder(Record):
    """A folder in which no certificates can be looked for."""

    fault: TlsError

    def stamp(self) -> Stamp:
        return (str(self.fault),)

    def read(self, now: datetime) -> Held:
        del now
        raise self.fault


class Listing(Record):
    """What there is at one look, by the paths that people know it by; the first pair is the default one."""

    sources: Mapping[str, Source]
    is_complete: bool
    """False when the folder cannot be read: then what is missing has not gone."""


class Sources(Record, kw_only=True):
    files: TlsFiles | None
    folder: Path | None
    password_file: Path | None
    authorities: Path | None

    def look(self) -> Listing:
        """Return what there is now; only the folder is read."""
        found: dict[str, Source] = {}
        is_complete = True
        if self.files is not None:
            found[str(self.files.certfile)] = PairSource(self.files)
        if self.folder is not None:
            try:
                found.update(self._in_folder(self.folder))
            except TlsError as fault:
                found[str(self.folder)] = FaultyFolder(fault)
                is_complete = False
        if self.authorities is not None:
            # The file may hold the served certificate as well.
            found[f"--ca-file {self.authorities}"] = AuthoritiesSource(self.authorities)
        return Listing(found, is_complete)

    def _in_folder(self, folder: Path) -> Iterator[tuple[str, Source]]:
        for pair in pairs_in(folder, CERT_DIR).values():
            keyfile = None if pair.key is None else folder / pair.key
            certfile = folder / pair.certificate
            yield str(certfile), PairSource(TlsFiles(certfile, keyfile, self.password_file, CERT_DIR))


def read_all(sources: Mapping[str, Source], now: datetime) -> dict[str, Held]:
    """Read everything; raises a TlsError that tells of all that cannot be served."""
    held: dict[str, Held] = {}
    faults: list[TlsError] = []
    for name, source in sources.items():
        try:
            held[name] = source.read(now)
        except TlsError as fault:
            faults.append(fault)
    if faults:
        raise _all_of(faults)
    return held


def _all_of(faults: Sequence[TlsError]) -> TlsError:
    if len(faults) == 1:
        return faults[0]
    return TlsError("\n".join(map(str, faults)), hint="\n".join(dict.fromkeys(one.hint for one in faults if one.hint)))


def _stamp_of(*paths: Path | None) -> Stamp:
    return tuple(_file_stamp(path) for path in paths if path is not None)


def _file_stamp(path: Path) -> Stamp:
    """Follow links: one that is swapped leads to another file."""
    with contextlib.suppress(OSError):
        status = os.stat(path)  # noqa: PTH116 - once a second for each file.
        # Times of content may be set to what they were; that of the change itself not.
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return ()
