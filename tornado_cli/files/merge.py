"""Writes files into a folder that is there: all of them, or, after an error or a signal, none."""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath

from tornado_cli.files.folder import Folder
from tornado_cli.files.obstacles import Arrival
from tornado_cli.files.refusals import CannotWriteError
from tornado_cli.files.signals import signals_held
from tornado_cli.files.whole import fill, folders_of, remove


def write_into(target: Path, arrival: Arrival) -> None:
    """Write beside, inside `target`, then move each file to its place; no link is followed below `target`.

    A kill can leave a hidden `.tcli-…` and a part of the files; what was there is there, or beside as `.orig`.
    """
    try:
        with signals_held() as check_signals, ExitStack() as opened:
            parent = opened.enter_context(Folder(target.parent))
            folder = opened.enter_context(Folder(target, parent))
            move_in(folder, arrival, opened, check_signals)
    except OSError as error:
        raise CannotWriteError(target, error) from error


def move_in(folder: Folder, arrival: Arrival, opened: ExitStack, check_signals: Callable[[], None]) -> None:
    staging_name = f".tcli-{os.urandom(4).hex()}"
    folder.make_folder(staging_name)
    try:
        with Folder(folder.path / staging_name, folder) as staging, ExitStack() as undone:
            undone_also(undone, remove, staging, arrival.files)
            fill(staging, arrival.files, check_signals)
            place(staging, places(folder, arrival, opened, undone), arrival, undone, check_signals)
            undone.pop_all()
            remove(staging, arrival.files)
    finally:
        with suppress(OSError):
            folder.remove_folder(staging_name)


def undone_also(undone: ExitStack, undo: Callable[..., None], *arguments: object) -> None:
    """Have `undo` called after an error; one that fails itself keeps no other from being called."""

    def quietly() -> None:
        with suppress(OSError):
            undo(*arguments)

    undone.callback(quietly)


def places(folder: Folder, arrival: Arrival, opened: ExitStack, undone: ExitStack) -> dict[PurePosixPath, Folder]:
    """Every folder that gets files, made where it is missing, and held open."""
    found = {PurePosixPath(): folder}
    for path in folders_of(arrival.files):
        parent = found[path.parent]
        with suppress(FileExistsError):
            parent.make_folder(path.name)
            undone_also(undone, parent.remove_folder, path.name)
        found[path] = opened.enter_context(Folder(parent.path / path.name, parent))
    return found


def place(
    staging: Folder,
    found: dict[PurePosixPath, Folder],
    arrival: Arrival,
    undone: ExitStack,
    check_signals: Callable[[], None],
) -> None:
    for file in arrival.files:
        check_signals()
        folder, name = found[file.path.parent], file.path.name
        aside = arrival.set_aside.get(file.path)
        if aside is not None:
            folder.move(name, aside)
            undone_also(undone, folder.move, aside, name)
        folder.move(str(file.path), name, staging)
        undone_also(undone, folder.remove, name)
    for folder in found.values():
        folder.flush()
