"""The end of a connection whose client may still be sending: our side ends, theirs is read and thrown away.

To close a socket on which something arrives is to reset it, and a reset can overtake the answer. So the socket outlives
its stream, for a bounded time and amount.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable

from tornado.ioloop import IOLoop

SECONDS = 5.0
"""How long a client may go on sending."""
AMOUNT = 64 * 1024 * 1024
"""Bytes that are thrown away at most."""
MOST = 64
"""Farewells at a time: one more ends the oldest. They take descriptors that connections could have."""
_SCRAP = bytearray(64 * 1024)
"""Where all of it is read to, one over the other."""
_BATCH = 16
"""Reads before the loop does something else."""


class Farewells:
    """The sockets that are left by streams that have closed."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._going: dict[_Farewell, None] = {}

    def __len__(self) -> int:
        return len(self._going)

    def say(self, connection: socket.socket, last_words: bytes = b"") -> None:
        """Take a socket over: send the last words, end our side, and close it when the client has ended its own."""
        if len(self._going) >= MOST:
            next(iter(self._going)).end()
        with contextlib.suppress(OSError, ValueError):
            if last_words:
                connection.send(last_words)
        end_our_side(connection)
        # Without TLS: nobody will understand what still comes.
        plain = socket.socket(fileno=connection.detach())
        plain.setblocking(False)
        one = _Farewell(plain, self._forget)
        self._going[one] = None
        one.read()

    def _forget(self, one: "_Farewell") -> None:
        del self._going[one]
        self._on_end()


class _Farewell:
    """One socket that is read until its end."""

    def __init__(self, connection: socket.socket, on_end: Callable[["_Farewell"], None]) -> None:
        self._socket = connection
        self._on_end = on_end
        self._left = AMOUNT
        self._loop = IOLoop.current()
        self._loop.add_handler(connection, lambda *_: self.read(), IOLoop.READ)
        self._deadline = self._loop.call_later(SECONDS, self.end)

    def read(self) -> None:
        try:
            for _ in range(_BATCH):
                count = self._socket.recv_into(_SCRAP)
                self._left -= count
                if not count or self._left < 0:
                    self.end()
                    return
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def end(self) -> None:
        self._loop.remove_timeout(self._deadline)
        self._loop.remove_handler(self._socket)
        self._socket.close()
        self._on_end(self)


def end_our_side(connection: socket.socket) -> None:
    """Tell the client that nothing more comes; a connection that has gone is left as it is."""
    with contextlib.suppress(OSError):
        if isinstance(connection, ssl.SSLSocket):
            # It sends close_notify at once, and would wait for the client's.
            with contextlib.suppress(ssl.SSLError, ValueError):
                connection.unwrap()
        # Not SSLSocket's own, which gives up the TLS layer under Tornado's hands.
        socket.socket.shutdown(connection, socket.SHUT_WR)
