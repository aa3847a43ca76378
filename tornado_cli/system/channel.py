"""A channel: two ends over which a parent and a child exchange messages and descriptors."""

import contextlib
import os
import select
import socket
from collections.abc import Sequence

from tornado_cli.events import Message, decode, encode
from tornado_cli.records import Record
from tornado_cli.system.channel_ends import KIND, connected_ends

MAX_MESSAGE = 256 * 1024
"""Bytes. A failure as long as `app.failures` describes them goes through, in any script."""
_MAX_DESCRIPTORS = 32


class ChannelClosed(Exception):  # noqa: N818 - an event, not an error: the other process has ended.
    """Nobody holds the other end any more."""


class Received(Record):
    """A message and the descriptors that came with it; they are the receiver's to close."""

    message: Message
    descriptors: list[int]


class Channel:
    """One end. The top process's ends never block; a child's may wait for orders."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_MESSAGE)

    @classmethod
    def from_descriptor(cls, descriptor: int) -> "Channel":
        """Take over an inherited end; programs started from here do not inherit it in turn."""
        os.set_inheritable(descriptor, False)
        return cls(socket.socket(socket.AF_UNIX, KIND, fileno=descriptor))

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> bool:
        """Send, and say whether it went: it does not when the other end is gone or has long stopped reading."""
        try:
            socket.send_fds(self._socket, [encode(message)], list(descriptors))
        except (BrokenPipeError, ConnectionError, BlockingIOError):
            return False
        return True

    def has_message(self) -> bool:
        """Say whether there is something to receive, be it the end."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def receive(self) -> Received | None:
        """Return the next message, or None when a non-blocking end has none.

        Raises ChannelClosed when the other end is gone, ValueError for what is not a message.
        """
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, MAX_MESSAGE, _MAX_DESCRIPTORS)
        except BlockingIOError:
            return None
        except ConnectionError as error:
            raise ChannelClosed from error
        if not data:
            raise ChannelClosed
        for descriptor in descriptors:
            # recv_fds cannot be told (it drops its `flags`).
            os.set_inheritable(descriptor, False)
        try:
            return Received(decode(data), descriptors)
        except ValueError:
            for descriptor in descriptors:
                os.close(descriptor)
            raise

    def set_blocking(self, blocking: bool) -> None:
        self._socket.setblocking(blocking)

    def detach(self) -> int:
        """Give the descriptor away: to a child, by inheritance."""
        return self._socket.detach()

    def close(self) -> None:
        self._socket.close()


def channel_pair() -> tuple[Channel, Channel]:
    """Return the top process's end, which does not block, and the child's end, which does."""
    ours, theirs = map(Channel.from_descriptor, connected_ends())
    ours.set_blocking(False)
    return ours, theirs
