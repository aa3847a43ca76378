"""A private folder for keys: used by one process at a time, each file in it complete or absent."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tornado_cli.errors import TcliError


class DevelopmentCertificateError(TcliError):
    """The folder of the development certificates cannot be used."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if there is none, and keep other processes out meanwhile."""
    _check_not_another_home(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check_private(folder, os.fstat(descriptor))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_private(path: Path, *, is_public: bool = False) -> bytes | None:
    """Read a file of ours; nothing if there is none. Only one that holds no key may be open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not is_public:
            _check_private(path, os.fstat(descriptor))
        return file.read()


def write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace a file in one step; only under `locked`."""
    new = path.with_name(f".{path.name}.new")
    # What a process that was killed has left behind may have another mode, or be a link.
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        os.fchmod(descriptor, mode)
    new.replace(path)


def _check_not_another_home(folder: Path) -> None:
    """Refuse as root, under a HOME that sudo has kept, to leave files there that their owner could not use."""
    nearest = next(above for above in (folder, *folder.parents) if above.exists())
    if os.geteuid() == 0 and nearest.stat().st_uid != 0:
        message = f"{nearest} belongs to another user than root, who runs tcli now."
        raise DevelopmentCertificateError(message, hint="Run it without sudo, or set HOME to root's: sudo -H")


def _check_private(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        message = f"{path} belongs to another user, who could change or read the keys in it."
        hint = "Choose another folder: XDG_DATA_HOME=PATH, or give a certificate: --certfile PATH --keyfile PATH"
        raise DevelopmentCertificateError(message, hint=hint)
    if status.st_mode & 0o077:
        mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
        message = f"{path} is open to other users (mode {stat.S_IMODE(status.st_mode):o}); its keys may be known."
        hint = f"Remove it, and what was made to trust it; or, if only you use this machine: chmod {mode} {path}"
        raise DevelopmentCertificateError(message, hint=hint)
