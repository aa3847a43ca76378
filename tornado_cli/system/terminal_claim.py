"""The terminal as a child of the top process has it: asked for by the first who reads, given back by the last."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Ask = Callable[[int], object]
"""Sends a descriptor to the top process: a byte from its other end grants the terminal, its end gives it back."""


class TerminalClaim:
    """Counts the readers of this process, whatever threads they are in; in what it forks it does nothing."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._readers = 0
        self._end: socket.socket | None = None

    def take(self) -> None:
        """Return when the terminal is ours, set as it was before the top process listened for keys."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                self._end = self._granted()

    def give_back(self) -> None:
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._readers -= 1
            if self._readers == 0 and self._end is not None:
                # Whoever was forked meanwhile has a copy: closing alone would not tell.
                with contextlib.suppress(OSError):
                    self._end.shutdown(socket.SHUT_RDWR)
                self._end.close()
                self._end = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def interrupted(self, number: int, frame: FrameType | None) -> None:
        """Handle INT: as in a script where somebody reads; else it is the top process's."""
        if self._readers:
            signal.default_int_handler(number, frame)

    def _granted(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._ask(theirs.fileno())
        # Nothing comes from a top process that has ended: then there is nobody to share the terminal with.
        with contextlib.suppress(OSError):
            ours.recv(1)
        return ours
