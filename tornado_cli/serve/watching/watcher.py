"""The file watcher: told by the kernel where the kernel knows, looking for itself where it does not."""

import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from tornado_cli.serve.watching.changes import ChangedFiles, Sign
from tornado_cli.serve.watching.folders import IGNORE_FILE, changed_at, is_link_to_folder
from tornado_cli.serve.watching.ground import Ground
from tornado_cli.serve.watching.mounts import Mounts

if TYPE_CHECKING:
    from tornado_cli.serve.watching.inotify import KernelWatches

_SHARE = 50
"""Looking again and again takes at most one part in so many of a processor."""


class Watcher:
    """Watches the ground until stopped; it has a thread for looking, and the kernel's watches have one."""

    def __init__(
        self,
        ground: Ground,
        changes: ChangedFiles,
        tell: Callable[[str, float], None],
        *,
        interval: float,
        always_polls: bool = False,
    ) -> None:
        self._ground = ground
        self.changes = changes
        self._tell = tell
        self._interval = interval
        self._always_polls = always_polls
        self._watches: KernelWatches | None = None
        self._mounts = Mounts({})
        self._silent: dict[str, str] = {}
        """Folders whose changes the kernel may not know of, with the kind of their file system."""
        self._followed: set[str] = set()
        self._links: dict[str, str] = {}
        """As in `Following`."""
        self._told: set[str] = set()
        self._wake = threading.Condition()
        self._dirty: set[str] = set()
        self._stops = False
        self._last_look = 0.0
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Note what is there; what changes from then on is told."""
        if not self._always_polls:
            self._start_watches()
        self._look(self._ground.everything())
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stops = True
            self._wake.notify()
        self._thread.join()
        if self._watches is not None:
            self._watches.stop()

    def watches(self) -> int:
        """Return how many the kernel was asked for."""
        return 0 if self._watches is None else len(self._watches)

    def follow(self, paths: Iterable[str], since: int = 0) -> None:
        """Have a change of any of these files count, instead of those that were named before.

        With `since`, in nanoseconds since the epoch, also one that nobody watched for between then and now.
        """
        followed = set(paths)
        if followed == self._followed:
            return
        self._followed = followed
        following = self._ground.follow(followed)
        self._links = following.links
        self._look_soon(following.folders)
        if since:
            for path in following.files:
                if changed_at(path) > since:
                    self.changes.note(path, Sign.UNSURE)

    def follow_also(self, paths: Iterable[str], since: int = 0) -> None:
        """As well as those that were named before: the application came only so far."""
        self.follow(self._followed.union(paths), since)

    def names_of(self, paths: Iterable[str]) -> Iterator[str]:
        """Return the paths, and the links by which the application knows these files."""
        for path in paths:
            yield path
            if path in self._links:
                yield self._links[path]

    def _start_watches(self) -> None:
        if sys.platform != "linux":
            self._tell_once("this system has no inotify")
            return
        from tornado_cli.serve.watching.inotify import KernelWatches

        try:
            self._watches = KernelWatches(self)
        except OSError as error:
            self._poll_all(error)

    # What the kernel tells.

    def file_event(self, folder: str, name: str, sign: Sign) -> None:
        path = os.path.join(folder, name)
        if self._ground.note(folder, name, sign):
            self.changes.note(path, sign)
            if is_link_to_folder(path):
                self.lost_track()
        if name == IGNORE_FILE:
            self.folder_event(folder)

    def folder_event(self, path: str) -> None:
        self._look_soon([path])

    def lost_track(self) -> None:
        self._look_soon(self._ground.everything())

    def _look_soon(self, paths: Iterable[str]) -> None:
        with self._wake:
            self._dirty.update(paths)
            self._wake.notify()

    # Looking.

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._dirty or self._stops, self._pause())
                if self._stops:
                    return
                dirty, self._dirty = self._dirty, set()
            self._report(dirty | set(self._polled()))

    def _pause(self) -> float | None:
        return max(self._interval, _SHARE * self._last_look) if self._polled() else None

    def _polled(self) -> Collection[str]:
        if self._watches is None:
            return self._ground.everything()
        silent = [path for path in list(self._silent) if os.path.dirname(path) not in self._silent]
        return [*silent, *self._ground.missing()]

    def _report(self, starts: Collection[str]) -> None:
        for path in self._look(starts):
            self.changes.note(path, Sign.UNSURE)

    def _look(self, starts: Collection[str]) -> list[str]:
        began = time.monotonic()
        self._mounts = Mounts.of_this_process()
        self._guard_parents()
        findings = self._ground.look(starts, self._enter)
        for folder in findings.left:
            self._silent.pop(folder, None)
            if self._watches is not None:
                self._watches.remove(folder)
        self._last_look = time.monotonic() - began
        return findings.changed

    def _enter(self, folder: str) -> bool:
        kind = self._mounts.silent_kind_of(folder)
        if kind:
            self._silent[folder] = kind
            self._tell_once(f"{folder} is on {kind}, which does not tell of all changes")
        return self._watches is None or self._attempt(self._watches.add, folder)

    def _guard_parents(self) -> None:
        for parent in {parent for top in self._ground.tops for parent in _parents(top)}:
            if self._watches is not None:
                self._attempt(self._watches.guard, parent)

    def _attempt(self, watch: Callable[[str], bool], folder: str) -> bool:
        try:
            return watch(folder)
        except OSError as error:
            self._poll_all(error)
            return True

    # Falling back.

    def _poll_all(self, error: OSError) -> None:
        watches, self._watches = self._watches, None
        if watches is not None:
            watches.stop()
        self._tell_once(str(error.strerror))

    def _tell_once(self, reason: str) -> None:
        """One line for each kind of reason."""
        kind = reason.partition(" is on ")[2] or reason
        if kind not in self._told and not self._always_polls:
            self._told.add(kind)
            self._tell(reason, self._interval)


def _parents(path: str) -> Iterator[str]:
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent
