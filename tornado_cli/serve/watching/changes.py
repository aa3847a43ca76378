"""File changes on their way from the watcher's threads to the server's loop."""

import contextlib
import socket
import threading
import time
from enum import Enum, auto

SETTLE = 0.05
"""Seconds to wait for the rest of a save that began with a removal."""
_WRITING = 2.0
"""Seconds to wait for the end of writing what was removed before."""


class Sign(Enum):
    """What was noticed of a file."""

    COMPLETE = auto()
    """Its content is what its author wanted."""
    BEGUN = auto()
    """It was made, and is being written."""
    UNSURE = auto()
    """It is gone, or was looked at in some moment of its life: more may come."""


class ChangedFiles:
    """Collects changes from the watcher's threads; readable when there are some."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._lock = threading.Lock()
        self._paths: dict[str, None] = {}
        self._unsettled: dict[str, float] = {}

    def fileno(self) -> int:
        return self._reader.fileno()

    def close(self) -> None:
        """Let go of the sockets, once the watcher has stopped."""
        self._reader.close()
        self._writer.close()

    def note(self, path: str, sign: Sign) -> None:
        """Take a change that calls for a restart."""
        now = time.monotonic()
        with self._lock:
            if sign is Sign.COMPLETE:
                self._paths[path] = None
                self._unsettled.pop(path, None)
            elif sign is Sign.UNSURE:
                self._unsettled.setdefault(path, now + SETTLE)
            elif path in self._unsettled:
                self._unsettled[path] = now + _WRITING
            else:
                # Who writes a new file closes it.
                return
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
