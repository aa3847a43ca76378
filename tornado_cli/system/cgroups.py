"""The control groups that this process is in, in both versions of them: where to read what they allow."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

PROC_SELF: Final = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """One group of a hierarchy."""

    folder: Path
    is_version_1: bool

    def text(self, name: str) -> str:
        """Return what a file of the group says; nothing where there is none."""
        try:
            return (self.folder / name).read_text().strip()
        except OSError:
            return ""

    def number(self, name: str) -> int | None:
        """Return the number in a file of the group; None for `max` and where there is none."""
        text = self.text(name)
        return int(text) if text.isdecimal() else None

    def counts(self, name: str) -> dict[str, int]:
        """Return the numbers of a file of the group that has one a line, each behind its name."""
        words = [line.split() for line in self.text(name).splitlines()]
        return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}  # noqa: PLR2004 - a pair.


@dataclass(frozen=True, slots=True)
class _Mount:
    """A hierarchy: the part of it that begins at `root` is seen at `point`."""

    root: PurePosixPath
    point: Path


def control_groups(controller: str, proc_self: Path = PROC_SELF) -> list[ControlGroup]:
    """Return the group that this controller has put the process into, then those around it.

    They are given as far up as they can be seen from here. Where both versions are in use those of version 1 come
    first; a group in which the controller is not active has no files of it.
    """
    try:
        memberships, mounts = (_lines(proc_self / name) for name in ("cgroup", "mountinfo"))
    except OSError:
        return []
    groups: list[ControlGroup] = []
    for membership in memberships:
        _, controllers, path = membership.split(":", 2)
        if controllers == "":
            folders = _folders(PurePosixPath(path), _mounts(mounts, "cgroup2"))
            groups += [ControlGroup(folder, is_version_1=False) for folder in folders]
        elif controller in controllers.split(","):
            folders = _folders(PurePosixPath(path), _mounts(mounts, "cgroup", option=controller))
            groups += [ControlGroup(folder, is_version_1=True) for folder in folders]
    return groups


def _lines(file: Path) -> list[str]:
    # Names of folders are bytes.
    return file.read_text(errors="surrogateescape").splitlines()


def _mounts(lines: list[str], kind: str, option: str = "") -> Iterator[_Mount]:
    for line in lines:
        before, _, after = line.partition(" - ")
        columns, (found_kind, _, options) = before.split(), after.split(" ", 2)
        if found_kind == kind and (not option or option in options.split(",")):
            yield _Mount(PurePosixPath(_unescaped(columns[3])), Path(_unescaped(columns[4])))


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def _folders(path: PurePosixPath, mounts: Iterator[_Mount]) -> Iterator[Path]:
    """Give the folder of a group and of each one around it."""
    for mount in mounts:
        # In a container the path may be told from a root that is not mounted here; then its own group is the top.
        inside = path.relative_to(mount.root) if path.is_relative_to(mount.root) else PurePosixPath()
        for group in (inside, *inside.parents):
            if ".." not in group.parts:
                yield mount.point / group
