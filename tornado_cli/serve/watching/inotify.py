"""Our own watch group on watchdog's inotify: one watch for each folder that is asked for, and no event is held back."""

import itertools
import logging
import os
import threading
from typing import Protocol

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

from tornado_cli.serve.watching.changes import Sign

_MOVED_SELF = InotifyConstants.IN_MOVE_SELF | InotifyConstants.IN_DELETE_SELF
_IN_FOLDER = Mask(
    InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_MOVED_FROM
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_ATTRIB
    | InotifyConstants.IN_ONLYDIR
    | _MOVED_SELF
)
# Added to what is there: a parent may be watched itself. A folder does not tell of its own end while it is the working
# directory of a process; its parent does.
_OF_PARENT = Mask(_MOVED_SELF | InotifyConstants.IN_DELETE | InotifyConstants.IN_ONLYDIR | InotifyConstants.IN_MASK_ADD)
_WRITTEN = InotifyConstants.IN_CLOSE_WRITE | InotifyConstants.IN_MOVED_TO
_GONE = InotifyConstants.IN_DELETE | InotifyConstants.IN_MOVED_FROM
_FOLDERS_CHANGED = InotifyConstants.IN_CREATE | InotifyConstants.IN_ATTRIB | InotifyConstants.IN_MOVED_TO | _GONE
_NOWHERE = WatchDescriptor(-1)


class Listener(Protocol):
    """Told on a thread of the watches' own."""

    def file_event(self, folder: str, name: str, sign: Sign) -> None: ...

    def folder_event(self, path: str) -> None:
        """A folder came, went, or may be read now."""
        ...

    def lost_track(self) -> None:
        """Anything may have happened."""
        ...


class KernelWatches:
    """Watches for folders, as they come and go.

    watchdog's own group watches every folder and holds an unmatched move back for half a second; each of its parts
    that this uses is the public `InotifyFD` with a callback of ours.
    """

    def __init__(self, listener: Listener) -> None:
        """Raise OSError when there may be no more instances."""
        self._listener = listener
        self._lock = threading.Lock()
        self._next_id = itertools.count(1)
        self._ids: dict[WatchDescriptor, CallbackId] = {}
        self._paths: dict[WatchDescriptor, str] = {}
        self._watches: dict[str, WatchDescriptor] = {}
        # It warns of what is told here in other words.
        logging.getLogger("watchdog").setLevel(logging.ERROR)
        self._inotify = InotifyFD()
        self._inotify.start()

    def __len__(self) -> int:
        return len(self._paths)

    def stop(self) -> None:
        self._inotify.stop()
        if threading.current_thread() is not self._inotify:
            self._inotify.join()

    def add(self, folder: str) -> bool:
        """Watch a folder if it may be read; also once more: another one may have its name now.

        Says whether it is there. Raises OSError when there may be no more watches.
        """
        return self._add(folder, _IN_FOLDER)

    def guard(self, parent: str) -> bool:
        """Be told when a folder above the watched ones moves or goes, and of what goes from it; as `add`."""
        return self._add(parent, _OF_PARENT)

    def remove(self, folder: str) -> None:
        with self._lock:
            watch = self._watches.pop(folder, _NOWHERE)
            # It may have been moved, and be watched by its new name.
            if self._paths.get(watch) == folder:
                del self._paths[watch]
                self._inotify.remove_callbacks([(watch, self._ids.pop(watch))])

    def _add(self, folder: str, mask: Mask) -> bool:
        with self._lock:
            id_ = CallbackId(next(self._next_id))
            try:
                watch = self._inotify.add_callback(os.fsencode(folder), mask, self, id_)
            except (FileNotFoundError, NotADirectoryError):
                return False
            if watch == _NOWHERE:
                # What watchdog makes of EACCES.
                self._inotify.remove_callbacks([(watch, id_)])
                return True
            if watch in self._ids:
                self._inotify.remove_callbacks([(watch, self._ids[watch])])
            self._ids[watch] = id_
            self._paths[watch] = folder
            self._watches[folder] = watch
            return True

    # What watchdog calls.

    def on_event(self, event: InotifyEvent) -> None:
        folder = self._paths.get(event.wd)
        if folder is None:
            return
        # Of the watched folder itself there is no name.
        path = os.path.join(folder, os.fsdecode(event.name)) if event.name else folder
        if event.mask & _MOVED_SELF:
            self._listener.lost_track()
        elif event.is_directory:
            if event.mask & _FOLDERS_CHANGED:
                self._listener.folder_event(path)
        elif (sign := _sign_of(event.mask, path)) is not None:
            self._listener.file_event(folder, os.path.basename(path), sign)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        with self._lock:
            self._ids.pop(wd, None)
            path = self._paths.pop(wd, "")
            if self._watches.get(path) == wd:
                del self._watches[path]

    def on_queue_overflow(self) -> None:
        self._listener.lost_track()


def _sign_of(mask: int, path: str) -> Sign | None:
    if mask & _WRITTEN:
        return Sign.COMPLETE
    if mask & _GONE:
        return Sign.UNSURE
    return _sign_of_new(path) if mask & InotifyConstants.IN_CREATE else None


def _sign_of_new(path: str) -> Sign:
    """A link is there with its content; nobody will close it."""
    try:
        is_alone = os.lstat(path).st_nlink == 1 and not os.path.islink(path)
    except OSError:
        return Sign.BEGUN
    return Sign.BEGUN if is_alone else Sign.COMPLETE
