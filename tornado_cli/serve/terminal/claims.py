"""Claims of the terminal as they reach the server: sockets of which each is granted by a byte and ended by its end."""

import contextlib
import socket
from collections.abc import Callable

from tornado_cli.system.inbox import Inbox


class Claims:
    """The claims there are, by the number of the process."""

    def __init__(self, inbox: Inbox, on_end: Callable[[int], None]) -> None:
        self._inbox = inbox
        self._on_end = on_end
        self._ends: dict[int, socket.socket] = {}

    def add(self, number: int, descriptor: int) -> None:
        # The end of the one before may not have been read yet.
        self.end(number)
        end = self._ends[number] = socket.socket(fileno=descriptor)
        end.setblocking(False)
        self._inbox.register(end, lambda: self.end(number))

    def grant(self, number: int) -> None:
        # One that has gone is read next.
        with contextlib.suppress(OSError):
            self._ends[number].send(b"!")

    def end(self, number: int) -> None:
        """Forget a claim, and tell."""
        end = self._ends.pop(number, None)
        if end is not None:
            self._inbox.forget(end)
            end.close()
            self._on_end(number)
