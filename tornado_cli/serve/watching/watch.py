"""The file watcher: real writes only, each reported at once, in folders that matter only."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.polling import PollingObserver

from tornado_cli.serve.watching.filters import is_ignored_folder
from tornado_cli.serve.watching.folders import OnChange

_POLL_INTERVAL = 0.5


class Watcher(Protocol):
    def stop(self) -> None: ...


def watch(folders: Iterable[Path], on_change: OnChange) -> tuple[Watcher, str]:
    """Watch the folders and what is below; return the watcher and, where it must poll, why."""
    try:
        from tornado_cli.serve.watching.inotify import InotifyWatcher

        return InotifyWatcher(folders, on_change), ""
    except ImportError:
        return PollingWatcher(folders, on_change), "this system has no inotify"
    except OSError as error:
        return PollingWatcher(folders, on_change), f"inotify says: {error.strerror}"


class PollingWatcher(FileSystemEventHandler):
    """Looks again and again: for systems without inotify, or when its limits are reached."""

    def __init__(self, folders: Iterable[Path], on_change: OnChange) -> None:
        self._on_change = on_change
        self._observer = PollingObserver(timeout=_POLL_INTERVAL)
        for folder in folders:
            self._observer.schedule(self, str(folder), recursive=True)
        self._observer.start()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in {"created", "modified", "deleted", "moved"} or event.is_directory:
            return
        for path in filter(None, (os.fsdecode(event.src_path), os.fsdecode(event.dest_path))):
            if not any(is_ignored_folder(part, is_environment=False) for part in path.split(os.sep)[:-1]):
                self._on_change(path, True)

    def stop(self) -> None:
        self._observer.stop()
        if threading.current_thread() is not self._observer:
            self._observer.join()
