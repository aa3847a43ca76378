"""The folders that are watched: all below a top, but for those that never matter."""

import os
from collections.abc import Callable, Iterator

from tornado_cli.serve.watching.filters import is_ignored_folder

OnChange = Callable[[str, bool], None]
"""Called on a thread of the watcher with a path, and whether the file's content is complete."""


def folders_below(top: str) -> Iterator[str]:
    """Yield `top` and the folders below it, without those that are ignored; links are not followed."""
    yield top
    try:
        with os.scandir(top) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for name in names:
        if not is_ignored(os.path.join(top, name)):
            yield from folders_below(os.path.join(top, name))


def is_ignored(folder: str) -> bool:
    is_environment = os.path.exists(os.path.join(folder, "pyvenv.cfg"))
    return is_ignored_folder(os.path.basename(folder), is_environment=is_environment)
