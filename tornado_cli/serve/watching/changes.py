"""File changes on their way from the watcher's thread to the server's loop."""

import contextlib
import socket
import threading
import time

from tornado_cli.serve.watching.filters import Change, change_of

SETTLE = 0.02
"""Seconds to wait for the rest of a save that began with a removal or an empty file."""


class ChangedFiles:
    """Collects changes from the watcher's thread; readable when there are some that call for a restart."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._lock = threading.Lock()
        self._paths: dict[str, None] = {}
        self._unsettled: dict[str, float] = {}
        self.watched: frozenset[str] = frozenset()
        """Files that the application asked Tornado to watch."""

    def fileno(self) -> int:
        return self._reader.fileno()

    def close(self) -> None:
        """Let go of the sockets, once the watcher has stopped."""
        self._reader.close()
        self._writer.close()

    def note(self, path: str, is_complete: bool) -> None:
        """Take a change from the watcher."""
        if change_of(path, self.watched) is Change.NOTHING:
            return
        with self._lock:
            if is_complete:
                self._paths[path] = None
                self._unsettled.pop(path, None)
            else:
                self._unsettled.setdefault(path, time.monotonic() + SETTLE)
        # A full buffer is readable already.
        with contextlib.suppress(BlockingIOError):
            self._writer.send(b"!")

    def due(self) -> float | None:
        """Return when the oldest unsettled change counts, by the monotonic clock."""
        with self._lock:
            return min(self._unsettled.values(), default=None)

    def take(self) -> tuple[str, ...]:
        """Return the changed files that count by now.

        Those removed in mid-save have time to return, but for when there is a start already because of others: it
        sees what they see, and each that returns makes one more.
        """
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)
        now = time.monotonic()
        with self._lock:
            for path in [path for path, due in self._unsettled.items() if due <= now or self._paths]:
                del self._unsettled[path]
                self._paths[path] = None
            paths, self._paths = tuple(self._paths), {}
        return paths
