"""The sending end: it never waits, keeps what is urgent while the socket is full, and counts what it drops."""

import select
import socket
import time
from collections import deque

from tornado_cli.logs.wire import Datagram

KEPT_LIMIT = 1024 * 1024


class Outbox:
    """One process's end of the datagram socket. Not thread-safe: its owner has the lock."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._kept: deque[Datagram] = deque()
        self._kept_bytes = 0
        self.dropped = 0

    @property
    def is_clear(self) -> bool:
        return not self._kept

    def put(self, datagram: Datagram, *, keep: bool) -> None:
        """Send now; else, with `keep`, later; else never."""
        # What was kept is older and goes first.
        if self.resend() and self._send(datagram):
            return
        if keep and self._kept_bytes + len(datagram.data) <= KEPT_LIMIT:
            self._kept.append(datagram)
            self._kept_bytes += len(datagram.data)
        else:
            self.dropped += datagram.entries

    def resend(self) -> bool:
        """Send what was kept, as far as the socket takes it; True when nothing is left."""
        while self._kept and self._send(self._kept[0]):
            self._kept_bytes -= len(self._kept.popleft().data)
        return not self._kept

    def resend_until(self, deadline: float) -> bool:
        """The same, waiting for room until `deadline` (monotonic)."""
        if self._end.fileno() < 0:
            return False
        poller = select.poll()
        poller.register(self._end, select.POLLOUT)
        while not self.resend():
            left = deadline - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                return False
        return True

    def forget(self) -> None:
        """Close this process's copy of the socket; what was kept is another process's to send."""
        self._kept.clear()
        self._kept_bytes = self.dropped = 0
        self._end.close()

    def _send(self, datagram: Datagram) -> bool:
        try:
            self._end.send(datagram.data, socket.MSG_DONTWAIT)
        except OSError:
            # Full (EAGAIN, ENOBUFS on macOS) or nobody there any more: either way not now.
            return False
        return True
