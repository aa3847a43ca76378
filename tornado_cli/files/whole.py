"""Writes a new folder of files: it gets its name in one step, when all is in it."""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from tornado_cli.files.folder import Folder, NewFile
from tornado_cli.files.refusals import CannotWriteError, TargetExistsError
from tornado_cli.files.signals import signals_held


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


def build(parent: Folder, target: Path, files: Sequence[NewFile], check_signals: Callable[[], None]) -> None:
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


def fill(folder: Folder, files: Sequence[NewFile], check_signals: Callable[[], None]) -> None:
    for path in folders_of(files):
        folder.make_folder(str(path))
    for file in files:
        check_signals()
        folder.write(file)
    settle(folder, files)
    check_signals()


def settle(folder: Folder, files: Sequence[NewFile]) -> None:
    """Wait for the disk, which may fail only now: once for all files where the system can, in a tenth of the time."""
    if folder.flush_file_system():
        return
    for path in (*(file.path for file in files), *folders_of(files), PurePosixPath()):
        folder.flush(str(path))


def remove(folder: Folder, files: Sequence[NewFile]) -> None:
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


def give_name(parent: Folder, staging: str, target: Path) -> None:
    try:
        parent.move(staging, target.name)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise TargetExistsError(target) from error
        raise
