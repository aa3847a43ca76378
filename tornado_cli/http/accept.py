"""Accepting connections on inherited listeners: asked for leave before each, so that the right process takes it."""

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Any, Protocol

from tornado import netutil
from tornado.ioloop import IOLoop

from tornado_cli.logs.events import event

logger = logging.getLogger("tornado_cli.http")
PAUSE = 0.002
"""Seconds that a process leaves the queue to others, when it has more than its share."""
EXHAUSTED_PAUSE = 0.1
"""Seconds until a process that is full, or has run out of descriptors or memory, tries again."""
TELL_EVERY = 60.0
"""Seconds between two lines about that."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BATCH = 16
"""Connections accepted before the loop does something else."""


class Admission(Enum):
    """Whether this process may accept the next connection."""

    YES = auto()
    LATER = auto()
    """Another process should take it; but after a pause it is taken all the same."""
    FULL = auto()
    """This process holds as many as it may: it accepts again when some have ended."""
    NEVER = auto()
    """This process has been replaced; what is queued is for its successor."""


class Gate(Protocol):
    def __call__(self, *, pauses: int) -> Admission:
        """Decide; so many pauses have passed with the connection still there."""


def always_open(*, pauses: int) -> Admission:  # noqa: ARG001 - the protocol's name.
    """Accept whatever comes."""
    return Admission.YES


class GatedListener(socket.socket):
    """An inherited listener, with the gate that its accepts must pass."""

    gate: Gate
    on_never: Callable[[], None]
    acceptor: "_Acceptor | None" = None

    def accept_queued(self) -> int:
        """Accept everything that is queued now: nobody else will. Return how many."""
        return 0 if self.acceptor is None else self.acceptor.accept_queued()


def gated(listeners: Iterable[socket.socket], gate: Gate, on_never: Callable[[], None]) -> list[GatedListener]:
    """Take the listeners over and return them with a gate each."""
    result: list[GatedListener] = []
    for listener in listeners:
        one = GatedListener(fileno=listener.detach())
        one.setblocking(False)
        one.gate, one.on_never = gate, on_never
        result.append(one)
    return result


def add_accept_handler(listener: socket.socket, callback: Callable[[socket.socket, Any], None]) -> Callable[[], None]:
    """Stand in for `tornado.netutil.add_accept_handler`, which takes all there is and asks nobody."""
    if not isinstance(listener, GatedListener):
        return netutil.add_accept_handler(listener, callback)
    return _Acceptor(listener, callback).stop


class _Acceptor:
    """Accepts from one listener on the current loop."""

    def __init__(self, listener: GatedListener, callback: Callable[[socket.socket, Any], None]) -> None:
        self._listener = listener
        self._callback = callback
        self._loop = IOLoop.current()
        self._paused: object | None = None
        self._pauses = 0
        self._is_stopped = False
        self._tell_again_at = 0.0
        self._loop.add_handler(listener, self._accept, IOLoop.READ)
        listener.acceptor = self

    def accept_queued(self) -> int:
        count = 0
        while not self._is_stopped and self._accept_one():
            count += 1
        return count

    def stop(self) -> None:
        self._is_stopped = True
        if self._paused is None:
            self._loop.remove_handler(self._listener)
        else:
            self._loop.remove_timeout(self._paused)

    def _accept(self, _listener: Any, _events: int) -> None:
        for _ in range(_BATCH):
            if self._is_stopped:
                return
            admission = self._listener.gate(pauses=self._pauses)
            if admission is Admission.NEVER:
                self._loop.add_callback(self._listener.on_never)
                return
            if admission is Admission.LATER:
                self._pause(PAUSE)
                return
            if admission is Admission.FULL:
                self._tell_paused("this worker holds as many as it may (--max-connections)")
                self._pause(EXHAUSTED_PAUSE)
                return
            self._pauses = 0
            if not self._accept_one():
                return

    def _accept_one(self) -> bool:
        """Accept a connection, or say that there was none."""
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return False
        except ConnectionAbortedError:
            # It was closed while it waited.
            return True
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self._tell_paused(os.strerror(error.errno or 0))
            self._pause(EXHAUSTED_PAUSE)
            return False
        self._callback(connection, address)
        return True

    def _pause(self, seconds: float) -> None:
        if self._paused is not None:
            return
        self._pauses += 1
        # The listener stays readable: with a handler the loop would spin.
        self._loop.remove_handler(self._listener)
        self._paused = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._paused = None
        self._loop.add_handler(self._listener, self._accept, IOLoop.READ)
        self._accept(self._listener, IOLoop.READ)

    def _tell_paused(self, why: str) -> None:
        now = time.monotonic()
        if now >= self._tell_again_at:
            self._tell_again_at = now + TELL_EVERY
            event(logger, logging.WARNING, "accept_paused", f"No connection can be accepted for now: {why}.")
