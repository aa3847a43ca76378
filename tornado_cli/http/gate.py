"""Whether this process may still accept: asked before each accept, so that no new connection reaches old code."""

import socket
from collections.abc import Callable, Iterable
from typing import Any

from tornado.ioloop import IOLoop


class GatedListener(socket.socket):
    """A listener whose `accept` finds nothing once its gate is shut; what is queued stays for the next process."""

    is_open: Callable[[], bool]
    on_shut: Callable[[], None]

    def accept(self) -> tuple[socket.socket, Any]:
        if not self.is_open():
            # The listener stays readable: without a reader less the loop would spin.
            IOLoop.current().add_callback(self.on_shut)
            raise BlockingIOError
        return super().accept()


def gated(
    listeners: Iterable[socket.socket], is_open: Callable[[], bool], on_shut: Callable[[], None]
) -> list[socket.socket]:
    """Take the listeners over and return them with a gate each."""
    result: list[socket.socket] = []
    for listener in listeners:
        one = GatedListener(fileno=listener.detach())
        one.setblocking(False)
        one.is_open, one.on_shut = is_open, on_shut
        result.append(one)
    return result
