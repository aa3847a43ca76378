"""Our own watch group on watchdog's inotify: ignored folders never cost a watch, and no event waits for another."""

import os
from collections.abc import Iterable
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

from tornado_cli.serve.watching.folders import OnChange, folders_below, is_ignored

_MASK = Mask(
    InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_MOVED_FROM
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_ONLYDIR
)
# After these the content is what its author wanted; after a creation or a removal more is to come.
_COMPLETE = InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_MOVED_TO


class InotifyWatcher:
    """Watches folders one by one, as they come and go.

    watchdog's own group watches every folder and holds an unmatched move back for half a second; each of its parts
    that this uses is the public `InotifyFD` with a callback of ours.
    """

    def __init__(self, folders: Iterable[Path], on_change: OnChange) -> None:
        self._on_change = on_change
        self._tops = [str(folder) for folder in folders]
        self._id = CallbackId(id(self))
        self._paths: dict[WatchDescriptor, str] = {}
        self._inotify = InotifyFD()
        # Errors of the first round are the caller's: it can poll instead.
        for top in self._tops:
            for folder in folders_below(top):
                self._add(folder)
        self._inotify.start()

    def stop(self) -> None:
        self._inotify.stop()
        self._inotify.join()

    def on_event(self, event: InotifyEvent) -> None:
        folder = self._paths.get(event.wd)
        if folder is None:
            return
        path = os.path.join(folder, os.fsdecode(event.name))
        if not event.is_directory:
            self._on_change(path, bool(event.mask & _COMPLETE))
        elif event.mask & (InotifyConstants.IN_CREATE | InotifyConstants.IN_MOVED_TO) and not is_ignored(path):
            self._add_new(path)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        self._paths.pop(wd, None)

    def on_queue_overflow(self) -> None:
        """Look at everything again: what the kernel dropped is not known."""
        for top in self._tops:
            self._add_new(top)

    def _add(self, folder: str) -> None:
        try:
            wd = self._inotify.add_callback(os.fsencode(folder), _MASK, self, self._id)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return
        self._paths[wd] = folder

    def _add_new(self, top: str) -> None:
        """Watch a folder that has appeared, and report what was written into it before the watch was there."""
        for folder in folders_below(top):
            try:
                self._add(folder)
                names = os.listdir(folder)
            except OSError:
                continue
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    self._on_change(path, True)
