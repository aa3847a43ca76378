"""PEM files as users name them: read without ever waiting, each mistake told apart."""

import os
import re
import shlex
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tornado_cli.errors import UsageError

# Far more than any chain; a log file named by mistake is not read into memory.
LARGEST_FILE: Final = 1024 * 1024

PEM_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)


class TlsError(UsageError):
    """A certificate, key or password file cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class TlsFile:
    """What a file named on the command line holds."""

    path: Path
    option: str
    mode: int
    data: bytes = field(repr=False)

    def blocks(self) -> list[tuple[str, bytes]]:
        """Return each PEM block with its label, as in BEGIN label."""
        return [(match[1].decode(), match[0]) for match in PEM_BLOCK.finditer(self.data)]

    @property
    def other_readers(self) -> str:
        """Who may read it besides its owner, in words; nothing where nobody may."""
        if self.mode & stat.S_IROTH:
            return "everyone"
        return "its group" if self.mode & stat.S_IRGRP else ""

    def found(self) -> str:
        """Say what is in the file, for messages."""
        return ", ".join(label for label, _ in self.blocks())


def read_pem(path: Path, option: str) -> TlsFile:
    """Read a file that must hold PEM blocks."""
    file = read_file(path, option)
    if not file.blocks():
        raise TlsError(f"{option}: {path} is not PEM.", hint=_conversion(file))
    return file


def read_file(path: Path, option: str) -> TlsFile:
    """Read a regular file that is not empty."""
    descriptor = _open(path, option)
    try:
        status = os.fstat(descriptor)
        _check_kind(path, option, status.st_mode)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise TlsError(f"{option}: {path} cannot be read ({error.strerror}).") from None
    finally:
        os.close(descriptor)
    _check_size(path, option, data)
    return TlsFile(path, option, status.st_mode, data)


def _open(path: Path, option: str) -> int:
    try:
        # Non-blocking: opening a FIFO that nobody writes to would wait for ever.
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        hint = f"Give {option} the path of an existing file."
        raise TlsError(f"{option}: there is no file {path}.", hint=hint) from None
    except OSError as error:
        hint = "Check its owner and mode, and those of its folders, or start as a user who may read it."
        raise TlsError(f"{option}: {path} cannot be read ({error.strerror}).", hint=hint) from None


def _check_kind(path: Path, option: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise TlsError(f"{option}: {path} is a directory.", hint=f"Name a file in it: {option} {path}/...")
    if not stat.S_ISREG(mode):
        raise TlsError(f"{option}: {path} is not a regular file.", hint="Pipes and devices are not read: use a file.")


def _check_size(path: Path, option: str, data: bytes) -> None:
    if not data.strip():
        raise TlsError(f"{option}: {path} is empty.", hint="Was it written completely? Copy it again.")
    if len(data) > LARGEST_FILE:
        raise TlsError(f"{option}: {path} is larger than any certificate or key.", hint="Is it the right file?")


def _conversion(file: TlsFile) -> str:
    target = f"-in {shlex.quote(str(file.path))} -out {shlex.quote(file.path.stem)}.pem"
    if file.path.suffix.lower() in {".p12", ".pfx"}:
        return f"Convert it: openssl pkcs12 -nodes {target}"
    if file.data.startswith(b"\x30"):  # DER begins with a SEQUENCE.
        command = "pkey" if file.option == "--keyfile" or file.path.suffix == ".key" else "x509"
        return f"It looks like DER; convert it: openssl {command} -inform DER {target}"
    return "It must hold lines like -----BEGIN CERTIFICATE-----."
