"""Writes a folder of files so that it is there whole or not at all, and nothing that exists is touched."""

import errno
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from tornado_cli.errors import TcliError

HAS_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
FOLDER: int = getattr(os, "O_DIRECTORY", 0) | NO_FOLLOW
NEW_FILE: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | getattr(os, "O_BINARY", 0)
# The function and its flag that rename and never replace: plain rename(2) silently replaces an empty folder.
RENAME_NEW = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}


class TargetExistsError(TcliError):
    """Something has this name already; whatever it is, it stays."""

    def __init__(self, target: Path) -> None:
        super().__init__(
            f"{str(target)!r} exists already ({kind_of(target)}); it was not touched.",
            hint="Choose another name, or move it away first.",
        )


class CannotWriteError(TcliError):
    """The disk or its permissions said no; nothing was left behind."""

    def __init__(self, target: Path, error: OSError) -> None:
        super().__init__(
            f"Cannot write {str(target)!r}: {error.strerror}. Nothing was left behind.",
            hint="Choose another place, or see to room and permissions in this one.",
        )


class StoppedError(TcliError):
    """A signal came while files were written; nothing was left behind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFile:
    path: PurePosixPath
    content: bytes
    mode: int = 0o644
    """As asked of the system, which takes the umask from it."""


def write_folder(target: Path, files: Sequence[NewFile]) -> None:
    """Write `files` beside `target` and give the folder its name in one step.

    Errors, INT, TERM and HUP leave nothing. A kill can leave a hidden `.NAME.tcli-…`, never a part of `target`.
    """
    if os.path.lexists(target):
        raise TargetExistsError(target)
    try:
        with signals_held() as check_signals, Folder(target.parent) as parent:
            build(parent, target, files, check_signals)
    except OSError as error:
        raise CannotWriteError(target, error) from error


def build(parent: "Folder", target: Path, files: Sequence[NewFile], check_signals: Callable[[], None]) -> None:
    staging = f".{target.name}.tcli-{os.urandom(4).hex()}"
    parent.make_folder(staging)
    try:
        with Folder(parent.path / staging, parent) as folder:
            try:
                fill(folder, files, check_signals)
                give_name(parent, staging, target)
            except BaseException:
                remove(folder, files)
                raise
    except BaseException:
        with suppress(OSError):
            parent.remove_folder(staging)
        raise
    with suppress(OSError):  # The project is there; that its name outlives a power cut is the disk's affair now.
        parent.flush()


def fill(folder: "Folder", files: Sequence[NewFile], check_signals: Callable[[], None]) -> None:
    for path in folders_of(files):
        folder.make_folder(str(path))
    for file in files:
        check_signals()
        folder.write(file)
    for path in folders_of(files):
        folder.flush(str(path))
    folder.flush()
    check_signals()


def remove(folder: "Folder", files: Sequence[NewFile]) -> None:
    """Remove what `fill` made, and only that."""
    for file in files:
        with suppress(OSError):
            folder.remove(str(file.path))
    for path in reversed(folders_of(files)):
        with suppress(OSError):
            folder.remove_folder(str(path))


def folders_of(files: Sequence[NewFile]) -> list[PurePosixPath]:
    """Outer folders first."""
    return sorted({parent for file in files for parent in file.path.parents} - {PurePosixPath()})


def give_name(parent: "Folder", staging: str, target: Path) -> None:
    try:
        if not parent.rename_new(staging, target.name):
            # Not on this file system. At worst this replaces an empty folder of the last microsecond: nothing is lost.
            if os.path.lexists(target):
                raise TargetExistsError(target)
            parent.rename(staging, target.name)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise TargetExistsError(target) from error
        raise


class Folder:
    """A folder held open: who swaps a name on the way for a link does not lead us elsewhere."""

    def __init__(self, path: Path, parent: "Folder | None" = None) -> None:
        self.path = path
        self.descriptor: int | None = None
        self._parent = parent

    def __enter__(self) -> Self:
        if not HAS_DESCRIPTORS:
            return self
        if self._parent is None:
            self.descriptor = os.open(self.path, FOLDER & ~NO_FOLLOW)
        else:
            self.descriptor = os.open(self.path.name, FOLDER, dir_fd=self._parent.descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)

    def make_folder(self, name: str) -> None:
        os.mkdir(self._at(name), dir_fd=self.descriptor)

    def remove_folder(self, name: str) -> None:
        os.rmdir(self._at(name), dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self.descriptor)

    def write(self, file: NewFile) -> None:
        descriptor = os.open(self._at(str(file.path)), NEW_FILE, file.mode, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content)
            stream.flush()
            os.fsync(descriptor)

    def flush(self, name: str = ".") -> None:
        """Make the names inside durable, not only the contents."""
        if self.descriptor is None:
            return
        descriptor = os.open(name, FOLDER, dir_fd=self.descriptor)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, old: str, new: str) -> None:
        os.rename(self._at(old), self._at(new), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def rename_new(self, old: str, new: str) -> bool:
        """Rename if `new` is free, as one step of the kernel; False where system or file system cannot."""
        if self.descriptor is None or sys.platform not in RENAME_NEW:
            return False
        import ctypes

        function, flag = RENAME_NEW[sys.platform]
        rename = getattr(ctypes.CDLL(None, use_errno=True), function, None)
        if rename is None:
            return False
        if rename(self.descriptor, os.fsencode(old), self.descriptor, os.fsencode(new), flag) == 0:
            return True
        code = ctypes.get_errno()
        if code in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
            return False
        raise OSError(code, os.strerror(code), new)

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)


@contextmanager
def signals_held() -> Iterator[Callable[[], None]]:
    """Keep INT, TERM and HUP waiting until the end; the check that is yielded raises when one has come."""
    if not hasattr(signal, "pthread_sigmask"):
        yield lambda: None
        return
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    held = {number for number in heard if signal.getsignal(number) is not signal.SIG_IGN}

    def check() -> None:
        if signal.sigpending() & held:
            raise StoppedError("Stopped by a signal; nothing was left behind.")

    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield check
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def kind_of(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return "it did a moment ago"
    kinds = [(stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISREG, "a file")]
    return next((kind for is_kind, kind in kinds if is_kind(mode)), "something special")
