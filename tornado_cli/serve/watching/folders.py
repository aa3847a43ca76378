"""A folder as it is found: the files in it that count, by what tells one content from another, and where to go on."""

import os
import stat
import zlib
from collections.abc import Iterator
from typing import TypeAlias

from tornado_cli.records import Record
from tornado_cli.serve.watching.gitignore import parse_ignore_file
from tornado_cli.serve.watching.rules import Change, IgnoreFiles, Rules

Signature: TypeAlias = tuple[int, ...]
"""Of a file: both of its times in nanoseconds, its size and its inode; `touch -r` cannot set the second time."""
_SECOND = 10**9
_MOST_READ = 1 << 20
"""Bytes of a file that is read to be told from another of the same second."""
IGNORE_FILE = ".gitignore"


class Folder(Record):
    """What was found in a folder."""

    outer: IgnoreFiles
    """Ignore files of the folders above."""
    ignore_files: IgnoreFiles
    files: dict[str, Signature]
    """The files that count, by name; also links to folders: another target is another content."""
    inside: tuple[str, ...]
    linked: tuple[str, ...]
    """Where links to packages lead, really."""


def read_folder(path: str, outer: IgnoreFiles, rules: Rules) -> Folder:
    """Look into a folder; raises OSError."""
    with os.scandir(path) as entries:
        found = list(entries)
    ignore_files = _with_own(path, outer, {entry.name for entry in found})
    folder = Folder(outer, ignore_files, {}, *_folders_in(found, ignore_files, rules))
    for entry in found:
        if _counts(entry, ignore_files, rules) and (signature := _signature_of_entry(entry)) is not None:
            folder.files[entry.name] = signature
    return folder


def signature_of(path: str) -> Signature | None:
    """Return what tells a file's content from what it was before; None where there is no such file.

    A link is what it leads to; but a link to a folder, or to nothing, is itself.
    """
    try:
        is_itself = os.path.islink(path) and not os.path.isfile(path)
        return signature_by(path, os.lstat(path) if is_itself else os.stat(path))
    except OSError:
        return None


def changed_at(path: str) -> int:
    """Return when a file was written or put there, in nanoseconds since the epoch; 0 where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return max(found.st_mtime_ns, found.st_ctime_ns)


def _signature_of_entry(entry: os.DirEntry[str]) -> Signature | None:
    """One call to the system for a file: thousands are looked at."""
    if entry.is_symlink():
        return signature_of(entry.path)
    try:
        return signature_by(entry.path, entry.stat(follow_symlinks=False))
    except OSError:
        return None


def signature_by(path: str, found: os.stat_result) -> Signature:
    """Return the signature; raises OSError."""
    known = found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
    # A file system that keeps whole seconds: two saves of one size may look the same.
    if found.st_ctime_ns % _SECOND == 0 and stat.S_ISREG(found.st_mode) and found.st_size <= _MOST_READ:
        with open(path, "rb") as file:
            return (*known, zlib.crc32(file.read()))
    return known


def is_link_to_folder(path: str) -> bool:
    """Say whether a link may stand for a package, or a release; a hidden one is on its way to another name."""
    return not os.path.basename(path).startswith(".") and os.path.islink(path) and os.path.isdir(path)


def is_environment(folder: str) -> bool:
    """Say whether somebody has installed a Python, or Conda, there."""
    return os.path.exists(os.path.join(folder, "pyvenv.cfg")) or os.path.exists(os.path.join(folder, "conda-meta"))


def ignore_files_above(folder: str) -> IgnoreFiles:
    """Return the ignore files, of the folders above, of the repository that a folder is in."""
    if os.path.exists(os.path.join(folder, ".git")):
        return ()
    above: list[str] = []
    for parent in _parents(folder):
        above.insert(0, parent)
        if os.path.exists(os.path.join(parent, ".git")):
            break
    else:
        return ()
    files: IgnoreFiles = ()
    rules = Rules()
    for outer, inner in zip(above, [*above[1:], folder], strict=True):
        files = _with_own(outer, files, {name for name in (".git", IGNORE_FILE) if _has(outer, name)})
        if rules.skips(inner, files):
            # Whoever works in an ignored folder does not mean what ignored it.
            return ()
    return files


def _folders_in(
    entries: list[os.DirEntry[str]], ignore_files: IgnoreFiles, rules: Rules
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    inside = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    # Other links may lead to data without end, or to the root; where modules are imported from is watched anyway.
    linked = [entry.path for entry in entries if entry.is_symlink() and _has(entry.path, "__init__.py")]
    return (
        tuple(path for path in inside if not rules.skips(path, ignore_files) and not is_environment(path)),
        tuple(os.path.realpath(path) for path in linked if not rules.skips(path, ignore_files)),
    )


def _counts(entry: os.DirEntry[str], ignore_files: IgnoreFiles, rules: Rules) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return False
    if entry.is_symlink() and is_link_to_folder(entry.path):
        return not rules.skips(entry.path, ignore_files)
    return rules.change_of(entry.path, ignore_files) is not Change.NOTHING


def _with_own(folder: str, outer: IgnoreFiles, names: set[str]) -> IgnoreFiles:
    """Add what the folder itself says; a repository inside another one is no business of that one."""
    files = outer
    if ".git" in names:
        files = _with(os.path.join(folder, ".git", "info", "exclude"), folder, ())
    return _with(os.path.join(folder, IGNORE_FILE), folder, files) if IGNORE_FILE in names else files


def _with(path: str, folder: str, files: IgnoreFiles) -> IgnoreFiles:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return (*files, parse_ignore_file(folder, file.read()))
    except OSError:
        return files


def _parents(path: str) -> Iterator[str]:
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent


def _has(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name))
