"""Decides what becomes of files that are in the way of new ones, in a folder that is there already."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import chain, count
from pathlib import Path, PurePosixPath

from tornado_cli.errors import TcliError
from tornado_cli.files.folder import NewFile
from tornado_cli.files.refusals import kind_of


class Existing(Enum):
    """What becomes of what is there."""

    REFUSED = auto()
    """Nothing is written at all."""
    LEFT = auto()
    """It stays, and its new namesake is not written."""
    SET_ASIDE = auto()
    """It is kept under another name."""


class BlockedError(TcliError):
    """A file has no place: neither leaving nor setting aside what is there would do."""

    def __init__(self, place: Path) -> None:
        super().__init__(
            f"{str(place)!r} is {kind_of(place)}, where the project has something else; nothing was written.",
            hint="Move it away first, or make the project elsewhere.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """How files come into a folder."""

    files: Sequence[NewFile]
    """To be written."""
    left: Sequence[PurePosixPath] = ()
    """What is there, and stays."""
    set_aside: dict[PurePosixPath, str] = field(default_factory=dict)
    """What is there, and the new name of each."""


def arrival(target: Path, files: Sequence[NewFile], existing: Existing) -> Arrival:
    """Look, and touch nothing. What is there with the same content stays in any case."""
    there = {file.path for file in files if is_taken(target, file.path)}
    same = {file.path for file in files if file.path in there and has_content(target / file.path, file.content)}
    left = [file.path for file in files if file.path in (there if existing is Existing.LEFT else same)]
    return Arrival(
        files=[file for file in files if file.path not in left],
        left=left,
        set_aside={path: free_name(target / path) for path in sorted(there.difference(left))},
    )


def is_taken(target: Path, path: PurePosixPath) -> bool:
    """Whether something else than a folder has this name; raises BlockedError where no file can come."""
    for parent in reversed(path.parents):
        mode = mode_of(target / parent)
        if mode is None:
            return False
        if not stat.S_ISDIR(mode):
            raise BlockedError(target / parent)
    mode = mode_of(target / path)
    if mode is not None and stat.S_ISDIR(mode):
        raise BlockedError(target / path)
    return mode is not None


def mode_of(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def has_content(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.read_bytes() == content
    except OSError:
        return False


def free_name(path: Path) -> str:
    """A name beside `path` that nothing has."""
    return next(name for name in names_aside(path.name) if mode_of(path.with_name(name)) is None)


def names_aside(name: str) -> Iterator[str]:
    return chain([f"{name}.orig"], (f"{name}.orig{number}" for number in count(2)))
