"""Which files the application reads while it starts: a change of theirs is a change of it."""

import contextlib
import os
import sys
from collections.abc import Iterable
from importlib.util import source_from_cache

from tornado_cli.app.libraries import is_installed

_WRITES = os.O_WRONLY | os.O_RDWR


class OpenedFiles:
    """Notes files as they are opened, from `start` to `stop`."""

    def __init__(self) -> None:
        self._flags: dict[str, int] = {}
        self._is_noting = False

    def start(self) -> None:
        """Begin, by an audit hook: it sees what any code opens, in any way. It cannot be removed again."""
        self._is_noting = True

        def hook(event: str, args: tuple[object, ...]) -> None:
            if event == "open" and self._is_noting:
                self._note(*args)

        sys.addaudithook(hook)

    def stop(self) -> None:
        self._is_noting = False

    def read_in(self, tops: Iterable[str], besides: Iterable[str]) -> set[str]:
        """Return the regular files that were read and not written: below `tops`, but not below `besides`; and modules.

        Modules are told of wherever they lie, for one that failed leaves no other trace; but no installed ones.
        """
        within = tuple(_prefix(top) for top in tops)
        without = tuple(_prefix(top) for top in besides)
        read = (_source_of(path) for path, flags in list(self._flags.items()) if not flags & _WRITES)
        return {
            path
            for path in read
            if (path.startswith(within) or path.endswith(".py"))
            and not path.startswith(without)
            and not is_installed(path)
            and os.path.isfile(path)
        }

    def _note(self, path: object = None, _mode: object = None, flags: object = 0, *_: object) -> None:
        """Be safe with whatever it is given: what this raises would be raised by the user's `open`."""
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not isinstance(flags, int):
            return
        if not path.startswith(os.sep):
            try:
                path = os.path.abspath(path)
            except OSError:
                return
        self._flags[path] = self._flags.get(path, 0) | flags


def _source_of(path: str) -> str:
    """Return what bytecode was made of; any other file is itself."""
    if path.endswith(".pyc"):
        with contextlib.suppress(ValueError):
            return source_from_cache(path)
    return path


def _prefix(folder: str) -> str:
    return os.path.join(folder, "")
