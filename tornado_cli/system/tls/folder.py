"""A folder of certificates: which files in it belong together (docs/tls.md tells users)."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tornado_cli.records import Record
from tornado_cli.system.tls.pem import TlsError

CERTIFICATES: Final = (".crt", ".pem")
KEY: Final = ".key"
# As certbot, Kubernetes and many by hand call them, in a folder for each certificate.
KNOWN_PAIRS: Final = (("fullchain.pem", "privkey.pem"), ("tls.crt", "tls.key"), ("cert.pem", "key.pem"))


class PairFiles(Record):
    """A certificate, and its key when that is in a file of its own; paths within the folder."""

    certificate: str
    key: str | None


def pairs_in(folder: Path, option: str) -> dict[str, PairFiles]:
    """Return the pairs of a folder, by name and in order of their names.

    Raises TlsError for a folder that cannot be read or holds no pair.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names are wanted.
        inside = {name: sorted(os.listdir(folder / name)) for name in names if (folder / name).is_dir()}  # noqa: PTH208
    except OSError as error:
        hint = f"Give {option} a folder that may be read."
        raise TlsError(f"{option}: {error.filename} cannot be read ({error.strerror}).", hint=hint) from None
    found = dict(pairs_of([name for name in names if name not in inside], inside.items()))
    if not found:
        hint = "It wants NAME.crt (or NAME.pem) with NAME.key, or a folder NAME with such a pair in it."
        raise TlsError(f"{option}: {folder} holds no certificate.", hint=hint)
    return dict(sorted(found.items(), key=lambda one: (one[0] != "default", one[0])))


def pairs_of(files: Sequence[str], folders: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, PairFiles]]:
    """Return what belongs together among the names of files, and of files in folders."""
    yield from _by_name(files)
    for folder, names in folders:
        known = next((pair for pair in KNOWN_PAIRS if set(pair) <= set(names)), None)
        if known is not None:
            yield folder, PairFiles(f"{folder}/{known[0]}", f"{folder}/{known[1]}")
            continue
        for name, pair in _by_name(names):
            key = None if pair.key is None else f"{folder}/{pair.key}"
            yield f"{folder}/{name}", PairFiles(f"{folder}/{pair.certificate}", key)


def _by_name(names: Sequence[str]) -> Iterator[tuple[str, PairFiles]]:
    """Yield NAME.crt or NAME.pem, with NAME.key where there is one."""
    taken: set[str] = set()
    for suffix in CERTIFICATES:
        for name in names:
            stem = name.removesuffix(suffix)
            if name == stem or name.startswith(".") or stem in taken:
                continue
            taken.add(stem)
            yield stem, PairFiles(name, f"{stem}{KEY}" if f"{stem}{KEY}" in names else None)
