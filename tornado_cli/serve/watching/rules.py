"""Which folders and files matter to the development server: decided on paths alone."""

import os
import re
from enum import Enum, auto
from typing import TypeAlias

from tornado_cli.records import Record
from tornado_cli.serve.watching.gitignore import IgnoreFile, is_ignored

IgnoreFiles: TypeAlias = tuple[IgnoreFile, ...]
"""The ignore files that are about a folder, the outermost first."""

_IGNORED_FOLDERS = frozenset(
    {
        "__pycache__", "node_modules", "bower_components", "site-packages", "__pypackages__",
        ".git", ".hg", ".svn", ".bzr", ".jj", ".venv", ".tox", ".nox", ".eggs", ".idea", ".vscode", ".vs",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache", ".direnv", ".ipynb_checkpoints",
        ".parcel-cache", ".turbo", ".pnpm-store", ".yarn", ".sass-cache", ".terraform",
    }
)  # fmt: skip
_RESTARTING_NAMES = frozenset({".env", "pyproject.toml"})
_NOISE = re.compile(
    r"""
    \.\#.* | \#.*\# | .*~ | \..*\.sw[a-z] | 4913 | .*___jb_(tmp|old)___  # what Emacs, vim and PyCharm write beside
    | flycheck_.* | .*_flymake\..* | \.goutputstream-.* | .*\.crswap
    | .*\.py[cod] | .*\.log(\.\d+)? | .*\.pid
    | .*\.(db|sqlite3?|db3|s3db)(-(wal|shm|journal))? | .*-journal | .*\.(mdb|ldb|rdb|aof)
    """,
    re.VERBOSE | re.DOTALL,
)


class Change(Enum):
    """What a file's change calls for."""

    NOTHING = auto()
    RESTART = auto()


class Rules(Record, kw_only=True):
    """What counts besides the usual, by what the user has said and the application has read."""

    ignored: IgnoreFile | None = None
    """`--ignore`: stronger than any other word."""
    whole: frozenset[str] = frozenset()
    """Folders in which each file counts, by their real paths."""
    heeds_ignore_files: bool = True
    """Whether what a repository leaves out is left out here, too."""
    named: frozenset[str] = frozenset()
    """Files that count whatever their names are, by their real paths."""

    def skips(self, folder: str, ignore_files: IgnoreFiles) -> bool:
        """Say whether a folder is left out with all that is in it."""
        name = os.path.basename(folder)
        return (
            name in _IGNORED_FOLDERS
            or name.endswith((".egg-info", ".dist-info"))
            or self._is_ignored(folder, ignore_files, is_folder=True)
        )

    def change_of(self, path: str, ignore_files: IgnoreFiles) -> Change:
        """Say what the change of a file calls for.

        Templates and static files need nothing: their caches are off.
        """
        name = path.rpartition(os.sep)[2]
        if path in self.named or name in _RESTARTING_NAMES:
            # Not asked of .gitignore: what is generated, or secret, is read all the same.
            return Change.NOTHING if self._is_ignored(path, (), is_folder=False) else Change.RESTART
        if not _is_module(name) and (not self._is_in_whole(path) or is_noise(name)):
            return Change.NOTHING
        return Change.NOTHING if self._is_ignored(path, ignore_files, is_folder=False) else Change.RESTART

    def _is_ignored(self, path: str, ignore_files: IgnoreFiles, *, is_folder: bool) -> bool:
        verdict = self.ignored.verdict(path, is_folder=is_folder) if self.ignored is not None else None
        if verdict is None:
            return self.heeds_ignore_files and is_ignored(ignore_files, path, is_folder=is_folder)
        return verdict

    def _is_in_whole(self, path: str) -> bool:
        # Most ways to save begin with a hidden file.
        if not self.whole or os.path.basename(path).startswith("."):
            return False
        return any(path.startswith(f"{folder}{os.sep}") for folder in self.whole)


def _is_module(name: str) -> bool:
    return name.endswith(".py") and not name.startswith((".", "#", "flycheck_")) and not name.endswith("_flymake.py")


def is_noise(path: str) -> bool:
    """Say whether a file is one that programs write beside, or for themselves."""
    return _NOISE.fullmatch(os.path.basename(path)) is not None
