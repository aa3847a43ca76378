"""Which files matter to the development server: decided on paths alone."""

import os
from collections.abc import Set as AbstractSet
from enum import Enum, auto

_IGNORED_FOLDERS = frozenset(
    {
        "__pycache__", "node_modules", "bower_components", "site-packages", "__pypackages__",
        ".git", ".hg", ".svn", ".bzr", ".jj", ".venv", ".tox", ".nox", ".eggs", ".idea", ".vscode",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache", ".direnv",
    }
)  # fmt: skip
_RESTARTING_NAMES = frozenset({".env", "pyproject.toml"})


class Change(Enum):
    """What a file's change calls for."""

    NOTHING = auto()
    RESTART = auto()


def is_ignored_folder(name: str, *, is_environment: bool) -> bool:
    """Say whether a folder is left out with all that is in it; `is_environment` is that it holds a pyvenv.cfg."""
    return is_environment or name in _IGNORED_FOLDERS or name.endswith((".egg-info", ".dist-info"))


def change_of(path: str, watched: AbstractSet[str]) -> Change:
    """Say what the change of a file calls for; `watched` are files that the application named to Tornado.

    Templates and static files need nothing: their caches are off.
    """
    name = os.path.basename(path)
    if path in watched or name in _RESTARTING_NAMES:
        return Change.RESTART
    # Editors' lock files and backups: .#main.py, #main.py#, main.py~, .main.py.swp.
    if name.endswith(".py") and not name.startswith((".", "#")):
        return Change.RESTART
    return Change.NOTHING
