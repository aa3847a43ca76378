"""What is watched, by the settings and by where the application lies."""

import os
from collections.abc import Iterable
from pathlib import Path

from tornado_cli.config.serve import ServeConfig
from tornado_cli.errors import UsageError
from tornado_cli.serve.watching.gitignore import IgnoreFile, parse_ignore_file
from tornado_cli.serve.watching.ground import Ground
from tornado_cli.serve.watching.rules import Rules

_TEMPORARY = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - nothing is put there.


def ground_of(config: ServeConfig, home: Path, search_path: Iterable[str], also: Iterable[str]) -> Ground:
    """Return the ground for an application that is imported from `search_path`; `home` is the working directory.

    `also` are files that count, whatever they are called. Raises UsageError for something to watch that is not there.
    """
    named: list[str] = [os.path.realpath(home / path) for path in config.watch]
    for path, given in zip(named, config.watch, strict=True):
        if not os.path.exists(path):
            raise UsageError(f"There is nothing to watch at {given}.", hint="--watch takes a file or a folder.")
    folders = [path for path in named if os.path.isdir(path)]
    files = [path for path in named if not os.path.isdir(path)] + [os.path.realpath(path) for path in also]
    tops: list[str] = [str(home), *(entry for entry in search_path if os.path.isdir(entry)), *folders]
    rules = Rules(
        ignored=ignored_by(config, home),
        whole=frozenset(folders),
        named=frozenset(files),
    )
    places = list(dict.fromkeys(os.path.realpath(top) for top in tops))
    deep = tuple(place for place in places if place in folders or not is_broad(place))
    return Ground(deep, rules, [place for place in places if place not in deep])


def ignored_by(config: ServeConfig, home: Path) -> IgnoreFile | None:
    """Return what `--ignore` says."""
    return parse_ignore_file(os.path.realpath(home), "\n".join(config.ignore)) if config.ignore else None


def is_broad(folder: str) -> bool:
    """Say whether a folder holds what everybody has: one person's whole work, or the system."""
    home = os.path.realpath(os.path.expanduser("~"))
    return folder in _temporary_folders() or os.path.commonpath([folder, home]) == folder


def _temporary_folders() -> set[str]:
    # `tempfile` would choose among these by writing to them; its import takes longer than all else that is done here.
    named = [os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
    return {os.path.realpath(folder) for folder in (*named, *_TEMPORARY)}
