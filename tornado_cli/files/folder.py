"""A folder held open, and what can be done in it without being led elsewhere."""

import errno
import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

HAS_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
FOLDER: int = getattr(os, "O_DIRECTORY", 0) | NO_FOLLOW
NEW_FILE: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | getattr(os, "O_BINARY", 0)
# The function and its flag that rename and never replace: plain rename(2) silently replaces an empty folder.
RENAME_NEW = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFile:
    path: PurePosixPath
    content: bytes
    mode: int = 0o644
    """As asked of the system, which takes the umask from it."""


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
        os.mkdir(self.at(name), dir_fd=self.descriptor)

    def remove_folder(self, name: str) -> None:
        os.rmdir(self.at(name), dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        os.unlink(self.at(name), dir_fd=self.descriptor)

    def write(self, file: NewFile) -> None:
        descriptor = os.open(self.at(str(file.path)), NEW_FILE, file.mode, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content)

    def flush(self, name: str = ".") -> None:
        """Have a file, or the names in a folder, on the disk."""
        if self.descriptor is None:
            return
        descriptor = os.open(name, os.O_RDONLY | NO_FOLLOW, dir_fd=self.descriptor)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def flush_file_system(self) -> bool:
        """Have all of it on the disk, in one wait for all files; False where the system cannot."""
        if self.descriptor is None or sys.platform != "linux":
            return False
        import ctypes

        flush = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if flush is None:
            return False
        if flush(self.descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return True

    def move(self, old: str, new: str, source: "Folder | None" = None) -> None:
        """Move `old`, of `source` or else of this folder, to `new`; raises OSError rather than replace anything."""
        source = source or self
        if self._moved_at_once(old, new, source):
            return
        # Not on this file system. At worst this replaces what came in the last microsecond.
        if os.path.lexists(self.path / new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(source.at(old), self.at(new), src_dir_fd=source.descriptor, dst_dir_fd=self.descriptor)

    def _moved_at_once(self, old: str, new: str, source: "Folder") -> bool:
        """Move if `new` is free, as one step of the kernel; False where system or file system cannot."""
        if self.descriptor is None or sys.platform not in RENAME_NEW:
            return False
        import ctypes

        function, flag = RENAME_NEW[sys.platform]
        rename = getattr(ctypes.CDLL(None, use_errno=True), function, None)
        if rename is None:
            return False
        if rename(source.descriptor, os.fsencode(old), self.descriptor, os.fsencode(new), flag) == 0:
            return True
        code = ctypes.get_errno()
        if code in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
            return False
        raise OSError(code, os.strerror(code), new)

    def at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)
